package trust

import (
	"context"
	"time"
)

// rules is every check of a bearer token, in order: what costs nothing first,
// keys only of an issuer that is trusted, and nothing that a token says is used
// for more than choosing the entry before its signature was checked. Until then
// a caller learns nothing about the setting but whether its issuer is trusted.
var rules = []rule{
	{name: "size", code: "token-too-large", run: checkSize, tell: tellSize},
	{name: "form", code: "token-form", needs: sized, run: checkForm, tell: tellForm},
	{name: "encoding", code: "token-encoding", needs: cut, run: checkEncoding, tell: tellEncoding},
	{name: "header", code: "token-header", needs: decoded, run: checkHeader, tell: tellHeader},
	{name: "claims", code: "token-claims", needs: decoded, run: checkClaims, tell: tellClaims},
	{name: "critical", code: "token-critical", needs: hasHeader, run: checkCritical, tell: tellCritical},
	{name: "signing", code: "token-unsigned", needs: hasHeader, run: checkSigning, tell: tellSigning},
	{name: "issuer", code: "token-issuer", needs: hasClaims, run: checkIssuer, tell: tellIssuer},
	{name: "tenant", code: "token-tenant", needs: hasEntry, when: ofEntra, run: checkTenant, tell: tellTenant},
	{name: "version", code: "token-version", needs: hasEntry, when: ofEntra, run: checkVersion, tell: tellVersion},
	{name: "algorithm", code: "token-algorithm", needs: hasEntry | hasHeader | hasAlg, run: checkAlgorithm, tell: tellAlgorithm},
	{name: "type", code: "token-type", needs: hasEntry | hasHeader, run: checkType, tell: tellType},
	{name: "key", code: "token-key", needs: hasSource | hasHeader | hasAlg, run: checkKey, tell: tellKey},
	{name: "signature", code: "token-signature", needs: hasKey, run: checkSignature, tell: tellSignature},
	{name: "times", code: "token-times", needs: hasEntry, run: checkTimes, tell: tellTimes},
	{name: "expiry", code: "token-expired", needs: hasEntry | hasTimes, run: checkExpiry, tell: tellExpiry},
	{name: "start", code: "token-not-yet", needs: hasEntry | hasTimes, run: checkStart, tell: tellStart},
	{name: "issue", code: "token-issued-later", needs: hasEntry | hasTimes, run: checkIssue, tell: tellIssue},
	{name: "audience", code: "token-audience", needs: hasEntry, run: checkAudience, tell: tellAudience},
	{name: "kind", code: "token-kind", needs: hasEntry, run: checkKind, tell: tellKind},
	{name: "bearer", code: "token-bound", needs: hasEntry, run: checkBearer, tell: tellBearer},
	{name: "client", code: "token-client", needs: hasEntry, run: checkClient, tell: tellClient},
	{name: "rights", code: "token-rights", needs: hasEntry, run: checkRights, tell: tellRights},
	{name: "people", code: "token-people", needs: hasRights, when: byPerson, run: checkPeople, tell: tellPeople},
	{name: "scope", code: "token-scope", needs: hasRights, when: byPerson, run: checkScope, tell: tellScope},
	{name: "application", code: "token-app", needs: hasRights, when: byApp, run: checkApp, tell: tellApp},
	{name: "role", code: "token-role", needs: hasRights, when: byRole, run: checkRole, tell: tellRole},
	{name: "person", code: "token-person", needs: hasRights, run: checkPerson, tell: tellPerson},
	{name: "guest", code: "token-guest", needs: hasRights, when: asksGuests, run: checkGuest, tell: tellGuest},
	{name: "context", code: "token-step-up", needs: hasRights, when: asksContext, run: checkContext, tell: tellContext},
}

// A rule is one check.
type rule struct {
	name  string
	code  string
	needs have               // what earlier checks found out
	when  func(*exam) bool   // nil: always
	run   func(*exam) *fault // nil: passed
	tell  func(*exam) (expected, found string)
}

// A fault is what was wrong, for administrators.
type fault struct {
	code   string // instead of the rule's
	found  string // instead of what tell finds
	advice string
}

// have is what is known about a token so far.
type have uint16

const (
	sized have = 1 << iota
	cut
	decoded
	hasHeader
	hasClaims
	hasAlg
	hasEntry
	hasSource
	hasKey
	hasTimes
	hasRights
)

// An exam is one token being looked at. Once examine has returned, it does not
// change any more.
type exam struct {
	ctx     context.Context
	now     time.Time
	token   string
	trusted *trusted
	have    have

	compact
	head, body value
	algorithm  *algorithm
	aud        []string
	entry      *entry  // the trust entry it belongs to
	tenant     string  // as its issuer names it
	version    string  // as its issuer has it
	source     *source // whose keys are used; nil if the tenant or version is not accepted
	key        *Key
	keyErr     error
	verified   bool // the signature is that key's

	exp, nbf, iat time.Time
	client        string
	scopes, roles []string
	app           bool
	faults        []foundFault
	all           bool // looked at everything, not only to the first fault
}

type foundFault struct {
	rule *rule
	*fault
}

func ofEntra(x *exam) bool     { return x.entry.Profile == Entra }
func byPerson(x *exam) bool    { return !x.app }
func byApp(x *exam) bool       { return x.app }
func byRole(x *exam) bool      { return x.app && x.entry.Apps == AppsByRole }
func asksGuests(x *exam) bool  { return ofEntra(x) && !x.app && x.entry.Guests != GuestsAllowed }
func asksContext(x *exam) bool { return !x.app && x.entry.AuthContext != "" }

// applies tells whether a rule can be looked at, and should be.
func (ru *rule) applies(x *exam) (reached, wanted bool) {
	reached = x.have&ru.needs == ru.needs
	return reached, !reached || ru.when == nil || ru.when(x)
}

// examine runs the checks to the first that fails. With x.all it goes on to those
// that do not need it: an expired token may be for another API as well.
func (x *exam) examine() (first *Refusal) {
	for i := range rules {
		ru := &rules[i]
		if reached, wanted := ru.applies(x); !reached || !wanted {
			continue
		}
		f := ru.run(x)
		if f == nil {
			continue
		}
		x.faults = append(x.faults, foundFault{ru, f})
		if first == nil {
			first = x.refuse(ru, f)
		}
		if !x.all {
			break
		}
	}
	return first
}

// Result is how one check went.
type Result string

const (
	Passed     Result = "passed"
	Failed     Result = "failed"
	NotReached Result = "not reached" // an earlier one failed
)

// A Check is one line of the checklist that administrators see.
type Check struct {
	Name     string `json:"name"`
	Code     string `json:"code"`
	Result   Result `json:"result"`
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
	Advice   string `json:"advice,omitempty"` // what to change, where, to which value
}

// checks is the checklist. Without x.all, what comes after the first
// failure was not looked at.
func (x *exam) checks() []Check {
	out := make([]Check, 0, len(rules))
	stopped := false
	for i := range rules {
		ru := &rules[i]
		c := Check{Name: ru.name, Code: ru.code, Result: NotReached}
		reached, wanted := ru.applies(x)
		if !wanted {
			continue
		}
		if reached && !stopped {
			c.Result = Passed
			c.Expected, c.Found = ru.tell(x)
			if f := x.faultOf(ru); f != nil {
				c.Result, c.Advice = Failed, f.advice
				if f.found != "" {
					c.Found = f.found
				}
				if f.code != "" {
					c.Code = f.code
				}
				stopped = !x.all
			}
		}
		out = append(out, c)
	}
	return out
}

func (x *exam) faultOf(ru *rule) *fault {
	for _, f := range x.faults {
		if f.rule == ru {
			return f.fault
		}
	}
	return nil
}
