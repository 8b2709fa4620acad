package graph

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

const (
	graphAPI = "00000003-0000-0000-c000-000000000000"
	someApp  = "11111111-2222-4333-8444-555555555555"
	everyone = "Mail.ReadWrite Mail.Send MailboxSettings.ReadWrite Calendars.ReadWrite Contacts.ReadWrite"
)

// cloud is a sandbox with Exchange, Entra and Graph.
type cloud struct {
	t       testing.TB
	sandbox *sandbox.Sandbox
	x       *exchange.Exchange
	graph   *Server
	entra   *entra.Server
	http    *http.Client
	dir     string
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	o := &cloud{t: t, dir: t.TempDir()}
	log := slog.New(slog.NewTextHandler(output(t), &slog.HandlerOptions{Level: slog.LevelError}))
	var err error
	fatal := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	o.sandbox, err = sandbox.Start(t.Context(), sandbox.Options{Dir: o.dir, Log: log})
	fatal()
	o.x, err = exchange.Open(t.Context(), exchange.Options{Sandbox: o.sandbox, Dir: filepath.Join(o.dir, "exchange"), Log: log})
	fatal()
	o.graph = New(Options{Exchange: o.x, Log: log})
	o.entra, err = entra.Open(t.Context(), entra.Options{Dir: o.dir, Also: o.graph, Log: log})
	fatal()
	o.graph.Join(o.entra)
	o.http = localClient(o.entra.Addresses().CAFile)
	o.x.SetLimits(exchange.Limits{Concurrent: 4, RequestsPer10Min: -1, MessagesPerMinute: -1})
	t.Cleanup(func() {
		o.http.CloseIdleConnections()
		for _, c := range []io.Closer{o.entra, o.graph, o.x, o.sandbox} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return o
}

// token is one for a person and scopes.
func (o *cloud) token(login, scopes string) string {
	o.t.Helper()
	for _, p := range o.entra.Addresses().Accounts {
		if p.Login == login+"@contoso.test" {
			return o.mint(map[string]any{"oid": p.ID, "scp": scopes})
		}
	}
	o.t.Fatalf("nobody is called %s", login)
	return ""
}

// appToken is one for an application by itself.
func (o *cloud) appToken(roles ...string) string {
	o.t.Helper()
	return o.mint(map[string]any{"roles": roles})
}

func (o *cloud) mint(claims map[string]any) string {
	o.t.Helper()
	now := time.Now()
	for k, v := range map[string]any{"aud": graphAPI, "appid": someApp, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "tid": entra.TenantID} {
		claims[k] = v
	}
	text, err := o.entra.Mint(nil, claims)
	if err != nil {
		o.t.Fatal(err)
	}
	return text
}

// caller makes requests with a token.
type caller struct {
	*cloud
	token  string
	prefer string
}

func (o *cloud) as(login string) *caller {
	return &caller{cloud: o, token: o.token(login, everyone), prefer: `IdType="ImmutableId"`}
}

// reply is what came back.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   map[string]any
	raw    string
}

func (c *caller) do(method, path string, body any, headers ...string) reply {
	c.t.Helper()
	var in io.Reader = http.NoBody
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		in, kind = strings.NewReader(b), "text/plain"
	case []byte:
		in, kind = bytes.NewReader(b), "application/octet-stream"
	default:
		text, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		in = bytes.NewReader(text)
	}
	if strings.HasPrefix(path, "/") {
		path = c.entra.URL() + "/v1.0" + strings.ReplaceAll(path, " ", "%20")
	}
	r, err := http.NewRequest(method, path, in)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.prefer != "" {
		r.Header.Set("Prefer", c.prefer)
	}
	r.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a, err := c.http.Do(r)
	if err != nil {
		return reply{t: c.t, raw: err.Error()}
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	out := reply{t: c.t, status: a.StatusCode, header: a.Header, raw: string(text)}
	json.Unmarshal(text, &out.body) // not every answer is JSON
	return out
}

func (c *caller) get(path string) reply             { c.t.Helper(); return c.do("GET", path, nil) }
func (c *caller) post(path string, body any) reply  { c.t.Helper(); return c.do("POST", path, body) }
func (c *caller) patch(path string, body any) reply { c.t.Helper(); return c.do("PATCH", path, body) }
func (r reply) is(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.raw)
	}
	return r
}

// refused checks a refusal's status and code, and that its body has everything.
func (r reply) refused(status int, code string) reply {
	r.t.Helper()
	if r.status != status || r.at("error/code") != code {
		r.t.Errorf("status %d %v, want %d %s: %s", r.status, r.at("error/code"), status, code, r.raw)
	}
	if id := r.at("error/innerError/request-id"); id != r.header.Get("request-id") || id == "" {
		r.t.Errorf("request-id %v in the body, %q in the header", id, r.header.Get("request-id"))
	}
	return r
}

func (r reply) at(path string) any {
	v, _ := jsonObject(r.body).value(path)
	return v
}

func (r reply) text(path string) string {
	r.t.Helper()
	s, ok := r.at(path).(string)
	if !ok {
		r.t.Fatalf("no text at %s: %s", path, r.raw)
	}
	return s
}

func (r reply) list() []jsonObject {
	r.t.Helper()
	list, ok := r.body["value"].([]any)
	if !ok {
		r.t.Fatalf("no list: %d %s", r.status, r.raw)
	}
	var out []jsonObject
	for _, m := range list {
		out = append(out, m.(map[string]any))
	}
	return out
}

type m = map[string]any

func message(subject string, to ...string) m {
	var list []m
	for _, a := range to {
		list = append(list, m{"emailAddress": m{"address": a}})
	}
	return m{"subject": subject, "body": m{"contentType": "HTML", "content": "<p>Please <b>approve</b>.</p>"}, "toRecipients": list}
}

// output is where a test's log goes; a fuzz test's is not kept.
func output(t testing.TB) io.Writer {
	if t, ok := t.(*testing.T); ok {
		return t.Output()
	}
	return io.Discard
}
