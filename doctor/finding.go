package doctor

// Who says who can put something right.
type Who string

const (
	Caller     Who = "caller"     // whoever wrote or runs the program that calls
	Person     Who = "person"     // who signs in
	EntraAdmin Who = "provider"   // an administrator of Entra, or of the provider that signs people in
	OurAdmin   Who = "server"     // an administrator of this server
	Network    Who = "network"    // whoever runs the machine this server is on, and its network
	Nobody     Who = "nobody"     // it passes by itself
	Attacker   Who = "suspicious" // no honest program does this: look where it came from
)

// A Copy is one exact value to copy.
type Copy struct {
	For  string `json:"for"` // az, graph, setting, value
	What string `json:"what"`
	Text string `json:"text"`
}

// What a Copy can be for.
const (
	Az      = "az"      // a command of the Azure CLI
	Graph   = "graph"   // a call of Microsoft Graph
	Setting = "setting" // a value of one of our settings
	Value   = "value"   // anything else: a scope to ask for, an address to register
)

// A Finding is one thing that is wrong.
type Finding struct {
	Code  string `json:"code"`            // stable
	Line  string `json:"line"`            // what is wrong, in one sentence
	Who   Who    `json:"who"`             // mends it
	Where string `json:"where,omitempty"` // the registration or setting to change
	Do    string `json:"do,omitempty"`    // what to change there
	Copy  []Copy `json:"copy,omitempty"`  // exact values
}

// Result is how one check went.
type Result string

const (
	Passed     Result = "passed"
	Failed     Result = "failed"
	Warning    Result = "warning"     // works now; look at it
	NotReached Result = "not reached" // something before it failed, or it could not be looked at
)

// A Check is one line of the checklist.
type Check struct {
	Group    string   `json:"group,omitempty"` // what it is about: the token, a provider by name
	Name     string   `json:"name"`
	Result   Result   `json:"result"`
	Expected string   `json:"expected,omitempty"`
	Found    string   `json:"found,omitempty"`
	Finding  *Finding `json:"finding,omitempty"` // of a failed check or a warning
}

// A Report is everything the doctor has to say about one thing.
type Report struct {
	OK      bool     `json:"ok"`
	Line    string   `json:"line"` // the fault, or that there is none
	Finding *Finding `json:"finding,omitempty"`
	Checks  []Check  `json:"checks"`
	Notes   []string `json:"notes,omitempty"` // how what was pasted was read
	Facts   []Fact   `json:"facts,omitempty"` // what the token or the error says, nothing secret
}

// A Fact is something that was read, for people to compare.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Fail adds a failed check.
func (r *Report) Fail(group, name, expected, found string, f Finding) {
	r.Checks = append(r.Checks, Check{Group: group, Name: name, Result: Failed, Expected: expected, Found: found, Finding: &f})
}

// Warn adds a check that passed for now.
func (r *Report) Warn(group, name, expected, found string, f Finding) {
	r.Checks = append(r.Checks, Check{Group: group, Name: name, Result: Warning, Expected: expected, Found: found, Finding: &f})
}

func (r *Report) Pass(group, name, expected, found string) {
	r.Checks = append(r.Checks, Check{Group: group, Name: name, Result: Passed, Expected: expected, Found: found})
}

func (r *Report) Skip(group, name, why string) {
	r.Checks = append(r.Checks, Check{Group: group, Name: name, Result: NotReached, Found: why})
}

// Conclude puts the fault that matters first into the first line: the failed
// check with the highest rank, the earliest of equals. fine is what to say when
// nothing failed.
func (r *Report) Conclude(fine string) {
	if r.Checks == nil {
		r.Checks = []Check{}
	}
	best := 0
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Result != Failed || c.Finding == nil {
			continue
		}
		if n := rank(c.Finding.Code); r.Finding == nil || n > best {
			r.Finding, best = c.Finding, n
		}
	}
	if r.Finding != nil {
		r.OK, r.Line = false, r.Finding.Line
		return
	}
	r.OK, r.Line = true, fine
}

// ranks lifts some faults over those that were found before them: those that
// explain the others, or that would still be there after the others are mended.
var ranks = map[string]int{
	"token-unsigned":         70, // whatever else it says, it proves nothing
	"token-for-other-api":    60, // a Microsoft API's token has a signature nobody else can check
	"token-is-id-token":      55,
	"token-issuer":           50,
	"token-tenant":           50,
	"token-version":          50,
	"token-audience":         45,
	"token-keys-unavailable": 42, // until then nothing is known of the rest
	"token-expired":          40, // its key may be gone because it is old
	"token-key":              30,
}

func rank(code string) int { return ranks[code] }
