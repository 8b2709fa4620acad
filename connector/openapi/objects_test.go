package openapi

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/broker"
)

func document1(t testing.TB, name, server string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("SERVER", server, "HOST", strings.TrimPrefix(server, "http://")).Replace(string(text))
}

// outline is what an API offers, a line a method.
func outline(objects []broker.Object) string {
	var out strings.Builder
	for _, o := range objects {
		fmt.Fprintf(&out, "%s:", o.Name)
		for _, p := range o.Properties {
			fmt.Fprintf(&out, " %s", typed(p.Name, p.Type, p.List, p.Key))
		}
		out.WriteString("\n")
		for _, m := range o.Methods {
			fmt.Fprintf(&out, "  %s %s(", m.Kind, m.Name)
			for i, in := range o.Takes(m) {
				if i > 0 {
					out.WriteString(", ")
				}
				out.WriteString(typed(in.Name, in.Type, in.List, in.Required))
			}
			fmt.Fprintf(&out, ") %s\n", strings.Join(m.Outputs, " "))
		}
	}
	return out.String()
}

func typed(name string, t broker.DataType, list, marked bool) string {
	if name += ":" + string(t); list {
		name += "[]"
	}
	if marked {
		name += "!"
	}
	return name
}

func TestDocumentsBecomeObjects(t *testing.T) {
	for name, want := range map[string]string{
		"shop.yaml": `Orders: customer:text id:number! parent:json due:date lines:json placed:moment rush:yesno tags:text[] total:number etag:text file:file text:text
  list listOrders(status:text[], since:moment, filter:json, X_Tenant:text) customer id parent due lines placed rush tags total
  create createOrder(X_Tenant:text, customer:text!, parent:json, due:date, lines:json, placed:moment, rush:yesno, secret:text, tags:text[], total:number) customer id parent due lines placed rush tags total
  read getOrder(id:number!) customer id parent due lines placed rush tags total etag
  update replaceOrder(If_Match:text, id:number!, customer:text!, parent:json, due:date, lines:json, placed:moment, rush:yesno, secret:text, tags:text[], total:number) customer id parent due lines placed rush tags total
  delete deleteOrder(id:number!) 
  execute getPhoto(id:number!) file
  execute addPhoto(id:number!, note:text, photo:file) text
status: answer:json
  execute getStatus() answer
tokens: access_token:text
  execute getToken(grant_type:text, scope:text[]) access_token
`,
		"pets.json": `names: value:text
  list getNames() value
pets: odata_etag:text id:number! name:text
  list getPets(tags:text[], ids:number[]) odata_etag id name
  create addPet(odata_etag:text, id:number, name:text!) odata_etag id name
  read getPetsById(id:number!) odata_etag id name
  execute upload(id:number!, file:file, note:text) 
  update patchPetsById(id:number!, odata_etag:text, name:text) odata_etag id name
`,
	} {
		a, err := newAPI([]byte(document1(t, name, "http://x")), nil)
		if err != nil {
			t.Fatal(name, err)
		}
		if got := outline(a.objects); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	a, err := newAPI([]byte(document1(t, "shop.yaml", "http://x")), []string{"/tokens", "Orders"})
	if err != nil || len(a.objects) != 2 {
		t.Errorf("only some of it: %v %v", err, a)
	}
}

func TestDocumentsThatAreNoneAreRefused(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'j'; i++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	for text, want := range map[string]string{
		"": "is no object", "[]": "is no object", "hello": "is no object", "{": "is no JSON", `{"openapi":"3.0.0"} {}`: "is no JSON", "a: [": "neither JSON nor YAML",
		`{"openapi":"4.0","paths":{}}`: "is none of OpenAPI", `{"swagger":"1.2"}`: "is none of", `{"openapi":"3.1.0"}`: "has no operations", `{"openapi":"3.0.1","paths":{"x":1,"/a":{"get":null}}}`: "has no operations",
		deep: "nested deeper", bomb: "", strings.Repeat(" ", maxDocumentBytes+1): "is larger than 4 MiB",
	} {
		if _, err := newAPI([]byte(text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	many := `{"openapi":"3.0.0","paths":{`
	for i := range maxOperations + 1 {
		many += fmt.Sprintf(`"/p%d":{"get":{}},`, i)
	}
	if _, err := newAPI([]byte(many+`"/z":{}}}`), nil); err == nil || !strings.Contains(err.Error(), "more than 3000 operations") {
		t.Error(err)
	}
	wide := `{"openapi":"3.0.0","paths":{"/a":{"get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},"components":{"schemas":{"A":{"type":"object","allOf":[` +
		strings.TrimSuffix(strings.Repeat(`{"$ref":"#/components/schemas/A"},`, 20), ",") + `]}}}}`
	if _, err := newAPI([]byte(wide), nil); err == nil || !strings.Contains(err.Error(), "too often") {
		t.Errorf("a schema made of itself: %v", err)
	}
}

func TestServersAreWhereTheDocumentMaySay(t *testing.T) {
	for _, tt := range []struct{ said, from, server, want string }{
		{"https://a.test/v1/", "", "https://b.test", "https://a.test/v1"},
		{"", "", "https://b.test/x", "https://b.test/x"},
		{"", "https://b.test/docs/openapi.json", "/v1", "https://b.test/v1"},
		{"", "https://b.test/docs/openapi.json", "v1", "https://b.test/docs/v1"},
		{"", "https://b.test/openapi.json", "https://b.test/v1", "https://b.test/v1"},
		{"", "https://b.test/openapi.json", "https://evil.test/v1", "! has to be entered"},
		{"", "https://b.test/openapi.json", "http://b.test/v1", "! has to be entered"},
		{"", "", "/v1", "! has to be entered"},
		{"ftp://a.test", "", "", "! is no address"},
		{"https://u:p@a.test", "", "", "! is no address"},
		{"https://a.test?key=1", "", "", "! is no address"},
	} {
		p := &provider{}
		if tt.from != "" {
			p.from, _ = httpAddress(tt.from)
		}
		got := ""
		if u, err := resolveServer(tt.said, p.from, []string{tt.server}); err != nil {
			got = "! " + err.Error()
		} else {
			got = u.String()
		}
		if got != tt.want && !(strings.HasPrefix(tt.want, "!") && strings.HasPrefix(got, tt.want)) {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}

// Whatever a document holds: it is refused, or everything it offers has names
// and types that the broker takes.
func FuzzDocument(f *testing.F) {
	f.Add(document1(f, "shop.yaml", "http://x"))
	f.Add(document1(f, "pets.json", "http://x"))
	f.Add(`{"openapi":"3.1.0","paths":{"/{a}/{a}":{"get":{"tags":["%"],"operationId":"1","responses":{"2XX":{"content":{"*/*":{"schema":{"type":["array","null"],"items":{"type":"array"}}}}}}}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := newAPI([]byte(text), nil)
		if err != nil {
			return
		}
		for _, o := range a.objects {
			soundObject(t, o)
			for _, m := range o.Methods {
				op := a.calls[o.Name+"."+m.Name]
				if op == nil {
					t.Fatalf("%s.%s cannot be called", o.Name, m.Name)
				}
			}
		}
	})
}

func soundObject(t *testing.T, o broker.Object) {
	has := map[string]bool{}
	check := func(name string, seen map[string]bool) {
		if !nameLike.MatchString(name) || seen[name] {
			t.Fatalf("%s has the name %q, twice or unusable", o.Name, name)
		}
		seen[name] = true
	}
	check(o.Name, map[string]bool{})
	for _, p := range o.Properties {
		check(p.Name, has)
	}
	methods := map[string]bool{}
	for _, m := range o.Methods {
		check(m.Name, methods)
		inputs, outputs := map[string]bool{}, map[string]bool{}
		for _, in := range m.Inputs {
			check(in.Name, inputs)
			if in.Type == "" && !has[in.Name] {
				t.Fatalf("%s has no type", in.Name)
			}
		}
		for _, out := range m.Outputs {
			check(out, outputs)
			if !has[out] {
				t.Fatalf("%s is no property", out)
			}
		}
	}
}

var nameLike = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)
