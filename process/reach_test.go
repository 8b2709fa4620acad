package process

import (
	"fmt"
	"testing"
	"time"
)

// A merge of many ways, on each of which more than one token can wait, has more
// markings than there is memory for: nothing is known of it, and that soon.
func TestAMergeWithTooManyWaysIsNotFollowedForLong(t *testing.T) {
	nodes, flows := "s=start p=p a=pass f=p q=p e=end", []string{"s>p>a>f", "p>a", "q>e"}
	for i := range 26 {
		nodes += fmt.Sprintf(" w%d=task", i)
		flows = append(flows, fmt.Sprintf("f>w%d>q", i))
	}
	r := NewReach(sketchOf(t, nodes, flows...))
	r.Most = 500
	began := time.Now()
	if _, known := r.Can(-1, []int{0}); known {
		t.Error("all ways were followed")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	d := &Definition{Nodes: make([]Node, 1)}
	for i := range 26 {
		d.Flows = append(d.Flows, Flow{Index: i})
		d.Nodes[0].Incoming = append(d.Nodes[0].Incoming, i)
	}
	var m []spot
	for i := range 26 {
		m = append(m, spot{1 + i, 2})
	}
	w := &walk{def: d, most: 500, left: 10_000, seen: map[string]bool{}}
	if w.fire(m, &d.Nodes[0], d.Nodes[0].Incoming); !w.lost || len(w.seen) > 500 {
		t.Errorf("%d ways were kept, lost is %v", len(w.seen), w.lost)
	}
}
