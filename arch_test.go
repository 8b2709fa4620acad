package signoff_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/signoffhq/signoff"

// A room is one package of the house: the packages it may import from ours,
// and why it stands there. ARCHITECTURE.md shows the same table as a picture.
type room struct {
	pkg  string // path below the module; "" is the root
	may  string // packages of ours it may import, separated by spaces
	why  string
	core bool // values in, values out: none of coreForbids
}

// Each line may import only what stands above it; "may" narrows that further.
var house = []room{
	{pkg: "", may: "", why: "the vocabulary depends on nothing", core: true},
	{pkg: "expr", may: "", why: "expressions know no workflow", core: true},
	{pkg: "expr/cases", may: "expr", why: "cases come from whoever calls; it reads no file", core: true},
	{pkg: "calendar", may: "", why: "working time is counted from a plan and a moment", core: true},
	{pkg: "process", may: "expr", why: "a definition knows no file format and no engine", core: true},
	{pkg: "bpmn", may: "expr process", why: "only bpmn knows XML", core: true},
	{pkg: "bpmn/movein", may: "expr process bpmn", why: "what other engines write, said in signoff's words; nothing else needs it", core: true},
	{pkg: "access", may: "", why: "rights are worked out from values, not looked up", core: true},
	{pkg: "scim", may: "", why: "what a SCIM request means is decided from its bytes alone", core: true},
	{pkg: "engine", may: "expr calendar process", why: "the engine has no clock, no I/O and no chance in it", core: true},
	{pkg: "scenario", may: "expr calendar process bpmn access engine", why: "a scenario needs nothing but the engine", core: true},
	{pkg: "store/pgserver", may: "", why: "a PostgreSQL server of one's own, which knows no tables"},
	{pkg: "store/pgtest", may: "store/pgserver", why: "a PostgreSQL server for tests, which knows no tables"},
	{pkg: "store", may: "engine access", why: "all SQL, and nothing that decides"},
	{pkg: "library", may: "expr process bpmn access store", why: "what is deployed, parsed once"},
	{pkg: "hours", may: "calendar access engine store", why: "calendars: kept, changed and looked up"},
	{pkg: "runner", may: "expr process engine store library access", why: "drives instances; knows no people and no transport"},
	{pkg: "worklist", may: "expr process engine store library runner access", why: "the reading side of tasks and instances"},
	{pkg: "seal", may: "", why: "secrets know nothing of what they protect"},
	{pkg: "identity/trust", may: "", why: "whether a token is believed, without people, routes or a database"},
	{pkg: "identity", may: "engine access store seal identity/trust", why: "who is calling; never what they call"},
	{pkg: "identity/signin", may: "access store seal identity/trust identity", why: "signing people in through providers; knows no route"},
	{pkg: "doctor", may: "identity/trust", why: "says what is wrong, from values it is given; decides nothing"},
	{pkg: "doctor/probe", may: "doctor", why: "asks providers and judges nothing"},
	{pkg: "m365", may: "doctor identity/trust", why: "what is to be registered in Entra, and what is; knows no database"},
	{pkg: "oauth", may: "access store seal", why: "tokens for other systems: kept, refreshed and asked for; knows no route and no workflow"},
	{pkg: "broker", may: "seal", why: "the words service types and their callers share"},
	{pkg: "broker/catalogue", may: "access store seal broker", why: "service instances: kept, described and called; knows no system"},
	{pkg: "pace", may: "", why: "how fast mail may leave, whatever takes it"},
	{pkg: "connector/mail", may: "pace", why: "a connector knows its system and no workflow"},
	{pkg: "connector/graph", may: "", why: "a connector knows its system and no workflow"},
	{pkg: "connector/rest", may: "", why: "a connector knows its system and no workflow"},
	{pkg: "connector/ldap", may: "", why: "a connector knows its system and no workflow"},
	{pkg: "connector/exchange", may: "seal broker", why: "the words of mail and calendar, and the objects made of them"},
	{pkg: "connector/exchange/traffic", may: "connector/exchange broker", why: "how requests go to a mailbox, whatever the protocol"},
	{pkg: "connector/exchange/graph", may: "connector/exchange connector/exchange/traffic broker", why: "Exchange over Microsoft Graph"},
	{pkg: "connector/exchange/ews", may: "connector/exchange connector/exchange/traffic broker seal", why: "Exchange over its web services"},
	{pkg: "connector/exchange/mailbox", may: "connector/exchange pace", why: "sends and reads a server's mail over any backend of Exchange"},
	{pkg: "connector/openapi", may: "seal broker", why: "a service type of any HTTP API that has an OpenAPI document"},
	{pkg: "connector/sql", may: "seal broker", why: "a service type of databases"},
	{pkg: "directory", may: "access store seal identity connector/ldap connector/graph", why: "takes people and groups from elsewhere; knows no route and no workflow"},
	{pkg: "provision", may: "scim access store seal directory identity", why: "keeps what SCIM clients write; knows no HTTP"},
	{pkg: "mailroom/reply", may: "", why: "what a mail says is decided from its bytes alone"},
	{pkg: "mailroom", may: "expr engine store runner seal mailroom/reply", why: "meets connectors only in cmd/signoff"},
	{pkg: "mailroom/connections", may: "access engine store runner seal broker mailroom", why: "which mailboxes the server's mail goes by; meets connectors only in cmd/signoff"},
	{pkg: "inhouse", may: "access engine expr store library runner worklist identity broker mailroom", why: "this server's own people, workflows and mail as services; decides nothing itself"},
	{pkg: "api", may: "", why: "wire types are shared by server and client"},
	{pkg: "httpapi", may: "expr calendar process bpmn bpmn/movein engine access hours store/pgtest store library runner worklist broker broker/catalogue oauth directory provision identity identity/trust identity/signin seal mailroom mailroom/connections doctor doctor/probe m365 api", why: "an edge: turns requests into inputs"},
	{pkg: "httpapi/k2", may: "expr process engine access store library runner worklist identity api httpapi", why: "an edge in another's shapes"},
	{pkg: "httpapi/odata", may: "broker broker/catalogue identity api httpapi", why: "services in OData's shapes"},
	{pkg: "httpapi/scimapi", may: "scim directory provision identity api httpapi", why: "an edge in another's shapes"},
	{pkg: "client", may: "api", why: "a client sees only the wire"},
	{pkg: "web", may: "", why: "pages are a client like any other"},
	{pkg: "samples", may: "", why: "files, and nothing that reads them"},
	{pkg: "docs", may: "", why: "pages, and tests that keep them true"},
	{pkg: "sandbox", may: "", why: "a fake that shared our code would agree with its mistakes"},
	{pkg: "sandbox/entra", may: "sandbox", why: "likewise, for Entra ID"},
	{pkg: "sandbox/exchange", may: "sandbox sandbox/entra", why: "likewise, for Exchange"},
	{pkg: "sandbox/exchange/graph", may: "sandbox sandbox/entra sandbox/exchange", why: "likewise, for Graph"},
	{pkg: "sandbox/exchange/ews", may: "sandbox sandbox/exchange", why: "likewise, for EWS; who a token is for it is told"},
	{pkg: "sandbox/contoso", may: "sandbox sandbox/entra sandbox/exchange sandbox/exchange/graph sandbox/exchange/ews", why: "likewise, all of it at one address"},
	{pkg: "connector/exchange/exchangetest", may: "connector/exchange broker sandbox/entra sandbox/exchange sandbox/contoso", why: "what every protocol of Exchange has to do, tried against the sandbox"},
	{pkg: "bench", may: "expr process bpmn engine access store/pgserver store/pgtest store library runner worklist seal identity/trust identity api httpapi httpapi/k2", why: "measures the services as cmd/signoff puts them together"},
	{pkg: "cmd/signoff", may: "*", why: "the one place where everything meets"},
}

var coreForbids = []string{"os", "net", "database/sql", "log", "log/slog", "context", "sync", "math/rand", "math/rand/v2", "crypto/rand", "net/http"}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestPackagesImportOnlyWhatTheHouseAllows(t *testing.T) {
	rooms := map[string]room{}
	for _, r := range house {
		rooms[r.pkg] = r
	}
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		r, known := rooms[name]
		if !known {
			r, known = rooms[parent(name)]
		}
		if !known {
			t.Errorf("package %q has no line in the house: add it with a reason, here and in ARCHITECTURE.md", name)
			continue
		}
		for _, imp := range p.Imports {
			checkImport(t, r, name, imp)
		}
	}
}

func checkImport(t *testing.T, r room, name, imp string) {
	if r.core && slices.Contains(coreForbids, imp) {
		t.Errorf("%s is core and imports %s: %s", name, imp, r.why)
	}
	inner, ours := strings.CutPrefix(imp, module+"/")
	if !ours || r.may == "*" {
		return
	}
	if inner != r.pkg && !strings.HasPrefix(inner, r.pkg+"/") && !slices.Contains(strings.Fields(r.may), inner) {
		t.Errorf("%s imports %s, which it may not: %s", name, inner, r.why)
	}
}

func TestTheHouseIsBuiltUpwards(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range house {
		for _, m := range strings.Fields(r.may) {
			if m != "*" && !seen[m] {
				t.Errorf("%s may import %s, which does not stand above it", r.pkg, m)
			}
		}
		seen[r.pkg] = true
	}
}

func TestTheCoreHasNoClock(t *testing.T) {
	for _, r := range house {
		if !r.core {
			continue
		}
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(r.pkg), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "time.Now(") {
				t.Errorf("%s calls time.Now: take the time from the input", f)
			}
		}
	}
}

// parent gives "store" for "store/storetest": a package's own test and data
// packages live under its rules.
func parent(name string) string {
	if i := strings.LastIndexByte(name, '/'); i > 0 {
		return name[:i]
	}
	return "?"
}

func listPackages(t *testing.T) []listed {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 5 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}
