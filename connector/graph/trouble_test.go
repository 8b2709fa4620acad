package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/graph"
	"github.com/signoffhq/signoff/sandbox/entra"
)

func (x *tenant) plant(name, value, endpoint string, times int) {
	x.t.Helper()
	if err := x.Plant(entra.Fault{Name: name, Value: value, Endpoint: endpoint, Times: times}); err != nil {
		x.t.Fatal(err)
	}
}

func TestGraphInTroubleIsAskedAgain(t *testing.T) {
	x := open(t)
	for _, c := range []struct {
		name, value, endpoint string
		want                  time.Duration
	}{
		{"provider-throttled", "7", "graph", 7 * time.Second}, {"provider-error", "503", "graph", time.Second}, {"provider-error", "500", "graph", time.Second},
		{"provider-down", "", "graph", time.Second}, {"provider-truncated", "", "graph", time.Second}, {"provider-throttled", "3", "token", 3 * time.Second},
	} {
		x.waited = nil
		if c.endpoint == "token" {
			x.client = &graph.Client{HTTP: x.client.HTTP, Authority: x.client.Authority, Graph: x.client.Graph, Tenant: x.client.Tenant,
				ClientID: x.client.ClientID, Secret: x.client.Secret, Wait: x.client.Wait}
		}
		x.plant(c.name, c.value, c.endpoint, 1)
		if _, err := x.client.Users(t.Context(), ""); err != nil || len(x.waited) != 1 || x.waited[0] != c.want {
			t.Errorf("%s: waited %v, %v", c.name, x.waited, err)
		}
		x.Heal("")
	}
}

func TestGraphIsNotAskedForEver(t *testing.T) {
	x := open(t)
	x.plant("provider-error", "503", "graph", 0)
	_, err := x.client.Users(t.Context(), "")
	if signoff.CodeOf(graph.Explain(err)) != graph.CodeUnavailable || len(x.waited) != 4 {
		t.Errorf("waited %v: %v", x.waited, err)
	}
	x.Heal("")
	x.waited = nil
	x.plant("provider-throttled", "86400", "graph", 0)
	_, err = x.client.Users(t.Context(), "")
	if e, ok := errors.AsType[*graph.Error](err); !ok || e.RetryAfter != 24*time.Hour || len(x.waited) != 0 {
		t.Errorf("waited %v: %v", x.waited, err)
	}
}

func TestAnswersThatMeanNothingAreErrors(t *testing.T) {
	x := open(t)
	for _, endpoint := range []string{"graph", "token"} {
		for _, name := range []string{"provider-garbage", "provider-html", "provider-empty", "provider-huge", "provider-deep", "provider-redirect"} {
			c := &graph.Client{HTTP: x.http, Authority: x.URL(), Graph: x.URL(), Tenant: entra.TenantID, ClientID: x.client.ClientID, Secret: x.client.Secret, Wait: x.client.Wait}
			x.plant(name, "", endpoint, 0)
			begun := time.Now()
			_, err := c.Users(t.Context(), "")
			e, ok := errors.AsType[*signoff.Error](graph.Explain(err))
			if !ok || e.Kind == signoff.Internal || time.Since(begun) > 10*time.Second {
				t.Errorf("%s at %s: %v", name, endpoint, err)
			}
			if strings.Contains(err.Error(), string(x.client.Secret)) {
				t.Errorf("the secret is in %v", err)
			}
			x.Heal("")
		}
	}
}

func TestEveryRefusalSaysWhatToDo(t *testing.T) {
	x := open(t)
	for _, c := range []struct{ fault, code, say string }{
		{"secret-expired", graph.CodeSignIn, "secret"}, {"app-unknown", graph.CodeSignIn, ""}, {"app-disabled", graph.CodeSignIn, ""},
		{"graph-forbidden", graph.CodeForbidden, "GroupMember.Read.All"},
	} {
		x.plant(c.fault, "", "", 0)
		fresh := &graph.Client{HTTP: x.http, Authority: x.URL(), Graph: x.URL(), Tenant: entra.TenantID, ClientID: x.client.ClientID, Secret: x.client.Secret}
		err := fresh.Check(t.Context())
		e, ok := errors.AsType[*signoff.Error](graph.Explain(err))
		if !ok || e.Code != c.code || !strings.Contains(e.Detail+e.Hint, c.say) || !strings.Contains(e.Hint, "Microsoft knows the request as ") {
			t.Errorf("%s: %v", c.fault, graph.Explain(err))
		}
		x.Heal("")
	}
	x.client.Tenant = "00000000-0000-0000-0000-0000000000ff"
	if err := graph.Explain(x.client.Check(t.Context())); signoff.CodeOf(err) != graph.CodeSignIn {
		t.Errorf("another tenant: %v", err)
	}
}

func TestAForgottenDeltaStartsAnew(t *testing.T) {
	x := open(t)
	_, _, next, _ := all(t, x.client.Users, "")
	x.plant("delta-expired", "", "", 0)
	if _, err := x.client.Users(t.Context(), next); !errors.Is(err, graph.ErrStartAnew) {
		t.Errorf("%v", err)
	}
}

func TestAClaimsChallengeIsAnswered(t *testing.T) {
	x := open(t)
	if err := x.client.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	x.plant("graph-claims-challenge", "", "", 0)
	x.ahead.Store(int64(2 * time.Second)) // tokens count whole seconds
	if err := x.client.Check(t.Context()); err != nil {
		t.Errorf("%v", err)
	}
}

// server is a Graph that answers what it is told to.
func server(t *testing.T, answer http.HandlerFunc) *graph.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/token") {
			io.WriteString(w, `{"token_type":"Bearer","expires_in":"3599","access_token":"tok"}`)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return &graph.Client{HTTP: s.Client(), Authority: s.URL, Graph: s.URL, Tenant: "t", ClientID: "c", Secret: "s",
		Wait: func(context.Context, time.Duration) error { return nil }}
}

func TestLinksToElsewhereAreNotFollowed(t *testing.T) {
	var stolen atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Store(true) }))
	t.Cleanup(thief.Close)
	var c *graph.Client
	link := ""
	c = server(t, func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"value": []any{}, "@odata.nextLink": link})
	})
	for _, to := range []string{thief.URL + "/v1.0/users/delta?$skiptoken=x", "//evil.test/v1.0/users/delta", strings.Replace(c.Graph, "http://", "https://", 1) + "/v1.0/users/delta",
		"http://user@" + strings.TrimPrefix(c.Graph, "http://") + "/v1.0/users/delta", c.Graph + ".evil.test/v1.0/users/delta", c.Graph + "/v1.0/me/messages", c.Graph + "/v1.0/groups/delta",
		c.Graph + "/beta/users/delta", "/v1.0/users/delta", "%zz", c.Graph + "/v1.0/users/delta?x=" + strings.Repeat("x", 17<<10)} {
		link = to
		_, err := c.Users(t.Context(), "")
		if err == nil || signoff.CodeOf(graph.Explain(err)) != graph.CodeAnswer {
			t.Errorf("%.60s: %v", to, err)
		}
		if _, err := c.Users(t.Context(), to); err == nil { // nor one that was kept
			t.Errorf("%.60s was asked for", to)
		}
	}
	if stolen.Load() {
		t.Error("a foreign host was asked")
	}
	link = c.Graph + "/v1.0/users/microsoft.graph.delta()?$skiptoken=y"
	if p, err := c.Users(t.Context(), ""); err != nil || p.Done || p.Link != link {
		t.Errorf("a link as Graph writes it: %+v %v", p, err)
	}
	if _, err := c.Users(t.Context(), link); err == nil {
		t.Error("a page that goes on with itself is followed")
	}
}

func TestWhatIsInAPage(t *testing.T) {
	body := ""
	c := server(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) })
	end := fmt.Sprintf(`"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=z"`, c.Graph)
	for _, bad := range []string{`{}`, `[]`, `null`, `{"value":[{}],` + end + `}`, `{"value":[{"id":"../x"}],` + end + `}`, `{"value":[{"id":"a","manager@delta":[{"id":"?"}]}],` + end + `}`,
		`{"value":"x",` + end + `}`, `{"value":[{"id":7}],` + end + `}`} {
		body = bad
		if _, err := c.Users(t.Context(), ""); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	body = `{"value":[{"id":"a","manager@delta":[{"id":"new"},{"id":"old","@removed":{"reason":"changed"}}]},
		{"id":"b","manager@delta":[{"id":"old","@removed":{"reason":"changed"}},{"id":"new"}]},
		{"id":"c","userPrincipalName":"c_x#EXT#@t","accountEnabled":false,"userType":"Guest","mail":"c@x.test","displayName":null,
		 "proxyAddresses":["smtp:alias@t","SMTP:C@X.test","SMTP:main@t","x500:/o=x","sip:c@t"]},
		{"id":"d","@removed":{"reason":"changed"}}],` + end + `}`
	p, err := c.Users(t.Context(), "")
	if err != nil || len(p.Items) != 3 || !p.Done || fmt.Sprint(p.Gone) != "[d]" {
		t.Fatalf("%+v %v", p, err)
	}
	if a, b := p.Items[0], p.Items[1]; a.Whole || *a.Manager != "new" || *b.Manager != "new" {
		t.Errorf("%+v %+v", a, b)
	}
	if u := p.Items[2]; !u.Whole || u.Enabled || !u.Guest || fmt.Sprint(u.Addresses) != "[c@x.test main@t alias@t]" {
		t.Errorf("%+v", u)
	}
	body = strings.Replace(`{"value":[{"id":"g","members@delta":[{"id":"u1","@odata.type":"#microsoft.graph.user"},{"id":"d","@odata.type":"#microsoft.graph.device"},
		{"id":"u2","@removed":{"reason":"deleted"}},{"id":"g2","@odata.type":"#microsoft.graph.group"}]}],`+end+`}`, "users/delta", "groups/delta", 1)
	g, err := c.Groups(t.Context(), "")
	if err != nil || g.Items[0].Whole || fmt.Sprint(g.Items[0].Came, g.Items[0].Left) != "[u1 g2] [u2]" {
		t.Errorf("%+v %v", g, err)
	}
	body = `{"value":["` + strings.Repeat(`a","`, 12_000) + `a"]}`
	if _, _, err := c.GroupsOf(t.Context(), "a"); err == nil {
		t.Error("a person in endless groups")
	}
	body = `{"value":["a b"]}`
	if _, _, err := c.GroupsOf(t.Context(), "a"); err == nil {
		t.Error("a group that is none")
	}
}

func TestSlowGraphIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &graph.Client{HTTP: &http.Client{Transport: stalled{}}, Authority: "https://a.test", Graph: "https://g.test", Tenant: "t", ClientID: "c", Secret: "s"}
		begun := time.Now()
		_, err := c.Users(t.Context(), "")
		if signoff.CodeOf(graph.Explain(err)) != graph.CodeUnavailable || time.Since(begun) > 6*time.Minute {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun = time.Now()
		if _, err := c.Users(ctx, ""); err == nil || time.Since(begun) > time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}

// stalled never answers.
type stalled struct{}

func (stalled) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestOneTokenIsUsedWhileItLasts(t *testing.T) {
	var tokens atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			tokens.Add(1)
			io.WriteString(w, `{"token_type":"Bearer","expires_in":3600,"access_token":"tok"}`)
			return
		}
		io.WriteString(w, `{"value":[]}`)
	}))
	t.Cleanup(s.Close)
	now := time.Now()
	c := &graph.Client{HTTP: s.Client(), Authority: s.URL, Graph: s.URL, Tenant: "t", ClientID: "c", Secret: "s", Now: func() time.Time { return now }}
	for range 3 {
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if tokens.Load() != 1 {
		t.Errorf("%d tokens", tokens.Load())
	}
	now = now.Add(56 * time.Minute)
	c.Check(t.Context())
	if tokens.Load() != 2 {
		t.Errorf("%d tokens", tokens.Load())
	}
	if text := fmt.Sprintf("%v %+v %#v", c.Secret, struct{ S graph.Secret }{c.Secret}, c.Secret); strings.Contains(text, `"s"`) || !strings.Contains(text, "[sealed]") {
		t.Errorf("the secret shows: %s", text)
	}
}

func FuzzPage(f *testing.F) {
	f.Add(`{"value":[{"id":"a","manager@delta":[{"id":"b"}],"proxyAddresses":["SMTP:x@y"]}],"@odata.deltaLink":"https://g.test/v1.0/users/delta?$deltatoken=z"}`)
	f.Add(`{"error":{"code":"resyncRequired","message":"x","innerError":{"request-id":"y"}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, status := range []int{200, 400, 503} {
			c := &graph.Client{HTTP: &http.Client{Transport: said{status, body}}, Authority: "https://a.test", Graph: "https://g.test", Tenant: "t", ClientID: "c", Secret: "s",
				Wait: func(context.Context, time.Duration) error { return nil }}
			p, err := c.Users(t.Context(), "")
			if err == nil && (p.Link == "" || !strings.HasPrefix(p.Link, "https://g.test/v1.0/users/")) {
				t.Errorf("%+v", p)
			}
			if _, err := c.Groups(t.Context(), ""); err != nil && graph.Explain(err) == nil {
				t.Error(err)
			}
		}
	})
}

type said struct {
	status int
	body   string
}

func (s said) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"token_type":"Bearer","expires_in":3600,"access_token":"tok"}`)), Request: r}, nil
	}
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}
