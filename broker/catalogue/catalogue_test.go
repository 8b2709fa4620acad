package catalogue_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// echo is a service type that answers what it was asked, and tells of it.
type echo struct {
	mu      sync.Mutex
	offers  []broker.Object
	calls   []broker.Call
	opened  []broker.Instance
	open    int
	rows    []map[string]any
	page    int // rows at a time; it does not filter
	filters bool
	err     error
	within  func() // during each call
}

func (e *echo) About() broker.About {
	return broker.About{Name: "echo", Title: "Echo", Text: "Says what it hears.", Modes: []broker.Mode{broker.AsService, broker.AsCaller, broker.Static, broker.NoSignIn},
		Keys: []broker.Key{
			{Name: "url", Title: "Address", Kind: "text", Required: true},
			{Name: "token", Title: "Token", Kind: "secret"},
			{Name: "size", Title: "Page size", Kind: "number", Default: "100", Harmless: true},
			{Name: "loud", Title: "Loud", Kind: "bool"},
			{Name: "way", Title: "Way", Kind: "choice", Choices: []string{"up", "down"}},
			{Name: "document", Title: "Document", Kind: "document"}}}
}

func (e *echo) Open(in broker.Instance) (broker.Provider, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if in.Keys["url"] == "refuse" {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-service", Detail: "no", Fields: []signoff.FieldError{{Field: "keys.url", Detail: "cannot be that"}}}
	}
	e.opened = append(e.opened, in)
	e.open++
	return &echoing{e, in}, nil
}

type echoing struct {
	*echo
	in broker.Instance
}

func (p *echoing) Objects(context.Context) ([]broker.Object, error) { return p.offers, p.err }
func (p *echoing) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	return nil
}

func (p *echoing) Test(_ context.Context, by broker.Principal) []broker.Step {
	return []broker.Step{{Name: "name", OK: true, Found: p.in.Keys["url"]}, {Name: "token", Found: "it said " + p.in.Keys["token"], Do: "ask " + string(by)}}
}

func (p *echoing) Call(_ context.Context, c broker.Call) (broker.Result, error) {
	p.in.HTTP(c.By)
	if p.within != nil {
		p.within()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
	if p.err != nil {
		return broker.Result{}, p.err
	}
	if c.Method != "list" {
		return broker.Result{Row: map[string]any{"text": c.Inputs["text"], "secret": p.in.Keys["token"], "n": json.Number("1.50")}}, nil
	}
	from := 0
	if c.After != "" {
		fmt.Sscan(c.After, &from)
	}
	to := min(from+p.page, len(p.rows))
	r := broker.Result{Rows: p.rows[from:to], Unfiltered: !p.filters}
	if to < len(p.rows) {
		r.Next = fmt.Sprint(to)
	}
	return r, nil
}

func thing(methods ...broker.Method) broker.Object {
	return broker.Object{Name: "Thing", Title: "Thing", Properties: []broker.Property{{Name: "text", Type: broker.Text}, {Name: "n", Type: broker.Number}, {Name: "secret", Type: broker.Text}}, Methods: methods}
}

var (
	say  = broker.Method{Name: "say", Kind: broker.Execute, Inputs: []broker.Input{{Name: "text", Required: true}, {Name: "n"}}, Outputs: []string{"text", "n", "secret"}}
	list = broker.Method{Name: "list", Kind: broker.List, Outputs: []string{"text", "n"}}

	root = signoff.Caller{Person: signoff.Person{Principal: "user:1"}, Admin: true, How: "session"}
	ana  = signoff.Caller{Person: signoff.Person{Principal: "user:2"}, Groups: []signoff.Principal{signoff.Everyone}, How: "session"}
	dev  = signoff.Caller{Person: signoff.Person{Principal: "user:3"}, Deploy: true, How: "session"}
)

// world is a catalogue over a new database, with one type.
type world struct {
	*catalogue.Service
	t     *testing.T
	st    *store.Store
	echo  *echo
	uses  []catalogue.Use
	asked []catalogue.Credential
	o     catalogue.Options
}

func start(t *testing.T) *world {
	t.Helper()
	st, err := store.Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{})
	must(t, err)
	w := &world{t: t, st: st, echo: &echo{offers: []broker.Object{thing(say, list)}, page: 2}}
	w.o = catalogue.Options{Store: st, Key: seal.NewKey(), Types: []broker.Type{w.echo},
		HTTP: func(c catalogue.Credential) *http.Client {
			w.echo.mu.Lock()
			defer w.echo.mu.Unlock()
			w.asked = append(w.asked, c)
			return http.DefaultClient
		},
		Uses: func(context.Context) ([]catalogue.Use, error) { return w.uses, nil },
		Resource: func(_ context.Context, name string) error {
			if name != "m365" {
				return &signoff.Error{Kind: signoff.NotFound, Code: "oauth-resource-not-found", Detail: "there is no resource of that name"}
			}
			return nil
		}}
	w.Service = catalogue.Open(w.o)
	t.Cleanup(func() {
		must(t, w.Close())
		if w.echo.open != 0 {
			t.Errorf("%d providers were left open", w.echo.open)
		}
		must(t, st.Close())
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, err error, code string) *signoff.Error {
	t.Helper()
	if signoff.CodeOf(err) != code {
		t.Fatalf("%v, want %s", err, code)
	}
	e, _ := errors.AsType[*signoff.Error](err)
	return e
}

func secret(s string) *seal.Secret { x := seal.Secret(s); return &x }

func settings() catalogue.Settings {
	return catalogue.Settings{Name: "office", Title: "Office", Type: "echo", Mode: broker.NoSignIn,
		Keys: map[string]string{"url": "https://echo.test"}, Secrets: map[string]*seal.Secret{"token": secret("open-sesame")}}
}

// ready makes a service that has said what it offers.
func (w *world) ready(set catalogue.Settings) catalogue.Instance {
	w.t.Helper()
	_, err := w.Create(w.t.Context(), root, set)
	must(w.t, err)
	_, err = w.Refresh(w.t.Context(), root, set.Name, catalogue.Ask{Apply: true})
	must(w.t, err)
	in, err := w.Instance(w.t.Context(), root, set.Name)
	must(w.t, err)
	return in
}

func (w *world) grant(who signoff.Principal, r access.Right) {
	w.t.Helper()
	must(w.t, w.ChangeGrants(w.t.Context(), root, "office", func([]access.Grant) ([]access.Grant, error) {
		return []access.Grant{{Who: who, Right: r}}, nil
	}))
}

func TestASecretIsNeverShown(t *testing.T) {
	w := start(t)
	in := w.ready(settings())
	if !slices.Equal(in.Kept, []string{"token"}) || in.Keys["token"] != "" || in.Keys["size"] != "100" {
		t.Errorf("%+v", in)
	}
	if got := w.echo.opened[len(w.echo.opened)-1].Keys["token"]; got != "open-sesame" {
		t.Errorf("the type got %q", got)
	}
	r, err := w.Call(t.Context(), root, "office", broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "hi"}})
	if err != nil || r.Row["secret"] != "[sealed]" || r.Row["text"] != "hi" || r.Row["n"] != json.Number("1.50") {
		t.Errorf("%v %v", r, err)
	}
	steps, err := w.Test(t.Context(), root, "office")
	if err != nil || len(steps) != 3 || !steps[1].OK || steps[2].Found != "it said [sealed]" || steps[2].Do != "ask user:1" {
		t.Errorf("%+v %v", steps, err)
	}
	w.echo.err = &signoff.Error{Kind: signoff.Unavailable, Code: "down", Detail: "open-sesame was refused", Hint: "not open-sesame", Err: errors.New("dial open-sesame")}
	_, err = w.Call(t.Context(), root, "office", broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "hi"}})
	if e := wants(t, err, "down"); strings.Contains(err.Error()+e.Hint, "sesame") || e.Kind != signoff.Unavailable || e.Hint != "not [sealed]" {
		t.Errorf("%v, %s", err, e.Hint)
	}
	text, err := w.st.DumpText(t.Context())
	must(t, err)
	if strings.Contains(text, "sesame") || !strings.Contains(text, `(kept)`) {
		t.Errorf("the database holds the secret, or the record does not say that there is one:\n%s", text)
	}
}

// parked is the error of somebody who has no token.
type parked struct{}

func (parked) Error() string { return "not connected" }
func (parked) ParksFor() (string, signoff.Principal, string) {
	return "m365|user:2|", "user:2", "ana has to connect"
}

func TestAMissingTokenComesThrough(t *testing.T) {
	w := start(t)
	w.ready(settings())
	w.echo.err = fmt.Errorf("call: %w", parked{})
	_, err := w.Call(t.Context(), access.System, "office", broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "hi"}})
	if p, ok := errors.AsType[parked](err); !ok || p != (parked{}) {
		t.Errorf("%v", err)
	}
}

func TestSettingsThatCannotBeMeantAreRefusedAllAtOnce(t *testing.T) {
	w := start(t)
	for _, tt := range []struct {
		name   string
		change func(*catalogue.Settings)
		want   string
	}{
		{"a name with a space", func(s *catalogue.Settings) { s.Name = "my office" }, "name"},
		{"no title", func(s *catalogue.Settings) { s.Title = " " }, "title"},
		{"a type that is not there", func(s *catalogue.Settings) { s.Type = "fax" }, "type"},
		{"a mode it has not", func(s *catalogue.Settings) { s.Mode = broker.AppOnly; s.Resource = "m365" }, "mode"},
		{"a token of nothing", func(s *catalogue.Settings) { s.Mode = broker.AsService }, "resource"},
		{"a token of a resource that is not there", func(s *catalogue.Settings) { s.Mode = broker.AsService; s.Resource = "none" }, "resource"},
		{"a resource for nothing", func(s *catalogue.Settings) { s.Resource = "m365" }, "resource"},
		{"a name to sign in with for nothing", func(s *catalogue.Settings) { s.User = "x" }, "user"},
		{"static without name and password", func(s *catalogue.Settings) { s.Mode = broker.Static }, "user password"},
		{"a key it has not", func(s *catalogue.Settings) { s.Keys["uri"] = "x" }, "keys.uri"},
		{"a secret as a key", func(s *catalogue.Settings) { s.Keys["token"] = "x" }, "keys.token"},
		{"a key as a secret", func(s *catalogue.Settings) { s.Secrets["url"] = secret("x") }, "secrets.url"},
		{"what is needed is missing", func(s *catalogue.Settings) { delete(s.Keys, "url") }, "keys.url"},
		{"wrong kinds", func(s *catalogue.Settings) {
			s.Keys["size"], s.Keys["loud"], s.Keys["way"], s.Keys["url"] = "x", "yes", "left", "a\nb"
		}, "keys.url keys.size keys.loud keys.way"},
		{"a document with a zero byte", func(s *catalogue.Settings) { s.Keys["document"] = "a\x00" }, "keys.document"},
		{"what the type refuses", func(s *catalogue.Settings) { s.Keys["url"] = "refuse" }, "keys.url"},
	} {
		set := settings()
		tt.change(&set)
		_, err := w.Create(t.Context(), root, set)
		e, _ := errors.AsType[*signoff.Error](err)
		if e == nil || e.Code != "bad-service" {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var fields []string
		for _, f := range e.Fields {
			fields = append(fields, f.Field)
		}
		if strings.Join(fields, " ") != tt.want {
			t.Errorf("%s: %v", tt.name, e.Fields)
		}
	}
	if list, err := w.Instances(t.Context(), root); err != nil || len(list) != 0 {
		t.Errorf("something was kept: %v %v", list, err)
	}
}

func TestAKeptSecretGoesWhereItWasGivenFor(t *testing.T) {
	w := start(t)
	in := w.ready(settings())
	save := func(by signoff.Caller, change func(*catalogue.Settings)) error {
		set := settings()
		set.Secrets = nil
		change(&set)
		got, err := w.Save(t.Context(), by, in.Rev, set)
		if err == nil {
			in = got
		}
		return err
	}
	must(t, save(root, func(s *catalogue.Settings) { s.Keys["size"], s.Title = "5", "The office" }))
	if !slices.Equal(in.Kept, []string{"token"}) || in.Title != "The office" {
		t.Errorf("%+v", in)
	}
	err := save(root, func(s *catalogue.Settings) { s.Keys["url"] = "https://eve.test" })
	if e := wants(t, err, "bad-service"); len(e.Fields) != 1 || e.Fields[0].Field != "secrets.token" {
		t.Errorf("elsewhere with the kept secret: %v", err)
	}
	must(t, save(root, func(s *catalogue.Settings) {
		s.Keys["url"], s.Secrets = "https://new.test", map[string]*seal.Secret{"token": secret("another")}
	}))
	must(t, save(root, func(s *catalogue.Settings) {
		s.Keys["url"], s.Secrets = "https://new.test", map[string]*seal.Secret{"token": secret("")}
	}))
	if len(in.Kept) != 0 {
		t.Errorf("a secret that was taken away: %v", in.Kept)
	}
	wants(t, func() error { _, err := w.Save(t.Context(), root, 1, settings()); return err }(), "service-changed")
}

func TestWhereTokensGoIsForAdministratorsToSay(t *testing.T) {
	w := start(t)
	set := settings()
	set.Mode, set.Resource, set.Secrets = broker.AsService, "m365", nil
	in := w.ready(set)
	w.grant("user:2", access.Change)
	set.Title = "Ours"
	in, err := w.Save(t.Context(), ana, in.Rev, set)
	must(t, err)
	set.Keys = map[string]string{"url": "https://eve.test"}
	_, err = w.Save(t.Context(), ana, in.Rev, set)
	wants(t, err, "service-needs-administrator")
	_, err = w.Try(t.Context(), ana, set)
	wants(t, err, "service-needs-administrator")
	set.Mode, set.Resource, set.Keys["url"] = broker.NoSignIn, "", "https://eve.test"
	_, err = w.Save(t.Context(), ana, in.Rev, set)
	wants(t, err, "service-needs-administrator")
}

func TestRightsOnAService(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	in := w.ready(settings())
	call := func(by signoff.Caller) error {
		_, err := w.Call(ctx, by, "office", broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "hi"}})
		return err
	}
	wants(t, call(ana), "service-not-found")
	wants(t, call(signoff.Caller{}), "service-not-found")
	wants(t, call(dev), "not-allowed")
	_, err := w.Objects(ctx, ana, "office")
	wants(t, err, "service-not-found")
	if objects, err := w.Objects(ctx, dev, "office"); err != nil || len(objects) != 1 {
		t.Errorf("who deploys workflows sees what they can name: %v", err)
	}
	w.grant(signoff.Everyone, access.Use)
	must(t, call(ana))
	seen, err := w.Instance(ctx, ana, "office")
	if err != nil || !seen.CanUse || seen.CanChange || seen.Keys != nil || seen.Rev != 0 || seen.Mode != "" {
		t.Errorf("%+v %v", seen, err)
	}
	for name, err := range map[string]error{
		"save":    func() error { _, err := w.Save(ctx, ana, in.Rev, settings()); return err }(),
		"create":  func() error { _, err := w.Create(ctx, ana, settings()); return err }(),
		"test":    func() error { _, err := w.Test(ctx, ana, "office"); return err }(),
		"try":     func() error { _, err := w.Try(ctx, ana, settings()); return err }(),
		"refresh": func() error { _, err := w.Refresh(ctx, ana, "office", catalogue.Ask{}); return err }(),
		"uses":    func() error { _, err := w.Uses(ctx, ana, "office"); return err }(),
		"grants":  func() error { _, err := w.Grants(ctx, ana, "office"); return err }(),
		"delete":  w.Delete(ctx, ana, "office", in.Rev, true),
		"give":    w.ChangeGrants(ctx, ana, "office", func(g []access.Grant) ([]access.Grant, error) { return g, nil }),
	} {
		if signoff.CodeOf(err) != "not-allowed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	err = w.ChangeGrants(ctx, root, "office", func([]access.Grant) ([]access.Grant, error) {
		return []access.Grant{{Who: "user:2", Right: access.Start}}, nil
	})
	wants(t, err, "unknown-right")
	w.grant("user:9", access.Use)
	wants(t, call(ana), "service-not-found")
}

func TestACallRunsInTheNameOfWhoCalls(t *testing.T) {
	w := start(t)
	set := settings()
	set.Mode, set.Resource, set.Audience = broker.AsCaller, "m365", "https://graph.test"
	w.ready(set)
	w.grant(signoff.Everyone, access.Use)
	c := broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "hi"}, Key: "k"}
	for _, tt := range []struct {
		by       signoff.Caller
		as, want broker.Principal
	}{{ana, "", "user:2"}, {ana, "user:1", "user:2"}, {access.System, "user:7", "user:7"}, {access.System, "", ""}} {
		c.By = tt.as
		_, err := w.Call(t.Context(), tt.by, "office", c)
		must(t, err)
		if got := w.echo.calls[len(w.echo.calls)-1]; got.By != tt.want || got.Key != "k" {
			t.Errorf("%s as %q: by %q", tt.by.How, tt.as, got.By)
		}
		if got := w.asked[len(w.asked)-1]; got != (catalogue.Credential{Type: "echo", Mode: broker.AsCaller, Resource: "m365", Audience: "https://graph.test", By: tt.want}) {
			t.Errorf("%+v", got)
		}
	}
}

func TestNobodyUsesAnothersConnectionInTheirName(t *testing.T) {
	w := start(t)
	set := settings()
	w.ready(set)
	w.grant(ana.Principal, access.Change)
	say := broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "hi"}}
	behind := ana
	behind.Behind = "user:9"
	_, err := w.Call(t.Context(), behind, "office", say)
	must(t, err) // what is called without anybody's account may be called in their name
	set.Mode, set.Resource = broker.AsCaller, "m365"
	_, err = w.Save(t.Context(), root, 1, set)
	must(t, err)
	for what, do := range map[string]func(by signoff.Caller) error{
		"call": func(by signoff.Caller) error { _, err := w.Call(t.Context(), by, "office", say); return err },
		"test": func(by signoff.Caller) error { _, err := w.Test(t.Context(), by, "office"); return err },
		"try": func(by signoff.Caller) error {
			again := set
			again.Secrets = nil
			_, err := w.Try(t.Context(), by, again)
			return err
		},
	} {
		if err := do(behind); signoff.CodeOf(err) != "not-allowed" {
			t.Errorf("%s in ana's name: %v", what, err)
		}
		if err := do(ana); err != nil {
			t.Errorf("%s by ana: %v", what, err)
		}
	}
}

func TestOnePersonsCallsLeavePlacesToOthers(t *testing.T) {
	w := start(t)
	w.ready(settings())
	w.grant(signoff.Everyone, access.Use)
	say := broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "hi"}}
	begun, goOn := make(chan bool), make(chan bool)
	w.echo.within = func() { begun <- true; <-goOn }
	var g sync.WaitGroup
	call := func(by signoff.Caller) {
		g.Go(func() {
			if _, err := w.Call(context.Background(), by, "office", say); err != nil {
				t.Errorf("%s: %v", by.Principal, err)
			}
		})
		<-begun
	}
	for range 8 {
		call(ana)
	}
	over := make(chan error)
	go func() { _, err := w.Call(t.Context(), ana, "office", say); over <- err }()
	select {
	case err := <-over:
		wants(t, err, "service-busy")
	case <-begun:
		t.Error("a ninth call of one person is under way")
	}
	call(root)
	call(access.System)
	close(goOn)
	g.Wait()
	w.echo.within = nil
	_, err := w.Call(t.Context(), ana, "office", say)
	must(t, err)
}

func TestASecretIsHiddenHoweverItIsSpelt(t *testing.T) {
	w := start(t)
	set := settings()
	set.Mode, set.User, set.Password = broker.Static, "flows", secret(`p@ss "w<rd/?`)
	w.ready(set)
	for name, text := range map[string]string{
		"Basic":       base64.StdEncoding.EncodeToString([]byte(`flows:p@ss "w<rd/?`)),
		"base64":      base64.StdEncoding.EncodeToString([]byte(`p@ss "w<rd/?`)),
		"base64 URL":  base64.RawURLEncoding.EncodeToString([]byte(`p@ss "w<rd/?`)),
		"JSON":        `{"password":"p@ss \"w\u003crd/?"}`,
		"a query":     "https://x.test/?password=p%40ss+%22w%3Crd%2F%3F",
		"a path":      "https://x.test/p@ss%20%22w%3Crd%2F%3F",
		"HTML":        "<b>p@ss &#34;w&lt;rd/?</b>",
		"hexadecimal": hex.EncodeToString([]byte("open-sesame")),
	} {
		r, err := w.Call(t.Context(), root, "office", broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": text}})
		must(t, err)
		if got := r.Row["text"].(string); !strings.Contains(got, "[sealed]") || strings.Contains(got, "w<rd") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestWhatIsNotThereIsToldWithTheNearestName(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	_, err := w.Create(ctx, root, settings())
	must(t, err)
	_, err = w.Call(ctx, root, "office", broker.Call{Object: "Thing", Method: "say"})
	wants(t, err, "service-not-generated")
	_, err = w.Refresh(ctx, root, "office", catalogue.Ask{Apply: true})
	must(t, err)
	for _, tt := range []struct{ service, object, method, code, hint string }{
		{"ofice", "Thing", "say", "service-not-found", "did you mean office?"},
		{"office", "Thign", "say", "service-object-unknown", "did you mean Thing?"},
		{"office", "Thing", "Say", "service-method-unknown", "did you mean say?"},
	} {
		err := w.Check(ctx, access.System, tt.service, tt.object, tt.method)
		if e := wants(t, err, tt.code); e.Hint != tt.hint {
			t.Errorf("%+v: %s", tt, e.Hint)
		}
		_, err = w.Call(ctx, access.System, tt.service, broker.Call{Object: tt.object, Method: tt.method})
		wants(t, err, tt.code)
	}
	must(t, w.Check(ctx, access.System, "office", "Thing", "say"))
	wants(t, w.Check(ctx, dev, "office", "Thing", "say"), "not-allowed")
	_, err = w.Call(ctx, root, "office", broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"txt": "hi"}})
	if e := wants(t, err, "bad-inputs"); len(e.Fields) != 2 || e.Fields[1].Advice != "did you mean text?" {
		t.Errorf("%+v", e)
	}
	if len(w.echo.calls) != 0 {
		t.Errorf("%d calls reached the system", len(w.echo.calls))
	}
}

func TestAListIsFilteredWhereTheProviderDoesNot(t *testing.T) {
	w := start(t)
	w.ready(settings())
	for i := range 9 {
		w.echo.rows = append(w.echo.rows, map[string]any{"text": fmt.Sprint("row ", i), "n": json.Number(fmt.Sprint(i))})
	}
	odd := &broker.Filter{Op: "or", Of: []broker.Filter{{Op: "eq", Name: "n", To: 1}, {Op: "ge", Name: "n", To: 4}}}
	for _, top := range []int{0, 1, 2, 3, 100} {
		var all []string
		after, pages := "", 0
		for {
			r, err := w.Call(t.Context(), root, "office", broker.Call{Object: "Thing", Method: "list", Filter: odd, Top: top, After: after})
			must(t, err)
			if top > 0 && len(r.Rows) > top || r.Unfiltered {
				t.Errorf("top %d: %d rows, unfiltered %v", top, len(r.Rows), r.Unfiltered)
			}
			for _, row := range r.Rows {
				all = append(all, fmt.Sprint(row["n"]))
			}
			if pages++; r.Next == "" || pages > 20 {
				break
			}
			after = r.Next
		}
		if got := strings.Join(all, " "); got != "1 4 5 6 7 8" {
			t.Errorf("top %d: %s in %d pages", top, got, pages)
		}
	}
	w.echo.filters = true
	r, err := w.Call(t.Context(), root, "office", broker.Call{Object: "Thing", Method: "list", Filter: odd})
	if err != nil || len(r.Rows) != 2 || r.Next == "" {
		t.Errorf("a provider that filters is believed: %v %v", r, err)
	}
	for name, c := range map[string]broker.Call{
		"bad-filter":  {Method: "list", Filter: &broker.Filter{Op: "eq", Name: "secret", To: "x"}},
		"bad-cursor":  {Method: "list", After: "x"},
		"bad-inputs":  {Method: "list", Inputs: map[string]any{"x": 1}},
		"bad-filter ": {Method: "list", Top: 5000},
		"bad-filter+": {Method: "say", Top: 1, Inputs: map[string]any{"text": "x"}},
	} {
		c.Object = "Thing"
		_, err := w.Call(t.Context(), root, "office", c)
		wants(t, err, strings.TrimRight(name, " +"))
	}
}

// A provider may take what it said of the next page for an address of its own.
func TestACursorIsTakenAsItWasGivenOut(t *testing.T) {
	w := start(t)
	again := list
	again.Name = "again"
	w.echo.offers = []broker.Object{thing(say, list, again)}
	w.ready(settings())
	for i := range 9 {
		w.echo.rows = append(w.echo.rows, map[string]any{"text": fmt.Sprint("row ", i), "n": json.Number(fmt.Sprint(i))})
	}
	ask := func(s *catalogue.Service, method, after string) (broker.Result, error) {
		return s.Call(t.Context(), root, "office", broker.Call{Object: "Thing", Method: method, Top: 1, After: after})
	}
	first, err := ask(w.Service, "list", "")
	must(t, err)
	parts := strings.SplitN(first.Next, ".", 3)
	if len(parts) != 3 {
		t.Fatalf("%q", first.Next)
	}
	calls := len(w.echo.calls)
	for name, c := range map[string][2]string{
		"another place":  {"list", parts[0] + "." + parts[1] + ".4"},
		"more rows":      {"list", "0." + parts[1] + "." + parts[2]},
		"no mark":        {"list", "0..4"},
		"as it once was": {"list", "0.4"},
		"another method": {"again", first.Next},
	} {
		if _, err := ask(w.Service, c[0], c[1]); signoff.CodeOf(err) != "bad-cursor" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(w.echo.calls) != calls {
		t.Error("the system was asked with what nobody gave out")
	}
	other := catalogue.Open(w.o)
	defer func() { must(t, other.Close()) }()
	r, err := ask(other, "list", first.Next) // another server gives out the next page
	if err != nil || len(r.Rows) != 1 || r.Rows[0]["n"] != json.Number("1") {
		t.Errorf("%+v %v", r, err)
	}
}

func TestAFilterThatFindsNothingEndsAnyway(t *testing.T) {
	w := start(t)
	w.ready(settings())
	w.echo.rows, w.echo.page = make([]map[string]any, 100_000), 100
	r, err := w.Call(t.Context(), root, "office", broker.Call{Object: "Thing", Method: "list", Filter: &broker.Filter{Op: "eq", Name: "n", To: 1}, Top: 10})
	if err != nil || len(r.Rows) != 0 || r.Next == "" || len(w.echo.calls) != 20 {
		t.Errorf("%d rows, next %q, %d calls, %v", len(r.Rows), r.Next, len(w.echo.calls), err)
	}
}

func TestARefreshSaysWhatIsDifferentAndWhomItBreaks(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	w.ready(settings())
	w.uses = []catalogue.Use{{Workflow: "leave", Name: "Leave", Version: 3, Step: "Tell", Service: "office", Object: "Thing", Method: "say"},
		{Workflow: "leave", Name: "Leave", Version: 3, Step: "Look", Service: "office", Object: "Thing", Method: "list"},
		{Workflow: "trip", Name: "Trip", Version: 1, Step: "Tell", Service: "other", Object: "Thing", Method: "say"}}
	d, err := w.Refresh(ctx, root, "office", catalogue.Ask{Apply: true})
	if err != nil || len(d.Changes) != 0 || d.Applied {
		t.Errorf("nothing is different: %+v %v", d, err)
	}
	louder := say
	louder.Inputs = []broker.Input{{Name: "text", Required: true}, {Name: "n", Required: true}, {Name: "more", Type: broker.Text}}
	louder.Outputs = []string{"text"}
	o := thing(louder, list, broker.Method{Name: "sing", Kind: broker.Execute})
	o.Properties[0].List = true
	w.echo.offers = []broker.Object{o, {Name: "Song"}}
	d, err = w.Refresh(ctx, root, "office", catalogue.Ask{})
	must(t, err)
	text := ""
	for _, c := range d.Changes {
		text += fmt.Sprintf("%s %s.%s %v breaks=%v", c.What, c.Object, c.Method, c.Words, c.Breaks)
		for _, u := range c.Uses {
			text += " " + u.Step
		}
		text += "\n"
	}
	want := `changed Thing.say [the input text is a list of text now, not text it needs the input n now it takes the new input more text comes as a list of text now, not text it does not give n any more it does not give secret any more] breaks=true Tell
changed Thing.list [text comes as a list of text now, not text] breaks=true Look
added Thing.sing [] breaks=false
added Song. [without methods] breaks=false
`
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	_, err = w.Refresh(ctx, root, "office", catalogue.Ask{Apply: true})
	if e := wants(t, err, "service-in-use"); !strings.Contains(e.Detail, "Leave (step Look)") || strings.Contains(e.Detail, "Trip") {
		t.Errorf("%s", e.Detail)
	}
	must(t, w.Check(ctx, root, "office", "Thing", "say"))
	wants(t, w.Check(ctx, root, "office", "Thing", "sing"), "service-method-unknown")
	_, err = w.Refresh(ctx, root, "office", catalogue.Ask{Apply: true, Anyway: true})
	must(t, err)
	must(t, w.Check(ctx, root, "office", "Thing", "sing"))
	w.echo.offers = nil
	d, err = w.Refresh(ctx, root, "office", catalogue.Ask{})
	if err != nil || len(d.Changes) != 2 || d.Changes[0].What != "removed" || len(d.Changes[0].Uses) != 2 {
		t.Errorf("everything is gone: %+v %v", d, err)
	}
}

func TestObjectsThatCannotBeUsedAreRefused(t *testing.T) {
	w := start(t)
	w.ready(settings())
	for name, offers := range map[string][]broker.Object{
		"a name with a space":        {{Name: "my thing"}},
		"two of one name":            {{Name: "A"}, {Name: "A"}},
		"a property without a type":  {{Name: "A", Properties: []broker.Property{{Name: "x"}}}},
		"two properties of one name": {{Name: "A", Properties: []broker.Property{{Name: "x", Type: broker.Text}, {Name: "x", Type: broker.Text}}}},
		"a method of no kind":        {{Name: "A", Methods: []broker.Method{{Name: "m"}}}},
		"two methods of one name":    {{Name: "A", Methods: []broker.Method{{Name: "m", Kind: broker.Read}, {Name: "m", Kind: broker.Read}}}},
		"an input without a type":    {{Name: "A", Methods: []broker.Method{{Name: "m", Kind: broker.Read, Inputs: []broker.Input{{Name: "x"}}}}}},
		"an output that is nothing":  {{Name: "A", Methods: []broker.Method{{Name: "m", Kind: broker.Read, Outputs: []string{"x"}}}}},
		"too many":                   make([]broker.Object, 2001),
	} {
		w.echo.offers = offers
		if _, err := w.Refresh(t.Context(), root, "office", catalogue.Ask{Apply: true, Anyway: true}); signoff.CodeOf(err) != "service-objects-unusable" {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, w.Check(t.Context(), root, "office", "Thing", "say"))
}

func TestWhatIsInUseIsDeletedOnlyAnyway(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	in := w.ready(settings())
	for i := range 7 {
		w.uses = append(w.uses, catalogue.Use{Workflow: fmt.Sprint("w", i), Name: fmt.Sprint("Flow ", i), Step: "Tell", Service: "office", Object: "Thing", Method: "say"})
	}
	e := wants(t, w.Delete(ctx, root, "office", in.Rev, false), "service-in-use")
	if e.Detail != "it cannot be deleted: it is used by Flow 0 (step Tell), Flow 1 (step Tell), Flow 2 (step Tell), Flow 3 (step Tell), Flow 4 (step Tell) and 2 more" {
		t.Errorf("%s", e.Detail)
	}
	wants(t, w.Delete(ctx, root, "office", in.Rev+1, true), "service-changed")
	must(t, w.Delete(ctx, root, "office", in.Rev, true))
	_, err := w.Call(ctx, root, "office", broker.Call{Object: "Thing", Method: "say"})
	wants(t, err, "service-not-found")
}

func TestWhatAnotherServerSavedCountsAtOnce(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	in := w.ready(settings())
	there := catalogue.Open(w.o)
	defer there.Close()
	call := func() { // here
		t.Helper()
		_, err := w.Call(ctx, root, "office", broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "x"}})
		must(t, err)
	}
	call()
	set := settings()
	set.Keys["url"] = "https://new.test"
	_, err := there.Save(ctx, root, in.Rev, set)
	must(t, err)
	before := len(w.echo.opened)
	call()
	call()
	if got := w.echo.opened[before:]; len(got) != 1 || got[0].Keys["url"] != "https://new.test" {
		t.Errorf("opened since: %+v", got)
	}
}

func TestAServiceThatGotTheNameOfAnotherIsNotTakenForIt(t *testing.T) {
	w := start(t)
	w.ready(settings())
	other := catalogue.Open(w.o) // another server, which hears of nothing
	defer func() { must(t, other.Close()) }()
	say := broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "hi"}}
	_, err := other.Call(t.Context(), root, "office", say)
	must(t, err)
	must(t, w.Delete(t.Context(), root, "office", 1, false))
	set := settings()
	set.Keys = map[string]string{"url": "https://new.test"}
	w.ready(set)
	steps, err := other.Test(t.Context(), root, "office")
	if err != nil || steps[1].Found != "https://new.test" {
		t.Errorf("the other server calls what was deleted: %+v %v", steps, err)
	}
}

func TestSettingsAreTriedBeforeTheyAreSaved(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	set := settings()
	steps, err := w.Try(ctx, root, set)
	if err != nil || len(steps) != 3 || steps[1].Found != "https://echo.test" {
		t.Errorf("%+v %v", steps, err)
	}
	if list, err := w.Instances(ctx, root); err != nil || len(list) != 0 {
		t.Errorf("it was saved: %v %v", list, err)
	}
	set.Keys["url"] = "refuse"
	steps, err = w.Try(ctx, root, set)
	if err != nil || len(steps) != 1 || steps[0].OK || !strings.Contains(steps[0].Found, "cannot be that") {
		t.Errorf("%+v %v", steps, err)
	}
	_, err = w.Try(ctx, dev, settings())
	wants(t, err, "service-not-found")
}

func TestCallsUnderWayKeepTheirService(t *testing.T) {
	w := start(t)
	w.ready(settings())
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			for range 10 {
				_, err := w.Call(context.Background(), root, "office", broker.Call{Object: "Thing", Method: "list"})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	g.Go(func() {
		for i := range 10 {
			in, err := w.Instance(context.Background(), root, "office")
			set := settings()
			if set.Title = fmt.Sprint(i); err == nil {
				_, err = w.Save(context.Background(), root, in.Rev, set)
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	g.Wait()
}

func TestASystemIsClosedWhenItsLastCallIsOver(t *testing.T) {
	w := start(t)
	in := w.ready(settings())
	say := broker.Call{Object: "Thing", Method: "say", Inputs: map[string]any{"text": "x"}}
	open := func() int {
		w.echo.mu.Lock()
		defer w.echo.mu.Unlock()
		return w.echo.open
	}
	before := open()
	w.echo.within = func() {
		w.echo.within = nil
		set := settings()
		set.Title = "New"
		_, err := w.Save(t.Context(), root, in.Rev, set)
		must(t, err)
		_, err = w.Call(t.Context(), root, "office", say) // opens it anew
		must(t, err)
		if n := open(); n != before+1 {
			t.Errorf("%d are open during the call, want the new one and that of the call", n)
		}
	}
	_, err := w.Call(t.Context(), root, "office", say)
	must(t, err)
	if n := open(); n != before {
		t.Errorf("%d are open after the call", n)
	}
}
