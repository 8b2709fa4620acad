package process

// Need is something a step asks of the server besides people, mails and calls of
// services.
type Need struct {
	Node *Node
	What string // one of the Needs… below
}

// What a step can ask of the server.
const (
	NeedsMessages  = "messages"  // sent to instances, or waited for
	NeedsSignals   = "signals"   // likewise
	NeedsWorkflows = "workflows" // called by others
	NeedsSchedules = "schedules" // that start instances
)

// Needs returns what the steps of a workflow ask of the server.
func (d *Definition) Needs() []Need {
	var out []Need
	for i := range d.Nodes {
		n := &d.Nodes[i]
		switch {
		case n.Call != nil:
			out = append(out, Need{n, NeedsWorkflows})
		case n.Is(OnMessage):
			out = append(out, Need{n, NeedsMessages})
		case n.Is(OnSignal):
			out = append(out, Need{n, NeedsSignals})
		case n.Is(OnTimer) && n.Kind == StartEvent && n.Scope < 0:
			out = append(out, Need{n, NeedsSchedules})
		}
	}
	return out
}
