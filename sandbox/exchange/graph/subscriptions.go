package graph

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routeSubscriptions() {
	s.on("GET /subscriptions", anybody, listSubscriptions)
	s.on("POST /subscriptions", anybody, subscribe)
	s.on("GET /subscriptions/{id}", anybody, getSubscription)
	s.on("PATCH /subscriptions/{id}", anybody, renewSubscription)
	s.on("POST /subscriptions/{id}/reauthorize", anybody, renewSubscription)
	s.on("DELETE /subscriptions/{id}", anybody, unsubscribe)
}

// subscription tells a client's address about changes in a mailbox.
type subscription struct {
	id, app, owner string // owner: the object id of a person's token
	mailbox        *exchange.Mailbox
	user           string
	folder         uint64 // 0: the whole mailbox
	class          string
	kinds          []string
	resource       string
	url, lifecycle string
	state          string
	immutable      bool
	until          time.Time // guarded by Server.mu, as it is renewed
	stop           context.CancelFunc
}

func (u *subscription) object() map[string]any {
	return map[string]any{"id": u.id, "resource": u.resource, "applicationId": u.app, "changeType": strings.Join(u.kinds, ","), "clientState": nil,
		"notificationUrl": u.url, "notificationQueryOptions": nil, "lifecycleNotificationUrl": orNil(u.lifecycle), "expirationDateTime": u.until.UTC().Format(time.RFC3339Nano),
		"creatorId": orText(u.owner, u.app), "includeResourceData": nil, "latestSupportedTlsVersion": "v1_2", "encryptionCertificate": nil,
		"encryptionCertificateId": nil, "notificationUrlAppId": nil}
}

// resource finds what is to be watched, and checks the right to read it.
func (c *call) resource(path string) (*subscription, error) {
	path, _, _ = strings.Cut(path, "?")
	segs := strings.Split(strings.Trim(canonical("/"+strings.TrimPrefix(path, "/")), "/"), "/")
	for i := range segs {
		segs[i], _ = url.PathUnescape(segs[i])
	}
	if len(segs) < 3 || segs[0] != "users" {
		return nil, refuse(http.StatusBadRequest, "ExtensionError", "The resource '%s' cannot be subscribed to here.", path)
	}
	need, u := readMail, &subscription{user: segs[1], class: exchange.ClassMail, resource: strings.TrimPrefix(path, "/")}
	var err error
	if c.mailbox, err = c.open(segs[1]); err != nil {
		return nil, err
	}
	switch rest := segs[2:]; {
	case len(rest) == 1 && rest[0] == "messages":
	case len(rest) == 1 && rest[0] == "events":
		need, u.class = readCalendar, exchange.ClassEvent
	case len(rest) == 1 && rest[0] == "contacts":
		need, u.class = readContacts, exchange.ClassContact
	case len(rest) == 3 && rest[0] == "mailFolders" && rest[2] == "messages":
		f, err := c.mailbox.Folder(rest[1])
		if err != nil {
			return nil, err
		}
		u.folder = f.N
	default:
		return nil, refuse(http.StatusBadRequest, "ExtensionError", "The resource '%s' cannot be subscribed to here.", path)
	}
	if !c.holds(need, c.mailbox.Account().ID) {
		return nil, errAccessDenied
	}
	u.mailbox = c.mailbox
	return u, nil
}

func subscribe(c *call) (answer, error) {
	in, err := objectOf[struct {
		ChangeType, NotificationURL, LifecycleNotificationURL, Resource, ClientState string
		ExpirationDateTime                                                           time.Time
		IncludeResourceData                                                          bool
	}](c.body)
	if err != nil {
		return answer{}, err
	}
	u, err := c.resource(in.Resource)
	if err != nil {
		return answer{}, err
	}
	u.id, u.app, u.owner, u.immutable = newGUID(), c.caller.Client, c.caller.User, c.prefer.immutable
	u.url, u.lifecycle, u.state = in.NotificationURL, in.LifecycleNotificationURL, in.ClientState
	for kind := range strings.SplitSeq(in.ChangeType, ",") {
		kind = strings.TrimSpace(kind)
		if !slices.Contains([]string{"created", "updated", "deleted"}, kind) {
			return answer{}, refuse(http.StatusBadRequest, "InvalidRequest", "The changeType '%s' is not valid.", kind)
		}
		u.kinds = append(u.kinds, kind)
	}
	if in.IncludeResourceData {
		return answer{}, refuse(http.StatusBadRequest, "InvalidRequest", "Resource data in notifications is not supported here.")
	}
	if len(u.state) > maxClientState {
		return answer{}, refuse(http.StatusBadRequest, "InvalidRequest", "clientState is longer than %d characters.", maxClientState)
	}
	if u.until, err = c.life(in.ExpirationDateTime); err != nil {
		return answer{}, err
	}
	for _, address := range []string{u.url, u.lifecycle} {
		if err := c.s.validate(c.r.Context(), address, address == u.lifecycle && address != u.url); err != nil {
			return answer{}, err
		}
	}
	if err := c.s.begin(u); err != nil {
		return answer{}, err
	}
	body := u.object()
	body["@odata.context"] = c.base() + "/$metadata#subscriptions/$entity"
	body["clientState"] = orNil(u.state)
	return answer{status: http.StatusCreated, body: body}, nil
}

// life bounds how long a subscription lives.
func (c *call) life(until time.Time) (time.Time, error) {
	now := c.s.x.Now()
	switch {
	case until.IsZero() || !until.After(now):
		return until, refuse(http.StatusBadRequest, "InvalidRequest", "Subscription expiration must be in the future.")
	case until.After(now.Add(longestLife)):
		return until, refuse(http.StatusBadRequest, "InvalidRequest", "Subscription expiration can only be %.0f minutes in the future.", longestLife.Minutes())
	case until.Before(now.Add(shortestLife)):
		return now.Add(shortestLife), nil
	}
	return until, nil
}

// validate asks an address whether it wants notifications.
func (s *Server) validate(ctx context.Context, address string, optional bool) error {
	if address == "" && optional || address == "" {
		if optional {
			return nil
		}
		return refuse(http.StatusBadRequest, "InvalidRequest", "The notificationUrl is missing.")
	}
	failed := func(why string) error {
		return refuse(http.StatusBadRequest, "ValidationError", "Subscription validation request failed. %s", why)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return failed("Notification endpoint must be an https address.")
	}
	token := "Validation: Testing client application reachability for subscription Request-Id: " + newGUID()
	q := u.Query()
	q.Set("validationToken", token)
	u.RawQuery = q.Encode()
	ctx, cancel := context.WithTimeout(ctx, validateWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), nil)
	if err != nil {
		return failed("The address cannot be used.")
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := s.client().Do(r)
	if err != nil {
		return failed("The server could not be reached: " + err.Error())
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	switch {
	case err != nil || answer.StatusCode != http.StatusOK:
		return failed(fmt.Sprintf("HTTP status code is '%s'.", http.StatusText(answer.StatusCode)))
	case strings.TrimSpace(kind) != "text/plain":
		return failed("Must return 'text/plain' content type.")
	case string(text) != token:
		return failed("Validation token mismatch.")
	}
	return nil
}

func (s *Server) client() *http.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notify
}

func (s *Server) begin(u *subscription) error {
	s.mu.Lock()
	if len(s.subs) >= maxSubscriptions {
		s.mu.Unlock()
		return refuse(http.StatusForbidden, "ErrorExceededSubscriptionCount", "There are too many subscriptions.")
	}
	s.subs[u.id] = u
	var ctx context.Context
	ctx, u.stop = context.WithCancel(s.ctx)
	s.mu.Unlock()
	w := u.mailbox.Watch()
	s.spawn(func() { s.follow(ctx, u, w) })
	return nil
}

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
			s.tellLifecycle(ctx, u, "subscriptionRemoved")
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

// subscription finds one of the caller's own.
func (c *call) subscription() (*subscription, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	u := c.s.subs[c.id("id")]
	if u == nil || u.app != c.caller.Client || u.owner != c.caller.User || !u.until.After(c.s.x.Now()) {
		return nil, refuse(http.StatusNotFound, "ResourceNotFound", "The object was not found.")
	}
	return u, nil
}

func (c *call) oneSubscription(u *subscription) answer {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return answer{status: http.StatusOK, body: u.object()}
}

func getSubscription(c *call) (answer, error) {
	u, err := c.subscription()
	if err != nil {
		return answer{}, err
	}
	return c.oneSubscription(u), nil
}

func listSubscriptions(c *call) (answer, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	value := []map[string]any{}
	for _, u := range c.s.subs {
		if u.app == c.caller.Client && u.owner == c.caller.User && u.until.After(c.s.x.Now()) {
			value = append(value, u.object())
		}
	}
	return answer{status: http.StatusOK, body: map[string]any{"value": value}}, nil
}

func renewSubscription(c *call) (answer, error) {
	u, err := c.subscription()
	if err != nil {
		return answer{}, err
	}
	if strings.HasSuffix(c.r.URL.Path, "/reauthorize") {
		return answer{status: http.StatusNoContent}, nil
	}
	in, err := objectOf[struct{ ExpirationDateTime time.Time }](c.body)
	if err != nil {
		return answer{}, err
	}
	until, err := c.life(in.ExpirationDateTime)
	if err != nil {
		return answer{}, err
	}
	c.s.mu.Lock()
	u.until = until
	c.s.mu.Unlock()
	return c.oneSubscription(u), nil
}

func unsubscribe(c *call) (answer, error) {
	u, err := c.subscription()
	if err != nil {
		return answer{}, err
	}
	c.s.end(u)
	return answer{status: http.StatusNoContent}, nil
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
