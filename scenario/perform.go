package scenario

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// verbs are the commands of a scenario. Filled in init, because "perform" looks
// into it.
var verbs map[string]func(*world, *arguments) (refused bool, err error)

func init() {
	verbs = map[string]func(*world, *arguments) (bool, error){
		"process": quiet((*world).setProcess), "group": quiet((*world).setGroup), "role": quiet((*world).setRole), "person": quiet((*world).setPerson),
		"nobody": quiet((*world).setNobody), "admin": quiet((*world).setAdmin), "at": quiet((*world).setClock), "show": quiet((*world).setShow),
		"service":  quiet((*world).setReply),
		"calendar": quiet((*world).setCalendar), "away": quiet((*world).setAway), "back": quiet((*world).setBack),
		"start": (*world).start, "decide": (*world).act, "claim": (*world).claim, "release": (*world).release,
		"withdraw": (*world).withdraw, "ask": (*world).ask, "reply": (*world).reply,
		"redirect": (*world).redirect, "share": (*world).share, "comment": (*world).comment, "sleep": (*world).sleep, "wake": (*world).wake,
		"file": (*world).addFile, "remove": (*world).removeFile,
		"after": quiet((*world).after), "timer": (*world).timer, "effect": (*world).effect, "finish": (*world).finish,
		"message": (*world).message, "signal": (*world).signal,
		"retry": (*world).retry, "skip": (*world).skip, "set": (*world).set, "move": (*world).move, "hold": (*world).hold, "resume": (*world).resume,
		"end": (*world).end, "cancel": (*world).cancel, "state": quiet((*world).tellState),
	}
}

// quiet is a command that is never refused.
func quiet(do func(*world, *arguments) error) func(*world, *arguments) (bool, error) {
	return func(w *world, a *arguments) (bool, error) { return false, do(w, a) }
}

// perform runs one command.
func (w *world) perform(c command) (refused bool, err error) {
	do, ok := verbs[c.verb]
	if !ok {
		if near := signoff.Nearest(c.verb, knownVerbs()); near != "" {
			return false, wrong("there is no command %q; did you mean %s?", c.verb, near)
		}
		return false, wrong("there is no command %q; there are %s", c.verb, strings.Join(knownVerbs(), ", "))
	}
	a := &arguments{words: c.words}
	w.replied = 0
	return do(w, a)
}

// arguments are a command's words, taken one by one; done refuses what is left.
type arguments struct{ words []word }

// next takes the first word that has no key.
func (a *arguments) next() (string, bool) {
	for i, x := range a.words {
		if x.keyed {
			break
		}
		a.words = append(a.words[:i:i], a.words[i+1:]...)
		return x.value, true
	}
	return "", false
}

func (a *arguments) need(what string) (string, error) {
	s, ok := a.next()
	if !ok || s == "" {
		return "", wrong("say %s", what)
	}
	return s, nil
}

// get takes the word with that key, up to the word "set".
func (a *arguments) get(key string) (string, bool) {
	for i, x := range a.words {
		if !x.keyed && x.value == "set" {
			break
		}
		if x.keyed && x.key == key {
			a.words = append(a.words[:i:i], a.words[i+1:]...)
			return x.value, true
		}
	}
	return "", false
}

func (a *arguments) text(key string) string {
	s, _ := a.get(key)
	return s
}

// who takes by=, which must be there.
func (a *arguments) who() (string, error) {
	by, ok := a.get("by")
	if !ok || by == "" {
		return "", wrong("say who does it: by=jane")
	}
	return by, nil
}

// vars takes all words that are left, as variables.
func (a *arguments) vars() (map[string]expr.Value, error) {
	vars := make(map[string]expr.Value, len(a.words))
	set := false
	for _, x := range a.words {
		if !x.keyed && x.value == "set" && !set {
			set = true
			continue
		}
		if !x.keyed {
			return nil, wrong("%q is out of place; values are given as name=value", x.value)
		}
		if _, twice := vars[x.key]; twice {
			return nil, wrong("%s is given twice", x.key)
		}
		vars[x.key] = x.valueOf()
	}
	a.words = nil
	return vars, nil
}

func (a *arguments) done() error {
	for _, x := range a.words {
		if x.keyed {
			return wrong("%s= means nothing here", x.key)
		}
		return wrong("%q is out of place", x.value)
	}
	return nil
}

// task takes a task's name and who acts on it.
func (w *world) task(a *arguments) (seq int, by string, err error) {
	name, err := a.need("which task: t1")
	if err != nil {
		return 0, "", err
	}
	if seq, err = w.seq('t', name); err != nil {
		return 0, "", err
	}
	by, err = a.who()
	return seq, by, err
}

func (w *world) start(a *arguments) (bool, error) {
	by, err := a.who()
	if err != nil {
		return false, err
	}
	e := engine.Start{Instance: 1, Priority: 1, Folio: a.text("folio")}
	if p, ok := a.get("priority"); ok {
		if e.Priority, err = strconv.Atoi(p); err != nil {
			return false, wrong("priority is a number: 0, 1 or 2")
		}
	}
	e.Node = a.text("node")
	vars, err := a.vars()
	if err != nil {
		return false, err
	}
	if n := w.step(e.Node); n != nil && (n.Is(process.OnMessage) || n.Is(process.OnSignal)) {
		e.Came = vars
	} else {
		e.Vars = vars
	}
	return w.decide(by, e)
}

func (w *world) act(a *arguments) (bool, error) {
	seq, by, err := w.task(a)
	if err != nil {
		return false, err
	}
	e := engine.Act{Task: seq, Action: a.text("outcome"), Comment: a.text("comment"), Channel: a.text("channel"), Evidence: a.text("evidence")}
	if e.Vars, err = a.vars(); err != nil {
		return false, err
	}
	return w.decide(by, e)
}

// onTask is a command that names a task, who acts, and what else more takes.
func (w *world) onTask(a *arguments, more func(seq int) (engine.Event, error)) (bool, error) {
	seq, by, err := w.task(a)
	if err != nil {
		return false, err
	}
	e, err := more(seq)
	if err != nil {
		return false, err
	}
	if err := a.done(); err != nil {
		return false, err
	}
	return w.decide(by, e)
}

func (w *world) claim(a *arguments) (bool, error) {
	return w.onTask(a, func(seq int) (engine.Event, error) { return engine.Claim{Task: seq}, nil })
}

func (w *world) release(a *arguments) (bool, error) {
	return w.onTask(a, func(seq int) (engine.Event, error) { return engine.Release{Task: seq}, nil })
}

func (w *world) wake(a *arguments) (bool, error) {
	return w.onTask(a, func(seq int) (engine.Event, error) { return engine.Wake{Task: seq}, nil })
}

func (w *world) redirect(a *arguments) (bool, error) {
	return w.onTask(a, func(seq int) (engine.Event, error) {
		return engine.Redirect{Task: seq, From: a.text("from"), To: a.text("to"), Comment: a.text("comment")}, nil
	})
}

func (w *world) share(a *arguments) (bool, error) {
	return w.onTask(a, func(seq int) (engine.Event, error) {
		return engine.Share{Task: seq, To: a.text("to"), Comment: a.text("comment")}, nil
	})
}

func (w *world) withdraw(a *arguments) (bool, error) {
	return w.onTask(a, func(seq int) (engine.Event, error) {
		return engine.Withdraw{Task: seq, Outcome: a.text("outcome"), Comment: a.text("comment")}, nil
	})
}

func (w *world) ask(a *arguments) (bool, error) {
	return w.onTask(a, func(seq int) (engine.Event, error) {
		return engine.Ask{Task: seq, To: a.text("to"), Text: a.text("text")}, nil
	})
}

// reply answers the question of a label: reply t1 by=ana to=q1 text="…".
func (w *world) reply(a *arguments) (bool, error) {
	return w.onTask(a, func(seq int) (engine.Event, error) {
		question, err := w.seq('q', a.text("to"))
		return engine.Reply{Task: seq, Question: question, Text: a.text("text")}, err
	})
}

func (w *world) sleep(a *arguments) (bool, error) {
	return w.onTask(a, func(seq int) (engine.Event, error) {
		if s, ok := a.get("for"); ok {
			until, err := w.in(s)
			return engine.Sleep{Task: seq, Until: until}, err
		}
		until, err := clock(a.text("until"))
		return engine.Sleep{Task: seq, Until: until}, err
	})
}

func (w *world) comment(a *arguments) (bool, error) {
	e := engine.Comment{Text: a.text("text")}
	if name, ok := a.next(); ok {
		seq, err := w.seq('t', name)
		if err != nil {
			return false, err
		}
		e.Task = seq
	}
	by, err := a.who()
	if err == nil {
		err = a.done()
	}
	if err != nil {
		return false, err
	}
	return w.decide(by, e)
}

func (w *world) after(a *arguments) error {
	s, err := a.need("how long: after P3D")
	if err != nil {
		return err
	}
	until, err := w.in(s)
	if err == nil {
		err = a.done()
	}
	if err != nil {
		return err
	}
	return w.pass(until)
}

func (w *world) timer(a *arguments) (bool, error) {
	name, err := a.need("which timer: w1")
	if err != nil {
		return false, err
	}
	seq, err := w.seq('w', name)
	if err == nil {
		err = a.done()
	}
	if err != nil {
		return false, err
	}
	return w.decide("", engine.TimerDue{Timer: seq})
}

func (w *world) effect(a *arguments) (bool, error) {
	how, err := a.need("how it went: effect done e1, effect failed e1")
	if err != nil {
		return false, err
	}
	name, err := a.need("which effect: e1")
	if err != nil {
		return false, err
	}
	seq, err := w.seq('e', name)
	if err != nil {
		return false, err
	}
	switch how {
	case "done":
		result, err := a.vars()
		if err != nil {
			return false, err
		}
		return w.decide("", engine.EffectDone{Effect: seq, Result: result})
	case "failed":
		return w.effectFailed(a, seq)
	}
	return false, wrong("an effect is done or failed, not %s", how)
}

func (w *world) effectFailed(a *arguments, seq int) (bool, error) {
	e := engine.EffectFailed{Effect: seq, Error: a.text("error"), Code: a.text("code"), Cause: a.text("cause"), Advice: a.text("advice"), Attempts: 1}
	if s, ok := a.get("attempts"); ok {
		n, err := strconv.Atoi(s)
		if err != nil {
			return false, wrong("attempts is a number")
		}
		e.Attempts = n
	}
	if err := a.done(); err != nil {
		return false, err
	}
	return w.decide("", e)
}

func (w *world) finish(a *arguments) (bool, error) {
	name, err := a.need("which effect: e1")
	if err != nil {
		return false, err
	}
	e := engine.FinishExternal{}
	if e.Effect, err = w.seq('e', name); err != nil {
		return false, err
	}
	by := a.text("by")
	if e.Vars, err = a.vars(); err != nil {
		return false, err
	}
	return w.decide(by, e)
}

// message hands a message to who has waited longest for one of that name and
// key, as a server does.
func (w *world) message(a *arguments) (bool, error) {
	name, err := a.need("which message: message paid key=4711")
	if err != nil {
		return false, err
	}
	key, id := a.text("key"), a.text("id")
	vars, err := a.vars()
	if err != nil {
		return false, err
	}
	for _, wait := range w.st.Waits {
		if wait.Kind == engine.WaitMessage && wait.Name == name && wait.Key == key {
			return w.decide("", engine.MessageCame{Wait: wait.Seq, Vars: vars, Message: id})
		}
	}
	w.tell("none", "nothing waits for this message")
	return false, nil
}

// signal tells all who wait for a signal of that name.
func (w *world) signal(a *arguments) (bool, error) {
	name, err := a.need("which signal: signal closing-time")
	if err != nil {
		return false, err
	}
	vars, err := a.vars()
	if err != nil {
		return false, err
	}
	heard := false
	for _, wait := range slices.Clone(w.st.Waits) {
		still := slices.ContainsFunc(w.st.Waits, func(x engine.Wait) bool { return x.Seq == wait.Seq })
		if wait.Kind != engine.WaitSignal || wait.Name != name || !still {
			continue
		}
		heard = true
		if refused, err := w.decide("", engine.SignalCame{Wait: wait.Seq, Vars: vars}); refused || err != nil {
			return refused, err
		}
	}
	if !heard {
		w.tell("none", "nothing waits for this signal")
	}
	return false, nil
}

func (w *world) cancel(a *arguments) (bool, error) {
	by, e := a.text("by"), engine.Cancel{Reason: a.text("reason")}
	if err := a.done(); err != nil {
		return false, err
	}
	return w.decide(by, e)
}

// in returns the moment an ISO 8601 duration from now.
func (w *world) in(text string) (time.Time, error) {
	v, err := expr.Coerce(expr.String(text), string(process.Duration))
	if err == nil && v != nil {
		if t, ok := expr.AddTo(w.now, v); ok && t.Year() >= 1 && t.Year() <= 9999 {
			return t, nil
		}
	}
	return time.Time{}, wrong("%q is no duration: write it as P3D for days, PT2H for hours", text)
}

func clock(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, wrong("%q is no time: write it as 2026-01-05T09:00:00Z", text)
	}
	return t, nil
}
