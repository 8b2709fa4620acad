package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// What an effect is; Effect.Kind.
const (
	effectEmail    = "email"
	effectCall     = "call"
	effectExternal = "external"
	effectMessage  = "message"
	effectSignal   = "signal"
	effectWorkflow = "workflow"
)

// request asks the outside to do what a step says, and lets the token wait for
// the answer.
func (t *turn) request(r ready) *trouble {
	edge, bad := t.edge(r)
	if bad != nil {
		return bad
	}
	kind, text, c, bad := t.order(r.node)
	if bad != nil || kind == "" {
		return bad
	}
	seq := t.next()
	t.emit(Fact{Kind: EffectRequested, Node: r.node.ID, Ref: seq, Token: r.token, Effect: kind, Text: text})
	t.arm(edge, r.token, 0)
	if c != nil {
		c.Ref = seq
		t.command(*c)
	}
	return nil
}

// order works out what to ask of the outside, and in one line what it is. The
// kind is "" while people are being looked up; there is no command for a step
// that another system finishes.
func (t *turn) order(n *process.Node) (kind, text string, c *Command, bad *trouble) {
	switch {
	case n.Call != nil:
		return t.subWorkflow(n)
	case n.Event != nil:
		return t.message(n)
	}
	if n.Kind == process.SendTask {
		mail, bad := t.mail(n.Email)
		if bad != nil || mail == nil {
			return "", "", nil, bad
		}
		return effectEmail, mail.Subject, &Command{Kind: DoEmail, Node: n.ID, Email: mail}, nil
	}
	if n.Service.External {
		return effectExternal, n.Name, nil, nil
	}
	if n.Service.Object != nil {
		call, bad := t.objectCall(n.Service.Object)
		if bad != nil || call == nil {
			return "", "", nil, bad
		}
		return effectCall, call.Service + ": " + call.Object + "." + call.Method, &Command{Kind: DoCall, Node: n.ID, Call: call}, nil
	}
	call, bad := t.call(n.Service)
	if bad != nil {
		return "", "", nil, bad
	}
	return effectCall, call.Method + " " + cut(call.URL, MaxTitle), &Command{Kind: DoCall, Node: n.ID, Call: call}, nil
}

// mail composes a send task's mail, nil while people are being looked up.
func (t *turn) mail(e *process.Email) (*Email, *trouble) {
	to, bad := t.resolve("the recipients", e.To)
	if bad != nil {
		return nil, bad
	}
	cc, bad := t.resolve("the copies", e.Cc)
	if bad != nil {
		return nil, bad
	}
	subject, bad := t.line("the subject", e.Subject, MaxTitle)
	if bad != nil {
		return nil, bad
	}
	body, bad := t.text("the text", e.Body, MaxText)
	if bad != nil {
		return nil, bad
	}
	if to.waiting || cc.waiting {
		return nil, nil
	}
	if bad := to.nobody("the recipients"); bad != nil {
		return nil, bad
	}
	if len(cc.unknown) > 0 {
		return nil, cc.nobody("the copies")
	}
	return &Email{To: to.addresses(), Cc: cc.addresses(), Subject: subject, Body: body}, nil
}

func (r *recipients) addresses() []string {
	var out []string
	for _, p := range r.people {
		out = append(out, string(p.Principal))
	}
	return append(out, r.literal...)
}

// call works out a service task's request.
func (t *turn) call(s *process.Service) (*Call, *trouble) {
	url, bad := t.word("the address", s.URL, MaxCallBytes)
	if bad != nil {
		return nil, bad
	}
	c := &Call{Method: s.Method, URL: url}
	size := len(url)
	for _, h := range s.Header {
		v, bad := t.word("header "+h.Name, h.Value, MaxCallBytes)
		if bad != nil {
			return nil, bad
		}
		if c.Header == nil {
			c.Header = make(map[string]string, len(s.Header))
		}
		c.Header[h.Name] = v
		size += len(h.Name) + len(v)
	}
	if s.Body != nil {
		v, bad := t.eval("the body", s.Body, nil)
		if bad != nil {
			return nil, bad
		}
		c.Body = string(expr.AppendPlainJSON(nil, v))
	}
	if size > MaxCallBytes || len(c.Body) > MaxCallBytes {
		return nil, &trouble{IncidentCallSize, fmt.Sprintf("the request is larger than %d bytes", MaxCallBytes),
			"make the variables it is made of smaller and retry"}
	}
	return c, nil
}

func (t *turn) effect(seq int) *Effect {
	for i := range t.st.Effects {
		if t.st.Effects[i].Seq == seq {
			return &t.st.Effects[i]
		}
	}
	return nil
}

// effectDone takes a command's result in. It may come after the effect was
// given up: then its incident is settled.
func (t *turn) effectDone(e EffectDone) error {
	eff := t.effect(e.Effect)
	if eff == nil {
		return redundant()
	}
	if eff.Kind == effectExternal {
		return t.finishExternal(FinishExternal{Effect: e.Effect, Vars: e.Result})
	}
	token, n := eff.Token, t.node(eff.Node)
	if n, ok := size(e.Result); !ok || n > MaxVariables {
		return t.effectFailed(EffectFailed{Effect: e.Effect, Attempts: 1,
			Cause: fmt.Sprintf("the answer is larger than %d bytes, or a text in it than %d", MaxVariables, expr.MaxText)})
	}
	t.finishEffect(eff)
	if bad := t.output(ready{token, n, Answered}, e.Result, nil); bad != nil {
		t.raiseWith(ready{token, n, Answered}, bad, e.Result)
		return nil
	}
	t.resume(token, Completing)
	return nil
}

// finishEffect states that an effect has ended, and ends what waited with it.
func (t *turn) finishEffect(eff *Effect) {
	token := eff.Token
	t.emitBy(Fact{Kind: EffectFinished, Node: eff.Node, Ref: eff.Seq})
	for _, i := range t.st.Incidents {
		if i.Token == token {
			t.emit(Fact{Kind: IncidentCleared, Node: i.Node, Ref: i.Seq, Text: "the result came after all"})
			break
		}
	}
	t.clearEvents(token)
}

// output sets variables from what a call or an event brought, except those
// somebody has given by hand since.
func (t *turn) output(r ready, result, byHand map[string]expr.Value) *trouble {
	n := r.node
	outputs := n.Carries()
	if len(outputs) == 0 {
		return nil
	}
	if t.here = 0; len(t.st.Scopes) > 0 {
		t.here = t.st.scopeOf(r.token)
	}
	if len(byHand) > 0 {
		outputs = slices.DeleteFunc(slices.Clone(outputs), func(a process.Assign) bool {
			_, given := byHand[a.Variable]
			return given
		})
	}
	bad := t.assign(n, outputs, seenAs(n, result))
	if bad != nil && bad.code == IncidentExpression {
		bad.advice = "what came is kept; give the variable itself with the retry, or cancel the instance and correct the workflow"
	}
	return bad
}

// seenAs is what came back as outputs see it: what a message, a signal or a
// workflow brought is one value.
func seenAs(n *process.Node, came map[string]expr.Value) map[string]expr.Value {
	name := ""
	switch {
	case n.Call != nil:
		name = "result"
	case n.Is(process.OnMessage), n.Is(process.OnSignal):
		name = n.Event.Trigger.String()
	default:
		return came
	}
	c := make(expr.Context, 0, len(came))
	for _, key := range slices.Sorted(maps.Keys(came)) {
		c = append(c, expr.Entry{Key: key, Value: came[key]})
	}
	return map[string]expr.Value{name: c}
}

// effectFailed follows the error event that catches what failed for good, or
// turns it into an incident.
func (t *turn) effectFailed(e EffectFailed) error {
	eff := t.effect(e.Effect)
	if eff == nil || t.hasIncident(eff.Token) {
		return redundant()
	}
	n := t.node(eff.Node)
	code, advice := cut(clean(e.Code), MaxCode), cut(clean(e.Advice), MaxComment)
	if code == "" {
		code = IncidentEffect
	}
	if advice == "" {
		advice = "put the cause right and retry"
	}
	if t.failed(e, n, eff.Token, code) {
		return nil
	}
	t.emit(Fact{Kind: IncidentRaised, Ref: t.next(), Node: n.ID, Token: eff.Token, Subject: eff.Seq, Stage: Entering, Code: code,
		Text: cut(clean(e.Cause), MaxComment), Advice: advice, Attempts: e.Attempts})
	return nil
}

// failed lets what failed go the way of an error (BPMN 2.0.2 §10.5.7), and tells
// whether something caught it: by the workflow's own code for it or, where it
// has none, by the code of the incident it would be.
func (t *turn) failed(e EffectFailed, n *process.Node, token int, code string) bool {
	x := thrown{trigger: process.OnError, codes: []string{code}, text: e.Cause, failure: true}
	if own := cut(clean(e.Error), MaxCode); own != "" {
		x.codes, x.failure = []string{own, code}, false
	}
	scope := t.st.scopeOf(token)
	if t.isPass(ready{token, n, Entering}) {
		return t.throw(x, nil, token, scope)
	}
	return t.throw(x, n, token, scope)
}

// finishExternal completes a step that another system was to finish.
func (t *turn) finishExternal(e FinishExternal) error {
	eff := t.effect(e.Effect)
	if eff == nil || eff.Kind != effectExternal {
		return refuse(signoff.NotFound, CodeEffectNotFound, "nothing waits to be finished under this number")
	}
	vars, err := t.checked(e.Vars, nil)
	if err != nil {
		return err
	}
	token, node := eff.Token, eff.Node
	t.finishEffect(eff)
	if len(vars) > 0 {
		t.emitBy(Fact{Kind: VarsSet, Node: node, Vars: vars})
	}
	t.resume(token, Completing)
	return nil
}
