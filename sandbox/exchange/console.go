package exchange

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

//go:embed console.html
var consoleText string

var consolePage = template.Must(template.New("console").Funcs(template.FuncMap{"many": func(n int) string {
	if n < 0 {
		return "any number of"
	}
	return strconv.Itoa(n)
}}).Parse(consoleText))

// console is the page: mailboxes, limits, rights and faults. Its buttons are
// forms without a script, and so post to /sandbox/exchange/switch.
func (x *Exchange) console(w http.ResponseWriter, r *http.Request) {
	type row struct {
		Switch
		On []Fault
	}
	var rows []row
	for _, s := range switches {
		one := row{Switch: s}
		for _, f := range x.Faults() {
			if f.Name == s.Name {
				one.On = append(one.On, f)
			}
		}
		rows = append(rows, one)
	}
	var boxes []string
	for _, m := range x.Mailboxes() {
		boxes = append(boxes, m.account.ID)
	}
	var b bytes.Buffer
	if err := consolePage.Execute(&b, map[string]any{"Rows": rows, "Mailboxes": boxes, "Grants": x.Grants(), "Rights": rights,
		"Limits": x.CurrentLimits(), "Problem": r.URL.Query().Get("problem")}); err != nil {
		wrong(w, http.StatusInternalServerError, err.Error())
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	w.Write(b.Bytes())
}

// consoleSwitch obeys the page's forms.
func (x *Exchange) consoleSwitch(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxControlBytes)
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	g := Grant{Right: field("right"), Mailbox: field("mailbox"), To: field("to")}
	var err error
	switch field("do") {
	case "on":
		err = x.Plant(Fault{Name: field("name"), Mailbox: field("mailbox"), App: field("app"), Value: field("value")})
	case "off":
		x.Heal(field("name"))
	case "grant":
		err = x.Grant(g)
	case "revoke":
		x.Revoke(g)
	default:
		err = Refuse("ErrorInvalidArgument", "The form says nothing to do.")
	}
	to := "/sandbox/exchange/"
	if err != nil {
		to += "?problem=" + template.URLQueryEscaper(err.Error())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
