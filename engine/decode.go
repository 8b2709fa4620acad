package engine

import (
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// DecodeState reads what AppendJSON wrote. A form newer than StateForm is
// refused with CodeNewer, and what could be read comes with the refusal: good
// for showing that there is such an instance, and for nothing else. Where no
// form is named it is the first. Members nobody knows are passed over.
func DecodeState(data []byte) (State, error) {
	var st State
	r := reader{data: data}
	r.object(func(key []byte) { st.member(&r, string(key)) })
	err := r.end()
	if st.Form > StateForm { // then it is no wonder that the rest cannot be read
		return st, newerForm("state", st.Form)
	}
	if err != nil {
		return State{}, fmt.Errorf("engine: read a state: %w", err)
	}
	st.Form = max(st.Form, 1)
	return st, nil
}

// UnmarshalJSON is DecodeState.
func (st *State) UnmarshalJSON(data []byte) (err error) {
	*st, err = DecodeState(data)
	return err
}

func (st *State) member(r *reader, key string) {
	switch key {
	case "form":
		st.Form = r.int()
	case "instance":
		st.Instance = signoff.InstanceID(r.int64())
	case "status":
		st.Status = Status(r.string())
	case "folio":
		st.Folio = r.string()
	case "priority":
		st.Priority = r.int()
	case "starter":
		st.Starter = readPerson(r)
	case "starterBehind":
		st.StarterBehind = signoff.Principal(r.string())
	case "startedAt":
		st.StartedAt = r.time()
	case "endedAt":
		st.EndedAt = r.timePtr()
	case "seq":
		st.Seq = r.int()
	case "facts":
		st.Facts = r.int()
	case "vars":
		st.Vars = readValues(r)
	case "tokens":
		st.Tokens = readList(r, (*Token).member)
	case "tasks":
		st.Tasks = readList(r, (*Task).member)
	case "timers":
		st.Timers = readList(r, (*Timer).member)
	case "effects":
		st.Effects = readList(r, (*Effect).member)
	case "scopes":
		st.Scopes = readList(r, (*Scope).member)
	case "waits":
		st.Waits = readList(r, (*Wait).member)
	case "error":
		st.Error = r.string()
	case "incidents":
		st.Incidents = readList(r, (*Incident).member)
	case "held":
		st.Held = &Held{}
		r.object(func(key []byte) { st.Held.member(r, string(key)) })
	case "files":
		st.Files = readList(r, (*File).member)
	case "paused":
		st.Paused = readList(r, (*Paused).member)
	case "doers":
		st.Doers = readList(r, (*Doer).member)
	case "came":
		st.Came = &Came{}
		r.object(func(key []byte) { st.Came.member(r, string(key)) })
	case "ran":
		st.Ran = readList(r, (*Ran).member)
	case "last":
		st.Last = &Decision{}
		r.object(func(key []byte) { st.Last.member(r, string(key)) })
	default:
		r.skip()
	}
}

func (d *Decision) member(r *reader, key string) {
	switch key {
	case "outcome":
		d.Outcome = r.string()
	case "comment":
		d.Comment = r.string()
	case "by":
		d.By = readPerson(r)
	case "at":
		d.At = r.time()
	default:
		r.skip()
	}
}

func (k *Token) member(r *reader, key string) {
	switch key {
	case "id":
		k.ID = r.int()
	case "node":
		k.Node = r.string()
	case "via":
		k.Flow = r.string()
	case "scope":
		k.Scope = r.int()
	default:
		r.skip()
	}
}

func (s *Scope) member(r *reader, key string) {
	switch key {
	case "id":
		s.ID = r.int()
	case "node":
		s.Node = r.string()
	case "parent":
		s.Parent = r.int()
	case "token":
		s.Token = r.int()
	case "number":
		s.Number = r.int()
	case "vars":
		s.Vars = readValues(r)
	case "loop":
		s.Loop = &Loop{}
		r.object(func(key []byte) { s.Loop.member(r, string(key)) })
	default:
		r.skip()
	}
}

func (l *Loop) member(r *reader, key string) {
	switch key {
	case "count":
		l.Count = r.int()
	case "begun":
		l.Begun = r.int()
	case "done":
		l.Done = r.int()
	case "stopped":
		l.Stopped = r.int()
	case "lists":
		lists := readValues(r)
		l.Items, _ = lists["items"].(expr.List)
		l.Output, _ = lists["output"].(expr.List)
	default:
		r.skip()
	}
}

func (w *Wait) member(r *reader, key string) {
	switch key {
	case "seq":
		w.Seq = r.int()
	case "token":
		w.Token = r.int()
	case "scope":
		w.Scope = r.int()
	case "node":
		w.Node = r.string()
	case "kind":
		w.Kind = r.string()
	case "name":
		w.Name = r.string()
	case "key":
		w.Key = r.string()
	case "met":
		w.Met = r.bool()
	default:
		r.skip()
	}
}

func (t *Task) member(r *reader, key string) {
	switch key {
	case "seq":
		t.Seq = r.int()
	case "token":
		t.Token = r.int()
	case "node":
		t.Node = r.string()
	case "title":
		t.Title = r.string()
	case "instructions":
		t.Instructions = r.string()
	case "recipients":
		t.Recipients = readPrincipals(r)
	case "claiming":
		t.Claiming = r.bool()
	case "claimed":
		t.Claimed = signoff.Principal(r.string())
	case "asleep":
		t.Asleep = readList(r, (*Asleep).member)
	case "priority":
		t.Priority = r.int()
	case "offeredAt":
		t.OfferedAt = r.time()
	case "due":
		t.Due = r.timePtr()
	case "closedAt":
		t.ClosedAt = r.timePtr()
	case "outcome":
		t.Outcome = r.string()
	case "closedBy":
		t.ClosedBy = signoff.Principal(r.string())
	case "behind":
		t.Behind = signoff.Principal(r.string())
	case "withdrawn":
		t.Withdrawn = r.bool()
	default:
		t.severalMember(r, key)
	}
}

func (t *Task) severalMember(r *reader, key string) {
	switch key {
	case "slots":
		t.Slots = r.int()
	case "later":
		t.Later = readPrincipals(r)
	case "answers":
		t.Answers = readList(r, (*Answer).member)
	case "holders":
		t.Holders = readList(r, (*Holder).member)
	case "shared":
		t.Shared = readList(r, (*Shared).member)
	case "handedOn":
		t.HandedOn = readPrincipals(r)
	case "questions":
		t.Questions = readList(r, (*Question).member)
	default:
		r.skip()
	}
}

func (a *Answer) member(r *reader, key string) {
	switch key {
	case "by":
		a.By = readPerson(r)
	case "behind":
		a.Behind = signoff.Principal(r.string())
	case "action":
		a.Action = r.string()
	case "comment":
		a.Comment = r.string()
	case "at":
		a.At = r.time()
	default:
		r.skip()
	}
}

func (h *Holder) member(r *reader, key string) {
	switch key {
	case "by":
		h.By = signoff.Principal(r.string())
	case "until":
		h.Until = r.time()
	default:
		r.skip()
	}
}

func (s *Shared) member(r *reader, key string) {
	switch key {
	case "by":
		s.By = signoff.Principal(r.string())
	case "to":
		s.To = signoff.Principal(r.string())
	default:
		r.skip()
	}
}

func (q *Question) member(r *reader, key string) {
	switch key {
	case "seq":
		q.Seq = r.int()
	case "by":
		q.By = signoff.Principal(r.string())
	case "to":
		q.To = signoff.Principal(r.string())
	case "text":
		q.Text = r.string()
	case "at":
		q.At = r.time()
	case "reply":
		q.Reply = r.string()
	case "repliedBy":
		q.RepliedBy = signoff.Principal(r.string())
	case "repliedAt":
		q.RepliedAt = r.timePtr()
	default:
		r.skip()
	}
}

func (d *Doer) member(r *reader, key string) {
	switch key {
	case "node":
		d.Node = r.string()
	case "by":
		d.By = readPrincipals(r)
	default:
		r.skip()
	}
}

func (a *Asleep) member(r *reader, key string) {
	switch key {
	case "by":
		a.By = signoff.Principal(r.string())
	case "until":
		a.Until = r.time()
	default:
		r.skip()
	}
}

func (t *Timer) member(r *reader, key string) {
	switch key {
	case "seq":
		t.Seq = r.int()
	case "node":
		t.Node = r.string()
	case "for":
		t.For = TimerFor(r.string())
	case "ref":
		t.Ref = r.int()
	case "due":
		t.Due = r.time()
	case "cycle":
		t.Cycle = r.string()
	case "left":
		t.Left = r.int()
	case "number":
		t.Number = r.int()
	default:
		r.skip()
	}
}

func (e *Effect) member(r *reader, key string) {
	switch key {
	case "seq":
		e.Seq = r.int()
	case "token":
		e.Token = r.int()
	case "node":
		e.Node = r.string()
	case "kind":
		e.Kind = r.string()
	default:
		r.skip()
	}
}

func (i *Incident) member(r *reader, key string) {
	switch key {
	case "seq":
		i.Seq = r.int()
	case "node":
		i.Node = r.string()
	case "token":
		i.Token = r.int()
	case "effect":
		i.Effect = r.int()
	case "stage":
		i.Stage = Stage(r.string())
	case "code":
		i.Code = r.string()
	case "cause":
		i.Cause = r.string()
	case "advice":
		i.Advice = r.string()
	case "attempts":
		i.Attempts = r.int()
	case "at":
		i.At = r.time()
	case "result":
		i.Result = readValues(r)
	default:
		r.skip()
	}
}

// DecodeFact reads what AppendJSON wrote. A form newer than FactForm is refused
// with CodeNewer.
func DecodeFact(data []byte) (Fact, error) {
	var f Fact
	r := reader{data: data}
	r.object(func(key []byte) { f.member(&r, string(key)) })
	err := r.end()
	if r.form > FactForm {
		return Fact{}, newerForm("history", r.form)
	}
	if err != nil {
		return Fact{}, fmt.Errorf("engine: read a fact: %w", err)
	}
	return f, nil
}

// UnmarshalJSON is DecodeFact.
func (f *Fact) UnmarshalJSON(data []byte) (err error) {
	*f, err = DecodeFact(data)
	return err
}

// member reads one member of a fact: first those that most facts have.
func (f *Fact) member(r *reader, key string) {
	switch key {
	case "seq":
		f.Seq = r.int()
	case "at":
		f.At = r.time()
	case "kind":
		f.Kind = FactKind(r.string())
	case "by":
		f.By = signoff.Principal(r.string())
	case "node":
		f.Node = r.string()
	case "ref":
		f.Ref = r.int()
	case "token":
		f.Token = r.int()
	case "subject":
		f.Subject = r.int()
	case "scope":
		f.Scope = r.int()
	case "flow":
		f.Flow = r.string()
	case "vars":
		f.Vars = readValues(r)
	case "to":
		f.To = readPrincipals(r)
	case "due":
		f.Due = r.timePtr()
	case "starter":
		f.Starter = readPersonPtr(r)
	case "person":
		f.Person = readPersonPtr(r)
	case "instance":
		f.Instance = signoff.InstanceID(r.int64())
	case "priority":
		f.Priority = r.int()
	case "attempts":
		f.Attempts = r.int()
	case "claiming":
		f.Claiming = r.bool()
	case "slots":
		f.Slots = r.int()
	case "number":
		f.Number = r.int()
	case "next":
		f.Later = readPrincipals(r)
	default:
		f.textMember(r, key)
	}
}

func (f *Fact) textMember(r *reader, key string) {
	switch key {
	case "folio":
		f.Folio = r.string()
	case "title":
		f.Title = r.string()
	case "from":
		f.From = signoff.Principal(r.string())
	case "timerFor":
		f.TimerFor = TimerFor(r.string())
	case "stage":
		f.Stage = Stage(r.string())
	case "action":
		f.Action = r.string()
	case "outcome":
		f.Outcome = r.string()
	case "text":
		f.Text = r.string()
	case "advice":
		f.Advice = r.string()
	case "code":
		f.Code = r.string()
	case "crossed":
		f.Crossed = &Crossed{}
		r.object(func(key []byte) { f.Crossed.member(r, string(key)) })
	case "channel":
		f.Channel = r.string()
	case "evidence":
		f.Evidence = r.string()
	case "behind":
		f.Behind = signoff.Principal(r.string())
	case "effect":
		f.Effect = r.string()
	case "status":
		f.Status = Status(r.string())
	case "form":
		r.form = r.int()
	default:
		r.skip()
	}
}

func readPerson(r *reader) (p signoff.Person) {
	r.object(func(key []byte) {
		switch string(key) {
		case "principal":
			p.Principal = signoff.Principal(r.string())
		case "login":
			p.Login = r.string()
		case "name":
			p.Name = r.string()
		case "email":
			p.Email = r.string()
		default:
			r.skip()
		}
	})
	return p
}

func readPersonPtr(r *reader) *signoff.Person {
	p := readPerson(r)
	return &p
}

func readPrincipals(r *reader) (ps []signoff.Principal) {
	r.array(func() { ps = append(ps, signoff.Principal(r.string())) })
	return ps
}

func readValues(r *reader) map[string]expr.Value {
	vars := make(map[string]expr.Value)
	r.object(func(key []byte) {
		name := string(key)
		v, err := expr.DecodeJSON(r.raw())
		if err != nil {
			r.fail("variable %q: %v", name, err)
		}
		vars[name] = v
	})
	return vars
}

func readList[T any](r *reader, member func(*T, *reader, string)) (items []T) {
	r.array(func() {
		var item T
		r.object(func(key []byte) { member(&item, r, string(key)) })
		items = append(items, item)
	})
	return items
}

func (r *reader) time() time.Time {
	t, err := time.Parse(time.RFC3339Nano, r.string())
	if err != nil {
		r.fail("a time: %v", err)
	}
	return t.UTC()
}

func (r *reader) timePtr() *time.Time {
	t := r.time()
	return &t
}
