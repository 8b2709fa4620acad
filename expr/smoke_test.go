package expr

import "testing"

func TestAConditionOfEveryday(t *testing.T) {
	x, err := Parse(`amount > 1000 and outcome = "Approve"`)
	if err != nil {
		t.Fatal(err)
	}
	ok, err := x.Test(Scope{Vars: map[string]Value{"amount": Int(1001), "outcome": String("Approve")}})
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	tm, err := ParseTemplate(`Leave for {starter.name}: {days + 1} days {{x}}`)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tm.Eval(Scope{Vars: map[string]Value{"days": Int(2), "starter": Context{{"name", String("Ana")}}}})
	if s != "Leave for Ana: 3 days {x}" || err != nil {
		t.Fatal(s, err)
	}
}

func BenchmarkCondition(b *testing.B) {
	x, _ := Parse(`amount > 1000 and outcome = "Approve"`)
	s := Scope{Vars: map[string]Value{"amount": Int(1001), "outcome": String("Approve")}}
	b.ReportAllocs()
	for b.Loop() {
		x.Test(s)
	}
}
