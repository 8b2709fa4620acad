package doctor_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/doctor"
	"github.com/signoffhq/signoff/doctor/probe"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/m365"
	"github.com/signoffhq/signoff/sandbox/entra"
)

// The files of testdata are read by people: a case is a paragraph, its first
// line says what was planted or set up, its last what the doctor has to say.
// The words in between are the steps of steps_test.go.

func TestEveryPlantedFaultIsTheFirstLine(t *testing.T) {
	cases := readCases(t, "testdata/faults.txt")
	if len(cases) < 60 {
		t.Errorf("%d planted faults, fewer than 60", len(cases))
	}
	codes := map[string]bool{}
	for _, c := range cases {
		code, who, phrase := c.wanted(t)
		codes[code] = true
		t.Run(c.name, func(t *testing.T) {
			r := c.play(t)
			if r.OK || r.Finding == nil {
				t.Fatalf("the doctor finds nothing wrong: %s", r.Line)
			}
			if r.Finding.Code != code || string(r.Finding.Who) != who || !strings.Contains(r.Line, phrase) || r.Line != r.Finding.Line {
				t.Errorf("%s by %s: %s\nwant %s by %s: …%s…", r.Finding.Code, r.Finding.Who, r.Line, code, who, phrase)
			}
			if r.Finding.Do == "" || unfilled.MatchString(r.Finding.Do+r.Line+r.Finding.Where) {
				t.Errorf("what to do: %q %q", r.Finding.Do, r.Finding.Where)
			}
			for _, copy := range r.Finding.Copy {
				if copy.Text == "" || copy.What == "" || strings.Contains(copy.Text, "{{") {
					t.Errorf("to copy: %+v", copy)
				}
			}
		})
	}
	if len(codes) < 50 {
		t.Errorf("the faults are of %d kinds only", len(codes))
	}
}

func TestOnHealthySetUpsNothingIsWrong(t *testing.T) {
	cases := readCases(t, "testdata/healthy.txt")
	if len(cases) < 20 {
		t.Errorf("%d healthy set-ups, fewer than 20", len(cases))
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.last != "fine" {
				t.Fatalf("the last line is %q", c.last)
			}
			r := c.play(t)
			if !r.OK || r.Finding != nil || len(r.Checks) == 0 {
				t.Errorf("%s: %+v", r.Line, r.Finding)
			}
			for _, k := range r.Checks {
				if k.Result == doctor.Failed || k.Result == doctor.Warning {
					t.Errorf("%s: %s: %+v", k.Group, k.Name, k.Finding)
				}
			}
		})
	}
}

// unfilled is a place of the table of Entra's codes that was left as it is.
var unfilled = regexp.MustCompile(`(^|[^{])\{[a-zA-Z]+\}`)

// A planted is one paragraph.
type planted struct {
	name  string
	steps []string
	last  string
}

func readCases(t *testing.T, file string) (all []planted) {
	text, err := os.ReadFile(file)
	must(t, err)
	for part := range strings.SplitSeq(string(text), "\n\n") {
		var c planted
		for line := range strings.SplitSeq(strings.TrimSpace(part), "\n") {
			switch {
			case strings.HasPrefix(line, "#"), line == "":
			case c.name == "":
				c.name = line
			default:
				c.steps = append(c.steps, strings.TrimPrefix(line, "\t"))
			}
		}
		if c.name == "" {
			continue
		}
		if len(c.steps) == 0 {
			t.Fatalf("%s: %q has no steps", file, c.name)
		}
		c.last = c.steps[len(c.steps)-1]
		c.steps = c.steps[:len(c.steps)-1]
		all = append(all, c)
	}
	return all
}

// wanted reads the last line: CODE WHO words of the first line.
func (c planted) wanted(t *testing.T) (code, who, phrase string) {
	f := strings.SplitN(c.last, " ", 3)
	if len(f) != 3 {
		t.Fatalf("the last line %q says no code, who mends it, and words", c.last)
	}
	return f[0], f[1], f[2]
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A ward is where one case is played.
type ward struct {
	t      *testing.T
	entra  *entra.Server
	client *http.Client
	now    time.Time // of the server

	issuer  trust.Issuer
	trusted bool
	apis    []doctor.API
	setup   doctor.Setup
	person  *doctor.Standing

	claims, header map[string]any
	as, forAPI     string
	text           strings.Builder // pasted
	report         *doctor.Report
	signIns        []doctor.Provider

	graph  *m365.Client
	plan   m365.Plan
	learnt map[string]string
}

// sandboxes are one for all cases that change no registration.
var shared struct {
	server *entra.Server
	client *http.Client
	dir    string
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "doctor")
	if err == nil {
		shared.dir = dir
		shared.server, err = entra.Open(context.Background(), entra.Options{Dir: dir})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared.client = believing(shared.server)
	code := m.Run()
	_ = shared.server.Close()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// believing is a client that believes a sandbox's certificate.
func believing(s *entra.Server) *http.Client {
	pem, err := os.ReadFile(s.Addresses().CAFile)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	c := trust.NewClient(func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasPrefix(addr, "127.0.0.99:") {
			return nil, fmt.Errorf("dial: 127.0.0.99 is an address that this server does not call; outside.allow in its configuration can name its network")
		}
		if port, found := strings.CutPrefix(addr, "wrong.contoso.test:"); found {
			addr = "127.0.0.1:" + port
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	})
	c.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	return c
}

func registration(s *entra.Server, name string) entra.Registration {
	for _, r := range s.Addresses().Registrations {
		if strings.Contains(r.Name, name) {
			return r
		}
	}
	panic("no registration " + name)
}

func newWard(t *testing.T) *ward {
	w := &ward{t: t, entra: shared.server, client: shared.client, now: time.Now(), trusted: true, claims: map[string]any{}, as: "jane@contoso.test", forAPI: "Workflow API"}
	t.Cleanup(func() { must(t, shared.server.Heal("")) })
	api := registration(w.entra, "Workflow API")
	w.issuer = trust.Issuer{Name: "contoso", Profile: trust.Entra, Tenants: []string{entra.TenantID}, Authority: w.entra.URL(), AuthorityV1: w.entra.URL(), Versions: []string{trust.V2},
		Audiences: []string{api.ClientID, api.IdentifierURI}, Scopes: []string{"user_impersonation"}}
	w.apis = []doctor.API{{Name: "the workflow API", Path: "/api/workflow/v1", Kinds: []string{"bearer", "basic", "token"}}, {Name: "the REST API", Path: "/api/v1", Kinds: []string{"bearer", "token"}}}
	w.setup = doctor.Setup{App: registration(w.entra, "Web Client").ClientID, Tenant: entra.TenantID, Redirect: "https://flow.contoso.test/oauth/callback", API: api.IdentifierURI, APIID: api.ClientID,
		ScopeID: m365.ScopeID("user_impersonation"), Login: w.entra.URL()}
	return w
}

func (c planted) play(t *testing.T) doctor.Report {
	w := newWard(t)
	for _, line := range c.steps {
		verb, rest, _ := strings.Cut(line, " ")
		step := steps[verb]
		if step == nil {
			t.Fatalf("there is no step %q", verb)
		}
		step(w, strings.TrimSpace(rest))
	}
	if w.report == nil {
		w.diagnose()
	}
	return *w.report
}

func (w *ward) server() doctor.Server {
	d := doctor.Server{Now: w.now, URL: "https://flow.contoso.test", APIs: w.apis, Setup: w.setup, Graph: w.entra.URL()}
	if w.trusted {
		d.Issuers = []trust.Issuer{w.issuer}
	}
	return d
}

func (w *ward) verifier() *trust.Verifier {
	v := trust.New(trust.Config{Client: w.client, Now: func() time.Time { return w.now }})
	w.t.Cleanup(func() { must(w.t, v.Close()) })
	if w.trusted {
		must(w.t, v.Replace(w.t.Context(), []trust.Issuer{w.issuer}))
	}
	return v
}

// diagnose does with what was pasted what the server does.
func (w *ward) diagnose() {
	p, err := doctor.Read(w.text.String())
	must(w.t, err)
	c := doctor.Case{Pasted: p, Person: w.person}
	if p.Token != "" {
		ctx, cancel := context.WithTimeout(w.t.Context(), 3*time.Second)
		defer cancel()
		e := w.verifier().Explain(ctx, p.Token)
		c.Explained = &e
	}
	r := w.server().Token(c)
	w.report = &r
}

// token mints one as the sandbox's tenant would, with the claims laid over.
func (w *ward) token() string {
	login := w.as
	if login == "app" {
		login = ""
	}
	client := map[bool]string{true: "Daemon", false: "Web Client"}[login == ""]
	c, err := w.entra.Claims(registration(w.entra, w.forAPI).ClientID, registration(w.entra, client).ClientID, login)
	must(w.t, err)
	for name, v := range w.claims {
		if v == nil {
			delete(c, name)
			continue
		}
		if n, ok := v.(float64); ok && (name == "exp" || name == "nbf" || name == "iat") {
			v = time.Now().Unix() + int64(n)
		}
		c[name] = v
	}
	token, err := w.entra.Mint(w.header, c)
	must(w.t, err)
	return token
}

// post asks an endpoint of the sandbox and returns the whole answer.
func (w *ward) post(path string, form url.Values) string {
	resp, err := w.client.PostForm(w.entra.URL()+path, form)
	must(w.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(w.t, err)
	return string(raw)
}

// walk asks the providers.
func (w *ward) walk() {
	v := w.verifier()
	if w.trusted {
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
		_ = v.Refresh(ctx, w.issuer.Name) // why it failed is in the state
		cancel()
	}
	var all []doctor.Provider
	for _, st := range v.Keys() {
		all = append(all, doctor.Provider{Name: st.Issuer, Issuer: st.URL, Metadata: doctor.Fetch{URL: st.MetadataURL}, KeysURL: st.KeysURL, State: &st})
	}
	all = append(all, w.signIns...)
	p := &probe.Prober{Client: w.client, Now: func() time.Time { return w.now }, Within: time.Second}
	r := w.server().Providers(p.All(w.t.Context(), all))
	w.report = &r
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}
