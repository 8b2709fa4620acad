package bpmn

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

func TestTheSamplesHaveNoProblems(t *testing.T) {
	files, err := filepath.Glob("../samples/*.bpmn")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no samples", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		def, problems := definition(t, string(src))
		for _, p := range problems { // warnings too: people learn from samples
			t.Errorf("%s: %s", filepath.Base(file), p)
		}
		if def != nil && len(process.Check(def)) > 0 {
			t.Errorf("%s: process.Check sees what Definition does not tell", file)
		}
		if d := mustParse(t, string(src)); canonical(d) != canonical(mustParse(t, written(t, d))) {
			t.Errorf("%s is not written back as it was read", file)
		}
	}
}

func TestTheMailsOfTheLeaveRequestReadWell(t *testing.T) {
	src, err := os.ReadFile("../samples/leave.bpmn")
	if err != nil {
		t.Fatal(err)
	}
	def := accepted(t, string(src))
	mails := map[string]*process.Email{}
	for _, n := range def.Nodes {
		if n.Email != nil {
			mails[n.Name] = n.Email
		}
	}
	person := func(name string) expr.Value { return expr.Context{{Key: "name", Value: expr.String(name)}} }
	vars := map[string]expr.Value{
		"starter": person("Ana"), "decidedBy": person("Jane"), "folio": expr.String("Leave for Ana"),
		"from": expr.String("2026-12-01"), "to": expr.String("2026-12-03"), "outcome": expr.String("Approve"), "comment": expr.String("Enjoy."),
	}
	for _, c := range []struct{ mail, outcome, comment, subject, body string }{
		{"Tell starter: approved", "Approve", "Enjoy.", "Approved: Leave for Ana",
			"Dear Ana,\n\nJane approved your leave from 2026-12-01 to 2026-12-03. Enjoy.\n\nHave a good time."},
		{"Tell starter: not approved", "Reject", "", "Not approved: Leave for Ana",
			"Dear Ana,\n\nJane did not approve your leave from 2026-12-01 to 2026-12-03.\n\nYou can ask again."},
		{"Tell starter: not approved", "Expired", "", "Not decided in time: Leave for Ana",
			"Dear Ana,\n\nnobody decided in time about your leave from 2026-12-01 to 2026-12-03.\n\nYou can ask again."},
	} {
		vars["outcome"], vars["comment"] = expr.String(c.outcome), expr.String(c.comment)
		subject, err1 := mails[c.mail].Subject.Eval(expr.Scope{Vars: vars})
		body, err2 := mails[c.mail].Body.Eval(expr.Scope{Vars: vars})
		if err1 != nil || err2 != nil || subject != c.subject || body != c.body {
			t.Errorf("%s, %s: %v %v\n%s\n%s", c.mail, c.outcome, err1, err2, subject, body)
		}
	}
}
