package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// workload is a workflow to run cycles of.
type workload struct {
	name   string
	xml    []byte
	asked  bool // has a person's task
	people int  // how many different people start and are asked
}

//go:embed w1.bpmn
var w1XML []byte

//go:embed w2.bpmn
var w2XML []byte

var (
	w1 = workload{name: "W1", xml: w1XML, people: 1000}
	w2 = workload{name: "W2", xml: w2XML, asked: true, people: 1000}
)

// among is the workload with another number of people.
func (w workload) among(people int) workload {
	w.people = people
	return w
}

// starter and approver are the people of a cycle.
func (w workload) starter(client int) int { return client%w.people + 1 }
func (w workload) approver(n int) int     { return n%w.people + 1 }

// ours is signoff itself, in process: library, engine, runner and store as the
// server uses them, with a handler that has nothing to do.
type ours struct {
	workload
	store  *store.Store
	lib    *library.Library
	runner *runner.Runner
	stop   context.CancelFunc
	ended  chan error
}

// inProcess opens signoff on an empty database.
func (r *run) inProcess(w workload) opener {
	return func(ctx context.Context, at *site) (subject, error) { return r.openNode(ctx, at, w, "main") }
}

func (r *run) openNode(ctx context.Context, at *site, w workload, name string) (*ours, error) {
	o, err := r.openOurs(ctx, at, w)
	if err == nil {
		o.run(ctx, crowd{}, name, nil)
	}
	return o, err
}

// openOurs opens everything but the runner.
func (r *run) openOurs(ctx context.Context, at *site, w workload) (*ours, error) {
	s, err := store.Open(ctx, at.dsn, store.Options{Committers: r.Committers})
	if err != nil {
		return nil, err
	}
	o := &ours{workload: w, store: s, lib: library.New(s, time.Now), ended: make(chan error, 1)}
	if _, err := o.lib.Deploy(ctx, access.System, w.xml); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return o, nil
}

// run starts the runner.
func (o *ours) run(ctx context.Context, people runner.Directory, node string, now func() time.Time) {
	o.runner = runner.New(runner.Config{Store: o.store, Library: o.lib, Directory: people, Node: node, Now: now,
		Handlers: map[engine.CommandKind]runner.Handler{engine.DoNotify: notify}})
	ctx, o.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() { o.ended <- o.runner.Run(ctx) }()
}

func notify(context.Context, runner.Job) (runner.Result, error) {
	return runner.Done(nil), nil
}

func (o *ours) cycle(ctx context.Context, client, n int, l *lap) error {
	starter, approver := person(o.starter(client)), person(o.approver(n))
	from := time.Now()
	id, err := o.runner.Start(ctx, starter, runner.StartRequest{Workflow: "bench",
		Vars: map[string]any{"amount": n, "approver": approver.Login}})
	l.start = time.Since(from)
	if err != nil || !o.asked {
		return err
	}
	from = time.Now()
	st, err := o.runner.Do(ctx, approver, id, engine.Act{Task: taskSeq, Action: "Approve", Channel: "rest"}, "")
	l.decide = time.Since(from)
	if err == nil && st.Status != engine.Completed {
		err = fmt.Errorf("instance %d did not end", id)
	}
	return err
}

// taskSeq is the number of the only task in its instance: the second thing in
// it, after the token.
const taskSeq = 2

// settle waits until the outbox is empty: each notification was handed out, or
// taken back because its task was decided first.
func (o *ours) settle(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := o.store.NextJob(ctx, engine.DoNotify)
		if err != nil || due.IsZero() {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}

func (o *ours) close() error {
	o.stop()
	return errors.Join(<-o.ended, o.store.Close())
}

// pair is two nodes on one database, between which clients are divided.
type pair struct {
	nodes [2]*ours
}

func (r *run) twoNodes(w workload) opener {
	return func(ctx context.Context, at *site) (subject, error) {
		a, err := r.openNode(ctx, at, w, "a")
		if err != nil {
			return nil, err
		}
		b, err := r.openNode(ctx, at, w, "b")
		if err != nil {
			return nil, errors.Join(err, a.close())
		}
		return &pair{nodes: [2]*ours{a, b}}, nil
	}
}

func (p *pair) cycle(ctx context.Context, client, n int, l *lap) error {
	return p.nodes[client%2].cycle(ctx, client, n, l)
}

func (p *pair) settle(ctx context.Context) error { return p.nodes[0].settle(ctx) }
func (p *pair) close() error                     { return errors.Join(p.nodes[0].close(), p.nodes[1].close()) }

// person is the n-th one, from 1 on, as a caller.
func person(n int) signoff.Caller {
	login := "p" + strconv.Itoa(n)
	return signoff.Caller{Person: signoff.Person{Principal: signoff.Principal("user:" + strconv.Itoa(n)), Login: login,
		Name: "Person " + strconv.Itoa(n), Email: login + "@contoso.test"}, Groups: []signoff.Principal{signoff.Everyone}, How: "bench"}
}

// group is the n-th one, as a recipient.
func group(n int) signoff.Person {
	name := "g" + strconv.Itoa(n)
	return signoff.Person{Principal: signoff.Principal("group:" + strconv.Itoa(n)), Login: name, Name: name}
}

// crowd is a directory of people who are called p1, p2, p3 and so on, and of
// groups g1, g2, g3.
type crowd struct{}

func (crowd) Resolve(_ context.Context, names []string) (engine.People, error) {
	out := make(engine.People, len(names))
	for _, name := range names {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "p")); err == nil {
			out[name] = []signoff.Person{person(n).Person}
		} else if n, err := strconv.Atoi(strings.TrimPrefix(name, "g")); err == nil {
			out[name] = []signoff.Person{group(n)}
		}
	}
	return out, nil
}
