package doctor_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff/doctor"
	"github.com/signoffhq/signoff/m365"
	"github.com/signoffhq/signoff/sandbox/entra"
)

// steps are the words of the case files.
var steps map[string]func(w *ward, rest string)

func init() {
	steps = map[string]func(*ward, string){
		// The token: trust, claims and header lay JSON over what is right; null takes
		// out, times are seconds from now.
		"trust": func(w *ward, rest string) {
			if rest == "none" {
				w.trusted = false
				return
			}
			decode(w.t, w.fill(rest), &w.issuer)
		},
		"claims": func(w *ward, rest string) { decode(w.t, w.fill(rest), &w.claims) },
		"header": func(w *ward, rest string) { decode(w.t, rest, &w.header) },
		"as":     func(w *ward, rest string) { w.as = rest },
		"for":    func(w *ward, rest string) { w.forAPI = rest },
		"clock": func(w *ward, rest string) {
			d, err := time.ParseDuration(rest)
			must(w.t, err)
			w.now = time.Now().Add(d)
		},
		"token": func(w *ward, rest string) { w.text.WriteString(mangled(w.token(), rest) + "\n") },
		"paste": func(w *ward, rest string) { w.text.WriteString(w.fill(rest) + "\n") },

		// The sandbox: a fault switched on, and what its endpoints then answer.
		"plant": func(w *ward, rest string) {
			name, value, _ := strings.Cut(rest, " ")
			name, endpoint, _ := strings.Cut(name, "@")
			must(w.t, w.entra.Plant(entra.Fault{Name: name, Endpoint: endpoint, Value: value}))
		},
		"ask":  func(w *ward, rest string) { w.text.WriteString(w.ask(rest)) },
		"open": func(w *ward, rest string) { w.text.WriteString(w.open(w.fill(rest))) },

		// The server's own settings.
		"person": func(w *ward, rest string) { w.person = &doctor.Standing{}; decode(w.t, rest, w.person) },
		"api": func(w *ward, rest string) {
			if kinds, found := strings.CutPrefix(rest, "takes "); found {
				w.apis[0].Kinds = strings.Fields(kinds)
				return
			}
			w.apis[0].Off = rest == "off"
		},

		// Providers.
		"signin": func(w *ward, rest string) {
			w.signIns = append(w.signIns, doctor.Provider{Name: "Contoso", SignsIn: true, Issuer: w.fill("{login}/{tenant}/v2.0"), Metadata: doctor.Fetch{URL: w.fill(rest)}})
		},
		"walk": func(w *ward, _ string) { w.walk() },

		// Registrations, in a tenant of their own.
		"plan": func(w *ward, rest string) { w.register(rest) },
		"graph": func(w *ward, rest string) {
			f := strings.SplitN(w.fill(rest), " ", 3)
			w.callGraph(f[0], f[1], strings.Join(f[2:], ""))
		},
		"check": func(w *ward, _ string) {
			r, err := m365.Check(w.t.Context(), w.graph, w.plan, w.now)
			must(w.t, err)
			w.report = &r
		},
		"expects": func(w *ward, rest string) { w.expects(rest) },
	}
}

// mangled does to a token what happens to tokens on their way.
func mangled(token, how string) string {
	head, rest, _ := strings.Cut(token, ".")
	claims, signature, _ := strings.Cut(rest, ".")
	switch how {
	case "":
		return token
	case "changed":
		return head + "." + claims + "." + "AAAA" + signature[4:]
	case "cut short":
		return token[:len(token)-40]
	case "without its signature":
		return head + "." + claims
	case "padded":
		return token + "=="
	case "wrapped":
		return token[:70] + "\n" + token[70:140] + "\n" + token[140:]
	case "quoted":
		return `"` + token + `"`
	case "with Bearer":
		return "Bearer " + token
	case "with Authorization":
		return "Authorization: Bearer " + token
	}
	panic("tokens are not " + how)
}

// fill puts in what is different in every run.
func (w *ward) fill(text string) string {
	if strings.Contains(text, "{token}") {
		text = strings.ReplaceAll(text, "{token}", w.token())
	}
	pairs := []string{"{login}", w.entra.URL(), "{tenant}", entra.TenantID, "{port}", strings.TrimPrefix(w.entra.URL(), "https://localhost:")}
	for _, name := range []string{"Workflow API", "Old API", "Web Client", "Daemon", "Console"} {
		r := registration(w.entra, name)
		pairs = append(pairs, "{"+name+"}", r.ClientID, "{"+name+" secret}", r.Secret)
	}
	for name, v := range w.learnt {
		pairs = append(pairs, "{"+name+"}", v)
	}
	for _, s := range []string{"user_impersonation"} {
		pairs = append(pairs, "{scope "+s+"}", m365.ScopeID(s), "{role}", m365.RoleID("Workflow.Use.All"))
	}
	return strings.NewReplacer(append(pairs, "{graph}", "00000003-0000-0000-c000-000000000000")...).Replace(text)
}

// ask gets a token as the daemon does; words behind it change the request.
func (w *ward) ask(changes string) string {
	daemon := registration(w.entra, "Daemon")
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {daemon.ClientID}, "client_secret": {daemon.Secret}, "scope": {registration(w.entra, "Workflow API").IdentifierURI + "/.default"}}
	tenant := entra.TenantID
	for c := range strings.FieldsSeq(w.fill(changes)) {
		name, v, _ := strings.Cut(c, "=")
		switch {
		case name == "tenant":
			tenant = v
		case v == "":
			form.Del(name)
		default:
			form.Set(name, v)
		}
	}
	return w.post("/"+tenant+"/oauth2/v2.0/token", form)
}

// open is the page a browser sees.
func (w *ward) open(path string) string {
	resp, err := w.client.Get(w.entra.URL() + path)
	must(w.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(w.t, err)
	return string(raw)
}

// register runs a plan in a new tenant. What is said behind it changes the plan.
func (w *ward) register(rest string) {
	s, err := entra.Open(w.t.Context(), entra.Options{Dir: w.t.TempDir()})
	must(w.t, err)
	w.t.Cleanup(func() { must(w.t, s.Close()) })
	w.entra, w.client = s, believing(s)
	script := registration(s, "Setup Script")
	w.graph, err = m365.Connect(w.t.Context(), w.client, m365.Credentials{Login: s.URL(), Tenant: entra.TenantID, ID: script.ClientID, Secret: script.Secret, Graph: s.URL()})
	must(w.t, err)
	v := m365.Values{URL: "https://flow.contoso.test", Logout: "/oauth/logout/front"}
	if rest == "" {
		rest = `{"Callers":["postman","daemon"]}`
	}
	var more struct {
		m365.Values
		Callers []string
	}
	more.Values = v
	decode(w.t, rest, &more)
	for _, c := range more.Callers {
		parsed, err := m365.ParseCaller(c)
		must(w.t, err)
		more.Values.Callers = append(more.Values.Callers, parsed)
	}
	w.plan, err = more.Values.Plan()
	must(w.t, err)
	w.learnt, err = m365.Run(w.t.Context(), w.graph, w.plan.Calls(), nil)
	must(w.t, err)
}

// expects compares the sandbox's own registrations with what the settings say.
func (w *ward) expects(rest string) {
	script := registration(w.entra, "Setup Script")
	var err error
	w.graph, err = m365.Connect(w.t.Context(), w.client, m365.Credentials{Login: w.entra.URL(), Tenant: entra.TenantID, ID: script.ClientID, Secret: script.Secret, Graph: w.entra.URL()})
	must(w.t, err)
	w.plan.Registrations = append(w.plan.Registrations, m365.Trusted(w.issuer)...)
	if rest != "" {
		w.plan.Registrations = append(w.plan.Registrations, m365.SigningIn("Contoso", w.setup.App, w.fill(rest), ""))
	}
}

// callGraph changes a registration behind the plan's back.
func (w *ward) callGraph(method, path, body string) {
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.entra.URL()+"/v1.0"+path, bytes.NewReader([]byte(body)))
	must(w.t, err)
	req.Header.Set("Authorization", "Bearer "+w.graph.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.client.Do(req)
	must(w.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(w.t, err)
	if resp.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, raw)
	}
	var m map[string]any
	if len(raw) > 0 && json.Unmarshal(raw, &m) == nil {
		if list, ok := m["value"].([]any); ok && len(list) > 0 {
			m, _ = list[0].(map[string]any)
		}
		if id, ok := m["id"].(string); ok {
			w.learnt["last"] = id
		}
		if id, ok := m["keyId"].(string); ok {
			w.learnt["last"] = id
		}
	}
}
