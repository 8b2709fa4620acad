package graph

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

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
