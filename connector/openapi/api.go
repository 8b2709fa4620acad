package openapi

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/broker"
)

// Limits of what a document becomes.
const (
	maxOperations = 3000
	maxWork       = 300_000 // schemas looked at
)

// document is an OpenAPI document while it is read.
type document struct {
	root    node
	swagger bool // 2.0
	left    int  // of maxWork
}

// api is what a document became: what is offered, and how each of it is called.
type api struct {
	title   string
	servers []string // addresses, with their variables filled in; they may be relative
	schemes []scheme // how it takes a key
	objects []broker.Object
	calls   map[string]*operation // by object and method, with a point between
}

// scheme is a way to sign in with a key.
type scheme struct {
	in   string // "header", "query", "cookie" or "bearer"
	name string
}

// operation is one operation of the API.
type operation struct {
	verb, path     string
	object, method string
	title, text    string
	kind           broker.Kind
	parameters     []parameter
	body           *body
	answer         answer
	pages          *paging
}

// parameter is a value of the address or the head of a request.
type parameter struct {
	input    string // "" when people are not asked for it
	name, in string
	shape    shape
	required bool
	joined   string // between the elements of a list; "" repeats the name
	deep     bool   // name[member]=value
	initial  node   // its default
}

// newAPI reads a document, or only those of its parts that are named: tags, or
// beginnings of paths. An error says in words that follow "the document"
// what it is not.
func newAPI(text []byte, only []string) (*api, error) {
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	d := &document{root: root, left: maxWork}
	switch version := fmt.Sprint(cmp.Or(root.at("openapi").v, root.at("swagger").v)); {
	case strings.HasPrefix(version, "3.0") || strings.HasPrefix(version, "3.1"):
	case version == "2.0" || version == "2":
		d.swagger = true
	default:
		return nil, fmt.Errorf("is none of OpenAPI 3.1, 3.0 or Swagger 2.0: it begins with neither \"openapi: 3…\" nor \"swagger: 2.0\"")
	}
	a := &api{title: clipTo(root.at("info").text("title"), 100), calls: map[string]*operation{}}
	a.servers, a.schemes = d.servers(), d.schemes()
	list, err := d.operations(only)
	if err != nil {
		return nil, err
	}
	a.build(list)
	if d.left <= 0 {
		return nil, fmt.Errorf("has schemas that refer to one another too often")
	}
	return a, nil
}

func (d *document) servers() (out []string) {
	if d.swagger {
		host, scheme := d.root.text("host"), "https"
		if all := d.root.texts("schemes"); len(all) > 0 && !slices.Contains(all, "https") {
			scheme = all[0]
		}
		if host == "" {
			return []string{d.root.text("basePath")}
		}
		return []string{scheme + "://" + host + d.root.text("basePath")}
	}
	for _, s := range d.root.list("servers") {
		address := s.text("url")
		for _, name := range s.at("variables").names() {
			address = strings.ReplaceAll(address, "{"+name+"}", s.at("variables").at(name).text("default"))
		}
		out = append(out, address)
	}
	return append(out, "/") // "If the servers field is not provided …" (OpenAPI 3.1, 4.8.1)
}

func (d *document) schemes() (out []scheme) {
	all := d.root.at("components").at("securitySchemes")
	if d.swagger {
		all = d.root.at("securityDefinitions")
	}
	for _, name := range all.names() {
		s := d.follow(all.at(name))
		switch {
		case s.text("type") == "apiKey" && slices.Contains([]string{"header", "query", "cookie"}, s.text("in")) && s.text("name") != "":
			out = append(out, scheme{s.text("in"), s.text("name")})
		case s.text("type") == "http" && strings.EqualFold(s.text("scheme"), "bearer"):
			out = append(out, scheme{in: "bearer"})
		}
	}
	return out
}

var verbs = []string{"get", "post", "patch", "put", "delete"}

// operations reads the paths, the shortest first.
func (d *document) operations(only []string) (out []*operation, err error) {
	paths := d.root.at("paths").names()
	slices.SortStableFunc(paths, func(a, b string) int {
		return cmp.Or(strings.Count(a, "{")-strings.Count(b, "{"), strings.Count(a, "/")-strings.Count(b, "/"))
	})
	for _, path := range paths {
		item := d.follow(d.root.at("paths").at(path))
		if !strings.HasPrefix(path, "/") {
			continue // an extension
		}
		for _, verb := range verbs {
			if n := item.at(verb); n.there() && wanted(only, path, n.texts("tags")) {
				if len(out) == maxOperations {
					return nil, fmt.Errorf("has more than %d operations", maxOperations)
				}
				out = append(out, d.operation(strings.ToUpper(verb), path, item, n))
			}
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("has no operations: there is nothing to call")
	}
	return out, nil
}

func wanted(only []string, path string, tags []string) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(part string) bool {
		return strings.HasPrefix(part, "/") && strings.HasPrefix(path, part) || slices.Contains(tags, part)
	})
}

func (d *document) operation(verb, path string, item, n node) *operation {
	o := &operation{verb: verb, path: path, title: firstLine(n.text("summary")), text: firstLine(n.text("description"))}
	if n.yes("deprecated") {
		o.text = strings.TrimSpace("Deprecated. " + o.text)
	}
	o.object = objectName(n.texts("tags"), path)
	o.method = joined(n.text("operationId"))
	if o.method == "" {
		o.method = methodName(verb, path)
	}
	d.takes(o, item, n)
	d.gives(o, n)
	o.pages = o.paging()
	return o
}

// takes reads what an operation takes: the parameters of its path and its own,
// and its body.
func (d *document) takes(o *operation, item, n node) {
	seen := map[string]bool{}
	own := n.list("parameters")
	for _, p := range append(own, item.list("parameters")...) { // its own come first
		p = d.follow(p)
		key := p.text("in") + " " + p.text("name")
		if seen[key] || p.text("name") == "" {
			continue
		}
		seen[key] = true
		switch p.text("in") {
		case "body", "formData":
			d.swaggerBody(o, n, p)
		case "path", "query", "header", "cookie":
			if one := d.parameter(p); !ours(one) {
				o.parameters = append(o.parameters, one)
			}
		}
	}
	for _, name := range inPath(o.path) { // what is in the path and not described
		if !seen["path "+name] {
			o.parameters = append(o.parameters, parameter{name: name, in: "path", required: true, shape: shape{kind: broker.Text}, joined: ","})
		}
	}
	if b := d.follow(n.at("requestBody")); b.there() {
		d.requestBody(o, b)
	}
}

// ours are headers that are not for people to fill in.
func ours(p parameter) bool {
	return p.in == "header" && slices.Contains([]string{"accept", "content-type", "authorization", "idempotency-key"}, strings.ToLower(p.name))
}

func inPath(path string) (out []string) {
	for _, segment := range strings.Split(path, "{")[1:] {
		if name, _, ok := strings.Cut(segment, "}"); ok {
			out = append(out, name)
		}
	}
	return out
}

func (d *document) parameter(p node) parameter {
	out := parameter{name: p.text("name"), in: p.text("in"), required: p.yes("required") || p.text("in") == "path", joined: ","}
	schema := p.at("schema")
	style := p.text("style")
	if d.swagger {
		schema = p
		style = map[string]string{"multi": "form", "ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabs"}[p.text("collectionFormat")]
		if style == "form" {
			out.joined = ""
		}
	} else if out.in == "query" || out.in == "cookie" {
		if explode, said := p.at("explode").v.(bool); (explode || !said) && (style == "" || style == "form") {
			out.joined = ""
		}
	}
	if joint, ok := map[string]string{"spaceDelimited": " ", "pipeDelimited": "|", "tabs": "\t"}[style]; ok {
		out.joined = joint
	}
	out.deep = style == "deepObject"
	out.shape = d.shapeOf(schema)
	out.initial = d.resolve(schema).at("default")
	if text := firstLine(p.text("description")); text != "" {
		out.shape.title = text
	}
	if out.shape.kind == broker.JSON && !out.deep && !p.at("content").there() && len(out.shape.members) == 0 && !out.shape.items.there() {
		out.shape.kind = broker.Text // whatever it is, an address holds text
	}
	return out
}

// resolveServer is the address calls begin with: what the settings say, else the
// document's own, which may be relative to where it came from.
func resolveServer(said string, from *url.URL, servers []string) (*url.URL, error) {
	if said != "" {
		return httpAddress(said)
	}
	if len(servers) == 0 {
		servers = []string{"/"}
	}
	u, err := url.Parse(servers[0])
	if err != nil {
		return nil, fmt.Errorf("is not said: the document's own (%s) is no address", clipTo(servers[0], 100))
	}
	if from != nil {
		u = from.ResolveReference(u)
		if u.Scheme != from.Scheme || u.Host != from.Host {
			return nil, fmt.Errorf("has to be entered: the document names another machine than it comes from (%s)", clipTo(u.Host, 100))
		}
	}
	if !u.IsAbs() {
		return nil, fmt.Errorf("has to be entered: the document does not say it")
	}
	return httpAddress(u.String())
}

func httpAddress(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("is no address of an API")
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = strings.TrimSuffix(u.RawPath, "/")
	return u, nil
}
