package exchangetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
)

// To is a list of one address.
func To(login string) []exchange.Address {
	return []exchange.Address{{Address: login + "@contoso.test"}}
}

// NewMail is a mail with a correlation of its own.
func NewMail(subject, login string) exchange.NewMail {
	return exchange.NewMail{Correlation: exchange.Correlation(subject), Subject: subject, To: To(login), Body: exchange.Body{HTML: true, Text: "<p>Please <b>approve</b>.</p>"}}
}

// Count is how often what is in list.
func Count(list []string, what string) int {
	n := 0
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

// Explained checks an error that people read: its code, that it has the server's
// words and request id, what to do, and no token.
func Explained(t *testing.T, err error, code string, hints ...string) {
	t.Helper()
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || e.Code != code {
		t.Errorf("error %v, want %s", err, code)
		return
	}
	if r, ok := errors.AsType[*exchange.Refusal](err); ok && (r.RequestID == "" || !strings.Contains(e.Detail, r.RequestID) || !strings.Contains(e.Detail, strings.TrimRight(r.Text, "."))) {
		t.Errorf("the server's words or its request id are missing: %q of %+v", e.Detail, r)
	}
	for _, h := range hints {
		if !strings.Contains(e.Hint, h) {
			t.Errorf("hint %q does not say %q", e.Hint, h)
		}
	}
	if strings.Contains(fmt.Sprintf("%+v %v", e, err), "eyJ") {
		t.Error("a token is in an error")
	}
}

// Walked tells the steps of a test in short: "+name +TLS -token".
func Walked(steps []broker.Step) string {
	var out []string
	for _, s := range steps {
		mark := "+"
		if !s.OK {
			mark = "-"
		}
		out = append(out, mark+s.Name)
	}
	return strings.Join(out, " ")
}

// Drain syncs an inbox until there is no more.
func Drain(t *testing.T, b exchange.Backend, state string) (subjects []string, next string, anew bool) {
	t.Helper()
	for range 100 {
		c := must[exchange.Changes](t)(b.Sync(t.Context(), "inbox", state))
		for _, m := range c.New {
			if m.ID == "" || m.MessageID == "" || m.From.Address == "" || m.Received.IsZero() {
				t.Errorf("%+v cannot be told apart", m)
			}
			subjects = append(subjects, m.Subject)
		}
		anew, state = anew || c.Anew, c.State
		if !c.More {
			return subjects, state, anew
		}
	}
	t.Fatal("it never ends")
	return
}

// must fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
