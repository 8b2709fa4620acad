package graph

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// follow notifies until the subscription ends or expires.
func (s *Server) follow(ctx context.Context, u *subscription, w *exchange.Watcher) {
	defer w.Stop()
	defer s.end(u)
	for {
		s.mu.Lock()
		left := u.until.Sub(s.x.Now())
		s.mu.Unlock()
		t := time.NewTimer(left)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
			if s.over(u) {
				return
			}
		case e, ok := <-w.C:
			t.Stop()
			if !ok || s.over(u) || !s.tell(ctx, u, e) {
				return
			}
			if w.Lost() {
				s.tellLifecycle(ctx, u, "missed")
			}
		}
	}
}

func (s *Server) over(u *subscription) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !u.until.After(s.x.Now())
}

func (s *Server) end(u *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.stop()
	delete(s.subs, u.id)
}

// tell notifies of an event, if it is for this subscription. false: there is no
// subscription any more.
func (s *Server) tell(ctx context.Context, u *subscription, e exchange.Event) bool {
	place, kinds := e.Place, u.kindsOf(e)
	account := u.mailbox.Account().ID
	for _, kind := range kinds {
		if !slices.Contains(u.kinds, kind) {
			continue
		}
		if s.x.Struck("subscription-removed", account, u.app) {
			s.end(u) // what is told is so by then
			s.tellLifecycle(context.WithoutCancel(ctx), u, "subscriptionRemoved")
			return false
		}
		if s.x.Struck("notifications-lost", account, u.app) {
			s.tellLifecycle(ctx, u, "missed")
			continue
		}
		if kind == "deleted" && e.Kind == exchange.Moved {
			place = e.OldPlace
		}
		n := s.notification(u, kind, e.Key, place)
		s.post(ctx, u.url, n)
		if s.x.Struck("notifications-twice", account, u.app) {
			s.post(ctx, u.url, n)
		}
	}
	return true
}

// kindsOf says what an event is for a subscription.
func (u *subscription) kindsOf(e exchange.Event) []string {
	if e.OfFolder || !u.isOf(e) {
		return nil
	}
	here, before := u.folder == 0 || e.Folder == u.folder, u.folder == 0 || e.OldFolder == u.folder
	switch {
	case e.Kind == exchange.Moved && u.folder == 0:
		return []string{"updated"}
	case e.Kind == exchange.Moved && here, e.Kind == exchange.Created && here, e.Kind == exchange.Copied && here:
		return []string{"created"}
	case e.Kind == exchange.Moved && before:
		return []string{"deleted"}
	case e.Kind == exchange.Modified && here:
		return []string{"updated"}
	case e.Kind == exchange.Removed && here:
		return []string{"deleted"}
	}
	return nil
}

// isOf tells whether an event is of the class that is watched. What is gone is
// of either.
func (u *subscription) isOf(e exchange.Event) bool {
	items := u.mailbox.ByKey(e.Key)
	return len(items) == 0 || items[0].Class == u.class
}

func (s *Server) notification(u *subscription, kind string, key, place uint64) map[string]any {
	id := exchange.ID{Mailbox: u.mailbox.GUID(), Kind: exchange.OfItem, N: place}
	if u.immutable {
		id.N, id.Immutable = key, true
	}
	what, name := "Messages", "#Microsoft.Graph.Message"
	switch u.class {
	case exchange.ClassEvent:
		what, name = "Events", "#Microsoft.Graph.Event"
	case exchange.ClassContact:
		what, name = "Contacts", "#Microsoft.Graph.Contact"
	}
	path := "Users/" + s.objectID(u) + "/" + what + "/" + id.REST()
	return map[string]any{"subscriptionId": u.id, "subscriptionExpirationDateTime": s.expiry(u), "changeType": kind, "resource": path,
		"resourceData": map[string]any{"@odata.type": name, "@odata.id": path, "id": id.REST()}, "clientState": orNil(u.state), "tenantId": entra.TenantID}
}

func (s *Server) expiry(u *subscription) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return u.until.UTC().Format(time.RFC3339Nano)
}

// objectID is the directory's id of a mailbox's owner.
func (s *Server) objectID(u *subscription) string {
	for _, p := range s.joined().Addresses().Accounts {
		if strings.EqualFold(p.Login, u.mailbox.Account().Address) {
			return p.ID
		}
	}
	return u.mailbox.Account().Address
}

func (s *Server) tellLifecycle(ctx context.Context, u *subscription, what string) {
	if u.lifecycle == "" {
		return
	}
	s.post(ctx, u.lifecycle, map[string]any{"subscriptionId": u.id, "subscriptionExpirationDateTime": s.expiry(u), "tenantId": entra.TenantID,
		"clientState": orNil(u.state), "lifecycleEvent": what})
}

// TellLifecycle sends a lifecycle event, as reauthorizationRequired, to every
// subscription that takes them.
func (s *Server) TellLifecycle(ctx context.Context, what string) error {
	if !slices.Contains([]string{"reauthorizationRequired", "subscriptionRemoved", "missed"}, what) {
		return fmt.Errorf("there is no lifecycle event %q", what)
	}
	s.mu.Lock()
	var list []*subscription
	for _, u := range s.subs {
		list = append(list, u)
	}
	s.mu.Unlock()
	for _, u := range list {
		s.tellLifecycle(ctx, u, what)
		if what == "subscriptionRemoved" {
			s.end(u)
		}
	}
	return nil
}

// post delivers a notification. One that nobody takes is tried again, soon
// after: Graph goes on for four hours.
func (s *Server) post(ctx context.Context, address string, n map[string]any) {
	text, err := json.Marshal(map[string]any{"value": []any{n}})
	if err != nil {
		s.log.Error("sandbox notification", "err", err)
		return
	}
	wait := 100 * time.Millisecond
	for range notifyTries {
		if err = s.postOnce(ctx, address, text); err == nil {
			return
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		wait *= 5
	}
	s.log.Warn("sandbox notification was not taken", "err", err)
}

func (s *Server) postOnce(ctx context.Context, address string, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, notifyWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	answer, err := s.client().Do(r)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode >= 300 {
		return errors.New(answer.Status)
	}
	return nil
}

// localClient reaches this machine only, and trusts the sandbox's certificates
// besides the machine's.
func localClient(caFile string) *http.Client {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if pem, err := os.ReadFile(caFile); err == nil {
		roots.AppendCertsFromPEM(pem)
	}
	dialer := &net.Dialer{Timeout: notifyWithin}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(addr)
			if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
				return nil, errors.New("the sandbox notifies this machine only")
			}
			return dialer.DialContext(ctx, network, addr)
		}}}
}
