package engine

import (
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// Hold stops an instance: nothing of it runs until Resume. Its tasks are in
// nobody's list, its timers wait. What was under way outside comes to its end;
// the results are taken in, and the steps behind wait.
type Hold struct{ Reason string }

// Resume lets a stopped instance go on where it was. Timers whose time has come
// meanwhile ring at once.
type Resume struct{ Reason string }

func (Hold) event()   {}
func (Resume) event() {}

// Held says who stopped the instance, when and why.
type Held struct {
	By     signoff.Principal
	At     time.Time
	Reason string
}

// Paused is a token that could go on, were the instance not stopped.
type Paused struct {
	Token int
	Stage Stage
}

func (t *turn) hold(e Hold) error {
	why, err := because(e.Reason)
	if err != nil {
		return err
	}
	if t.st.Held != nil {
		return instanceHeld(&t.st)
	}
	t.emitBy(Fact{Kind: InstanceHeld, Text: why})
	return nil
}

func (t *turn) resumeHeld(e Resume) error {
	why := clean(e.Reason)
	if err := tooLong("reason", why, MaxComment); err != nil {
		return err
	}
	if t.st.Held == nil {
		return refuse(signoff.Conflict, CodeNotHeld, "the instance is not stopped")
	}
	paused := t.st.Paused
	t.emitBy(Fact{Kind: InstanceResumed, Text: why})
	for _, p := range paused {
		t.resume(p.Token, p.Stage)
	}
	t.changed, t.decided = len(t.st.Waits) > 0, true
	return nil
}

// whileHeld refuses what a stopped instance does not take. What comes from
// outside it takes in; administrators may mend it and end it.
func (t *turn) whileHeld(event Event) error {
	switch event.(type) {
	case Resume, Hold, Skip, SetVars, Move, Migrate, GoBack, End, Cancel, Comment, AddFile, RemoveFile, EffectDone, EffectFailed, FinishExternal, MessageCame, SignalCame:
		return nil
	}
	if task, ok := taskOf(event); ok {
		if _, err := t.openTask(task); err != nil {
			return err // a stranger hears nothing of it
		}
	}
	return instanceHeld(&t.st)
}

// taskOf is the task that somebody wants to do something with, or say something of.
func taskOf(event Event) (int, bool) {
	switch e := event.(type) {
	case Act:
		return e.Task, true
	case Claim:
		return e.Task, true
	case Release:
		return e.Task, true
	case Redirect:
		return e.Task, true
	case Share:
		return e.Task, true
	case Withdraw:
		return e.Task, true
	case Ask:
		return e.Task, true
	case Reply:
		return e.Task, true
	case Sleep:
		return e.Task, true
	case Wake:
		return e.Task, true
	case Comment:
		return e.Task, true
	case AddFile:
		return e.Task, true
	}
	return 0, false
}

func instanceHeld(st *State) error {
	e := refuse(signoff.Conflict, CodeInstanceHeld, "%s stopped this instance on %s: %s", signoff.Mention(st.Held.By), signoff.At(st.Held.At), st.Held.Reason)
	e.Hint = "who administers the workflow can let it go on"
	return e
}

// pause keeps the tokens that could go on until the instance is resumed.
func (t *turn) pause() {
	for _, r := range t.ready {
		if t.where(r.token) == r.node.ID {
			t.emit(Fact{Kind: TokenPaused, Node: r.node.ID, Token: r.token, Stage: r.stage})
		}
	}
	t.ready = nil
}

// unpause forgets that a token could go on: it is no more, or elsewhere.
func (st *State) unpause(token int) {
	if slices.ContainsFunc(st.Paused, func(p Paused) bool { return p.Token == token }) {
		st.Paused = slices.DeleteFunc(slices.Clone(st.Paused), func(p Paused) bool { return p.Token == token })
	}
}

func (st *State) appendHeld(o *object) {
	if h := st.Held; h != nil {
		o.key("held")
		in := openObject(o.b)
		in.str("by", string(h.By))
		in.time("at", &h.At)
		in.str("reason", h.Reason)
		o.b = in.close()
	}
	list(o, "paused", st.Paused, func(dst []byte, p *Paused) []byte {
		o := openObject(dst)
		o.num("token", p.Token)
		o.str("stage", string(p.Stage))
		return o.close()
	})
}

func (h *Held) member(r *reader, key string) {
	switch key {
	case "by":
		h.By = signoff.Principal(r.string())
	case "at":
		h.At = r.time()
	case "reason":
		h.Reason = r.string()
	default:
		r.skip()
	}
}

func (p *Paused) member(r *reader, key string) {
	switch key {
	case "token":
		p.Token = r.int()
	case "stage":
		p.Stage = Stage(r.string())
	default:
		r.skip()
	}
}
