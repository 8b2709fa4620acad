package doctor

import (
	"cmp"
	"strings"
)

// whose says whose application an error of Entra's is about.
type whose int

const (
	unknown whose = iota // the text names none
	ours                 // this server's sign-in
	theirs               // another: that of a program that calls
)

// whose compares what the text names with our own sign-in. Another program asks
// with its own client id, so what the text does not name is not taken for ours:
// the address it would have come back to is the other thing that only ours has.
func (e *EntraError) whose(s Setup) whose {
	switch {
	case s.Caller != "", e.App != "" && !strings.EqualFold(e.App, s.App):
		return theirs
	case e.App != "", e.Redirect != "" && e.Redirect == s.Redirect:
		return ours
	}
	return unknown
}

// app is the application the text is about, "" when it does not say.
func (e *EntraError) app(s Setup) string {
	app := cmp.Or(e.App, s.Caller)
	if app == "" && e.whose(s) == ours {
		app = s.App
	}
	return app
}

// entered is where a new secret goes.
var entered = map[whose]string{ours: "and enter it in this server", theirs: "and enter it in the program that calls", unknown: "and enter it where the program that asked has it"}

// address gives a finding to whom it belongs: the settings of this server's
// sign-in are those of another program only if that is whose error it is.
func (e *EntraError) address(f *Finding, a *AADSTS, s Setup) {
	about := strings.HasPrefix(a.Where, provider)
	w := e.whose(s)
	switch {
	case about && s.Caller != "":
		f.Where = "the credentials that were given" + strings.TrimPrefix(f.Where, provider)
	case about && w != ours:
		f.Who, f.Where = Caller, program+strings.TrimPrefix(f.Where, provider)
	}
	if !about && !strings.Contains(a.Line+a.Where, "{app}") || s.Caller != "" {
		return
	}
	sentence := ""
	switch {
	case w == theirs && s.App != "":
		sentence = "it is the caller's application, not this server's sign-in (" + s.App + ")"
	case w == theirs:
		sentence = "it is the caller's application"
	case w == unknown && s.App != "":
		sentence = "the error does not say which application it is about: it is the caller's, unless somebody was signing in to this server, whose own is " + s.App
	case w == unknown:
		sentence = "the error does not say which application it is about: it is the caller's"
	}
	if sentence != "" {
		f.Do += "; " + sentence
	}
}
