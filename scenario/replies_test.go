package scenario

import (
	"strings"
	"testing"
	"testing/fstest"
)

const shop = `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="x">
<bpmn:process id="shop" name="Shop" isExecutable="true"><bpmn:extensionElements><signoff:variable name="number" type="number"/></bpmn:extensionElements>
<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="a" sourceRef="s" targetRef="order"/>
<bpmn:serviceTask id="order" name="Place order"><bpmn:extensionElements><signoff:http url="https://shop.test/"><signoff:output variable="number" value="body.id"/></signoff:http></bpmn:extensionElements></bpmn:serviceTask>
<bpmn:sequenceFlow id="b" sourceRef="order" targetRef="wait"/>
<bpmn:serviceTask id="wait" name="Delivery"><bpmn:extensionElements><signoff:external/></bpmn:extensionElements></bpmn:serviceTask>
<bpmn:sequenceFlow id="c" sourceRef="wait" targetRef="g"/><bpmn:exclusiveGateway id="g" default="e1"/>
<bpmn:sequenceFlow id="again" sourceRef="g" targetRef="order"><bpmn:conditionExpression>number = 0</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="e1" sourceRef="g" targetRef="e"/><bpmn:endEvent id="e"/></bpmn:process></bpmn:definitions>`

func runShop(t *testing.T, story string) (Result, error) {
	t.Helper()
	return Run(fstest.MapFS{"shop.bpmn": {Data: []byte(shop)}, "x.scenario": {Data: []byte("process shop.bpmn\n" + story)}}, "x.scenario")
}

func TestServicesAnswerAsTheyWereTold(t *testing.T) {
	r, err := runShop(t, `service "place ORDER" failed cause="no connection"
service order done status=200 body={"id":0}
service order done status=200 body={"id":7}
service wait done number=0
service wait done

start by=ana
----
fact  started            by=ana  "Shop"
fact  effect requested  e1   call  "Place order"
do    call          e1   GET https://shop.test/
fact  incident raised  i1   effect-failed  "Place order"
      no connection
      put the cause right and retry

retry i1 by=root
----
fact  incident cleared  i1   by=root  "retried"
do    call          e1   GET https://shop.test/
fact  effect finished  e1
fact  variables set       number=0
fact  effect requested  e2   external  "Delivery"
fact  effect finished  e2
fact  variables set       number=0
fact  effect requested  e3   call  "Place order"
do    call          e3   GET https://shop.test/
fact  effect finished  e3
fact  variables set       number=7
fact  effect requested  e4   external  "Delivery"
fact  effect finished  e4
fact  ended              completed
`)
	if err != nil || !r.OK() {
		t.Errorf("%v\n%s", err, r)
	}
}

func TestAnswersOfServicesAreRefusedWhereTheyCannotBe(t *testing.T) {
	for story, want := range map[string]string{
		"service":                            "say which step",
		"service nothing done":               `there is no step "nothing"`,
		"service order":                      "how it goes",
		"service order lost":                 "done or failed, not lost",
		"service order failed attempts=many": "attempts is a number",
		"service order failed status=500":    "status= means nothing here",
		"service order done body={\"id\":0}\nservice wait done\nstart by=ana": "more than 1000 answers",
	} {
		if _, err := runShop(t, story); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", story, err, want)
		}
	}
	if _, err := Run(fstest.MapFS{"x.scenario": {Data: []byte("service a done")}}, "x.scenario"); err == nil || !strings.Contains(err.Error(), "say first which process") {
		t.Errorf("without a process: %v", err)
	}
}
