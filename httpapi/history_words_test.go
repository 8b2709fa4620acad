package httpapi

import (
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
)

// Nobody reads the name of a kind of fact in a history: each has words.
func TestSubProcessesAndEventsAreToldInWords(t *testing.T) {
	tell := &teller{instance: 7, loc: time.UTC, steps: map[string]string{"n": "Wait for the goods"}}
	for _, c := range []struct {
		fact  engine.Fact
		want  string
		minor bool
	}{
		{engine.Fact{Kind: engine.ScopeOpened}, "“Wait for the goods” began", true},
		{engine.Fact{Kind: engine.LoopBegun, Attempts: 3}, "done 3 times", true},
		{engine.Fact{Kind: engine.LoopBegun}, "is repeated", true},
		{engine.Fact{Kind: engine.ScopeEnded}, "is done", true},
		{engine.Fact{Kind: engine.ScopeEnded, Text: "Too late came first"}, "was taken away: Too late came first", true},
		{engine.Fact{Kind: engine.WaitSet, Effect: "message", Title: "delivered"}, "it waits for a message at “Wait for the goods”: delivered", true},
		{engine.Fact{Kind: engine.WaitCleared}, "is not waited for any more", true},
		{engine.Fact{Kind: engine.MessageReceived}, "a message came", false},
		{engine.Fact{Kind: engine.SignalReceived}, "a signal came", false},
		{engine.Fact{Kind: engine.ConditionMet}, "became true", false},
		{engine.Fact{Kind: engine.ConditionLapsed}, "true no more", true},
		{engine.Fact{Kind: engine.ErrorCaught, Code: "refused", Text: "No."}, "caught the error “refused”: No.", false},
		{engine.Fact{Kind: engine.EscalationCaught, Code: "hot"}, "caught the escalation “hot”", false},
		{engine.Fact{Kind: engine.EffectRequested, Effect: "message", Text: "paid"}, "sends a message: paid", true},
		{engine.Fact{Kind: engine.EffectRequested, Effect: "signal", Text: "over"}, "sends a signal: over", true},
		{engine.Fact{Kind: engine.EffectRequested, Effect: "workflow", Text: "payment"}, "starts another workflow: payment", true},
		{engine.Fact{Kind: engine.Migrated, Text: "better", Crossed: &engine.Crossed{From: 1, To: 2}}, "let it go on with version 2, after version 1: better", false},
		{engine.Fact{Kind: engine.WentBack, Text: "worse", Crossed: &engine.Crossed{From: 2, To: 1}}, "took it back to version 1: worse", false},
		{engine.Fact{Kind: engine.Ended, Status: engine.Completed, Code: "lost"}, "it ended with the error “lost”", false},
	} {
		c.fact.Node = "n"
		text, minor := tell.sentence(&c.fact, &api.Event{})
		if !strings.Contains(text, c.want) || minor != c.minor {
			t.Errorf("%s: %q, minor %v; want %q", c.fact.Kind, text, minor, c.want)
		}
	}
}
