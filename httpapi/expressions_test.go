package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi/apitest"
)

func checked(t *testing.T, w *apitest.World, body string) api.ExpressionChecked {
	t.Helper()
	status, _, text := ask(t, w, "ana", "POST", "/api/v1/expressions/check", body)
	var c api.ExpressionChecked
	if err := json.Unmarshal([]byte(text), &c); status != 200 || err != nil {
		t.Fatalf("%s: %d %s", body, status, text)
	}
	return c
}

func TestAnExpressionIsCheckedBeforeItIsDeployed(t *testing.T) {
	w := apitest.Start(t)
	for _, c := range []struct{ name, body, want string }{
		{"a condition with sample data",
			`{"expression":"amount > 1000 and due > today()","condition":true,"variables":[{"name":"amount","value":1250.50},{"name":"due","type":"date","value":"2099-12-31"}]}`,
			`{"ok":true,"names":["amount","due"],"unknown":[],"type":"boolean","value":true,"feel":"true","text":"yes","reasons":[]}`},
		{"decimals", `{"expression":"a * 3","variables":[{"name":"a","type":"number","value":"0.1"}]}`,
			`{"ok":true,"names":["a"],"unknown":[],"type":"number","value":0.3,"feel":"0.3","text":"0.3","reasons":[]}`},
		{"a mistake", `{"expression":"amount ==\n5"}`,
			`{"ok":false,"error":{"message":"== is not understood here: write = to compare","line":1,"column":8,"offset":7},"names":[],"unknown":[],"reasons":[]}`},
		{"names nobody has", `{"expression":"1 +\n ä + b","variables":[{"name":"c"}]}`,
			`{"ok":false,"error":{"message":"there is no variable called \"ä\"","line":2,"column":2,"offset":5},"names":["b","ä"],"unknown":["b","ä"],"reasons":[]}`},
		{"null", `{"expression":"amount > 5","condition":true,"variables":[{"name":"amount"}]}`,
			`{"ok":true,"names":["amount"],"unknown":[],"type":"null","feel":"null","reasons":[{"message":"there is nothing to compare: one side is null (amount is null)","line":1,"column":8,"offset":7}]}`},
		{"no condition", `{"expression":"amount + 5","condition":true,"variables":[{"name":"amount","value":1}]}`,
			`{"ok":false,"error":{"message":"a condition must be true or false; this is a number (amount is 1)","line":1,"column":1,"offset":0},"names":["amount"],"unknown":[],"type":"number","value":6,"feel":"6","text":"6","reasons":[]}`},
		{"a bound", `{"expression":"for i in 1..100000 return i"}`,
			`{"ok":false,"error":{"message":"this makes a list of more than 20000 elements","line":1,"column":5,"offset":4},"names":[],"unknown":[],"reasons":[]}`},
		{"a text", `{"expression":"Leave for {starter.name}","template":true,"variables":[{"name":"starter","value":{"name":"Ana"}}]}`,
			`{"ok":true,"names":["starter"],"unknown":[],"type":"string","value":"Leave for Ana","feel":"\"Leave for Ana\"","text":"Leave for Ana","reasons":[]}`},
		{"a text with a name nobody has", `{"expression":"Leave for {who}","template":true}`,
			`{"ok":false,"error":{"message":"there is no variable called \"who\"","line":1,"column":12,"offset":11},"names":["who"],"unknown":["who"],"reasons":[]}`},
		{"a text with nothing in it", `{"expression":"For {a.b}","template":true,"variables":[{"name":"a"}]}`,
			`{"ok":true,"names":["a"],"unknown":[],"type":"string","value":"For ","feel":"\"For \"","text":"For ","reasons":[{"message":"\"b\" cannot be read: what stands before the dot is null","line":1,"column":7,"offset":6}]}`},
	} {
		got, _ := json.Marshal(checked(t, w, c.body))
		if string(got) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestWhatCannotBeASampleIsRefused(t *testing.T) {
	w := apitest.Start(t)
	for body, want := range map[string]string{
		`{"expression":""}`: "body.expression",
		`{"expression":"` + strings.Repeat("1+", 20000) + `1"}`:                                     "body.expression",
		`{"expression":"a","variables":[{"name":"a","type":"number","value":"much"}]}`:              "body.variables[0].value",
		`{"expression":"a","variables":[{"name":"a","type":"colour","value":"red"}]}`:               "body.variables[0].type",
		`{"expression":"a","variables":[{"name":"","value":"red"}]}`:                                "body.variables[0].name",
		`{"expression":"a","variables":[` + strings.Repeat(`{"name":"a"},`, 500) + `{"name":"a"}]}`: "body.variables",
	} {
		status, p, text := ask(t, w, "ana", "POST", "/api/v1/expressions/check", body)
		if status != 422 || p.Code != "invalid-request" || len(p.Errors) == 0 || !strings.Contains(text, `"`+want) {
			t.Errorf("%.100s: %d %s", body, status, text)
		}
	}
}
