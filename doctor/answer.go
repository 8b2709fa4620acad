package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/identity/trust"
)

// answer looks at a refusal alone, without the token it is about. What it can
// tell ends there: the first line says so.
func (s Server) answer(r *Report, a *Answer) {
	code := cmp.Or(a.Code, s.codeOfText(a.Challenge["error_description"]), s.codeOfText(a.Detail))
	found := strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, cmp.Or(code, a.Challenge["error"])))
	f := Finding{Code: code, Who: Caller, Where: program, Do: "paste the token as well: then each check is shown with what was expected and found"}
	known := slices.IndexFunc(trust.Codes, func(c trust.Code) bool { return c.Code == code })
	switch {
	case known >= 0:
		f.Line = "the server refused the token: " + trust.Codes[known].Text
	case answers[code] != nil:
		answers[code](s, a, &f)
	case code != "":
		f.Line = fmt.Sprintf("the server refused with %s: %s", clip(code), a.Detail)
		f.Do = "the page /problems/" + clip(code) + " says what that means"
	case a.Status == 401 && a.Challenge == nil && len(a.Header) > 0:
		f.Code, f.Line, f.Do = "answer-not-ours", "the refusal does not come from this server: it has no Bearer challenge", "look for a proxy or gateway before the server that asks for a sign-in of its own"
		f.Who, f.Where = Network, "proxies before this server"
	case a.Detail != "" && (a.Status == 0 || a.Status >= 400):
		f.Code, f.Line = "answer-message", "the server refused: "+a.Detail
	case a.Status == 401:
		f.Code, f.Line = "answer-401", "the server did not accept who is asking, and the answer does not say why"
	case a.Status == 403:
		f.Code, f.Line = "answer-403", "the server knows who is asking and refuses, and the answer does not say why"
	case a.Status >= 200 && a.Status < 300:
		r.Pass("answer", "status", "2xx", found)
		return
	default:
		f.Code, f.Line, f.Do = "answer-other", fmt.Sprintf("the answer is %d, which is not about who is asking", a.Status), "look at the answer's body"
	}
	r.Fail("answer", "status", "accepted", found, f)
}

// codeOfText finds our code by the sentence of a challenge or of the Workflow
// API, behind which a hint may stand.
func (s Server) codeOfText(text string) string {
	for _, c := range trust.Codes {
		if text == c.Text || strings.HasPrefix(text, c.Text+" (") {
			return c.Code
		}
	}
	return ""
}

// answers words problems of ours that are not about the token itself.
var answers = map[string]func(Server, *Answer, *Finding){
	"sign-in-needed": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Do = "the request came without credentials", "send the token in the Authorization header; a proxy or a redirect may have taken it off"
		f.Copy = []Copy{{Value, "header", "Authorization: Bearer <token>"}}
	},
	"unknown-scheme": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Do = "the Authorization header uses a scheme that this server does not take there", "write Bearer, one space, and the token"
		f.Copy = []Copy{{Value, "header", "Authorization: Bearer <token>"}}
	},
	"two-credentials": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Do = "the request carries more than one Authorization header", "send one; Postman adds its own beside one written by hand"
	},
	"bad-authorization": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Do = "the Authorization header cannot be read", "write Bearer, one space, and the token"
	},
	"bad-credentials": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Do = "login or password is wrong", "check both; passwords of Entra do not work here, tokens do"
	},
	"user-disabled": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Who, f.Where, f.Do = "the account is switched off", OurAdmin, "Manage › People", "switch it on, if they may come back"
	},
	"person-unknown": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Who, f.Where, f.Do = "the token is good, and nobody here is linked with the person", OurAdmin, "Manage › People; or Manage › Access › Trust: the entry › "+trust.Label("newcomers"), "link them with an account, or let newcomers ask or be created"
	},
	"person-awaits-admission": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Who, f.Where, f.Do = "the token is good, and the person is not admitted yet", OurAdmin, "Manage › Access › Trust › Waiting to be let in", "admit them, or link them with an account that is there"
	},
	"not-allowed": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Who, f.Where = "they are known and lack a right: "+a.Detail, OurAdmin, "Manage › People › Rights"
		f.Do = "ask “why may they not” on the rights page, and give the right that is missing"
	},
	"api-off": func(s Server, a *Answer, f *Finding) {
		f.Line, f.Who, f.Where, f.Do = "the API is switched off", OurAdmin, "Manage › Access › APIs", "switch it on"
	},
}
