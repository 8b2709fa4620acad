package doctor

import (
	"fmt"
	"strings"
	"time"
)

// A Personal is a personal access token of this server as it is found to be.
type Personal struct {
	Code        string // why it is refused, a code of ours; "" when it is not
	Detail      string // the same for people
	Name        string // of the token, once it is known
	Login, Who  string // its owner
	Expires     time.Time
	ReadOnly    bool
	API, APIKey string // the only one it is for, as people and as the setting call it; "": every one
}

const ownTokens = "the owner's account page › Personal access tokens"

// personalFaults say what to do about a token that is refused.
var personalFaults = map[string]Finding{
	"access-token-garbled": {Line: "the personal access token is not whole: its checksum is wrong", Where: program,
		Do: "copy all of it again: sgn_ and 38 letters and digits; if it is lost, its owner makes a new one"},
	"access-token-unknown": {Line: "the personal access token is not known here: it was ended, or it is another server's", Where: ownTokens, Do: "make a new one"},
	"access-token-expired": {Line: "the personal access token has run out", Where: ownTokens, Do: "make a new one"},
	"user-disabled":        {Line: "the owner of the personal access token is switched off", Who: OurAdmin, Where: "Manage › People", Do: "switch the account on, if they may come back"},
}

// personal checks a token of our own, and the request it came with, if any.
func (s Server) personal(r *Report, c Case) (fine string) {
	p := c.Personal
	if p.Code != "" {
		f := personalFaults[p.Code]
		f.Code = p.Code
		if f.Who == "" {
			f.Who = Caller
		}
		switch {
		case f.Line == "":
			f.Line = "the personal access token is refused: " + p.Detail
		case p.Code == "access-token-expired":
			f.Line += fmt.Sprintf(": %q of %s ended %s", p.Name, p.Login, p.Expires.Format("2006-01-02 15:04 MST"))
		case p.Code == "user-disabled":
			f.Line += ": " + p.Login
		}
		r.Fail("token", "personal access token", "accepted", p.Detail, f)
		return ""
	}
	r.Pass("token", "personal access token", "accepted", fmt.Sprintf("%q of %s (%s), until %s", p.Name, p.Who, p.Login, p.Expires.Format("2006-01-02")))
	s.limits(r, c)
	fine = fmt.Sprintf("the personal access token is accepted: it is %q of %s (%s), until %s", p.Name, p.Who, p.Login, p.Expires.Format("2006-01-02 15:04 MST"))
	if p.ReadOnly {
		fine += "; it may only read"
	}
	if p.APIKey != "" {
		fine += "; it is for " + p.API + " only"
	}
	return fine
}

// limits compares what the token may not do with the request.
func (s Server) limits(r *Report, c Case) {
	p, q := c.Personal, c.Pasted.Request
	if q == nil {
		return
	}
	f := Finding{Code: "access-token-limited", Who: Caller, Where: ownTokens, Do: "make a token without that limit, or use the one that is for it"}
	if p.ReadOnly && !strings.Contains(" GET HEAD OPTIONS ", " "+q.Method+" ") && q.Method != "" {
		f.Line = fmt.Sprintf("the personal access token %q may only read, and the request is a %s", p.Name, clip(q.Method))
		r.Fail("token", "limits", "reading", clip(q.Method), f)
	}
	if a := s.apiOf(q.URL); p.APIKey != "" && a != nil && a.Key != p.APIKey {
		f.Line = fmt.Sprintf("the personal access token %q is for %s, and the request goes to %s", p.Name, p.API, a.Name)
		r.Fail("token", "limits", p.API, a.Name, f)
	}
}
