package apitest

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// Echo is a service type for tests: its services answer what they are asked.
type Echo struct {
	mu     sync.Mutex
	Calls  []broker.Call
	Offers []broker.Object // nil: Thing with say, list and sing
}

// About implements broker.Type.
func (*Echo) About() broker.About {
	return broker.About{Name: "echo", Title: "Echo", Text: "Says what it hears.", Modes: []broker.Mode{broker.NoSignIn, broker.Static, broker.AsService}, Keys: []broker.Key{
		{Name: "url", Title: "Address", Text: "Where it is, such as https://echo.example.com", Kind: "text", Required: true},
		{Name: "token", Title: "Token", Text: "What it wants to hear first.", Kind: "secret"},
		{Name: "size", Title: "Page size", Text: "How many things at a time.", Kind: "number", Default: "2", Harmless: true}}}
}

// Open implements broker.Type.
func (e *Echo) Open(in broker.Instance) (broker.Provider, error) { return &echoing{e, in}, nil }

type echoing struct {
	*Echo
	in broker.Instance
}

func (p *echoing) Objects(context.Context) ([]broker.Object, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Offers != nil {
		return p.Offers, nil
	}
	return []broker.Object{{Name: "Thing", Title: "Thing", Text: "Something that was said.",
		Properties: []broker.Property{{Name: "text", Title: "Text", Type: broker.Text, Key: true}, {Name: "n", Title: "How often", Type: broker.Number}, {Name: "at", Title: "When", Type: broker.Moment}},
		Methods: []broker.Method{
			{Name: "say", Title: "Say", Text: "Says it.", Kind: broker.Execute, Inputs: []broker.Input{{Name: "text", Required: true}, {Name: "n"}, {Name: "loud", Title: "Loud", Type: broker.YesNo}}, Outputs: []string{"text", "n"}},
			{Name: "list", Title: "List", Kind: broker.List, Outputs: []string{"text", "n", "at"}}}}}, nil
}

func (p *echoing) Call(_ context.Context, c broker.Call) (broker.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Calls = append(p.Calls, c)
	if c.Inputs["text"] == "fail" {
		return broker.Result{}, &signoff.Error{Kind: signoff.Unavailable, Code: "service-busy", Detail: "the echo is out; it heard " + p.in.Keys["token"]}
	}
	if c.Method != "list" {
		return broker.Result{Row: map[string]any{"text": c.Inputs["text"], "n": c.Inputs["n"]}}, nil
	}
	var rows []map[string]any
	for i, word := range []string{"one", "two", "three", "four", "five"} {
		rows = append(rows, map[string]any{"text": word, "n": json.Number(string(rune('1' + i))), "at": "2026-11-23T14:00:00Z"})
	}
	from := int(len(c.After))
	to := min(from+2, len(rows))
	r := broker.Result{Rows: rows[from:to], Unfiltered: true}
	if to < len(rows) {
		r.Next = "xxxxx"[:to]
	}
	return r, nil
}

func (p *echoing) Test(_ context.Context, by broker.Principal) []broker.Step {
	return []broker.Step{{Name: "name", OK: true, Found: p.in.Keys["url"] + " answers"},
		{Name: "token", OK: p.in.Keys["token"] != "", Found: "it heard " + p.in.Keys["token"] + " from " + signoff.Mention(by), Do: "enter a token"}}
}

func (*echoing) Close() error { return nil }
