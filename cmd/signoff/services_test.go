package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/store"
)

const callingWorkflow = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="D" targetNamespace="https://signoffhq.org/test">
  <bpmn:process id="tell" name="Tell" isExecutable="true">
    <bpmn:startEvent id="asked"/>
    <bpmn:serviceTask id="send" name="Send it">
      <bpmn:extensionElements><signoff:call service="office" object="Email" method="METHOD" as="service"/></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:endEvent id="done"/>
    <bpmn:sequenceFlow id="f1" sourceRef="asked" targetRef="send"/>
    <bpmn:sequenceFlow id="f2" sourceRef="send" targetRef="done"/>
  </bpmn:process>
</bpmn:definitions>`

func TestWhatWorkflowsCallIsFoundInTheirPresentVersions(t *testing.T) {
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "signoff.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	lib := library.New(st, time.Now)
	uses := &serviceUses{store: st, library: lib}
	for _, method := range []string{"send", "reply"} {
		if _, err := lib.Deploy(t.Context(), access.System, []byte(strings.Replace(callingWorkflow, "METHOD", method, 1))); err != nil {
			t.Fatal(err)
		}
		got, err := uses.all(t.Context())
		want := []catalogue.Use{{Workflow: "tell", Name: "Tell", Step: "Send it", Service: "office", Object: "Email", Method: method}}
		if want[0].Version = 1; method == "reply" {
			want[0].Version = 2
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v %v", got, err)
		}
	}
}

func TestCallsSignInAsTheirServiceSays(t *testing.T) {
	s := &server{outside: &outside{client: nil}}
	for _, mode := range []broker.Mode{broker.AsService, broker.AsCaller, broker.AppOnly} {
		if _, err := s.serviceClient(catalogue.Credential{Mode: mode, Resource: "m365"}).Get("http://127.0.0.1:1/"); err == nil || !strings.Contains(err.Error(), "gets no tokens") {
			t.Errorf("%s without anybody who gets tokens: %v", mode, err)
		}
	}
	for _, tt := range []struct {
		c    catalogue.Credential
		want oauth.Need
	}{
		{catalogue.Credential{Mode: broker.AsService, Resource: "m365", Audience: "a", By: "user:7"}, oauth.Need{Resource: "m365", Audience: "a"}},
		{catalogue.Credential{Mode: broker.AsCaller, Resource: "m365", By: "user:7"}, oauth.Need{Resource: "m365", Owner: "user:7"}},
		{catalogue.Credential{Mode: broker.AsCaller, Resource: "m365"}, oauth.Need{Resource: "m365"}},
		{catalogue.Credential{Mode: broker.AppOnly, Resource: "m365", By: "user:7"}, oauth.Need{Resource: "m365", App: true}},
	} {
		if got := needOf(tt.c); got != tt.want {
			t.Errorf("%+v: %+v", tt.c, got)
		}
	}
}

func TestInputsOnTheCommandLine(t *testing.T) {
	for _, tt := range []struct {
		set  []string
		want string
	}{
		{nil, `{}`},
		{[]string{"to=ana@x", "n=1.50", "loud=true", "text=12 chairs", "empty=", "eq=a=b"}, `{"empty":"","eq":"a=b","loud":true,"n":1.50,"text":"12 chairs","to":"ana@x"}`},
		{[]string{"to=a", "to=b", "to=c"}, `{"to":["a","b","c"]}`},
		{[]string{`more={"a":[1]}`}, `{"more":{"a":[1]}}`},
		{[]string{"to"}, `no NAME=VALUE`},
	} {
		got, err := callInputs(tt.set)
		text, _ := json.Marshal(got)
		if err != nil {
			text = []byte(err.Error())
		}
		if !strings.Contains(string(text), tt.want) {
			t.Errorf("%v: %s", tt.set, text)
		}
	}
}

func TestAResultIsATable(t *testing.T) {
	var b strings.Builder
	rows := []map[string]any{{"id": "A", "n": json.Number("1.50")}, {"id": strings.Repeat("é", 80), "more": []any{"x\ny"}}}
	for _, r := range []api.ServiceResult{{Row: map[string]any{"id": "A\nB", "ok": true}}, {Rows: rows, Next: "x"}, {}} {
		if err := sayResult(&b, r); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, "--")
	}
	for _, want := range []string{"ok  true\n--", "ID", "1.50", strings.Repeat("é", 59) + "…", `["x\ny"]`, "there is more", "nothing came back"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "A\nB") {
		t.Error("a value broke its line")
	}
}
