package worklist

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// This file says what an instance waits for outside: other systems, other
// instances, and the servers themselves.

func (q *inquiry) effect(e *engine.Effect, r Reason) Reason {
	if at, known := q.made[e.Seq]; known {
		r.Since = &at
	}
	if e.Kind == "external" {
		r.Step = q.serial(e.Seq)
		return r.is("external", "%q waits for another system, which finishes it by its serial number %s%s", r.Name, r.Step, r.since()).
			end("that system calls POST /api/v1/steps/%s/finish", r.Step)
	}
	i := slices.IndexFunc(q.commands, func(u store.Underway) bool { return u.Ref == e.Seq })
	if i < 0 {
		return r.is("moving", "the result of %q is being taken in", r.Name).end("a moment")
	}
	c := &q.commands[i]
	switch {
	case c.For != "":
		r.Step, r.Since = q.serial(e.Seq), &c.Since
		if c.Who != "" {
			r.For = []signoff.Principal{c.Who}
		}
		why := c.Why
		if why == "" {
			why = "it lacks a connection"
		}
		return r.is("connection", "%q waits for a connection%s: %s", r.Name, r.since(), why).end("the account is connected; the step goes on by itself then")
	case e.Kind == "workflow":
		if child, begun := q.child(e, r); begun {
			return child
		}
	case e.Kind == "email" && c.Due.IsZero():
		return q.mail(c, r)
	}
	return q.command(c, r)
}

// child says that a call activity waits for the instance it began.
func (q *inquiry) child(e *engine.Effect, r Reason) (Reason, bool) {
	i := slices.IndexFunc(q.children, func(c store.Child) bool { return c.Step == q.serial(e.Seq) })
	if i < 0 {
		return r, false
	}
	c := &q.children[i]
	r.Child = c.ID
	if c.State.Status != engine.Running {
		return r.is("moving", "the result of %q, instance %d, is being taken in", r.Name, c.ID).end("a moment"), true
	}
	if !q.seen[c.ID] { // its number says which, and nothing about it
		return r.is("child", "%q waits for instance %d%s", r.Name, c.ID, r.since()).end("instance %d ends; who may see it can ask why that one waits", c.ID), true
	}
	state := ""
	switch {
	case c.State.Held != nil:
		state = ", which is stopped"
	case len(c.State.Incidents) > 0:
		state = ", in which a step has failed"
	}
	return r.is("child", "%q waits for instance %d, %s%s%s", r.Name, c.ID, c.State.Folio, state, r.since()).
		end("instance %d ends; ask why that one waits", c.ID), true
}

// command says how a command of the outbox stands.
func (q *inquiry) command(c *store.Underway, r Reason) Reason {
	most := process.DefaultRetry.Max
	if n := q.node(r.Node); n != nil && n.Retry != nil {
		most = n.Retry.Max
	}
	switch {
	case c.Holder != "":
		return q.holder(c, r)
	case c.Due.IsZero():
		return r.is("call", "%q was handed over, and its result is waited for%s", r.Name, r.since()).end("the result is reported")
	case q.st.Held != nil:
		return r.is("stopped", "%q is not tried while the instance is stopped", r.Name).end("it goes on with the instance")
	case c.LastError != "":
		r.Until = &c.Due
		r = r.is("retry", "%q failed on try %d of %d: %s", r.Name, c.Attempt, most, c.LastError)
		if c.Due.After(q.now) {
			return r.end("it is tried again on %s", signoff.At(c.Due))
		}
		return r.end("it is tried again now")
	case !q.alive():
		return q.noServer(r)
	case c.Due.After(q.now):
		r.Until = &c.Due
		return r.is("call", "%q is begun on %s", r.Name, signoff.At(c.Due)).end("its time comes")
	}
	return r.is("call", "%q waits for its turn%s", r.Name, r.since()).end("a server has room for it")
}

// holder says which server carries a command out, and whether it still can.
func (q *inquiry) holder(c *store.Underway, r Reason) Reason {
	i := slices.IndexFunc(q.nodes, func(n store.Node) bool { return n.ID == c.Holder })
	if i < 0 {
		return r.is("server", "%q was taken up by a server that is switched off", r.Name).end("another server takes it up, by %s at the latest", signoff.At(c.Due))
	}
	if n := &q.nodes[i]; q.late(n) {
		r.Since = &n.Renewed
		return r.is("server", "%q was taken up by the server %s, which has not been heard of since %s", r.Name, n.Name, signoff.At(n.Renewed)).
			end("it is back, or another server takes it up")
	}
	return r.is("call", "%q is being carried out by the server %s, try %d%s", r.Name, q.nodes[i].Name, c.Attempt, r.since()).end("it answers")
}

func (q *inquiry) late(n *store.Node) bool { return q.shared && !n.Until.After(q.now) }

// alive tells whether any server is at work.
func (q *inquiry) alive() bool {
	return slices.ContainsFunc(q.nodes, func(n store.Node) bool { return !q.late(&n) })
}

func (q *inquiry) noServer(r Reason) Reason {
	return r.is("server", "%q waits for a server: none is at work%s", r.Name, r.since()).end("a server is started")
}

// mail says how the mails of a step stand.
func (q *inquiry) mail(c *store.Underway, r Reason) Reason {
	for i := range q.mails {
		m := &q.mails[i]
		if m.Command != c.Key || m.State == store.MailSent {
			continue
		}
		switch {
		case m.State == store.MailDoubtful:
			return r.is("mail", "it is not known whether the mail of %q to %s got out", r.Name, m.To).end("it is found in the mailbox, or somebody sends it again or drops it under Mail")
		case m.State == store.MailFailed:
			return r.is("mail", "the mail of %q to %s failed: %s", r.Name, m.To, m.Error).end("somebody sends it again or drops it under Mail")
		case m.Error != "":
			r.Until = &m.Due
			return r.is("mail", "the mail of %q to %s could not be sent: %s", r.Name, m.To, m.Error).end("it is tried again on %s", signoff.At(m.Due))
		}
		return r.is("mail", "the mail of %q to %s waits to be sent%s", r.Name, m.To, r.since()).end("the mailbox takes it")
	}
	return r.is("mail", "the mail of %q is on its way%s", r.Name, r.since()).end("it is sent")
}

// events says which timers, messages, signals and conditions a token waits for.
func (q *inquiry) events(k *engine.Token, r Reason) Reason {
	var all []Reason
	for i := range q.st.Timers {
		if t := &q.st.Timers[i]; t.For == engine.ForEvent && t.Ref == k.ID && q.counts(t.Node) {
			all = append(all, q.timer(t, r))
		}
	}
	for i := range q.st.Waits {
		if x := &q.st.Waits[i]; x.Token == k.ID && q.counts(x.Node) {
			all = append(all, q.wait(x, r))
		}
	}
	switch len(all) {
	case 0:
		return r.is("moving", "%q is being worked on%s", r.Name, r.since()).end("a moment; if it stays so, the server's log knows why")
	case 1:
		return all[0]
	}
	var parts, ends []string
	for i := range all {
		_, what, _ := strings.Cut(all[i].Text, " waits ")
		parts, ends = append(parts, what), append(ends, all[i].Ends)
	}
	return r.is("race", "%q waits for whatever comes first: %s", r.Name, strings.Join(parts, "; or ")).end("%s", strings.Join(ends, "; or "))
}

// counts tells whether a wait holds the token: those on the edge of an activity
// wait beside what it does.
func (q *inquiry) counts(node string) bool {
	n := q.node(node)
	return n != nil && n.Kind != process.BoundaryEvent
}

func (q *inquiry) timer(t *engine.Timer, r Reason) Reason {
	if at, known := q.made[t.Seq]; known {
		r.Since = &at
	}
	r.Until = &t.Due
	switch {
	case t.Due.After(q.now) || q.st.Held != nil:
		return r.is("timer", "%q waits until %s", r.Name, signoff.At(t.Due)).end("that time comes")
	case !q.alive():
		return r.is("server", "%q waits for a server: its time came on %s, and none is at work", r.Name, signoff.At(t.Due)).end("a server is started")
	}
	return r.is("timer", "%q waits to be taken up: its time came on %s", r.Name, signoff.At(t.Due)).end("a moment; if it stays so, the server's log knows why")
}

func (q *inquiry) wait(x *engine.Wait, r Reason) Reason {
	if at, known := q.made[x.Seq]; known {
		r.Since = &at
	}
	switch x.Kind {
	case engine.WaitSignal:
		return r.is("signal", "%q waits for the signal %q%s", r.Name, x.Name, r.since()).end("somebody sends that signal")
	case engine.WaitCondition:
		return q.condition(x, r)
	}
	key := ""
	if x.Key != "" {
		key = fmt.Sprintf(" with the key %q", x.Key)
	}
	return r.is("message", "%q waits for the message %q%s%s%s", r.Name, x.Name, key, r.since(), q.near(x)).
		end("a message of that name%s comes, from another system or by hand (signoff messages send)", key)
}

// near is what has come that is almost what is waited for.
func (q *inquiry) near(x *engine.Wait) string {
	var found []string
	for i := range q.messages {
		m := &q.messages[i]
		switch {
		case m.Name == x.Name && x.Key != "" && m.Key != x.Key:
			found = append(found, fmt.Sprintf("one with the key %q came on %s", m.Key, signoff.At(m.Came)))
		case m.Name != x.Name && m.Key == x.Key && strings.EqualFold(m.Name, x.Name):
			found = append(found, fmt.Sprintf("one called %q came on %s", m.Name, signoff.At(m.Came)))
		}
		if len(found) == 3 {
			break
		}
	}
	switch {
	case len(found) == 0 && x.Key != "" && q.others[x.Name]:
		return "; messages of that name wait that others have sent, with other keys" // which is theirs to know
	case len(found) == 0:
		return ""
	}
	return "; " + strings.Join(found, ", ")
}

// condition says what has to be true, and what its variables are now.
func (q *inquiry) condition(x *engine.Wait, r Reason) Reason {
	n := q.node(x.Node)
	if n == nil || n.Event == nil || n.Event.Condition == nil {
		return r.is("condition", "%q waits for its condition%s", r.Name, r.since())
	}
	var now []string
	for _, name := range n.Event.Condition.Names() {
		v, some := q.st.Vars[name]
		switch {
		case !some || v == nil:
			now = append(now, name+" has no value")
		default:
			now = append(now, name+" is "+clip(expr.Format(v), 80))
		}
	}
	what := ""
	if len(now) > 0 {
		what = "; " + strings.Join(now, ", ")
	}
	return r.is("condition", "%q waits until %s is true%s%s", r.Name, n.Event.Condition.Source(), r.since(), what).end("its variables change so that it is")
}

func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// join says which branches a gateway lacks, and where the instance is besides.
func (q *inquiry) join(k *engine.Token, n *process.Node, r Reason) Reason {
	var lacking, elsewhere []string
	for _, i := range n.Incoming {
		f := &q.Def.Flows[i]
		if !slices.ContainsFunc(q.st.Tokens, func(x engine.Token) bool {
			return x.Node == n.ID && x.Scope == k.Scope && x.Flow == f.ID
		}) {
			lacking = append(lacking, fmt.Sprintf("%q", q.Def.Nodes[f.From].Name))
		}
	}
	for _, x := range q.st.Tokens {
		if x.Scope == k.Scope && x.Node != n.ID {
			if name := fmt.Sprintf("%q", q.name(x.Node)); !slices.Contains(elsewhere, name) {
				elsewhere = append(elsewhere, name)
			}
		}
	}
	text := fmt.Sprintf("%q waits for the branch from %s%s", r.Name, strings.Join(lacking, " and "), r.since())
	if n.Kind == process.InclusiveGateway {
		text = fmt.Sprintf("%q waits for whatever can still come%s", r.Name, r.since())
	}
	if len(elsewhere) > 0 {
		text += "; the instance is also at " + strings.Join(elsewhere, ", ")
	}
	return r.is("join", "%s", text).end("those branches come")
}
