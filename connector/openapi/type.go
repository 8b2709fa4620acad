package openapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// Name is what instances of the type are of.
const Name = "openapi"

// Limits of calls.
const (
	defaultSeconds = 30
	maxSeconds     = 170 // below the broker's own
	maxRedirects   = 5
)

// Type is the service type "openapi".
type Type struct {
	// Plain fetches documents, which nothing signs in for; it says which
	// addresses may be reached.
	Plain *http.Client
}

// About implements broker.Type.
func (t *Type) About() broker.About {
	return broker.About{Name: Name, Title: "HTTP API (OpenAPI)", Text: "Any HTTP API that has an OpenAPI document: its operations become methods.",
		Modes: []broker.Mode{broker.NoSignIn, broker.AsService, broker.AsCaller, broker.AppOnly, broker.Static},
		Keys: []broker.Key{
			{Name: "documentAt", Title: "Address of the document", Text: "Where the OpenAPI document is fetched each time the service is refreshed, as https://api.contoso.com/openapi.json. It is fetched without signing in. Empty: it stands below.", Kind: "text"},
			{Name: "document", Title: "Document", Text: "The OpenAPI document itself, as JSON or YAML: version 3.1, 3.0 or Swagger 2.0.", Kind: "document"},
			{Name: "server", Title: "Server", Text: "The address that calls begin with, as https://api.contoso.com/v2. Empty: as the document says.", Kind: "text"},
			{Name: "apiKey", Title: "API key", Text: "For APIs that want one, with or without signing in.", Kind: "secret"},
			{Name: "apiKeyAs", Title: "API key goes", Text: "Empty: where the document says. Otherwise bearer, or the kind and the name: header X-API-Key, query key, cookie session.", Kind: "text"},
			{Name: "only", Title: "Only these parts", Text: "For large APIs: tags, or beginnings of paths, separated by commas, as orders, /customers. Empty: all.", Kind: "text", Harmless: true},
			{Name: "seconds", Title: "Time limit", Text: "Seconds after which a call is given up, 1 to 170.", Kind: "number", Default: "30", Harmless: true},
		}}
}

// provider is one API.
type provider struct {
	in       broker.Instance
	plain    *http.Client
	server   string   // "": the document's
	from     *url.URL // where the document is fetched; nil: it is kept
	key      string
	keyAs    *scheme // nil: as the document says
	only     []string
	within   time.Duration
	document struct {
		mu  sync.Mutex
		api *api // nil: not read yet
	}
}

// Open implements broker.Type.
func (t *Type) Open(in broker.Instance) (broker.Provider, error) {
	var bad []signoff.FieldError
	refuse := func(key, detail, advice string) {
		bad = append(bad, signoff.FieldError{Field: "keys." + key, Detail: detail, Advice: advice})
	}
	p := &provider{in: in, plain: t.Plain, server: in.Keys["server"], key: in.Keys["apiKey"]}
	if p.plain == nil {
		p.plain = &http.Client{}
	}
	seconds, err := strconv.Atoi(in.Keys["seconds"])
	if in.Keys["seconds"] == "" {
		seconds, err = defaultSeconds, nil
	}
	if err != nil || seconds < 1 || seconds > maxSeconds {
		refuse("seconds", "is not from 1 to 170", "Enter 30.")
	}
	p.within = time.Duration(seconds) * time.Second
	for _, part := range strings.Split(in.Keys["only"], ",") {
		if part = strings.TrimSpace(part); part != "" {
			p.only = append(p.only, part)
		}
	}
	if p.keyAs, err = readScheme(in.Keys["apiKeyAs"]); err != nil {
		refuse("apiKeyAs", err.Error(), "Enter bearer, or for example header X-API-Key.")
	}
	p.openDocument(refuse)
	if len(bad) > 0 {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "the settings of the API are not complete", Fields: bad}
	}
	return p, nil
}

// openDocument reads what there is of the document, and where calls will go.
func (p *provider) openDocument(refuse func(key, detail, advice string)) {
	const example = "Enter one as https://api.contoso.com/v2."
	text, at := p.in.Keys["document"], p.in.Keys["documentAt"]
	var servers []string
	var err error
	switch {
	case strings.TrimSpace(text) != "" && at != "":
		refuse("documentAt", "is not asked where the document itself is given", "Leave one of them empty.")
		return
	case strings.TrimSpace(text) != "":
		a, err := p.read([]byte(text))
		if err != nil {
			refuse("document", err.Error(), "Whoever offers the API has its document.")
			return
		}
		p.document.api, servers = a, a.servers
	case at == "":
		refuse("document", "is needed, or the address to fetch it from", "Paste it, or choose its file.")
		return
	default:
		if p.from, err = url.Parse(at); err != nil || p.from.Scheme != "https" && p.from.Scheme != "http" || p.from.Host == "" || p.from.User != nil {
			refuse("documentAt", "is no address", "Enter one as https://api.contoso.com/openapi.json.")
			return
		}
		if p.server == "" {
			return // the document will say
		}
	}
	u, err := resolveServer(p.server, p.from, servers)
	if err == nil {
		err = p.safe(u)
	}
	if err != nil {
		refuse("server", err.Error(), example)
	}
}

// safe refuses to send what signs in where everybody on the way can read it.
func (p *provider) safe(u *url.URL) error {
	if u.Scheme == "https" || p.in.Mode == broker.NoSignIn && p.key == "" || thisMachine(u.Hostname()) {
		return nil
	}
	return errors.New("has to begin with https: what the service signs in with could be read on the way")
}

func thisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// readScheme reads where a key goes.
func readScheme(text string) (*scheme, error) {
	if text == "" {
		return nil, nil
	}
	in, name, _ := strings.Cut(text, " ")
	s := &scheme{in: strings.ToLower(strings.TrimSuffix(in, ":")), name: strings.TrimSpace(name)}
	ok := s.in == "bearer" && s.name == "" || s.in == "query" && s.name != "" || (s.in == "header" || s.in == "cookie") && httpguts.ValidHeaderFieldName(s.name)
	if !ok {
		return nil, errors.New("is none of bearer, header, query and cookie with a name")
	}
	return s, nil
}

// read reads a document, and leaves out what is not wanted of it.
func (p *provider) read(text []byte) (*api, error) {
	a, err := newAPI(text, p.only)
	if err != nil {
		return nil, fmt.Errorf("the document %w", err)
	}
	return a, nil
}

// api is what the document became. It is fetched once while the service is open;
// a refresh fetches it anew.
func (p *provider) api(ctx context.Context) (*api, error) {
	p.document.mu.Lock()
	a := p.document.api
	p.document.mu.Unlock()
	if a != nil {
		return a, nil
	}
	return p.fetch(ctx)
}

// fetch has the document again.
func (p *provider) fetch(ctx context.Context) (*api, error) {
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.from.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json, application/yaml, */*;q=0.5")
	client := *p.plain
	client.CheckRedirect = sameMachine
	res, err := client.Do(req)
	if err != nil {
		return nil, p.unreachable(p.from.Host, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxDocumentBytes+1))
	if err != nil {
		return nil, p.unreachable(p.from.Host, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, refusal(p.from.Host, res, text, &operation{})
	}
	a, err := p.read(text)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: "service-objects-unusable", Detail: err.Error() + " (from " + p.from.Host + ")", Hint: "check the address of the document"}
	}
	u, err := resolveServer(p.server, p.from, a.servers)
	if err == nil {
		err = p.safe(u)
	}
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-service-address", Detail: "the server " + err.Error(), Hint: "enter it in the settings of the service"}
	}
	p.document.mu.Lock()
	defer p.document.mu.Unlock()
	p.document.api = a
	return a, nil
}

// Objects implements broker.Provider.
func (p *provider) Objects(ctx context.Context) ([]broker.Object, error) {
	a, err := (*api)(nil), error(nil)
	if p.from != nil {
		a, err = p.fetch(ctx)
	} else {
		a, err = p.api(ctx)
	}
	if err != nil {
		return nil, err
	}
	return a.objects, nil
}

// client is the way to the API for whom a call is. It follows an API only on
// its own machine, and only in reading: what signs in goes nowhere else.
func (p *provider) client(by broker.Principal) *http.Client {
	c := http.Client{}
	if p.in.HTTP != nil {
		c = *p.in.HTTP(by)
	}
	c.CheckRedirect = sameMachine
	return &c
}

func sameMachine(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects || via[0].Method != http.MethodGet || req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// sign puts on a request what the service signs in with, but for tokens, which
// the client adds.
func (p *provider) sign(req *http.Request, schemes []scheme) error {
	if err := p.safe(req.URL); err != nil {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-service-address", Detail: "the server " + err.Error()}
	}
	if p.in.Mode == broker.Static {
		req.SetBasicAuth(p.in.User, p.in.Password.Reveal())
	}
	if p.key == "" {
		return nil
	}
	s := scheme{in: "bearer"}
	switch {
	case p.keyAs != nil:
		s = *p.keyAs
	case len(schemes) > 0: // one with a name rather than bearer
		if s = schemes[0]; s.in == "bearer" {
			if i := slices.IndexFunc(schemes, func(s scheme) bool { return s.in != "bearer" }); i > 0 {
				s = schemes[i]
			}
		}
	}
	if !httpguts.ValidHeaderFieldValue(p.key) {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-service-header", Detail: "the API key holds characters that HTTP does not allow", Hint: "enter it again in the settings of the service"}
	}
	switch {
	case s.in == "query":
		q := req.URL.Query()
		q.Set(s.name, p.key)
		req.URL.RawQuery = q.Encode()
	case s.in == "cookie":
		req.AddCookie(&http.Cookie{Name: s.name, Value: p.key})
	case s.in == "header":
		req.Header.Set(s.name, p.key)
	case p.in.Mode == broker.NoSignIn: // elsewhere the place is taken
		req.Header.Set("Authorization", "Bearer "+p.key)
	}
	return nil
}

// Close implements broker.Provider.
func (p *provider) Close() error { return nil }

// Test implements broker.Provider: it reads the document and calls the first
// operation that reads something and needs nothing.
func (p *provider) Test(ctx context.Context, by broker.Principal) []broker.Step {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	objects, err := p.Objects(ctx)
	if err != nil {
		return []broker.Step{{Name: "document", Found: inWords(err), Do: "Check the address of the document with whoever offers the API; the network has to let this server reach it. One at this machine's own address is reached only if calls.allow in the server's configuration names it."}}
	}
	a, err := p.api(ctx)
	if err != nil {
		return []broker.Step{{Name: "document", Found: inWords(err)}}
	}
	n := 0
	for _, o := range objects {
		n += len(o.Methods)
	}
	steps := []broker.Step{{Name: "document", OK: true, Found: fmt.Sprintf("It has %d methods of %d objects.", n, len(objects))}}
	c, ok := harmless(a)
	if !ok {
		return append(steps, broker.Step{Name: "call", OK: true, Found: "Every operation needs an input or changes something: none was tried."})
	}
	c.By = by
	if _, err := p.Call(ctx, c); err != nil {
		return append(steps, broker.Step{Name: "call", Found: c.Object + "." + c.Method + ": " + inWords(err), Do: "Check the server's address and what the service signs in with."})
	}
	return append(steps, broker.Step{Name: "call", OK: true, Found: c.Object + "." + c.Method + " answers."})
}

func inWords(err error) string {
	if e, ok := errors.AsType[*signoff.Error](err); ok {
		if e.Err != nil && e.Kind == signoff.Unavailable {
			return e.Detail + ": " + short(e.Err.Error())
		}
		return e.Detail
	}
	return short(err.Error())
}

// harmless is a call that reads and needs nothing.
func harmless(a *api) (broker.Call, bool) {
	for _, o := range a.objects {
		for _, m := range o.Methods {
			op := a.calls[o.Name+"."+m.Name]
			if op.verb == http.MethodGet && !slices.ContainsFunc(o.Takes(m), func(in broker.Input) bool { return in.Required }) {
				c := broker.Call{Object: o.Name, Method: m.Name}
				if m.Kind == broker.List {
					c.Top = 1
				}
				return c, true
			}
		}
	}
	return broker.Call{}, false
}
