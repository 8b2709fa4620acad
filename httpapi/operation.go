package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
)

// base is the path all operations stand under.
const base = "/api/v1"

// maxBodyBytes bounds a request's JSON; operations that take files have their own.
const maxBodyBytes = 1 << 20

// How long a body may take to arrive. The server sees a client leave only as
// long as this lasts, so it is longer than any operation should take.
const (
	bodyWithin = 30 * time.Second
	fileWithin = 2 * time.Minute
)

// right is what a caller needs before an operation looks at anything else.
type right string

const (
	anybody  right = "anybody"
	signedIn right = "signed in"
	admin    right = "administer"
)

// told is what readers of the document hear of a right. Being signed in goes
// without saying: the document's security asks for it.
func (r right) told() string {
	if r == signedIn {
		return ""
	}
	return "Right: " + string(r) + "."
}

// op is one line of the table in routes.go.
type op struct {
	id      string // in the OpenAPI document, and the scope of idempotency keys
	route   string // "POST /tasks/{serial}/decision"
	tag     string
	summary string
	right   right
	status  int // on success; 0: 200, or 204 without a body
}

// handler does one operation for a caller whose right has been checked.
type handler[I, O any] func(ctx context.Context, by signoff.Caller, in *I) (*O, error)

// nothing is the input or the answer of operations that have none.
type nothing struct{}

// route registers an operation: its place in the OpenAPI document, its right,
// its limits, and the one way its refusals are written. adjust is for the few
// that take or answer something else than JSON.
func route[I, O any](s *Server, o op, h handler[I, O], adjust ...func(*Server, *huma.Operation)) {
	s.ops = append(s.ops, o)
	operation := s.operation(o)
	for _, change := range adjust {
		change(s, &operation)
	}
	huma.Register(s.huma, operation, func(ctx context.Context, in *I) (*O, error) {
		by, _ := identity.Who(ctx) // require has refused those who need to be known and are not
		out, err := h(ctx, by, in)
		if err != nil {
			return nil, s.refuse(ctx, err).inBody()
		}
		return out, nil
	})
}

// operation is what every operation has in common.
func (s *Server) operation(o op) huma.Operation {
	method, path, _ := strings.Cut(o.route, " ")
	h := huma.Operation{
		OperationID:                  o.id,
		Method:                       method,
		Path:                         base + path,
		Tags:                         []string{o.tag},
		Summary:                      o.summary,
		Description:                  o.right.told(),
		DefaultStatus:                o.status,
		BodyReadTimeout:              bodyWithin,
		MaxBodyBytes:                 maxBodyBytes + 1, // huma refuses a body that just reaches its limit
		RejectUnknownQueryParameters: true,
		Responses:                    refusals(o, method, path),
		Middlewares:                  huma.Middlewares{s.require(o)},
	}
	if o.right == anybody {
		h.Security = []map[string][]string{}
	}
	return h
}

// refusals documents the error answers an operation can give.
func refusals(o op, method, path string) map[string]*huma.Response {
	statuses := []int{400, 401, 403, 422, 429, 500, 503}
	if strings.Contains(path, "{") {
		statuses = append(statuses, 404)
	}
	if method != http.MethodGet {
		statuses = append(statuses, 409)
	}
	if method != http.MethodGet && method != http.MethodDelete {
		statuses = append(statuses, 408, 413, 415)
	}
	out := map[string]*huma.Response{}
	for _, status := range statuses {
		addRefusal(out, status)
	}
	return out
}

func addRefusal(to map[string]*huma.Response, status int) {
	to[strconv.Itoa(status)] = &huma.Response{
		Description: http.StatusText(status),
		Content: map[string]*huma.MediaType{problemType: {
			Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}},
	}
}

// takesFile is for the upload of a workflow, which may change nothing.
func takesFile(s *Server, h *huma.Operation) {
	h.MaxBodyBytes = maxWorkflowBytes + 1
	h.BodyReadTimeout = fileWithin
	schema := s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[api.Deployed](), true, "Deployed")
	h.Responses["200"] = &huma.Response{Description: "The same file is the default version already",
		Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
}

// givesFile is for answers that are a BPMN file.
func givesFile(_ *Server, h *huma.Operation) {
	h.Responses["200"] = &huma.Response{Description: "The BPMN file", Content: map[string]*huma.MediaType{
		"application/xml": {Schema: &huma.Schema{Type: huma.TypeString}}}}
}

// hasCondition is for operations that obey If-Match.
func hasCondition(_ *Server, h *huma.Operation) {
	addRefusal(h.Responses, http.StatusPreconditionFailed)
}

// newHuma makes the API without its operations. Nothing of huma's own pages is
// served; docs.go has ours.
func newHuma(mux humago.Mux, version string, problems huma.Transformer) huma.API {
	config := huma.DefaultConfig("signoff", version)
	config.Info.Description = "Workflows for decisions that people take. Every refusal is a problem " +
		"(RFC 9457) with a stable code; " + api.ProblemBase + "{code} says what it means."
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.CreateHooks = nil // no $schema in bodies
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	config.Transformers = []huma.Transformer{problems}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"basic":   {Type: "http", Scheme: "basic"},
		"bearer":  {Type: "http", Scheme: "bearer", Description: "a token of a trusted issuer, or a personal access token, sgn_…"},
		"session": {Type: "apiKey", In: "cookie", Name: "signoff", Description: "from POST /session, over https called __Host-signoff; unsafe requests also send X-CSRF-Token"},
	}
	config.Security = []map[string][]string{{"basic": {}}, {"bearer": {}}, {"session": {}}}
	config.Tags = []*huma.Tag{
		{Name: "Session", Description: "Signing in and out."},
		{Name: "Sign-in", Description: "How people sign in on the pages, through which providers."},
		{Name: "Tasks", Description: "What waits for you."},
		{Name: "Files", Description: "What people add to tasks and instances: documents, pictures, tables."},
		{Name: "Workflows", Description: "What can be started, and deploying it."},
		{Name: "Instances", Description: "What runs and what ran."},
		{Name: "Versions", Description: "Which version of a workflow new instances get, and running ones that go on with another."},
		{Name: "Incidents", Description: "What failed and waits for somebody to put it right."},
		{Name: "People", Description: "People, groups, roles and accounts."},
		{Name: "Rights", Description: "Who may do what, and why."},
		{Name: "Calendars", Description: "Working hours and holidays."},
		{Name: "Absence", Description: "Who is away, and who does their tasks."},
		{Name: "Messages", Description: "What goes to instances from elsewhere: messages to one of them, signals to all who wait."},
		{Name: "Schedules", Description: "What begins instances by the clock."},
		{Name: "Keeping", Description: "How long things are kept, what is held, and taking a copy."},
		{Name: "Mail", Description: "What came in, what goes out, and what needs a look."},
		{Name: "Tokens", Description: "Personal access tokens, for programs."},
		{Name: "APIs", Description: "Which APIs are offered, to whom, and who calls them."},
		{Name: "Trust", Description: "Whose bearer tokens are believed, and who asked to come in."},
		{Name: "Directories", Description: "Active Directory and others, from which people and groups are taken."},
		{Name: "Services", Description: "Systems that workflows and people call: set up, tested, described and called."},
		{Name: "OAuth", Description: "Tokens with which this server calls other systems, and connecting accounts to them."},
		{Name: "Expressions", Description: "FEEL, the language of conditions, defaults and texts: try it before you deploy it."},
		{Name: "Doctor", Description: "What is wrong with a token, a request or a provider, and who mends it."},
		{Name: "Server", Description: "The servers at work on the same data."},
		{Name: "Events", Description: "Changes as they happen."},
	}
	h := humago.New(mux, config)
	config.Components.Schemas.Schema(reflect.TypeFor[api.Problem](), true, "Problem")
	return h
}

// OpenAPI returns the OpenAPI 3.1 document of /api/v1. It needs no database:
// the document comes from the table of routes and the wire types alone.
func OpenAPI() ([]byte, error) {
	s := &Server{}
	s.build()
	return s.openAPI()
}

func (s *Server) openAPI() ([]byte, error) { return s.huma.OpenAPI().MarshalJSON() }

// tidySchemas says of lists what this server keeps: an empty one is [], never
// null. It also drops huma's own error model, which is never sent.
func tidySchemas(h huma.API) {
	all := h.OpenAPI().Components.Schemas.Map()
	delete(all, "ErrorModel")
	delete(all, "ErrorDetail")
	for _, schema := range all {
		for _, p := range schema.Properties {
			if p.Type == huma.TypeArray {
				p.Nullable = false
			}
		}
	}
}
