package engine

import (
	"fmt"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// message works out the message or signal a step throws (BPMN 2.0.2 §10.5.5).
func (t *turn) message(n *process.Node) (kind, text string, c *Command, bad *trouble) {
	e := n.Event
	m := &Message{Name: e.Name}
	if m.Key, bad = t.key(n); bad != nil {
		return "", "", nil, bad
	}
	if e.Keep != nil {
		until, bad := t.due("how long the message is kept", &process.Timer{After: e.Keep})
		if bad != nil {
			return "", "", nil, bad
		}
		m.Until = &until
	}
	if m.Vars, bad = t.carried(e.Inputs); bad != nil {
		return "", "", nil, bad
	}
	if e.Trigger == process.OnSignal {
		return effectSignal, e.Name, &Command{Kind: DoSignal, Node: n.ID, Message: m}, nil
	}
	return effectMessage, e.Name, &Command{Kind: DoMessage, Node: n.ID, Message: m}, nil
}

// subWorkflow works out what a call activity starts (BPMN 2.0.2 §10.3.6, §13.3.4).
func (t *turn) subWorkflow(n *process.Node) (kind, text string, c *Command, bad *trouble) {
	w := &Workflow{Key: n.Call.Workflow, Version: n.Call.Version}
	if w.Vars, bad = t.carried(n.Call.Inputs); bad != nil {
		return "", "", nil, bad
	}
	return effectWorkflow, w.Key, &Command{Kind: DoWorkflow, Node: n.ID, Workflow: w}, nil
}

// carried is what a message, a signal or a workflow is given, as it is stored.
// An input that comes out as null is left out.
func (t *turn) carried(inputs []process.Input) (string, *trouble) {
	if len(inputs) == 0 {
		return "", nil
	}
	c := make(expr.Context, 0, len(inputs))
	for i := range inputs {
		in := &inputs[i]
		v, bad := t.input(in)
		if bad != nil {
			return "", bad
		}
		if v != nil {
			c = append(c, expr.Entry{Key: in.Name, Value: v})
		}
	}
	b := expr.AppendJSON(nil, c)
	if len(b) > MaxCallBytes {
		return "", &trouble{IncidentCallSize, fmt.Sprintf("the inputs are larger than %d bytes", MaxCallBytes),
			"make the variables they are made of smaller and retry"}
	}
	return string(b), nil
}

// Values reads what a Message or a Workflow carries.
func Values(vars string) (map[string]expr.Value, error) {
	if vars == "" {
		return nil, nil
	}
	v, err := expr.DecodeJSON([]byte(vars))
	if err != nil {
		return nil, fmt.Errorf("engine: read what a command carries: %w", err)
	}
	c, ok := v.(expr.Context)
	if !ok {
		return nil, fmt.Errorf("engine: a command carries a %s", v.Kind())
	}
	out := make(map[string]expr.Value, len(c))
	for _, e := range c {
		out[e.Key] = e.Value
	}
	return out, nil
}
