package runner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

// A second simulation, in the same weather: instances that call others, send each
// other messages and hear signals, and a schedule that begins some. What people
// and instances send is had by one who waits for it or is on record as missed; a
// call begins one instance; a time of a schedule comes once.

// errandModels: an order calls for a quote, waits until it is paid and says that
// it is shipped, which a watch waits for. A message begins a claim, a signal a
// note, and a schedule a check.
var errandModels = [][]byte{
	model(`<message id="m1" name="paid"/><message id="m2" name="shipped"/><signal id="s1" name="news"/>
<process id="order" name="Order" isExecutable="true">
  <startEvent id="start"/>
  <callActivity id="quote" calledElement="quote"/>
  <receiveTask id="pay" messageRef="m1"><extensionElements><signoff:message key="folio"/></extensionElements></receiveTask>
  <boundaryEvent id="heard" attachedToRef="pay" cancelActivity="false"><signalEventDefinition signalRef="s1"/></boundaryEvent><endEvent id="so"/>
  <intermediateThrowEvent id="ship"><extensionElements><signoff:message key="folio" keep="PT10M"/></extensionElements><messageEventDefinition messageRef="m2"/></intermediateThrowEvent>
  <endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="quote"/><sequenceFlow id="f2" sourceRef="quote" targetRef="pay"/>
  <sequenceFlow id="f3" sourceRef="pay" targetRef="ship"/><sequenceFlow id="f4" sourceRef="ship" targetRef="end"/><sequenceFlow id="f5" sourceRef="heard" targetRef="so"/>
</process>`),
	model(`<process id="quote" name="Quote" isExecutable="true">
  <startEvent id="start"/><intermediateCatchEvent id="think"><timerEventDefinition><timeDuration>PT1M</timeDuration></timerEventDefinition></intermediateCatchEvent><endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="think"/><sequenceFlow id="f2" sourceRef="think" targetRef="end"/>
</process>`),
	model(`<message id="m2" name="shipped"/><signal id="s1" name="news"/>
<process id="watch" name="Watch" isExecutable="true">
  <startEvent id="start"/>
  <receiveTask id="wait" messageRef="m2"><extensionElements><signoff:message key="folio"/></extensionElements></receiveTask>
  <boundaryEvent id="heard" attachedToRef="wait" cancelActivity="false"><signalEventDefinition signalRef="s1"/></boundaryEvent><endEvent id="so"/>
  <endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="wait"/><sequenceFlow id="f2" sourceRef="wait" targetRef="end"/><sequenceFlow id="f5" sourceRef="heard" targetRef="so"/>
</process>`),
	model(`<message id="m3" name="complaint"/><process id="claim" name="Claim" isExecutable="true">
  <startEvent id="start"><messageEventDefinition messageRef="m3"/></startEvent><endEvent id="end"/><sequenceFlow id="f1" sourceRef="start" targetRef="end"/>
</process>`),
	model(`<signal id="s1" name="news"/><process id="note" name="Note" isExecutable="true">
  <startEvent id="start"><signalEventDefinition signalRef="s1"/></startEvent><endEvent id="end"/><sequenceFlow id="f1" sourceRef="start" targetRef="end"/>
</process>`),
	model(`<process id="check" name="Check" isExecutable="true">
  <startEvent id="start"><timerEventDefinition><timeCycle>R6/PT40S</timeCycle></timerEventDefinition></startEvent><endEvent id="end"/><sequenceFlow id="f1" sourceRef="start" targetRef="end"/>
</process>`),
}

// errands is a simulation of them.
type errands struct {
	*simulation
	orders []*errand
	sent   []string // ids of messages that were acknowledged
	fine   time.Time
	late   errand // begun in fine weather and ended while what it calls is under way
	mu     sync.Mutex
}

// errand is an order and who watches it.
type errand struct {
	folio        string
	order, watch signoff.InstanceID
	cancel       bool
}

func simulateErrands(t *testing.T, books *library.Library, seed uint64, plant bug, tell bool) (out outcome) {
	defer func() {
		if p := recover(); p != nil {
			out = outcome{seed: seed, wrongs: []string{fmt.Sprint(p)}}
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(mix(seed)%4 > 0)
		m.wrong = plant
		s := &simulation{weather: newWeather(seed), store: m, outer: m, records: m, mem: m, books: books, plant: plant, judge: newJudge(), calm: make(chan struct{})}
		if tell {
			s.story = &strings.Builder{}
		}
		e := &errands{simulation: s}
		e.know(t)
		e.run()
		out = outcome{seed: s.seed, wrongs: s.judge.wrongs, hits: s.hits, calls: s.calls.Load(), took: time.Since(s.began)}
		if tell {
			out.story = s.story.String()
		}
	})
	return out
}

// know tells the memory store what the deployed workflows begin by.
func (e *errands) know(t *testing.T) {
	of := func(key string) (signoff.WorkflowID, store.VersionID) {
		w, err := e.books.Lookup(context.Background(), access.System, key)
		must(t, err)
		return w.ID, w.Default.ID
	}
	claim, v1 := of("claim")
	note, v2 := of("note")
	e.mem.begins = []store.Begin{{Workflow: claim, Version: v1, Node: "start", Kind: engine.WaitMessage, Name: "complaint"},
		{Workflow: note, Version: v2, Node: "start", Kind: engine.WaitSignal, Name: "news"}}
	check, v3 := of("check")
	first := at(us(e.began.Add(40 * time.Second)))
	e.mem.schedules = []*store.Schedule{{Workflow: check, Node: "start", Version: v3, Spec: "cycle", Cycle: "R6/PT40S", Planned: first, Due: first, Again: 5}}
}

func (e *errands) run() {
	storm := e.while("storm", time.Minute, 6*time.Minute)
	e.found()
	var keepers, people sync.WaitGroup
	for _, n := range e.nodes {
		keepers.Go(n.keep)
	}
	for i := range 1 + e.pick("orders", 3) {
		o := &errand{folio: fmt.Sprint("order ", i), cancel: e.pick("cancel", 6) == 0}
		e.orders = append(e.orders, o)
		people.Go(func() { e.live(o) })
	}
	people.Go(e.shout)
	time.Sleep(storm)
	e.clear()
	e.fine = time.Now()
	close(e.calm)
	people.Wait()
	keepers.Wait()
	e.late.folio = "late"
	e.begin("order", &e.late, &e.late.order)
	time.Sleep(20 * time.Second)
	e.end(e.late.order, "cancel late")
	e.bringHome()
	e.rest()
	time.Sleep(time.Minute)
	e.stop()
	e.weighErrands()
}

// live is what people do about an order.
func (e *errands) live(o *errand) {
	about := o.folio
	time.Sleep(e.while("start "+about, 0, time.Minute))
	if e.pick("paid first "+about, 3) == 0 {
		e.send("paid", about, "paid early "+about, 20*time.Minute)
	}
	e.begin("order", o, &o.order)
	if o.cancel {
		e.aside(func() {
			time.Sleep(e.while("cancel "+about, 0, 4*time.Minute))
			e.end(o.order, "cancel "+about)
		})
	}
	e.begin("watch", o, &o.watch)
	time.Sleep(e.while("pay "+about, 0, 90*time.Second))
	e.send("paid", about, "paid "+about, 5*time.Minute)
	e.send("paid", "nobody", "astray "+about, time.Minute)
	if e.pick("complains "+about, 2) == 0 {
		e.send("complaint", "", "complaint "+about, 5*time.Minute)
	}
}

// begin starts an instance, once.
func (e *errands) begin(workflow string, o *errand, id *signoff.InstanceID) {
	var ignored bool
	once := workflow + " " + o.folio
	err := e.insist(once, &ignored, func(r *Runner) error {
		n, err := r.Start(context.Background(), ana, StartRequest{Workflow: workflow, Folio: o.folio, Once: once})
		if err == nil {
			e.mu.Lock()
			*id = n
			e.mu.Unlock()
		}
		return err
	})
	if err != nil {
		e.judge.wrong("start of %s: %v", once, err)
	}
}

// send sends a message until somebody says that it is safe.
func (e *errands) send(name, key, id string, keep time.Duration) {
	var ignored bool
	err := e.insist("send "+id, &ignored, func(r *Runner) error {
		_, err := r.Send(context.Background(), bob, SendRequest{Name: name, Key: key, ID: id, Keep: &keep, Vars: map[string]any{"n": 1}})
		return err
	})
	if err != nil {
		e.judge.wrong("message %s: %v", id, err)
	}
	e.mu.Lock()
	e.sent = append(e.sent, id)
	e.mu.Unlock()
}

// shout sends signals.
func (e *errands) shout() {
	for i := range e.pick("signals", 3) {
		time.Sleep(e.while("signal", 0, 2*time.Minute))
		var ignored bool
		id := fmt.Sprint("news ", i)
		err := e.insist(id, &ignored, func(r *Runner) error {
			_, err := r.Signal(context.Background(), bob, SendRequest{Name: "news", ID: id})
			return err
		})
		if err != nil {
			e.judge.wrong("signal %s: %v", id, err)
		}
	}
}

func (e *errands) end(id signoff.InstanceID, about string) {
	var ignored bool
	_ = e.insist(about, &ignored, func(r *Runner) error {
		_, err := r.Do(context.Background(), admin, id, engine.Cancel{Reason: "enough"}, about)
		return err
	})
}

// bringHome lets people do what is left until every instance has ended: retry
// what failed, pay again what was missed, and end who waits for a cancelled one.
func (e *errands) bringHome() {
	for round := range 80 {
		left := false
		for _, in := range e.all() {
			if in.State.Status != engine.Running {
				continue
			}
			left = true
			for _, i := range in.State.Incidents {
				about := fmt.Sprintf("retry %d %d", in.ID, i.Seq)
				var ignored bool
				_ = e.insist(about, &ignored, func(r *Runner) error {
					_, err := r.Do(context.Background(), admin, in.ID, engine.Retry{Incident: i.Seq}, about)
					return err
				})
			}
		}
		if !left {
			return
		}
		for _, o := range e.orders {
			if round%12 == 11 {
				e.payAgain(o, round)
			}
		}
		time.Sleep(30 * time.Second)
	}
	e.judge.wrong("after %v of fine weather something still goes on: %v", 40*time.Minute, e.going2())
}

// going2 names what still goes on.
func (e *errands) going2() (out []string) {
	for _, in := range e.all() {
		if in.State.Status == engine.Running {
			out = append(out, fmt.Sprintf("%d at %+v", in.ID, in.State.Tokens))
		}
	}
	return out
}

// payAgain sends what an order or a watch still waits for after long, which was
// missed or never will be sent.
func (e *errands) payAgain(o *errand, round int) {
	in, err := e.records.Instance(context.Background(), o.order)
	if err != nil {
		e.judge.wrong("lost: %s was acknowledged as %d: %v", o.folio, o.order, err)
		return
	}
	if in.State.Status == engine.Running {
		e.send("paid", o.folio, fmt.Sprintf("paid again %s %d", o.folio, round), 5*time.Minute)
		return
	}
	e.send("shipped", o.folio, fmt.Sprintf("shipped again %s %d", o.folio, round), 5*time.Minute)
}

func (e *errands) all() (all []store.Instance) {
	for id := range signoff.InstanceID(300) {
		if in, err := e.records.Instance(context.Background(), id); err == nil {
			all = append(all, in)
		}
	}
	return all
}

// rest waits until no message waits, and nothing is to be handed out.
func (e *errands) rest() {
	for range 360 {
		due, err := e.outer.Errands(context.Background())
		quiet := err == nil && due == store.Errands{}
		for _, kind := range ownKinds {
			next, err := e.records.NextJob(context.Background(), kind)
			quiet = quiet && err == nil && next.IsZero()
		}
		if quiet {
			return
		}
		time.Sleep(10 * time.Second)
	}
	e.judge.wrong("something is still to be seen to after an hour of fine weather")
}

// weighErrands judges what is left.
func (e *errands) weighErrands() {
	if err := e.mem.auditErrands(); err != nil {
		e.judge.wrong("%v", err)
	}
	all := e.all()
	had := map[string][]signoff.InstanceID{} // by message: who has it
	heard := map[string]int{}                // by instance and wait: how many signals
	n := map[string]int{}                    // by workflow: how many instances
	for _, in := range all {
		if err := e.records.Audit(context.Background(), in.ID); err != nil {
			e.judge.wrong("%v", err)
		}
		v, err := e.books.Version(context.Background(), in.Version)
		if err != nil {
			e.judge.wrong("version of %d: %v", in.ID, err)
			continue
		}
		n[v.Name]++
		for _, f := range e.history(in.ID) {
			switch f.Kind {
			case engine.MessageReceived:
				had[f.Text] = append(had[f.Text], in.ID)
				e.inTime(in.ID, f)
			case engine.SignalReceived:
				heard[fmt.Sprint(in.ID, " ", f.Ref)]++
			}
		}
		e.inVain(in.ID)
	}
	e.weighMessages(had, n)
	e.weighSignals(heard, n)
	e.weighCalls(all)
	if ticks := e.judge.ticks; n["Check"] != len(ticks) || len(ticks) == 0 {
		e.judge.wrong("the schedule came %d times and began %d", len(ticks), n["Check"])
	}
}

// inTime wants a message to be handed over soon, once the weather is fine.
func (e *errands) inTime(id signoff.InstanceID, f engine.Fact) {
	since := at(e.mem.since[signoff.Serial{Instance: id, Seq: f.Ref}])
	for _, r := range e.mem.messages {
		if r.Ident != f.Text || r.State != store.MessageDelivered {
			continue
		}
		for _, from := range []time.Time{r.Came, e.fine.Add(2 * time.Minute)} {
			if from.After(since) {
				since = from
			}
		}
		if late := r.Settled.Sub(since); late > 2*time.Minute {
			e.judge.wrong("message %s was wanted and lay there for %v of fine weather", r.Ident, late)
		}
	}
}

// inVain wants nobody to have waited in fine weather for a message that was
// there and was missed.
func (e *errands) inVain(id signoff.InstanceID) {
	history := e.history(id)
	for i, f := range history {
		if f.Kind != engine.WaitSet || f.Effect != engine.WaitMessage {
			continue
		}
		over := slices.IndexFunc(history[i:], func(g engine.Fact) bool {
			return g.Ref == f.Ref && (g.Kind == engine.WaitCleared || g.Kind == engine.MessageReceived) || g.Kind == engine.Ended
		})
		for _, r := range e.mem.messages {
			if over < 0 || r.State != store.MessageMissed || r.Name != f.Title || f.Code != "" && r.Key != f.Code {
				continue
			}
			from, until := latest(f.At, r.Came, e.fine.Add(2*time.Minute)), r.Until
			if history[i+over].At.Before(until) {
				until = history[i+over].At
			}
			if until.Sub(from) > 2*time.Minute {
				e.judge.wrong("message %s was wanted by %d for %v of fine weather, and was missed", r.Ident, id, until.Sub(from))
			}
		}
	}
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// weighMessages wants each message to be with one who waited for it, or on record
// as missed and with nobody.
func (e *errands) weighMessages(had map[string][]signoff.InstanceID, n map[string]int) {
	begun, known := 0, map[string]int{}
	for _, r := range e.mem.messages {
		if r.Kind != engine.WaitMessage {
			continue
		}
		known[r.Ident]++
		who := had[r.Ident]
		switch {
		case r.State == store.MessageMissed && len(who) > 0:
			e.judge.wrong("message %s is missed, and %v have it", r.Ident, who)
		case r.State == store.MessageDelivered && r.Begun:
			begun++
		case r.State == store.MessageDelivered && !slices.Equal(who, []signoff.InstanceID{r.Instance}):
			e.judge.wrong("doubled or lost: message %s is with %d, and %v have it", r.Ident, r.Instance, who)
		case r.State == store.MessageMissed && r.Near == "":
			e.judge.wrong("message %s is missed, and nobody says who waited", r.Ident)
		}
	}
	for _, id := range e.sent {
		if known[id] != 1 {
			e.judge.wrong("message %s was acknowledged, and is on record %d times", id, known[id])
		}
	}
	if begun != n["Claim"] {
		e.judge.wrong("%d messages have begun something, and %d were begun", begun, n["Claim"])
	}
}

// weighSignals wants everybody who waited for a signal when it came to have
// heard it, once, but for those who had ended before they could be told.
func (e *errands) weighSignals(heard map[string]int, n map[string]int) {
	signals, want := 0, map[string]int{}
	for _, r := range e.mem.messages {
		if r.Kind == engine.WaitSignal {
			signals++
		}
	}
	for _, to := range e.judge.targets {
		if to.Instance != 0 {
			want[fmt.Sprint(to.Instance, " ", to.Seq)]++
		}
	}
	for who, times := range want {
		if missing := times - e.judge.deaf[who]; heard[who] != missing {
			e.judge.wrong("%s waited for %d signals, was gone for %d, and heard %d", who, times, e.judge.deaf[who], heard[who])
		}
	}
	if signals != n["Note"] {
		e.judge.wrong("%d signals have begun %d notes", signals, n["Note"])
	}
}

// weighCalls wants one instance for each call, and none that goes on without its
// caller.
func (e *errands) weighCalls(all []store.Instance) {
	children := map[string]int{}
	for _, in := range all {
		if in.Caller != "" {
			children[in.Caller]++
		}
	}
	for _, in := range all {
		if in.CalledBy().Instance == e.late.order && in.State.Status != engine.Cancelled {
			e.judge.wrong("%d is %s, and %d that called it was cancelled", in.ID, in.State.Status, e.late.order)
		}
	}
	for key, o := range e.judge.asked {
		if o.kind == engine.DoWorkflow && children[key] > o.times {
			e.judge.wrong("doubled: %s was asked for %d times, and has begun %d", key, o.times, children[key])
		}
	}
	for _, in := range all {
		for _, f := range e.history(in.ID) {
			if f.Kind != engine.EffectFinished || f.Node != "quote" {
				continue
			}
			if key := fmt.Sprintf("%d_%d/workflow", in.ID, f.Ref); children[key] == 0 {
				e.judge.wrong("%s is finished, and was never begun", key)
			}
		}
	}
}

func errandShop(t testing.TB) *library.Library {
	lib := library.New(openStore(t, t.TempDir()+"/errands.db"), time.Now)
	for _, i := range []int{1, 0, 2, 3, 4, 5} { // what is called first
		_, err := lib.Deploy(context.Background(), access.System, errandModels[i])
		must(t, err)
	}
	for _, w := range mustWorkflows(t, lib) {
		_, err := lib.Definition(context.Background(), w.Default.ID)
		must(t, err)
	}
	return lib
}

func mustWorkflows(t testing.TB, lib *library.Library) []library.Workflow {
	list, err := lib.Workflows(context.Background(), access.System)
	must(t, err)
	return list
}

// TestMessagesSignalsCallsAndSchedulesComeOnceWhateverGoesWrong runs as many
// seeds as SEEDS says, from FROM on; or SEED alone, and tells its story.
func TestMessagesSignalsCallsAndSchedulesComeOnceWhateverGoesWrong(t *testing.T) {
	books := errandShop(t)
	if seed, ok := number(t, "SEED"); ok {
		out := simulateErrands(t, books, seed, none, true)
		t.Logf("seed %d\n%s", seed, out.story)
		out.report(t)
		return
	}
	n, given := number(t, "SEEDS")
	if !given {
		n = 60
	}
	from, _ := number(t, "FROM")
	began := time.Now()
	sum := manySeeds(t, from, n, func(t *testing.T, seed uint64) outcome { return simulateErrands(t, books, seed, none, false) })
	t.Logf("%d seeds from %d on in %v, %v in the simulated world, %d calls of the store", n, from, time.Since(began).Round(10*time.Millisecond), sum.took.Round(time.Hour), sum.calls)
}

var errandBugNames = map[bug]string{messageTwice: "an id of a message is not kept", takenAgain: "a message is taken in twice", tickAgain: "a schedule's time comes twice",
	callAgain: "a call begins two instances", orphanLost: "what an ended instance had called goes on", endUntold: "the end of a called instance is not told",
	neverSweeps: "lost word of a message is not looked for"}

func TestPlantedBugsOfErrandsAreFound(t *testing.T) {
	books := errandShop(t)
	const most = 400
	for b := bugs + 1; b < errandBugs; b++ {
		found := false
		for seed := range uint64(most) {
			out := simulateErrands(t, books, seed, b, false)
			if found = len(out.wrongs) > 0; found {
				what, _, _ := strings.Cut(out.wrongs[0], "\n")
				t.Logf("%-48s found by seed %3d: %s", errandBugNames[b], seed+1, what)
				break
			}
		}
		if !found {
			t.Errorf("%s: not found by %d seeds", errandBugNames[b], most)
		}
	}
}
