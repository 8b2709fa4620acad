package graph

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

const (
	longestLife   = 10_000 * time.Minute // just under the 10,080 that Graph allows
	maxNotice     = 512 << 10
	maxNotices    = 1000 // in one request
	maxValidation = 1024
	noticeWithin  = 10 * time.Second
)

type subscription struct {
	ID         string    `json:"id,omitempty"`
	ChangeType string    `json:"changeType,omitempty"`
	URL        string    `json:"notificationUrl,omitempty"`
	Lifecycle  string    `json:"lifecycleNotificationUrl,omitempty"`
	Resource   string    `json:"resource,omitempty"`
	Until      time.Time `json:"expirationDateTime"`
	Secret     string    `json:"clientState,omitempty"`
}

func (s subscription) subscription() exchange.Subscription {
	return exchange.Subscription{ID: s.ID, Until: s.Until.UTC()}
}

func (b *box) until(t time.Time) time.Time {
	if most := b.s.now().Add(longestLife); t.IsZero() || t.After(most) {
		t = most
	}
	return t.UTC().Truncate(time.Second)
}

// Subscribe implements exchange.Pusher.
// https://learn.microsoft.com/graph/api/subscription-post-subscriptions
func (b *box) Subscribe(ctx context.Context, folder string, p exchange.Push) (exchange.Subscription, error) {
	at, err := segment(folder, "folder")
	if err != nil {
		return exchange.Subscription{}, err
	}
	var s subscription
	err = b.do(ctx, request{doing: "Asking to be told of new mail", method: "POST", path: "//subscriptions", into: &s, need: mailRead, once: true,
		body: subscription{ChangeType: "created", URL: p.URL, Lifecycle: p.URL, Secret: p.Secret, Until: b.until(p.Until),
			Resource: strings.TrimPrefix(b.root(), "/") + "/mailFolders('" + at + "')/messages"}})
	return s.subscription(), err
}

// Renew implements exchange.Pusher.
func (b *box) Renew(ctx context.Context, id string, until time.Time) (exchange.Subscription, error) {
	at, err := segment(id, "subscription")
	if err != nil {
		return exchange.Subscription{}, err
	}
	var s subscription
	err = b.do(ctx, request{doing: "Asking to be told of new mail", method: "PATCH", path: "//subscriptions/" + at, body: subscription{Until: b.until(until)}, into: &s, need: mailRead})
	return s.subscription(), err
}

// Unsubscribe implements exchange.Pusher.
func (b *box) Unsubscribe(ctx context.Context, id string) error {
	at, err := segment(id, "subscription")
	if err != nil {
		return err
	}
	return b.do(ctx, request{doing: "Asking not to be told of new mail", method: "DELETE", path: "//subscriptions/" + at, need: mailRead, goneIsDone: true})
}

// A Notice says that something may have happened. It is a hint: what happened,
// Sync tells.
type Notice struct {
	Subscription string
	Secret       string // to be compared, in constant time, with the one it was subscribed with
	Lifecycle    string // "": news; "missed": there may be news; "reauthorizationRequired": renew; "subscriptionRemoved": subscribe anew
}

// Hook answers at the address that was subscribed with: Graph's question whether
// the address wants news, and the news. tell must not block, and checks the
// secret: anybody can post here.
// https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
func Hook(tell func(Notice)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "only notifications are taken here", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if query := r.URL.Query(); query.Has("validationToken") {
			token := query.Get("validationToken")
			if len(token) > maxValidation || token == "" {
				http.Error(w, "no such token", http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, token)
			return
		}
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Now().Add(noticeWithin)) // not all connections have one
		list, ok := readNotices(http.MaxBytesReader(w, r.Body, maxNotice))
		if !ok {
			http.Error(w, "these are no notifications", http.StatusBadRequest)
			return
		}
		for _, n := range list {
			tell(n)
		}
		w.WriteHeader(http.StatusAccepted)
	})
}

func readNotices(body io.Reader) ([]Notice, bool) {
	var in struct {
		Value []struct {
			Subscription string `json:"subscriptionId"`
			Secret       string `json:"clientState"`
			Lifecycle    string `json:"lifecycleEvent"`
		} `json:"value"`
	}
	text, err := io.ReadAll(body)
	if err != nil || json.Unmarshal(text, &in) != nil || in.Value == nil || len(in.Value) > maxNotices {
		return nil, false
	}
	out := []Notice{}
	for _, n := range in.Value {
		if n.Subscription != "" && len(n.Subscription) <= 100 && len(n.Secret) <= 128 && len(n.Lifecycle) <= 100 {
			out = append(out, Notice(n))
		}
	}
	return out, true
}
