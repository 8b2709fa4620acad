package doctor

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff/identity/trust"
)

// A Standing is who somebody that a token speaks for is on this server.
type Standing struct {
	App       bool   // an application by itself
	Linked    bool   // a link to an account exists
	Login     string // of that account
	Name      string
	Disabled  bool
	Newcomers string // what happens to unknown ones: create, ask, refuse
	Waiting   bool   // noted, and waits for an administrator
	Proven    string // login of an account with the token's proven address; "": none
	Groups    int    // groups of the token that are linked to groups here
	Unlinked  int    // groups of the token that are not
	Overage   bool   // the token says that there are more groups than it holds
	Directory bool   // groups come from a directory, so that the token's do not matter
	Rights    []string
	Label     string // how the token names them, to find them among newcomers
}

// account is what people call it, and what it signs in as.
func (p *Standing) account() string {
	if p.Name == "" || p.Name == p.Login {
		return p.Login
	}
	return p.Name + " (" + p.Login + ")"
}

// standing adds the checks of the person: they apply once the token is believed.
func (s Server) standing(r *Report, c Case) {
	p := c.Person
	if p == nil {
		return
	}
	page := "Manage › People"
	switch {
	case p.Linked && p.Disabled:
		r.Fail("person", "account", "switched on", "switched off", Finding{Code: "person-disabled", Who: OurAdmin, Where: page + " › " + cmp.Or(p.Name, p.Login),
			Line: fmt.Sprintf("the account of %s is switched off", p.account()), Do: "switch it on, if they may come back"})
		return
	case p.Linked:
		r.Pass("person", "account", "an account here", p.account())
	case p.Proven != "":
		r.Pass("person", "account", "an account here, or a proven address of one", "will be linked with "+p.Proven+" by proven address")
	case p.Newcomers == "create":
		r.Pass("person", "account", "an account here, or one is made", "one will be made")
	case p.Waiting || p.Newcomers == "ask":
		r.Fail("person", "account", "admitted", "waiting", Finding{Code: "person-awaits-admission", Who: OurAdmin, Where: "Manage › Access › Trust › Waiting to be let in",
			Line: fmt.Sprintf("%s is not admitted yet", p.Label), Do: "admit them, or link them with an account that is there"})
		return
	default:
		r.Fail("person", "account", "an account here", "none", Finding{Code: "person-unknown", Who: OurAdmin, Where: page + "; or " + trust.Page(c.Explained.Issuer, "newcomers"),
			Line: fmt.Sprintf("nobody here is linked with %s, and unknown ones are refused", p.Label), Do: "link them with an account, or let newcomers ask or be created", Copy: []Copy{{Setting, trust.Label("newcomers"), "wait until an administrator lets them in"}}})
		return
	}
	s.groups(r, p)
	if p.Rights != nil {
		s.rights(r, p)
	}
}

func (s Server) rights(r *Report, p *Standing) {
	if len(p.Rights) > 0 {
		r.Pass("person", "rights", "a right", strings.Join(p.Rights, ", "))
		return
	}
	r.Warn("person", "rights", "a right", "none", Finding{Code: "without-rights", Who: OurAdmin, Where: "Manage › People › Rights",
		Line: fmt.Sprintf("%s is known and holds no right: calls that need one are refused with 403", p.Login), Do: "give them a right, themselves or by a group or role"})
}

func (s Server) groups(r *Report, p *Standing) {
	switch {
	case p.Directory:
		r.Pass("person", "groups", "from the directory", "the directory says them; those of the token do not matter")
	case p.Overage:
		r.Warn("person", "groups", "listed in the token", "more than it can hold", Finding{Code: "groups-overage", Who: EntraAdmin, Where: apiApp + " › Token configuration",
			Line: "the person is in more groups than a token holds, so groups are not known from it", Do: "send only groups assigned to the application, or app roles; or let this server read groups from Entra (Directories)"})
	case p.Groups+p.Unlinked > 0 && p.Groups == 0:
		r.Warn("person", "groups", "linked to groups here", fmt.Sprintf("%d, none linked", p.Unlinked), Finding{Code: "groups-unlinked", Who: OurAdmin, Where: "Manage › People › Groups",
			Line: "the token names groups, and none of them stands for a group here", Do: "say which group here each stands for"})
	case p.Groups > 0:
		r.Pass("person", "groups", "linked to groups here", fmt.Sprintf("%d linked, %d not", p.Groups, p.Unlinked))
	}
}
