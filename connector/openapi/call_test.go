package openapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// heard is an API that writes down what it is asked and answers as it is told.
type heard struct {
	*httptest.Server
	asked  string // the last request
	answer func(w http.ResponseWriter, r *http.Request)
}

func listen(t *testing.T) *heard {
	h := &heard{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		h.asked = r.Method + " " + r.URL.RequestURI()
		for _, name := range []string{"Authorization", "X-Api-Key", "X-Tenant", "If-Match", "Idempotency-Key", "Cookie"} {
			if v := r.Header.Get(name); v != "" {
				h.asked += " " + name + "=" + v
			}
		}
		if media := r.Header.Get("Content-Type"); len(text) > 0 && !strings.HasPrefix(media, "multipart/") {
			h.asked += " " + media + " " + string(text)
		} else if len(text) > 0 {
			h.asked += " " + strings.Join(strings.Fields(strings.ReplaceAll(string(text), strings.TrimPrefix(media, "multipart/form-data; boundary="), "B")), " ")
		}
		h.answer(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *heard) says(status int, body string, head ...string) {
	h.answer = func(w http.ResponseWriter, _ *http.Request) {
		for _, one := range head {
			name, v, _ := strings.Cut(one, "=")
			w.Header().Set(name, v)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func open(t *testing.T, in broker.Instance) *provider {
	t.Helper()
	if in.Mode == "" {
		in.Mode = broker.NoSignIn
	}
	p, err := (&Type{}).Open(in)
	if err != nil {
		t.Fatal(err)
	}
	return p.(*provider)
}

func call(t *testing.T, p *provider, object, method, inputs string, with ...func(*broker.Call)) (broker.Result, error) {
	t.Helper()
	objects, err := p.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o, _ := broker.Find(objects, object)
	m, ok := o.Method(method)
	if !ok {
		t.Fatalf("no %s.%s", object, method)
	}
	var given map[string]any
	d := json.NewDecoder(strings.NewReader(inputs))
	d.UseNumber()
	if err := d.Decode(&given); err != nil {
		t.Fatal(err)
	}
	c := broker.Call{Object: object, Method: method}
	if c.Inputs, err = broker.Inputs(o, m, given); err != nil {
		t.Fatal(err)
	}
	for _, f := range with {
		f(&c)
	}
	return p.Call(t.Context(), c)
}

func text(r broker.Result, err error) string {
	if err != nil {
		return err.Error()
	}
	var v any = r.Row
	if r.Rows != nil {
		v = r.Rows
	}
	out, _ := json.Marshal(v)
	return string(out)
}

func TestOperationsAreCalledAsTheDocumentSays(t *testing.T) {
	h := listen(t)
	shop := open(t, broker.Instance{Keys: map[string]string{"document": document1(t, "shop.yaml", h.URL), "apiKey": "k-1"}})
	pets := open(t, broker.Instance{Keys: map[string]string{"document": document1(t, "pets.json", h.URL), "apiKey": "k 2"}})
	order := `{"id":7,"customer":"Ana","total":12.50,"placed":"2026-11-23T14:00:00","due":"2026-12-01T00:00:00Z","tags":["a",null],"lines":[{"sku":"x"}],"rush":null,"more":1}`
	row := `{"customer":"Ana","due":"2026-12-01","id":7,"lines":[{"sku":"x"}],"placed":"2026-11-23T14:00:00Z","rush":null,"tags":["a"],"total":12.50}`
	for _, tt := range []struct {
		p                      *provider
		object, method, inputs string
		status                 int
		answer, asked, want    string
	}{
		{shop, "Orders", "listOrders", `{"status":["open","shipped"],"since":"2026-01-01T00:00:00Z","filter":{"city":"Rome & co"},"X_Tenant":"t"}`, 200, `{"items":[` + order + `],"total":1}`,
			"GET /v2/orders?filter%5Bcity%5D=Rome+%26+co&since=2026-01-01T00%3A00%3A00Z&status=open&status=shipped X-Api-Key=k-1 X-Tenant=t", "[" + row + "]"},
		{shop, "Orders", "listOrders", `{}`, 200, `{"items":null}`, "GET /v2/orders X-Api-Key=k-1", `[]`},
		{shop, "Orders", "createOrder", `{"customer":"O'Neill \"x\"","total":"1.50","tags":"one","secret":"s"}`, 201, order,
			`POST /v2/orders X-Api-Key=k-1 Idempotency-Key=key application/json {"customer":"O'Neill \"x\"","secret":"s","tags":["one"],"total":1.50}`, row},
		{shop, "Orders", "getOrder", `{"id":7}`, 200, order, "GET /v2/orders/7 X-Api-Key=k-1", `{"customer":"Ana","due":"2026-12-01","etag":"\"5\"","id":7`},
		{shop, "Orders", "replaceOrder", `{"id":7,"customer":"B","If_Match":"\"5\""}`, 200, order, `PUT /v2/orders/7 X-Api-Key=k-1 If-Match="5" Idempotency-Key=key application/json {"customer":"B"}`, row},
		{shop, "Orders", "deleteOrder", `{"id":7}`, 204, ``, "DELETE /v2/orders/7 X-Api-Key=k-1 Idempotency-Key=key", "null"},
		{shop, "Orders", "getPhoto", `{"id":7}`, 200, "PNG", "GET /v2/orders/7/photo X-Api-Key=k-1", `{"file":{"content":"UE5H","name":"photo","type":"image/png"}}`},
		{shop, "Orders", "addPhoto", `{"id":7,"note":"n","photo":{"name":"a\".png","type":"image/png","content":"UE5H"}}`, 200, "thanks",
			`POST /v2/orders/7/photo X-Api-Key=k-1 Idempotency-Key=key --B Content-Disposition: form-data; name="note" n --B Content-Disposition: form-data; name="photo"; filename="a\".png" Content-Type: image/png PNG --B--`, `{"text":"thanks"}`},
		{shop, "tokens", "getToken", `{"grant_type":"a&b","scope":["x","y"]}`, 200, `{"access-token":"T"}`, "POST /v2/tokens X-Api-Key=k-1 Idempotency-Key=key application/x-www-form-urlencoded grant_type=a%26b&scope=x&scope=y", `{"access_token":"T"}`},
		{shop, "status", "getStatus", `{}`, 200, `{"up":[1]}`, "GET /v2/status X-Api-Key=k-1", `{"answer":{"up":[1]}}`},
		{pets, "pets", "getPets", `{"tags":["a","b"],"ids":[1,2]}`, 200, `[{"id":1,"name":"x","@odata.etag":"e"}]`, "GET /api/pets?api_key=k+2&ids=1&ids=2&tags=a%2Cb", `[{"id":1,"name":"x","odata_etag":"e"}]`},
		{pets, "pets", "addPet", `{"name":"x","odata_etag":"e"}`, 201, `{"id":"12"}`, `POST /api/pets?api_key=k+2 Idempotency-Key=key application/json {"@odata.etag":"e","name":"x"}`, `{"id":12}`},
		{pets, "pets", "upload", `{"id":1,"note":"n"}`, 200, `{}`, `POST /api/pets/1?api_key=k+2 Idempotency-Key=key --B Content-Disposition: form-data; name="note" n --B--`, "null"},
		{pets, "names", "getNames", `{}`, 200, `["a","b"]`, "GET /api/names?api_key=k+2", `[{"value":"a"},{"value":"b"}]`},
	} {
		h.says(tt.status, tt.answer, `ETag="5"`, "Content-Type="+map[bool]string{true: "image/png", false: "application/json"}[tt.answer == "PNG"])
		got := text(call(t, tt.p, tt.object, tt.method, tt.inputs, func(c *broker.Call) { c.Key = "key" }))
		if h.asked != tt.asked || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s.%s:\n%s\n%s\n%s\n%s", tt.object, tt.method, h.asked, tt.asked, got, tt.want)
		}
	}
	if _, err := call(t, shop, "Orders", "listOrders", `{"X_Tenant":"a\r\nX-Evil: 1"}`); signoff.CodeOf(err) != "bad-inputs" {
		t.Errorf("a header in a header: %v", err)
	}
}

// What an operation that does something answers is one thing, whatever is in it.
func TestALookThatChangesSomethingIsNoList(t *testing.T) {
	h := listen(t)
	p := open(t, broker.Instance{Keys: map[string]string{"document": `{"openapi":"3.1.0","servers":[{"url":"` + h.URL + `"}],"paths":{"/a":{"post":{"operationId":"try","responses":{"200":{"content":{"application/json":{"schema":
		{"type":"object","properties":{"ok":{"type":"boolean"},"steps":{"type":"array","items":{"type":"object"}}}}}}}}}}}}`}})
	h.says(200, `{"ok":true,"steps":[{"found":"x"}]}`)
	if got := text(call(t, p, "a", "try", `{}`)); got != `{"ok":true,"steps":[{"found":"x"}]}` {
		t.Error(got)
	}
}

// What stands in a path stays one part of it.
func TestValuesInThePathStayThere(t *testing.T) {
	h := listen(t)
	p := open(t, broker.Instance{Keys: map[string]string{"document": `{"openapi":"3.1.0","servers":[{"url":"` + h.URL + `"}],"paths":{"/a/{name}/b":{"get":{"responses":{"200":{}}}}}}`}})
	h.says(200, "")
	for in, want := range map[string]string{"x/../y?z#": "GET /a/x%2F..%2Fy%3Fz%23/b", "é ": "GET /a/%C3%A9%20/b", "{name}": "GET /a/%7Bname%7D/b", "..": "", ".": ""} {
		h.asked = ""
		given, _ := json.Marshal(map[string]string{"name": in})
		_, err := call(t, p, "a", "getAByNameB", string(given))
		if h.asked != want || (want == "") != (signoff.CodeOf(err) == "bad-inputs") {
			t.Errorf("%q: %s %v", in, h.asked, err)
		}
	}
}

func TestWhatAnAPIRefusesIsClassified(t *testing.T) {
	h := listen(t)
	p := open(t, broker.Instance{Keys: map[string]string{"document": document1(t, "shop.yaml", h.URL), "apiKey": "k-secret"}})
	for _, tt := range []struct {
		status int
		body   string
		code   string
		kind   signoff.Kind
		says   string
	}{
		{400, `{"detail":"no   such city"}`, "service-refused", signoff.Invalid, "answered 400 Bad Request: no such city"},
		{401, ``, "service-refused", signoff.Invalid, "401"},
		{403, `{"error":{"message":"not yours"}}`, "service-refused", signoff.Invalid, "not yours"},
		{404, `gone`, "service-row-not-found", signoff.NotFound, "gone"},
		{409, `{"error":"busy","error_description":"later"}`, "service-refused", signoff.Invalid, "later"},
		{429, ``, "service-refused", signoff.Unavailable, "429"},
		{503, `<html>` + strings.Repeat("x", 1000), "service-refused", signoff.Unavailable, "…"},
		{302, ``, "service-refused", signoff.Invalid, "sends the call on"},
		{200, `<html>Sign in`, "service-answer-unusable", signoff.Invalid, "is no JSON"},
		{200, strings.Repeat(" ", maxAnswerBytes+1), "service-answer-too-large", signoff.Invalid, "8 MiB"},
	} {
		h.says(tt.status, tt.body)
		_, err := call(t, p, "Orders", "getOrder", `{"id":1}`)
		if signoff.CodeOf(err) != tt.code || signoff.KindOf(err) != tt.kind || !strings.Contains(fmt.Sprint(err), tt.says) || strings.Contains(fmt.Sprint(err), "k-secret") {
			t.Errorf("%d: %s %v %v", tt.status, signoff.CodeOf(err), signoff.KindOf(err), err)
		}
	}
	h.says(200, `[1]`)
	if _, err := call(t, p, "Orders", "listOrders", `{}`); signoff.CodeOf(err) != "service-answer-unusable" {
		t.Errorf("a list where an object was promised: %v", err)
	}
	h.says(200, `{"items":{}}`)
	if _, err := call(t, p, "Orders", "listOrders", `{}`); signoff.CodeOf(err) != "service-answer-unusable" {
		t.Errorf("an object where a list was promised: %v", err)
	}
	h.says(404, ``)
	if _, err := call(t, p, "Orders", "deleteOrder", `{"id":1}`, func(c *broker.Call) { c.Again = true }); err != nil {
		t.Errorf("what an earlier attempt deleted: %v", err)
	}
	h.Close()
	if _, err := call(t, p, "Orders", "getOrder", `{"id":1}`); signoff.CodeOf(err) != "service-unreachable" || signoff.KindOf(err) != signoff.Unavailable || strings.Contains(err.Error(), "k-secret") {
		t.Errorf("nobody there: %v", err)
	}
	pets := open(t, broker.Instance{Keys: map[string]string{"document": document1(t, "pets.json", h.URL), "apiKey": "k-secret"}})
	if _, err := call(t, pets, "names", "getNames", `{}`); signoff.CodeOf(err) != "service-unreachable" || strings.Contains(fmt.Sprint(err), "k-secret") {
		t.Errorf("the address, with the key in it, is in the error: %v", err)
	}
}

// Redirects are followed on the same machine only, and only in reading.
func TestNothingIsSentElsewhere(t *testing.T) {
	h, other := listen(t), listen(t)
	other.says(200, `{}`)
	p := open(t, broker.Instance{Keys: map[string]string{"document": document1(t, "shop.yaml", h.URL), "apiKey": "k"}})
	h.answer = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/x", http.StatusTemporaryRedirect)
	}
	if _, err := call(t, p, "Orders", "getOrder", `{"id":1}`); other.asked != "" || err == nil {
		t.Errorf("the key went elsewhere: %s", other.asked)
	}
	n := 0
	h.answer = func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			http.Redirect(w, r, "/v2/orders/2", http.StatusTemporaryRedirect)
			return
		}
		io.WriteString(w, `{"id":2}`)
	}
	if got := text(call(t, p, "Orders", "getOrder", `{"id":1}`)); got != `{"id":2}` {
		t.Error(got)
	}
	n = 0
	if _, err := call(t, p, "Orders", "createOrder", `{"customer":"x"}`); err == nil || n != 1 {
		t.Errorf("a change was sent on: %v", err)
	}
}

// wants is an error that says a token is missing.
type wants struct{}

func (wants) Error() string                                 { return "not connected" }
func (wants) ParksFor() (string, signoff.Principal, string) { return "key", "user:1", "why" }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestEveryWayOfSigningIn(t *testing.T) {
	h := listen(t)
	h.says(200, `{"id":1}`)
	doc := document1(t, "shop.yaml", h.URL)
	for _, tt := range []struct {
		in   broker.Instance
		want string
	}{
		{broker.Instance{Mode: broker.NoSignIn}, ""},
		{broker.Instance{Mode: broker.Static, User: "ana", Password: "pw"}, " Authorization=Basic YW5hOnB3"},
		{broker.Instance{Mode: broker.NoSignIn, Keys: map[string]string{"apiKey": "k", "apiKeyAs": "bearer"}}, " Authorization=Bearer k"},
		{broker.Instance{Mode: broker.NoSignIn, Keys: map[string]string{"apiKey": "k", "apiKeyAs": "cookie session"}}, " Cookie=session=k"},
		{broker.Instance{Mode: broker.NoSignIn, Keys: map[string]string{"apiKey": "k", "apiKeyAs": "header: X-Tenant"}}, " X-Tenant=k"},
		{broker.Instance{Mode: broker.AsCaller, Keys: map[string]string{"apiKey": "k"}}, " Authorization=Bearer for user:1 X-Api-Key=k"},
	} {
		keys := map[string]string{"document": doc}
		for k, v := range tt.in.Keys {
			keys[k] = v
		}
		tt.in.Keys = keys
		if tt.in.Mode == broker.AsCaller {
			tt.in.HTTP = func(by broker.Principal) *http.Client {
				return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					r.Header.Set("Authorization", "Bearer for "+string(by))
					return http.DefaultTransport.RoundTrip(r)
				})}
			}
		}
		_, err := call(t, open(t, tt.in), "Orders", "getOrder", `{"id":1}`, func(c *broker.Call) { c.By = "user:1" })
		if want := "GET /v2/orders/1" + tt.want; err != nil || h.asked != want {
			t.Errorf("%s, want %s: %v", h.asked, want, err)
		}
	}
	for _, fails := range []error{wants{}, &signoff.Error{Kind: signoff.Invalid, Code: "service-forbidden", Detail: "no"}} {
		p := open(t, broker.Instance{Mode: broker.AsCaller, Keys: map[string]string{"document": doc}, HTTP: func(broker.Principal) *http.Client {
			return &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, fails })}
		}})
		if _, err := call(t, p, "Orders", "getOrder", `{"id":1}`); !errors.Is(err, fails) {
			t.Errorf("%v came through as %v", fails, err)
		}
	}
}

func TestListsGoOn(t *testing.T) {
	h := listen(t)
	doc := func(params, wrapped string) string {
		schema := `{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}}}}`
		if wrapped != "" {
			schema = `{"type":"object","properties":{"items":` + schema + `,` + wrapped + `}}`
		}
		return `{"openapi":"3.1.0","servers":[{"url":"` + h.URL + `/x"}],"paths":{"/a":{"get":{"operationId":"list","parameters":[` + params + `],"responses":{"200":{"content":{"application/json":{"schema":` + schema + `}}}}}}}}`
	}
	param := func(names ...string) string {
		var out []string
		for _, n := range names {
			out = append(out, `{"in":"query","name":"`+n+`","schema":{"type":"integer","default":2}}`)
		}
		return strings.Join(out, ",")
	}
	for name, tt := range map[string]struct {
		doc   string
		pages []string // what is asked, and what is answered, in turn
	}{
		"a token": {doc(param("limit", "cursor"), `"next":{"type":"string"}`), []string{"GET /x/a?limit=2", `{"items":[{"n":1},{"n":2}],"next":"a b"}`, "GET /x/a?cursor=a+b&limit=2", `{"items":[{"n":3}]}`}},
		"an address": {doc("", `"@odata.nextLink":{"type":"string"}`), []string{"GET /x/a", `{"items":[{"n":1}],"@odata.nextLink":"` + h.URL + `/x/a?$skip=1"}`,
			"GET /x/a?$skip=1", `{"items":[{"n":2}],"@odata.nextLink":"/x/a?$skip=2"}`, "GET /x/a?$skip=2", `{"items":[{"n":3}]}`}},
		"a link that leads to itself": {doc("", `"links":{"type":"object"}`), []string{"GET /x/a", `{"items":[{"n":1},{"n":2}],"links":{"next":{"href":"?p=1"}}}`, "GET /x/a?p=1", `{"items":[{"n":3}],"links":{"next":{"href":"?p=1"}}}`}},
		"numbers of rows":             {doc(param("$top", "$skip"), ""), []string{"GET /x/a?%24top=2", `[{"n":1},{"n":2}]`, "GET /x/a?%24skip=2&%24top=2", `[{"n":3}]`}},
		"numbers of pages":            {doc(param("per_page")+`,{"in":"query","name":"page","schema":{"type":"integer"}}`, ""), []string{"GET /x/a?per_page=2", `[{"n":1},{"n":2}]`, "GET /x/a?page=2&per_page=2", `[{"n":3}]`}},
	} {
		p := open(t, broker.Instance{Keys: map[string]string{"document": tt.doc}})
		var asked, seen []string
		h.answer = func(w http.ResponseWriter, _ *http.Request) {
			asked = append(asked, h.asked)
			if n := 2*len(asked) - 1; n < len(tt.pages) {
				io.WriteString(w, tt.pages[n])
			}
		}
		after := ""
		for range 5 {
			r, err := call(t, p, "a", "list", `{}`, func(c *broker.Call) { c.Top, c.After = 2, after })
			if err != nil {
				t.Fatal(name, err)
			}
			for _, row := range r.Rows {
				seen = append(seen, fmt.Sprint(row["n"]))
			}
			if after = r.Next; after == "" {
				break
			}
		}
		var want []string
		for i := 0; i < len(tt.pages); i += 2 {
			want = append(want, tt.pages[i])
		}
		if fmt.Sprint(asked) != fmt.Sprint(want) || fmt.Sprint(seen) != "[1 2 3]" {
			t.Errorf("%s: %v, want %v; %v", name, asked, want, seen)
		}
	}
	p := open(t, broker.Instance{Keys: map[string]string{"document": doc("", "")}})
	h.says(200, `[{"n":1}]`, "Link=<https://evil.test/x/a?p=2>; rel=\"next\"")
	r, err := call(t, p, "a", "list", `{}`)
	if err != nil || r.Next == "" {
		t.Fatal(r, err)
	}
	for _, after := range []string{r.Next, "l/y/a", "l//evil.test/x", "cx", "t", "zz"} {
		if _, err := call(t, p, "a", "list", `{}`, func(c *broker.Call) { c.After = after }); signoff.CodeOf(err) != "bad-cursor" {
			t.Errorf("%s: %v", after, err)
		}
	}
}

func TestADocumentIsFetchedAndFetchedAgain(t *testing.T) {
	h := listen(t)
	doc := document1(t, "pets.json", h.URL)
	h.answer = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/openapi.json":
			io.WriteString(w, doc)
		case "/elsewhere.json":
			io.WriteString(w, strings.ReplaceAll(doc, strings.TrimPrefix(h.URL, "http://"), "evil.test"))
		case "/large.json":
			io.WriteString(w, strings.Repeat(" ", maxDocumentBytes+1))
		case "/api/names":
			io.WriteString(w, `["a"]`)
		default:
			http.NotFound(w, r)
		}
	}
	p := open(t, broker.Instance{Mode: broker.Static, User: "u", Password: "p", Keys: map[string]string{"documentAt": h.URL + "/api/openapi.json"}})
	if r, err := p.Call(t.Context(), broker.Call{Object: "names", Method: "getNames"}); err != nil || len(r.Rows) != 1 || !strings.Contains(h.asked, "Basic") {
		t.Errorf("%v %v, asked %s", r, err, h.asked)
	}
	if steps := p.Test(t.Context(), ""); len(steps) != 2 || !steps[1].OK || !strings.Contains(steps[0].Found, "6 methods of 2 objects") {
		t.Errorf("%+v", steps)
	}
	doc = strings.ReplaceAll(doc, "/names", "/words")
	if objects, err := p.Objects(t.Context()); err != nil || objects[1].Name != "words" || strings.Contains(h.asked, "Basic") {
		t.Errorf("a new document is not seen, or was asked for with the password: %v %v", err, h.asked)
	}
	if _, err := p.Call(t.Context(), broker.Call{Object: "names", Method: "getNames"}); signoff.CodeOf(err) != "service-method-unknown" {
		t.Error(err)
	}
	for path, want := range map[string]string{"/elsewhere.json": "bad-service-address", "/large.json": "service-objects-unusable", "/none.json": "service-refused"} {
		p := open(t, broker.Instance{Keys: map[string]string{"documentAt": h.URL + path}})
		if _, err := p.Objects(context.Background()); signoff.CodeOf(err) != want {
			t.Errorf("%s: %v", path, err)
		}
		if steps := p.Test(t.Context(), ""); steps[len(steps)-1].OK {
			t.Errorf("%s passes its test: %+v", path, steps)
		}
	}
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	doc := `{"openapi":"3.0.0","servers":[{"url":"http://api.test"}],"paths":{"/a":{"get":{}}}}`
	for _, tt := range []struct {
		keys map[string]string
		mode broker.Mode
		want string
	}{
		{map[string]string{}, broker.NoSignIn, "keys.document"},
		{map[string]string{"document": "no"}, broker.NoSignIn, "keys.document"},
		{map[string]string{"document": doc, "documentAt": "https://x.test"}, broker.NoSignIn, "keys.documentAt"},
		{map[string]string{"documentAt": "x.test"}, broker.NoSignIn, "keys.documentAt"},
		{map[string]string{"document": doc, "server": "api.test", "seconds": "x", "apiKeyAs": "body"}, broker.NoSignIn, "keys.seconds keys.apiKeyAs keys.server"},
		{map[string]string{"document": doc}, broker.Static, "keys.server"},
		{map[string]string{"document": doc, "apiKey": "k"}, broker.NoSignIn, "keys.server"},
		{map[string]string{"document": doc}, broker.AsService, "keys.server"},
		{map[string]string{"document": doc}, broker.NoSignIn, ""},
		{map[string]string{"document": doc, "server": "https://api.test"}, broker.AsService, ""},
	} {
		_, err := (&Type{}).Open(broker.Instance{Mode: tt.mode, Keys: tt.keys})
		var got []string
		if e, ok := errors.AsType[*signoff.Error](err); ok {
			for _, f := range e.Fields {
				got = append(got, f.Field)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%v %s: %v %v", tt.keys, tt.mode, got, err)
		}
	}
}
