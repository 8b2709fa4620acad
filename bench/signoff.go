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
	name  string
	xml   []byte
	asked bool // has a person's task
}

//go:embed w1.bpmn
var w1XML []byte

//go:embed w2.bpmn
var w2XML []byte

var (
	w1 = workload{name: "W1", xml: w1XML}
	w2 = workload{name: "W2", xml: w2XML, asked: true}
)

// people is how many different people are asked.
const people = 1000

// ours is signoff itself, in process: library, engine, runner and store as the
// server uses them, with a handler that has nothing to do.
type ours struct {
	workload
	store  *store.Store
	runner *runner.Runner
	stop   context.CancelFunc
	ended  chan error
}

func openSignoff(ctx context.Context, path string, w workload) (subject, error) {
	s, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		return nil, err
	}
	lib := library.New(s, time.Now)
	if _, err := lib.Deploy(ctx, access.System, w.xml); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	o := &ours{workload: w, store: s, ended: make(chan error, 1)}
	o.runner = runner.New(runner.Config{Store: s, Library: lib, Directory: crowd{},
		Handlers: map[engine.CommandKind]runner.Handler{engine.DoNotify: notify}})
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	o.stop = stop
	go func() { o.ended <- o.runner.Run(run) }()
	return o, nil
}

func notify(context.Context, runner.Job) (runner.Result, error) {
	return runner.Done(nil), nil
}

func (o *ours) cycle(ctx context.Context, client, n int) error {
	starter, approver := person(client), person(n%people)
	id, err := o.runner.Start(ctx, starter, runner.StartRequest{Workflow: "bench",
		Vars: map[string]any{"amount": n, "approver": approver.Login}})
	if err != nil || !o.asked {
		return err
	}
	st, err := o.runner.Do(ctx, approver, id, engine.Act{Task: taskSeq, Action: "Approve", Channel: "rest"}, "")
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

func person(n int) signoff.Caller {
	login := "p" + strconv.Itoa(n)
	return signoff.Caller{Person: signoff.Person{Principal: signoff.Principal("user:" + strconv.Itoa(n)), Login: login,
		Name: "Person " + strconv.Itoa(n), Email: login + "@contoso.test"}, Groups: []signoff.Principal{signoff.Everyone}, How: "bench"}
}

// crowd is a directory of people who are called p0, p1, p2 and so on.
type crowd struct{}

func (crowd) Resolve(_ context.Context, names []string) (engine.People, error) {
	out := make(engine.People, len(names))
	for _, name := range names {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "p")); err == nil {
			out[name] = []signoff.Person{person(n).Person}
		}
	}
	return out, nil
}
