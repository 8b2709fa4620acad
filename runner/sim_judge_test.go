package runner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/store"
)

// judge sees everything, and says what ought not to have been.
type judge struct {
	mu       sync.Mutex
	wrongs   []string
	asked    map[string]*command     // what stored steps have asked for, by key
	keys     map[effect]string       // the key of each effect
	ended    map[signoff.Serial]bool // effects and tasks that are no more
	attempts map[handing]bool        // which attempts were handed out
	wishes   []*wish                 // what people were told
	kept     map[string]bool         // instances, by the folio they were started with

	ticks   []int64                  // times of a schedule that came
	targets map[int64]store.SignalTo // whom signals went to
	deaf    map[string]int           // who of them was gone
}

// command is one thing asked of the outside, under one key.
type command struct {
	effect
	times  int // how often steps asked for it: a retried one again
	handed int // how often a handler was given it
	done   int // how often the outside did it
	lacked int // how often it lacked a connection
	parked int // how often it was put away for that since it was asked for last
}

// effect is what a command means. No step of the simulation's workflows is
// entered twice, so that there is one of each.
type effect struct {
	instance signoff.InstanceID
	kind     engine.CommandKind
	node     string
	nth      string // of a notification: what in the key comes after its kind
}

type handing struct {
	key            string
	times, attempt int
}

// wish is one thing a person wants done, and what they heard of it.
type wish struct {
	what    string
	by      signoff.Caller
	inst    signoff.InstanceID
	fact    engine.FactKind // what must be in the history when it was done
	ref     int
	text    string // how to find it there; "": by what, ref and who
	acked   bool
	unknown bool // at some try no answer came
}

func newJudge() *judge {
	return &judge{asked: map[string]*command{}, keys: map[effect]string{}, ended: map[signoff.Serial]bool{}, attempts: map[handing]bool{},
		targets: map[int64]store.SignalTo{}, deaf: map[string]int{}}
}

func (j *judge) wrong(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.wrongf(format, args...)
}

func (j *judge) wrongf(format string, args ...any) {
	if len(j.wrongs) < 20 {
		j.wrongs = append(j.wrongs, fmt.Sprintf(format, args...))
	}
}

// committed takes note of what a stored step asks for, and of what it ends.
func (j *judge) committed(st *store.Step) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ticked(st)
	for _, f := range st.Facts {
		switch f.Kind {
		case engine.EffectDropped, engine.EffectFinished, engine.TaskDecided, engine.TaskExpired, engine.TaskWithdrawn:
			j.ended[signoff.Serial{Instance: st.Instance, Seq: f.Ref}] = true
		}
	}
	for _, c := range st.Commands {
		_, nth, _ := strings.Cut(c.Key, "/")
		e := effect{st.Instance, c.Kind, c.Node, ""}
		if c.Kind == engine.DoNotify {
			e.nth = nth
		}
		if key, ok := j.keys[e]; ok && key != c.Key {
			j.wrongf("doubled: %v was asked for under %s and under %s", e, key, c.Key)
		}
		j.keys[e] = c.Key
		o := j.asked[c.Key]
		if o == nil {
			o = &command{effect: e}
			j.asked[c.Key] = o
		}
		if o.effect != e {
			j.wrongf("the key %s meant %v, and now %v", c.Key, o.effect, e)
		}
		o.times++
		o.parked = 0
	}
}

// took wants that nothing is taken from the outbox that nobody waits for.
func (j *judge) took(jobs []store.Job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, job := range jobs {
		if j.ended[signoff.Serial{Instance: job.Instance, Seq: job.Command.Ref}] {
			j.wrongf("%s was taken from the outbox after its task or effect had ended", job.Command.Key)
		}
	}
}

// handed takes note that a handler was given a command.
func (j *judge) handed(job Job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	o := j.asked[job.Key]
	if o == nil {
		j.wrongf("%s was handed out, and no step that was stored asks for it", job.Key)
		return
	}
	o.handed++
	h := handing{job.Key, o.times, job.Attempt + job.Parked}
	if j.attempts[h] {
		j.wrongf("attempt %d of %s was handed out twice", h.attempt, job.Key)
	}
	if job.Parked != o.parked {
		j.wrongf("%s is handed out as parked %d times, and was %d times", job.Key, job.Parked, o.parked)
	}
	j.attempts[h] = true
}

// returned takes note that an attempt was given back and not begun.
func (j *judge) returned(h store.Hold) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o := j.asked[h.Key]; o != nil && j.attempts[handing{h.Key, o.times, h.Attempt}] {
		j.wrongf("attempt %d of %s was begun and then given back as if not", h.Attempt, h.Key)
	}
}

// did takes note that the outside did what a command asks for.
func (j *judge) did(key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o := j.asked[key]; o != nil {
		o.done++
	}
}

// fenced wants that only a command's holder says it failed.
func (j *judge) fenced(h, held store.Hold) {
	if held != h {
		j.wrong("what %+v said counted, though the command was held by %+v", h, held)
	}
}

// heldBy is how the command under a key is held now, as far as one can look:
// over a real store, as is said.
func (l *life) heldBy(key string, said store.Hold) store.Hold {
	if l.mem == nil || key == "" {
		return said
	}
	l.mem.mu.Lock()
	defer l.mem.mu.Unlock()
	if r := l.mem.outbox[key]; r != nil {
		return r.Hold()
	}
	return store.Hold{}
}

// told wants that whoever has an open task was told of it.
func (s *simulation) told(in store.Instance) {
	s.judge.mu.Lock()
	defer s.judge.mu.Unlock()
	for _, t := range in.State.Tasks {
		if !t.Open() {
			continue
		}
		for key, o := range s.judge.asked {
			if strings.HasPrefix(key, fmt.Sprintf("%d_%d/notify", in.ID, t.Seq)) && o.handed == 0 {
				s.judge.wrongf("%s was never handed over, and the task is open", key)
			}
		}
	}
}

// history is all an instance's facts.
func (s *simulation) history(id signoff.InstanceID) []engine.Fact {
	facts, err := s.records.Facts(context.Background(), id, 0, 1<<20)
	if err != nil {
		s.judge.wrong("history of %d: %v", id, err)
	}
	return facts
}

// conclude judges an instance once everything is over.
func (s *simulation) conclude(p *paperwork, in store.Instance) {
	if err := s.records.Audit(context.Background(), in.ID); err != nil {
		s.judge.wrong("%v", err)
	}
	if in.State.Status == engine.Running {
		s.judge.wrong("instance %d did not end: %+v", in.ID, in.State.Tokens)
		return
	}
	facts := s.history(in.ID)
	for i := range facts {
		if i > 0 && facts[i].At.Before(facts[i-1].At) {
			s.judge.wrong("instance %d: fact %d is dated %v before the one it follows", in.ID, i+1, facts[i-1].At.Sub(facts[i].At))
		}
	}
	s.effects(in, facts)
	if in.State.Status == engine.Completed {
		s.asPlanned(p, in, facts)
	} else if !p.cancel {
		s.judge.wrong("instance %d was cancelled by nobody", in.ID)
	}
}

// effects wants that what the history says was done was done, under one key.
func (s *simulation) effects(in store.Instance, facts []engine.Fact) {
	s.judge.mu.Lock()
	defer s.judge.mu.Unlock()
	requested := map[int]engine.Fact{}
	for _, f := range facts {
		switch f.Kind {
		case engine.EffectRequested:
			requested[f.Ref] = f
		case engine.EffectFinished:
			kind := requested[f.Ref].Effect
			key := fmt.Sprintf("%d_%d/%s", in.ID, f.Ref, kind)
			if o := s.judge.asked[key]; kind != "external" && (o == nil || o.done == 0) {
				s.judge.wrongf("%s is finished, and was never done", key)
			}
		}
	}
}

// asPlanned wants the end that there would have been without any fault.
func (s *simulation) asPlanned(p *paperwork, in store.Instance, facts []engine.Fact) {
	finished := map[string]int{}
	for _, f := range facts {
		if f.Kind == engine.EffectFinished {
			finished[f.Node]++
		}
	}
	if p.workflow == "move" {
		if finished["welcome"] != 1 || finished["announce"] > 1 || finished["badge"] > 1 {
			s.judge.wrong("instance %d ended after %v", in.ID, finished)
		}
		return
	}
	want := map[string]int{}
	outcome := in.State.Last.Outcome
	switch {
	case outcome == "Approve":
		want = map[string]int{"tell": 1, "book": 1}
		if key, _ := s.judge.keys[effect{in.ID, engine.DoCall, "book", ""}]; expr.Format(in.State.Vars["booking"]) != "for "+key {
			s.judge.wrong("instance %d: the booking is %v, not that of %s", in.ID, in.State.Vars["booking"], key)
		}
	case outcome == "Expired":
	case outcome != p.action:
		s.judge.wrong("instance %d: %s was planned, and it is %s", in.ID, p.action, outcome)
	}
	if fmt.Sprint(want) != fmt.Sprint(finished) {
		s.judge.wrong("instance %d, %s: finished %v, want %v", in.ID, outcome, finished, want)
	}
}

// weigh holds what people were told against the history.
func (s *simulation) weigh() {
	type sum struct{ facts, acked, open int }
	marks := map[string]*sum{} // wishes that leave no text of their own
	for _, d := range s.judge.wishes {
		n := 0
		for _, f := range s.history(d.inst) {
			if f.Kind == d.fact && f.By == d.by.Principal && f.Ref == d.ref && (d.text == "" || f.Text == d.text) {
				n++
			}
		}
		if d.text == "" {
			key := fmt.Sprintf("%s of %s %d_%d", d.fact, d.by.Login, d.inst, d.ref)
			m := marks[key]
			if m == nil {
				m = &sum{}
				marks[key] = m
			}
			m.facts = n
			switch {
			case d.acked:
				m.acked++
			case d.unknown:
				m.open++
			}
			continue
		}
		switch {
		case d.acked && n == 0:
			s.judge.wrong("lost: %s of %s was acknowledged, and is not in the history of %d", d.what, d.by.Login, d.inst)
		case n > 1:
			s.judge.wrong("doubled: %s of %s stands %d times in the history of %d", d.what, d.by.Login, n, d.inst)
		case n > 0 && !d.acked && !d.unknown:
			s.judge.wrong("%s of %s was refused, and stands in the history of %d", d.what, d.by.Login, d.inst)
		}
	}
	for key, m := range marks {
		if m.facts < m.acked || m.facts > m.acked+m.open {
			s.judge.wrong("%s: %d in the history, %d acknowledged, %d never answered", key, m.facts, m.acked, m.open)
		}
	}
}

// starts wants one instance for each request that was acknowledged, at most one
// for any other, and no more.
func (s *simulation) starts(all []store.Instance) {
	n := map[string][]signoff.InstanceID{}
	for _, in := range all {
		n[in.State.Folio] = append(n[in.State.Folio], in.ID)
	}
	for _, p := range s.papers {
		switch ids := n[p.folio]; {
		case len(ids) > 1:
			s.judge.wrong("doubled: %s was started as %v", p.folio, ids)
		case p.id != 0 && !slices.Equal(ids, []signoff.InstanceID{p.id}):
			s.judge.wrong("lost: %s was acknowledged as %d, and is %v", p.folio, p.id, ids)
		}
		delete(n, p.folio)
	}
	for folio, ids := range n {
		s.judge.wrong("nobody started %s, %v", folio, ids)
	}
}
