package runner

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// What a runner asks besides steps, in any order, gets the same answers too.

func TestTheMemoryStoreKeepsErrandsAsSQLiteDoes(t *testing.T) {
	againstSQLite(t, 12, sameErrands)
}

func TestTheMemoryStoreKeepsErrandsAsPostgreSQLDoes(t *testing.T) {
	againstPostgreSQL(t, 3, sameErrands)
}

// errandPair is both stores and what they have handed out.
type errandPair struct {
	*pair
	messages []store.Message
	targets  []store.SignalTo

	message, target map[int64]int64 // the real store's numbers: PostgreSQL leaves some out
}

func sameErrands(rt *rapid.T, dsn string, shared bool) {
	s, err := store.Open(context.Background(), dsn, store.Options{})
	if err != nil {
		rt.Fatal(err)
	}
	defer s.Close()
	p := &errandPair{pair: &pair{T: rt, real: s, mem: newMemory(shared), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)},
		message: map[int64]int64{}, target: map[int64]int64{}}
	for range rapid.IntRange(20, 60).Draw(rt, "questions") {
		p.now = p.now.Add(time.Duration(rapid.IntRange(1, 12_000_000).Draw(rt, "pause")) * time.Microsecond)
		p.ask()
		_, _ = p.both2("errands", func(o errandStore) (string, error) {
			e, err := o.Errands(context.Background())
			return fmt.Sprint(us(e.Messages), us(e.Signals), us(e.Orphans), us(e.Schedules)), err
		})
	}
}

func (p *errandPair) both2(what string, ask func(errandStore) (string, error)) (string, error) {
	p.Helper()
	return both(p.pair, what, func(s storage) (string, error) { return ask(s.(errandStore)) })
}

// told is a message as both stores tell it.
func toldMessage(m store.Message) string {
	return fmt.Sprint(m.Ident, m.State, m.Attempt, m.Turn, m.Instance, m.Begun, m.Told, m.Near, us(m.Settled), us(m.Until), m.LastError, m.Vars)
}

func (p *errandPair) ask() {
	ctx := context.Background()
	name, key := draw(p.pair, "name", "a", "b"), draw(p.pair, "key", "", "k", "l")
	limit := rapid.IntRange(1, 3).Draw(p.T, "limit")
	switch rapid.IntRange(0, 13).Draw(p.T, "what") {
	case 0, 1, 2:
		p.step(name, key)
	case 3, 4:
		p.put(name, key)
	case 5, 6:
		p.takeMessages(limit)
	case 7, 8, 9:
		p.say()
	case 10:
		_, _ = p.both2("nudge", func(o errandStore) (string, error) {
			some, err := o.NudgeMessages(ctx, name, key, p.now)
			return fmt.Sprint(some), err
		})
	case 11:
		_, _ = p.both2("sweep", func(o errandStore) (string, error) {
			n, err := o.SweepMessages(ctx, p.now)
			return fmt.Sprint(n), err
		})
	case 12:
		except := draw(p.pair, "except", nil, []signoff.WorkflowID{2}, []signoff.WorkflowID{3, 1})
		_, _ = p.both2("awaiting", func(o errandStore) (string, error) {
			a, err := o.Awaiting(ctx, name, key, except, limit)
			b, err2 := o.AwaitedBy(ctx, name, limit)
			c, err3 := o.WantedNames(ctx, limit)
			if err == nil {
				err = err2
			}
			if err == nil {
				err = err3
			}
			return fmt.Sprintf("%+v %+v %v", utc(a), utc(b), c), err
		})
	default:
		p.tell()
	}
}

func utc(list []store.Awaited) []store.Awaited {
	for i := range list {
		list[i].Since = list[i].Since.UTC()
	}
	return list
}

func (p *errandPair) put(name, key string) {
	kind := draw(p.pair, "kind", engine.WaitMessage, engine.WaitMessage, engine.WaitSignal)
	m := store.Message{Kind: kind, Source: "user:1", Ident: draw(p.pair, "id", "1", "2", "3", "4", "5", "6"), Digest: draw(p.pair, "digest", "same", "same", "other"), Name: name, Key: key,
		Vars: "{}", Came: p.now, Until: p.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(p.T, "keep")) * time.Second), State: store.MessageWaiting}
	if kind == engine.WaitSignal {
		m.Key, m.State, m.Settled = "", store.SignalSent, m.Came
	}
	number := int64(0)
	_, _ = p.both2("put", func(o errandStore) (string, error) {
		out, made, err := o.PutMessage(context.Background(), m)
		switch {
		case err != nil:
			return "", err
		case o != errandStore(p.mem):
			number = out.ID
		case made:
			p.message[out.ID] = number
			if m.Kind == engine.WaitMessage {
				p.messages = append(p.messages, out)
			}
		}
		return fmt.Sprint(made, " ", toldMessage(out)), err
	})
}

func (p *errandPair) takeMessages(limit int) {
	_, _ = p.both2("take", func(o errandStore) (out string, err error) {
		list, err := o.TakeMessages(context.Background(), p.now, limit)
		for _, m := range list {
			out += toldMessage(m) + "; "
			if o == errandStore(p.mem) {
				p.messages = append(p.messages, m)
			}
		}
		return out, err
	})
}

// say says something about a message that was handed out, rightly or not.
func (p *errandPair) say() {
	if len(p.messages) == 0 {
		return
	}
	m, due := draw(p.pair, "message", p.messages...), p.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(p.T, "due"))*time.Second)
	miss, cause := rapid.IntRange(0, 4).Draw(p.T, "miss") == 0, draw(p.pair, "cause", "", "", "away")
	_, _ = p.both2("say", func(o errandStore) (string, error) {
		m := m
		if o != errandStore(p.mem) {
			m.ID = p.message[m.ID]
		}
		err := o.DeferMessage(context.Background(), m, due, cause)
		if miss {
			err = o.MissMessage(context.Background(), m, "{}", p.now)
		}
		if err != nil {
			return "", err
		}
		is, err := o.Message(context.Background(), m.ID)
		return toldMessage(is), err
	})
}

// tell takes up those who are to be told of signals, and says what came of it.
func (p *errandPair) tell() {
	ctx := context.Background()
	how := rapid.IntRange(0, 2).Draw(p.T, "told")
	var reals []store.SignalTo
	_, _ = p.both2("targets", func(o errandStore) (out string, err error) {
		list, err := o.TakeTargets(ctx, p.now, 100)
		number := func(to store.SignalTo) int64 {
			if o == errandStore(p.mem) {
				return p.message[to.Message]
			}
			return to.Message
		}
		slices.SortFunc(list, func(a, b store.SignalTo) int {
			return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Seq, b.Seq))
		})
		if o != errandStore(p.mem) {
			reals = list
		}
		for i, to := range list {
			out += fmt.Sprint(number(to), to.Instance, to.Seq, to.Attempt, us(to.Due), "; ")
			if o == errandStore(p.mem) && i < len(reals) {
				p.target[to.ID] = reals[i].ID
			}
			switch {
			case err != nil:
			case how == 0:
				err = o.DropTarget(ctx, to)
			case how == 1:
				err = o.DeferTarget(ctx, to, p.now.Add(5*time.Second))
			case o == errandStore(p.mem):
				p.targets = append(p.targets, to)
			}
		}
		return out, err
	})
}

// step stores a step of an instance that comes to wait for something, or has
// waited for it, and may take in what it was for.
func (p *errandPair) step(name, key string) {
	st := store.Step{Workflow: 1, Version: 1, At: p.now}
	if len(p.ids) < 2 || rapid.IntRange(0, 4).Draw(p.T, "new") == 0 {
		id, _ := both(p.pair, "number", func(s storage) (signoff.InstanceID, error) { return s.NewInstance(context.Background()) })
		ana := ana.Person
		st.Instance = id
		p.add(&st, engine.Fact{Kind: engine.Started, Instance: id, Folio: "x", Starter: &ana, Priority: 1})
	} else {
		in, err := p.mem.Instance(context.Background(), draw(p.pair, "instance", p.ids...))
		if err != nil {
			p.Fatal(err)
		}
		st.Instance, st.Rev, st.Before, st.After = in.ID, in.Rev, in.State, in.State
	}
	kind := draw(p.pair, "waits for", engine.WaitMessage, engine.WaitSignal)
	if kind == engine.WaitSignal {
		key = ""
	}
	p.add(&st, engine.Fact{Kind: engine.WaitSet, Ref: st.After.Seq + 1, Node: "n", Token: 1, Effect: kind, Title: name, Code: key})
	if len(st.Before.Waits) > 0 && rapid.Bool().Draw(p.T, "done") {
		w := draw(p.pair, "wait", st.Before.Waits...)
		p.add(&st, engine.Fact{Kind: engine.WaitCleared, Ref: w.Seq, Node: "n"})
		switch {
		case w.Kind == engine.WaitMessage && len(p.messages) > 0:
			st.Taking.Message = draw(p.pair, "taken", p.messages...).ID
		case w.Kind == engine.WaitSignal && len(p.targets) > 0:
			to := draw(p.pair, "heard", p.targets...)
			st.Taking.Target, st.Taking.Signal = to.ID, to.Message
		}
	}
	err := said(p.pair, fmt.Sprintf("commit %d rev %d", st.Instance, st.Rev), func(s storage) error {
		own := st
		if s != storage(p.mem) {
			own.Taking.Message, own.Taking.Target, own.Taking.Signal = p.message[st.Taking.Message], p.target[st.Taking.Target], p.message[st.Taking.Signal]
		}
		return s.Commit(context.Background(), &own)
	})
	if err == nil && st.Rev == 0 {
		p.ids = append(p.ids, st.Instance)
	}
}
