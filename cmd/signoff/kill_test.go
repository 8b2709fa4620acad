package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/sandbox"
)

// approval is one instance as its client saw it: what the server acknowledged.
type approval struct {
	instance int64
	serial   string
	outcome  string
}

// Sixty-four clients each start an instance, look for its task and decide it,
// over and over, while the server is killed with SIGKILL twenty times. What was
// acknowledged must be there, nothing may be stuck, and no mail may be there
// twice.
func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	clients, kills, most := 64, 20, int64(20_000)
	if testing.Short() {
		clients, kills = 16, 4
	}
	post := runSandbox(t)
	s := newSite(t, post)
	s.up()
	s.furnish("../../samples/leave.bpmn")

	var wg sync.WaitGroup
	var begun atomic.Int64
	var enough atomic.Bool
	results := make(chan approval, most)
	decided := make(chan struct{}, 1)
	for n := range clients {
		wg.Go(func() {
			for i := 0; !enough.Load() && begun.Add(1) <= most; i++ {
				approve(t.Context(), s, fmt.Sprintf("%d-%d", n, i), results)
				select {
				case decided <- struct{}{}:
				default:
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { wg.Wait(); close(over) }()
	rng := rand.New(rand.NewPCG(7, 11))
	for k := range kills {
		// Only now is the load on: a new server begins with checking passwords.
		select {
		case <-decided:
		case <-over:
			t.Fatalf("the load was over before kill %d", k+1)
		}
		alive := time.NewTimer(time.Duration(rng.IntN(400)) * time.Millisecond)
		<-alive.C // how long a server lives before it is killed is the experiment, not a wait for something
		s.kill()
		t.Logf("kill %d: %d approvals begun, %d acknowledged to their end", k+1, min(begun.Load(), most), len(results))
		select {
		case <-decided: // of the server that is gone
		default:
		}
		s.up()
	}
	enough.Store(true)
	<-over
	close(results)
	judge(t, s, results)
	noMailTwice(t, s, post)
}

// approve takes one instance from start to decision, trying again under the
// same keys whenever the server dies under it, as a careful client does.
func approve(ctx context.Context, s *site, name string, results chan<- approval) {
	ana, jane := s.as("ana"), s.as("jane")
	start := api.StartBody{Folio: "Leave " + name, Variables: leaveVariables()}
	started, ok := insist(ctx, func() (api.Started, error) { return ana.Start(ctx, "leave", start, "start-"+name) })
	if !ok {
		return
	}
	in, ok := insist(ctx, func() (api.InstanceDetail, error) { return ana.Instance(ctx, started.ID) })
	if !ok || len(in.Waiting) == 0 {
		return
	}
	a := approval{instance: started.ID, serial: in.Waiting[0].Task}
	d, ok := insist(ctx, func() (api.Decided, error) {
		return jane.Decide(ctx, a.serial, api.Decide{Action: "Approve", Comment: name}, "decide-"+name)
	})
	if ok {
		a.outcome = d.Outcome
	}
	results <- a
}

// insist repeats a call until the server answers it.
func insist[T any](ctx context.Context, call func() (T, error)) (T, bool) {
	for {
		v, err := call()
		if err == nil {
			return v, true
		}
		if p, refused := err.(*client.Problem); refused && p.Status < 500 && p.Status != 429 || ctx.Err() != nil {
			return v, false
		}
	}
}

// judge holds what the clients were told against what the server says now.
func judge(t *testing.T, s *site, results <-chan approval) {
	var started, decided, lost, stuck int
	admin := s.as("admin")
	for a := range results {
		started++
		in, err := admin.Instance(t.Context(), a.instance)
		if err != nil {
			lost++
			t.Errorf("instance %d was acknowledged and is gone: %v", a.instance, err)
			continue
		}
		if a.outcome == "" {
			t.Errorf("the decision on %s was refused", a.serial)
			continue
		}
		decided++
		if in, err = settled(t.Context(), admin, in); err != nil || in.Status != "completed" {
			stuck++
			t.Errorf("instance %d was decided and is %s: %+v %v", a.instance, in.Status, in.Waiting, err)
		}
	}
	open, err := admin.Instances(t.Context(), client.InstanceQuery{Scope: "all", Status: "running", Paging: client.Paging{Limit: 200}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d acknowledged starts, %d lost; %d acknowledged decisions, %d stuck; %d instances still running",
		started, lost, decided, stuck, len(open.Items))
	if started == 0 || len(open.Items) != 0 {
		t.Errorf("%d were started, %d are still running", started, len(open.Items))
	}
}

// settled waits until an instance has ended: its last mail may still be on its way.
func settled(ctx context.Context, c *client.Client, in api.InstanceDetail) (api.InstanceDetail, error) {
	limited, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for in.Status == "running" {
		select {
		case <-limited.Done():
			return in, limited.Err()
		case <-tick.C:
		}
		var err error
		if in, err = c.Instance(limited, in.ID); err != nil {
			return in, err
		}
	}
	return in, nil
}

// noMailTwice waits until everything the instances had to say has arrived, and
// looks whether any of it arrived more than once. A task that was decided before
// its mail was on its way, as when the server died between the two, needs none.
func noMailTwice(t *testing.T, s *site, post sandbox.Addresses) {
	total := 0
	q := client.InstanceQuery{Scope: "all", Paging: client.Paging{Limit: 200}}
	for {
		l, err := s.as("admin").Instances(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		total += len(l.Items)
		if q.Cursor = l.Next; q.Cursor == "" {
			break
		}
	}
	give := time.After(3 * time.Minute)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var asked, told map[string]int
	for waiting := true; waiting; {
		asked, told = mails(t, post, "jane"), mails(t, post, "ana")
		select {
		case <-give:
			waiting = false
		case <-tick.C:
			mail, err := s.as("admin").MailStatus(t.Context())
			waiting = err != nil || mail.Queued > 0 || len(told) < total
		}
	}
	twice := 0
	for _, box := range []map[string]int{asked, told} {
		for id, n := range box {
			if n > 1 {
				twice++
				t.Errorf("%s arrived %d times", id, n)
			}
		}
	}
	t.Logf("%d instances: %d task mails and %d result mails, %d of them twice", total, len(asked), len(told), twice)
	if len(asked) > total || len(asked) < total/2 || len(told) != total {
		t.Errorf("%d instances, but %d task mails and %d result mails", total, len(asked), len(told))
	}
}

func leaveVariables() map[string]any {
	return map[string]any{"from": "2026-12-01", "to": "2026-12-03", "kind": "Holiday"}
}
