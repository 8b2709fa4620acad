package engine

import (
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// AppendJSON appends the stored form of the state, the same bytes for the same
// state. DecodeState reads it.
func (st *State) AppendJSON(dst []byte) []byte {
	o := openObject(dst)
	o.num("form", st.form())
	o.int64("instance", int64(st.Instance))
	o.str("status", string(st.Status))
	o.str("folio", st.Folio)
	o.num("priority", st.Priority)
	o.person("starter", &st.Starter)
	o.str("starterBehind", string(st.StarterBehind))
	o.time("startedAt", &st.StartedAt)
	o.time("endedAt", st.EndedAt)
	o.num("seq", st.Seq)
	o.num("facts", st.Facts)
	o.values("vars", st.Vars)
	list(&o, "tokens", st.Tokens, appendToken)
	list(&o, "tasks", st.Tasks, appendTask)
	list(&o, "timers", st.Timers, appendTimer)
	list(&o, "effects", st.Effects, appendEffect)
	list(&o, "scopes", st.Scopes, appendScope)
	list(&o, "waits", st.Waits, appendWait)
	list(&o, "incidents", st.Incidents, appendIncident)
	st.appendHeld(&o)
	list(&o, "files", st.Files, appendFile)
	list(&o, "doers", st.Doers, appendDoer)
	st.Came.append(&o)
	list(&o, "ran", st.Ran, func(dst []byte, r *Ran) []byte {
		o := openObject(dst)
		o.num("until", r.Until)
		o.num("version", r.Version)
		return o.close()
	})
	o.str("error", st.Error)
	if d := st.Last; d != nil {
		o.key("last")
		l := openObject(o.b)
		l.str("outcome", d.Outcome)
		l.str("comment", d.Comment)
		l.person("by", &d.By)
		l.time("at", &d.At)
		o.b = l.close()
	}
	return o.close()
}

// form is the oldest form that can say what is in the state.
func (st *State) form() int {
	switch {
	case st.Form == 0:
		return 0
	case st.Held != nil, st.Came != nil, len(st.Ran) > 0:
		return 2
	case st.StarterBehind != "", len(st.Doers)+len(st.Files) > 0: // which it would lose with the next step
		return 2
	case slices.ContainsFunc(st.Tasks, Task.newer):
		return 2
	case len(st.Scopes) > 0 || len(st.Waits) > 0 || slices.ContainsFunc(st.Timers, func(t Timer) bool {
		return t.Cycle != "" || t.For == ForStart || t.For == ForIdle || t.For == ForReminder
	}):
		return 2
	}
	return 1
}

// MarshalJSON implements json.Marshaler with AppendJSON, which is faster alone.
func (st State) MarshalJSON() ([]byte, error) { return st.AppendJSON(nil), nil }

func appendToken(dst []byte, k *Token) []byte {
	o := openObject(dst)
	o.num("id", k.ID)
	o.str("node", k.Node)
	o.str("via", k.Flow)
	o.num("scope", k.Scope)
	return o.close()
}

func appendScope(dst []byte, s *Scope) []byte {
	o := openObject(dst)
	o.num("id", s.ID)
	o.str("node", s.Node)
	o.num("parent", s.Parent)
	o.num("token", s.Token)
	o.num("number", s.Number)
	o.values("vars", s.Vars)
	if l := s.Loop; l != nil {
		o.key("loop")
		in := openObject(o.b)
		in.num("count", l.Count)
		in.num("begun", l.Begun)
		in.num("done", l.Done)
		in.num("stopped", l.Stopped)
		in.values("lists", l.lists())
		o.b = in.close()
	}
	return o.close()
}

// lists are the values of a loop, as variables are stored.
func (l *Loop) lists() map[string]expr.Value {
	if l.Items == nil && l.Output == nil {
		return nil
	}
	out := map[string]expr.Value{}
	if l.Items != nil {
		out["items"] = l.Items
	}
	if l.Output != nil {
		out["output"] = l.Output
	}
	return out
}

func appendWait(dst []byte, w *Wait) []byte {
	o := openObject(dst)
	o.num("seq", w.Seq)
	o.num("token", w.Token)
	o.num("scope", w.Scope)
	o.str("node", w.Node)
	o.str("kind", w.Kind)
	o.str("name", w.Name)
	o.str("key", w.Key)
	o.truth("met", w.Met)
	return o.close()
}

func appendTask(dst []byte, t *Task) []byte {
	o := openObject(dst)
	o.num("seq", t.Seq)
	o.num("token", t.Token)
	o.str("node", t.Node)
	o.str("title", t.Title)
	o.str("instructions", t.Instructions)
	o.principals("recipients", t.Recipients)
	o.truth("claiming", t.Claiming)
	o.str("claimed", string(t.Claimed))
	list(&o, "asleep", t.Asleep, func(dst []byte, a *Asleep) []byte {
		o := openObject(dst)
		o.str("by", string(a.By))
		o.time("until", &a.Until)
		return o.close()
	})
	o.num("priority", t.Priority)
	o.time("offeredAt", &t.OfferedAt)
	o.time("due", t.Due)
	o.time("closedAt", t.ClosedAt)
	o.str("outcome", t.Outcome)
	o.str("closedBy", string(t.ClosedBy))
	o.str("behind", string(t.Behind))
	o.truth("withdrawn", t.Withdrawn)
	if !t.newer() {
		return o.close()
	}
	o.num("slots", t.Slots)
	o.principals("later", t.Later)
	list(&o, "answers", t.Answers, appendAnswer)
	list(&o, "holders", t.Holders, func(dst []byte, h *Holder) []byte {
		o := openObject(dst)
		o.str("by", string(h.By))
		o.time("until", &h.Until)
		return o.close()
	})
	list(&o, "shared", t.Shared, func(dst []byte, s *Shared) []byte {
		o := openObject(dst)
		o.str("by", string(s.By))
		o.str("to", string(s.To))
		return o.close()
	})
	o.principals("handedOn", t.HandedOn)
	list(&o, "questions", t.Questions, appendQuestion)
	return o.close()
}

// newer tells whether a program of before would misunderstand the task.
func (t Task) newer() bool {
	return t.Slots > 0 || t.Withdrawn || len(t.Questions)+len(t.Answers)+len(t.Later)+len(t.Holders)+len(t.Shared)+len(t.HandedOn) > 0
}

func appendAnswer(dst []byte, a *Answer) []byte {
	o := openObject(dst)
	o.person("by", &a.By)
	o.str("behind", string(a.Behind))
	o.str("action", a.Action)
	o.str("comment", a.Comment)
	o.time("at", &a.At)
	return o.close()
}

func appendQuestion(dst []byte, q *Question) []byte {
	o := openObject(dst)
	o.num("seq", q.Seq)
	o.str("by", string(q.By))
	o.str("to", string(q.To))
	o.str("text", q.Text)
	o.time("at", &q.At)
	o.str("reply", q.Reply)
	o.str("repliedBy", string(q.RepliedBy))
	o.time("repliedAt", q.RepliedAt)
	return o.close()
}

func appendDoer(dst []byte, d *Doer) []byte {
	o := openObject(dst)
	o.str("node", d.Node)
	o.principals("by", d.By)
	return o.close()
}

func appendTimer(dst []byte, t *Timer) []byte {
	o := openObject(dst)
	o.num("seq", t.Seq)
	o.str("node", t.Node)
	o.str("for", string(t.For))
	o.num("ref", t.Ref)
	o.time("due", &t.Due)
	o.str("cycle", t.Cycle)
	o.num("left", t.Left)
	o.num("number", t.Number)
	return o.close()
}

func appendEffect(dst []byte, e *Effect) []byte {
	o := openObject(dst)
	o.num("seq", e.Seq)
	o.num("token", e.Token)
	o.str("node", e.Node)
	o.str("kind", e.Kind)
	return o.close()
}

func appendIncident(dst []byte, i *Incident) []byte {
	o := openObject(dst)
	o.num("seq", i.Seq)
	o.str("node", i.Node)
	o.num("token", i.Token)
	o.num("effect", i.Effect)
	o.str("stage", string(i.Stage))
	o.str("code", i.Code)
	o.str("cause", i.Cause)
	o.str("advice", i.Advice)
	o.num("attempts", i.Attempts)
	o.time("at", &i.At)
	o.values("result", i.Result)
	return o.close()
}

// AppendJSON appends the stored form of the fact. DecodeFact reads it.
func (f *Fact) AppendJSON(dst []byte) []byte {
	o := openObject(dst)
	if form := f.form(); form > 1 { // the first is not written
		o.num("form", form)
	}
	o.num("seq", f.Seq)
	o.time("at", &f.At)
	o.str("kind", string(f.Kind))
	o.str("by", string(f.By))
	o.str("behind", string(f.Behind))
	o.str("node", f.Node)
	o.num("ref", f.Ref)
	o.num("token", f.Token)
	o.num("subject", f.Subject)
	o.num("scope", f.Scope)
	o.str("flow", f.Flow)
	o.int64("instance", int64(f.Instance))
	o.str("folio", f.Folio)
	o.person("starter", f.Starter)
	o.person("person", f.Person)
	o.num("priority", f.Priority)
	o.str("title", f.Title)
	o.truth("claiming", f.Claiming)
	o.num("slots", f.Slots)
	o.num("number", f.Number)
	o.principals("next", f.Later)
	o.principals("to", f.To)
	o.str("from", string(f.From))
	o.time("due", f.Due)
	o.str("timerFor", string(f.TimerFor))
	o.str("stage", string(f.Stage))
	o.str("action", f.Action)
	o.str("outcome", f.Outcome)
	o.str("text", f.Text)
	o.str("advice", f.Advice)
	o.str("code", f.Code)
	o.num("attempts", f.Attempts)
	o.str("channel", f.Channel)
	o.str("evidence", f.Evidence)
	o.str("effect", f.Effect)
	o.str("status", string(f.Status))
	f.Crossed.append(&o)
	o.values("vars", f.Vars)
	return o.close()
}

// form is the oldest form that can say what the fact says.
func (f *Fact) form() int {
	switch f.Kind {
	case TaskAnswered, TaskConcluded, TaskPassed, TaskAsked, TaskReplied, FileAdded, FileRemoved:
		return 2
	case TaskWithdrawn:
		if f.Outcome != "" {
			return 2
		}
	case TaskOffered, TaskRedirected, TaskShared:
		if f.Slots > 0 {
			return 2
		}
	case ScopeOpened, LoopBegun, ScopeEnded, WaitSet, WaitCleared, ConditionMet, ConditionLapsed:
		return 2
	case StepSkipped, VarsEdited, TokenMoved, InstanceHeld, InstanceResumed, TokenPaused, Migrated, WentBack:
		return 2
	case TimerSet:
		if f.Text != "" || f.TimerFor == ForStart || f.TimerFor == ForIdle || f.TimerFor == ForReminder {
			return 2
		}
	}
	if f.Scope != 0 {
		return 2
	}
	return 1
}

// MarshalJSON implements json.Marshaler with AppendJSON, which is faster alone.
func (f Fact) MarshalJSON() ([]byte, error) { return f.AppendJSON(nil), nil }

// object writes one JSON object. Zero values are left out.
type object struct{ b []byte }

func openObject(dst []byte) object { return object{append(dst, '{')} }

func (o *object) close() []byte { return append(o.b, '}') }

// next is what the object holds so far, ready for another member.
func (o *object) next() []byte {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	return o.b
}

// key begins a member. The names are our own and need no escaping.
func (o *object) key(name string) {
	o.b = append(o.next(), '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

func (o *object) num(name string, v int) { o.int64(name, int64(v)) }

func (o *object) int64(name string, v int64) {
	if v != 0 {
		o.key(name)
		o.b = strconv.AppendInt(o.b, v, 10)
	}
}

func (o *object) truth(name string, v bool) {
	if v {
		o.key(name)
		o.b = append(o.b, "true"...)
	}
}

func (o *object) str(name, v string) {
	if v != "" {
		o.key(name)
		o.b = appendString(o.b, v)
	}
}

func (o *object) time(name string, v *time.Time) {
	if v != nil && !v.IsZero() {
		o.key(name)
		o.b = append(o.b, '"')
		o.b = v.UTC().AppendFormat(o.b, time.RFC3339Nano)
		o.b = append(o.b, '"')
	}
}

func (o *object) person(name string, p *signoff.Person) {
	if p == nil {
		return
	}
	o.key(name)
	in := openObject(o.b)
	in.str("principal", string(p.Principal))
	in.str("login", p.Login)
	in.str("name", p.Name)
	in.str("email", p.Email)
	o.b = in.close()
}

func (o *object) principals(name string, ps []signoff.Principal) {
	if len(ps) == 0 {
		return
	}
	o.key(name)
	for i, p := range ps {
		o.b = append(o.b, separator(i))
		o.b = appendString(o.b, string(p))
	}
	o.b = append(o.b, ']')
}

// values writes variables sorted by name.
func (o *object) values(name string, vars map[string]expr.Value) {
	if len(vars) == 0 {
		return
	}
	o.key(name)
	var room [16]string
	names := slices.AppendSeq(room[:0], maps.Keys(vars))
	slices.Sort(names)
	o.b = append(o.b, '{')
	for i, n := range names {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = appendString(o.b, n)
		o.b = append(o.b, ':')
		o.b = expr.AppendJSON(o.b, vars[n])
	}
	o.b = append(o.b, '}')
}

func list[T any](o *object, name string, items []T, one func([]byte, *T) []byte) {
	if len(items) == 0 {
		return
	}
	o.key(name)
	for i := range items {
		o.b = one(append(o.b, separator(i)), &items[i])
	}
	o.b = append(o.b, ']')
}

func separator(i int) byte {
	if i == 0 {
		return '['
	}
	return ','
}

const hex = "0123456789abcdef"

// appendString writes s as JSON text.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += n
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
