package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/store"
)

var errAway = errors.New("no server answers")

var admin = func() signoff.Caller { c := eve; c.Admin = true; return c }()

// paperwork is one instance: what is planned for it, and its number once known.
type paperwork struct {
	workflow string
	folio    string
	action   string // of whoever decides; "": nobody does before the deadline
	cancel   bool
	id       signoff.InstanceID
}

func (s *simulation) plan(i int) *paperwork {
	p := &paperwork{folio: fmt.Sprint("paper ", i)}
	p.workflow = []string{"trip", "trip", "move"}[s.pick("workflow", 3)]
	p.action = []string{"Approve", "Approve", "Approve", "Reject", ""}[s.pick("action", 5)]
	p.cancel = s.pick("cancel", 8) == 0
	return p
}

// request asks one of the nodes, and waits for the answer only so long.
func (s *simulation) request(about string, ask func(*Runner) error) error {
	s.placing.Lock()
	l := s.nodes[s.pick("node "+about, len(s.nodes))].life
	s.placing.Unlock()
	if l == nil {
		return errAway
	}
	answer := make(chan error, 1)
	s.aside(func() { answer <- ask(l.r) })
	select {
	case err := <-answer:
		if l.dead() {
			return errAway
		}
		return err
	case <-time.After(15 * time.Second):
		return errAway
	}
}

// refused tells whether an error is an answer: what was asked was not done.
func refused(err error) bool {
	switch signoff.KindOf(err) {
	case signoff.Internal, signoff.Unavailable:
		return false
	}
	return true
}

// insist asks until there is an answer, and returns the refusal if it is one.
func (s *simulation) insist(about string, unanswered *bool, ask func(*Runner) error) error {
	if s.strikes(requestTwice, about) {
		s.aside(func() {
			time.Sleep(s.while(about+" twin", 0, 200*time.Millisecond))
			_ = s.request(about+" twin", ask)
		})
		*unanswered = true // it may come to the store long after the other was refused
	}
	for {
		err := s.request(about, ask)
		if err == nil || refused(err) {
			s.tell("%s: %s", about, errorOr(err, "done"))
			return err
		}
		s.strange(about, err)
		*unanswered = true
		s.tell("%s: no answer, %v", about, err)
		time.Sleep(s.while(about, 200*time.Millisecond, 8*time.Second))
	}
}

// strange reports errors that nothing that went wrong explains.
func (s *simulation) strange(about string, err error) {
	if !errors.Is(err, errStorm) && !errors.Is(err, errDead) && !errors.Is(err, errAway) {
		s.judge.wrong("%s: %v", about, err)
	}
}

// do lets somebody do something to an instance, under a key of its own.
func (s *simulation) do(p *paperwork, d wish, event engine.Event) error {
	d.inst = p.id
	about := fmt.Sprintf("%s of %s on %d", d.what, d.by.Login, p.id)
	once := fmt.Sprintf("%s %d", about, s.count(about))
	if d.text == "own" {
		d.text = once
		event = signed(event, once)
	}
	err := s.insist(about, &d.unknown, func(r *Runner) error {
		_, err := r.Do(context.Background(), d.by, p.id, event, once)
		return err
	})
	d.acked = err == nil
	if d.fact != "" {
		s.judge.mu.Lock()
		s.judge.wishes = append(s.judge.wishes, &d)
		s.judge.mu.Unlock()
	}
	return err
}

// signed puts a text of its own into what has room for one.
func signed(event engine.Event, text string) engine.Event {
	switch e := event.(type) {
	case engine.Act:
		e.Comment = text
		return e
	case engine.Redirect:
		e.Comment = text
		return e
	case engine.Comment:
		e.Text = text
		return e
	case engine.Cancel:
		e.Reason = text
		return e
	}
	return event
}

// live is what people do about one instance while the weather is bad.
func (s *simulation) live(p *paperwork) {
	time.Sleep(s.while("start "+p.folio, 0, time.Minute))
	var ignored bool
	err := s.insist("start "+p.folio, &ignored, func(r *Runner) error {
		id, err := r.Start(context.Background(), ana, StartRequest{Workflow: p.workflow, Folio: p.folio, Once: p.folio})
		if err == nil {
			s.started(p, id)
		}
		return err
	})
	if err != nil {
		s.judge.wrong("start of %s: %v", p.folio, err)
		return
	}
	if p.cancel {
		s.aside(func() {
			time.Sleep(s.while("cancel "+p.folio, 0, 4*time.Minute))
			_ = s.do(p, wish{what: "cancel", by: ana, fact: engine.Ended, text: "own"}, engine.Cancel{})
		})
	}
	for range s.pick("wishes "+p.folio, 6) {
		time.Sleep(s.while("pause "+p.folio, time.Millisecond, 20*time.Second))
		s.anything(p)
	}
	time.Sleep(s.while("decide "+p.folio, 0, 2*time.Minute))
	if p.action != "" {
		s.bringOn(p)
	}
}

// started takes note of the number a start was answered with.
func (s *simulation) started(p *paperwork, id signoff.InstanceID) {
	s.judge.mu.Lock()
	defer s.judge.mu.Unlock()
	if p.id != 0 && p.id != id {
		s.judge.wrongf("%s was acknowledged as %d and as %d", p.folio, p.id, id)
	}
	if p.id == 0 {
		p.id = id
	}
}

// look reads an instance as a page does; the second result is false when it
// could not be read.
func (s *simulation) look(p *paperwork) (in store.Instance, ok bool) {
	in, err := s.records.Instance(context.Background(), p.id)
	if err != nil {
		s.judge.wrong("lost: %s was acknowledged as %d: %v", p.folio, p.id, err)
	}
	return in, err == nil
}

// anything is some wish of somebody about some task, sensible or not.
func (s *simulation) anything(p *paperwork) {
	in, ok := s.look(p)
	if !ok || len(in.State.Tasks) == 0 {
		return
	}
	t := in.State.Tasks[len(in.State.Tasks)-1].Seq
	who := []signoff.Caller{jane, bob, eve}
	by, to := who[s.pick("who "+p.folio, 3)], who[s.pick("whom "+p.folio, 3)]
	switch s.pick("what "+p.folio, 6) {
	case 5:
		s.askAgain(p, in)
	case 0, 1:
		_ = s.do(p, wish{what: "claim", by: by, fact: engine.TaskClaimed, ref: t}, engine.Claim{Task: t})
	case 2:
		_ = s.do(p, wish{what: "release", by: by, fact: engine.TaskReleased, ref: t}, engine.Release{Task: t})
	case 3:
		_ = s.do(p, wish{what: "redirect", by: by, fact: engine.TaskRedirected, ref: t, text: "own"}, engine.Redirect{Task: t, To: to.Login})
	case 4:
		_ = s.do(p, wish{what: "comment", by: by, fact: engine.Commented, ref: t, text: "own"}, engine.Comment{Task: t})
	}
}

// bringOn does what the instance waits for people to do: retry what failed,
// decide, finish what another system was to do.
func (s *simulation) bringOn(p *paperwork) {
	in, ok := s.look(p)
	if !ok || in.State.Status != engine.Running {
		return
	}
	for _, i := range in.State.Incidents {
		_ = s.do(p, wish{what: "retry", by: admin, fact: engine.IncidentCleared, ref: i.Seq, text: ""}, engine.Retry{Incident: i.Seq})
	}
	for _, e := range in.State.Effects {
		if e.Kind == "external" {
			_ = s.do(p, wish{what: "finish", by: admin, fact: engine.EffectFinished, ref: e.Seq}, engine.FinishExternal{Effect: e.Seq})
		}
	}
	for _, t := range in.State.Tasks {
		if t.Open() {
			s.decide(p, t)
		}
	}
}

func (s *simulation) decide(p *paperwork, t engine.Task) {
	action := "Done"
	if p.workflow == "trip" {
		if action = p.action; action == "" {
			return // the deadline decides
		}
	}
	who := t.Claimed
	if who == "" {
		who = t.Recipients[s.pick("decides "+p.folio, len(t.Recipients))]
	}
	by := bob // in Finance
	for _, c := range []signoff.Caller{jane, eve} {
		if c.Principal == who {
			by = c
		}
	}
	_ = s.do(p, wish{what: action, by: by, fact: engine.TaskDecided, ref: t.Seq, text: "own"}, engine.Act{Task: t.Seq, Action: action})
}

// handle is the outside world: mails, services, people who are told.
func (l *life) handle(ctx context.Context, j Job) (Result, error) {
	name := fmt.Sprintf("%s %s attempt %d", l.name, j.Key, j.Attempt)
	if err := l.nap(l.while(name, time.Microsecond, 500*time.Microsecond)); err != nil {
		return Result{}, err
	}
	l.judge.handed(j)
	l.tell("%s is handed out", name)
	if err := l.take(ctx, name); err != nil {
		return Result{}, err
	}
	if err := l.find(j); err != nil {
		l.tell("%s: %v", name, err)
		return Result{}, err
	}
	switch {
	case l.strikes(crashBeforeDoing, name):
		l.die("before doing")
		return Result{}, errDead
	case l.strikes(handlerPanics, name):
		panic("the handler has a bug")
	case l.strikes(handlerFinal, name):
		return Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "not-wanted", Detail: "nobody wants this"}
	case l.strikes(handlerFails, name):
		return Result{}, &signoff.Error{Kind: signoff.Unavailable, Code: "away", Detail: "away"}
	}
	result := map[string]expr.Value{"body": expr.Context{{Key: "id", Value: expr.String("for " + j.Key)}}}
	if j.Kind == engine.DoEmail && l.pick("pending", 2) == 0 {
		l.finishLater(j.Key, name, result)
		return Pending, nil
	}
	if l.plant != idleHandler || l.pick("idle", 10) > 0 {
		l.tell("%s is done", name)
		l.judge.did(j.Key)
	}
	switch {
	case l.strikes(crashAfterDoing, name):
		l.die("after doing")
		return Result{}, errDead
	case l.strikes(doneButFailed, name):
		return Result{}, errStorm
	}
	return Done(result), nil
}

// take is how long a handler takes.
func (l *life) take(ctx context.Context, name string) error {
	d := l.while(name, time.Millisecond, 400*time.Millisecond)
	switch {
	case l.strikes(handlerBeyondLease, name): // and it does not look at ctx
		return l.nap(d + 6*time.Minute)
	case l.strikes(handlerSlow, name):
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d * 20):
		}
	}
	return l.nap(d)
}

// finishLater reports a result as the mailroom does: after a while, until it is
// taken in, on any node.
func (s *simulation) finishLater(key, name string, result map[string]expr.Value) {
	s.finishing.Add(1)
	s.aside(func() {
		defer s.finishing.Add(-1)
		time.Sleep(s.while("finish "+name, time.Millisecond, time.Minute))
		var failure error
		if s.strikes(finishFails, name) {
			failure = &signoff.Error{Kind: signoff.Unavailable, Code: "bounced", Detail: "it came back"}
		} else {
			s.tell("%s is done", name)
			s.judge.did(key)
		}
		report := func(r *Runner) error { return r.Finish(context.Background(), key, result, failure) }
		if failure == nil && s.strikes(finishTwice, name) {
			s.aside(func() {
				time.Sleep(s.while("finish twin "+name, 0, time.Second))
				_ = s.request("finish "+name+" twin", report)
			})
		}
		for {
			err := s.request("finish "+name, report)
			s.tell("finish %s: %s", name, errorOr(err, "taken in"))
			if err == nil || s.over.Load() {
				return
			}
			s.strange("finish "+name, err)
			time.Sleep(s.while("finish again "+name, time.Second, 10*time.Second))
		}
	})
}
