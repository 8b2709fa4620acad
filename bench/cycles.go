package bench

import (
	"context"
	"fmt"
)

// cycles measures W1 and W2 in process, beside the same rows by hand.
func (r *run) cycles(ctx context.Context) error {
	for _, w := range []workload{w1, w2} {
		if !r.wants(w.name) {
			continue
		}
		for _, n := range r.Clients {
			c := r.rateCase(w.name, explain[w.name], n, "floor")
			if err := r.takeTurns(ctx, c, n, r.inProcess(w), r.byHand(w)); err != nil {
				return err
			}
		}
	}
	return nil
}

var explain = map[string]string{
	"W1": "start, automatic step, end",
	"W2": "start, a person's task, approved, automatic step, end",
}

func (r *run) rateCase(part, what string, clients int, against string) Case {
	return Case{ID: fmt.Sprintf("%s %s %d", r.place.name(), part, clients), Store: r.place.name(), Part: part,
		What: what, Size: clients, Kind: Rate, Against: against}
}

// rest measures the same over HTTP, beside the same in process.
func (r *run) rest(ctx context.Context) error {
	if !r.wants("rest") {
		return nil
	}
	for _, w := range []workload{w1.among(r.restPeople), w2.among(r.restPeople)} {
		for _, n := range r.Clients {
			c := r.rateCase(w.name+"-rest", explain[w.name]+", over REST", n, "in process")
			if err := r.takeTurns(ctx, c, n, r.overREST(w, false), r.inProcess(w)); err != nil {
				return err
			}
		}
	}
	for _, n := range r.Clients {
		w := w2.among(r.restPeople)
		c := r.rateCase("W2-rest-bearer", explain[w.name]+", over REST with a bearer token", n, "in process")
		if err := r.takeTurns(ctx, c, n, r.overREST(w, true), r.inProcess(w)); err != nil {
			return err
		}
	}
	return nil
}

// nodes measures two nodes on one PostgreSQL, beside one.
func (r *run) nodes(ctx context.Context) error {
	if !r.wants("nodes") || r.place.name() != Postgres {
		return nil
	}
	for _, n := range r.Clients {
		if n < 2 {
			continue
		}
		c := r.rateCase("W2-nodes", explain["W2"]+", on two nodes", n, "one node")
		if err := r.takeTurns(ctx, c, n, r.twoNodes(w2), r.inProcess(w2)); err != nil {
			return err
		}
	}
	return nil
}
