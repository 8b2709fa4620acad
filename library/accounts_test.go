package library

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/process"
)

func TestNobodyDeploysWhatActsWithSomebodyElsesAccount(t *testing.T) {
	l := open(t)
	l.Who = func(_ context.Context, name string) (signoff.Principal, error) {
		return map[string]signoff.Principal{"ana": ana.Principal, "eve": eve.Principal}[name], nil
	}
	anaMay := ana
	anaMay.Deploy = true
	for _, c := range []struct {
		by      signoff.Caller
		as      string
		refused bool
	}{
		{anaMay, "service", false},
		{anaMay, "starter", false},
		{anaMay, `person:"ana"`, false},
		{anaMay, `person:"user:2"`, false},
		{anaMay, `person: "eve"`, true},
		{anaMay, `person:"nobody"`, true},
		{anaMay, `person:boss`, true},         // a variable says later who
		{anaMay, `person:"a" + "na"`, true},   // and what is worked out is not looked into
		{anaMay, `person:"user:3"`, true},     // an id of somebody else
		{admin, `person:"eve"`, false},        // administrators answer for it
		{access.System, `person:boss`, false}, // the server brings its own
	} {
		xml := strings.NewReplacer(`method="METHOD"`, `method="send" as='`+c.as+`'`, "SERVICE", "office",
			`<bpmn:startEvent id="start"/>`, `<bpmn:extensionElements><signoff:variable name="boss"/></bpmn:extensionElements><bpmn:startEvent id="start"/>`).Replace(callingFile)
		_, err := l.Deploy(t.Context(), c.by, []byte(xml))
		if !c.refused {
			if err != nil {
				t.Errorf("%s, as %s: %v", c.by.Principal, c.as, err)
			}
			continue
		}
		e, ok := errors.AsType[*signoff.Error](err)
		if !ok || e.Code != CodeOthersAccount || e.Kind != signoff.Forbidden || len(e.Fields) != 2 || e.Fields[0].Field != "one" || e.Hint == "" {
			t.Errorf("%s, as %s: %v", c.by.Principal, c.as, err)
		}
	}
}

func TestWhoDeployedItIsAskedAgainWhenAStepActs(t *testing.T) {
	l := open(t)
	d, err := l.Deploy(t.Context(), admin, []byte(strings.NewReplacer(`method="METHOD"`, `method="send" as='person:"eve"'`, "SERVICE", "office").Replace(callingFile)))
	must(t, err)
	def, err := l.Definition(t.Context(), d.Workflow.Default.ID)
	must(t, err)
	var as process.Account
	for _, n := range def.Nodes {
		if n.ID == "one" {
			as = n.Service.Object.As
		}
	}
	for _, c := range []struct {
		by  signoff.Caller
		may bool
	}{{admin, true}, {access.System, true}, {eve, true}, {ana, false}, {signoff.Caller{}, false}} {
		if CalledBy(c.by, as, eve.Principal) != c.may || !CalledBy(c.by, process.Account{Starter: true}, eve.Principal) {
			t.Errorf("deployed by %q: wants %v", c.by.Principal, c.may)
		}
	}
	if CalledBy(signoff.Caller{}, as, "") {
		t.Error("nobody is somebody")
	}
}
