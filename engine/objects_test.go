package engine

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// calling is a workflow that calls a service object once.
func calling(t *testing.T, change func(*sketch, *process.ObjectCall)) *world {
	s := draw(t).variable("text", process.Text).node("start", process.StartEvent).
		node("call", process.ServiceTask, func(n *process.Node) {
			n.Service = &process.Service{Object: &process.ObjectCall{Service: "office", Object: "Email", Method: "send"}}
		}).
		node("end", process.EndEvent).path("start", "call", "end")
	change(s, s.def.Nodes[1].Service.Object)
	return run(s)
}

func TestInputsTooLargeAreAnIncident(t *testing.T) {
	w := calling(t, func(s *sketch, o *process.ObjectCall) {
		o.Inputs = []process.Input{{Name: "body", Value: s.expr("[text, text, text, text, text]")}}
	})
	w.must("ana", begin(map[string]expr.Value{"text": expr.String(strings.Repeat("x", MaxCallBytes/4))}))
	i := w.wantIncident(IncidentCallSize)
	step := w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"text": expr.String("short")}})
	if len(step.Commands) != 1 || step.Commands[0].Call.Inputs != `{"body":["short","short","short","short","short"]}` || step.Commands[0].Call.Again {
		t.Errorf("commands: %+v", step.Commands)
	}
}

// A call that was asked for before and failed may have got through.
func TestARetriedCallSaysThatItIsOne(t *testing.T) {
	w := calling(t, func(*sketch, *process.ObjectCall) {})
	first := w.must("ana", begin(nil))
	w.must("", EffectFailed{Effect: first.Commands[0].Ref, Cause: "away"})
	again := w.must("root", Retry{Incident: w.wantIncident(IncidentEffect).Seq})
	a, b := first.Commands[0], again.Commands[0]
	if a.Key != b.Key || a.Call.Again || !b.Call.Again {
		t.Errorf("first %+v, again %+v", a.Call, b.Call)
	}
}

// What a workflow started without a person asks of the starter's account can
// never be had.
func TestAStarterWhoIsNoPersonHasNoAccount(t *testing.T) {
	w := calling(t, func(_ *sketch, o *process.ObjectCall) { o.As.Starter = true })
	step, err := Decide(w.def, State{}, Input{At: monday, By: signoff.Caller{}, Event: Start{Instance: 7, Priority: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if in := step.State.Incidents; len(in) != 1 || in[0].Code != IncidentNobody || !strings.Contains(in[0].Cause, "no person did") || len(step.Commands) != 0 {
		t.Errorf("incidents %+v, commands %+v", in, step.Commands)
	}
}

// A group is nobody's account.
func TestAnAccountIsOnePersons(t *testing.T) {
	for source, reason := range map[string]string{`["jane", "bob"]`: "is not one person", `"group:board"`: "is not one person", `null`: "came out empty", `[]`: "came out empty"} {
		w := calling(t, func(s *sketch, o *process.ObjectCall) { o.As.Person = s.expr(source) })
		w.names["group:board"] = []signoff.Person{{Principal: "group:9"}}
		w.must("ana", begin(nil))
		if i := w.wantIncident(IncidentNobody); !strings.Contains(i.Cause, reason) {
			t.Errorf("%s: %+v", source, i)
		}
	}
}
