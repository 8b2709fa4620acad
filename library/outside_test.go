package library

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/process"
)

// A step that would wait for ever on this server is refused, with its place.
func TestWhatTheServerLacksIsRefusedWithElementAndLine(t *testing.T) {
	signal := &process.Event{Trigger: process.OnSignal, Name: "s"}
	def := &process.Definition{ID: "w", Nodes: []process.Node{
		{ID: "start", Kind: process.StartEvent, Scope: -1},
		{ID: "told", Name: "Told", Line: 7, Kind: process.CatchEvent, Scope: -1, Event: signal},
	}}
	old := lacking
	defer func() { lacking = old }()
	lacking = []string{process.NeedsSignals}
	problems := lacks(def)
	if len(problems) != 1 || problems[0].Element != "told" || problems[0].Line != 7 || !strings.Contains(problems[0].Reason, "signals") || problems[0].Advice == "" || problems.Err() == nil {
		t.Errorf("%v", problems)
	}
	lacking = nil
	if problems := lacks(def); len(problems) > 0 {
		t.Errorf("%v", problems)
	}
}
