package mailroom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/store"
)

// judgement is what a mail led to: its record, and what to tell its sender.
type judgement struct {
	store.InMail
	about *store.ReplyAddress // the task it answers; nil: none
	token string              // the secret it came with, for the answer's own reply address
	say   []string            // paragraphs of the answer; none: no answer
	words bool                // list the words that work
	known bool                // its sender is proven to be who the task was given to
	over  bool                // the task is not open any more for its sender
}

// Verdicts, as they stand in the record.
const (
	decided      = "decided"
	redirected   = "redirected"
	asleep       = "put to sleep"
	helped       = "help"
	unclear      = "unclear"
	refused      = "refused"
	automatic    = "automatic"
	bounced      = "bounce"
	unreadable   = "unreadable"
	unknown      = "no task"
	conflicting  = "several tasks"
	expired      = "expired"
	unproven     = "sender not proven"
	notRecipient = "not the recipient"
	broken       = "failed"
)

// evidence is what a decision by mail rests on. It is kept with the decision.
type evidence struct {
	Mail   string `json:"mail"` // digest of the mail, the key of its record
	From   string `json:"from"`
	ID     string `json:"messageId,omitempty"`
	Tied   string `json:"tiedBy"` // "secret address" or "message-id"
	Method string `json:"method"` // how the sender was proven
	Domain string `json:"domain,omitempty"`
	Header string `json:"header,omitempty"`
	Line   string `json:"line,omitempty"` // the line that was read
}

// judge works out what a mail means and does it. The order is that of trust: is
// it a person's, which task does it answer, is the sender who he says, may he,
// and only then what it says. An error means: not now.
func (r *Room) judge(ctx context.Context, m reply.Reading, in store.InMail) (judgement, error) {
	j := judgement{InMail: in}
	if m.Bounce != nil {
		return r.judgeBounce(ctx, m, j)
	}
	if m.Automatic != "" {
		return j.end(automatic, m.Automatic), nil
	}
	about, tied, trouble, err := r.correlate(ctx, m)
	if err != nil {
		return j, err
	}
	if about == nil {
		return r.judgeLoose(ctx, m, j, trouble)
	}
	j.about, j.token = about, firstToken(m, about)
	j.Instance, j.Task, j.Principal = about.Instance, about.Task, about.Principal
	proof := evidence{Mail: in.Digest, From: clip(m.From, 300), ID: clip(m.MessageID, 300), Tied: tied, Method: m.Proof.Method, Domain: m.Proof.Domain, Header: m.Proof.Header}
	if !m.Proof.Genuine && !r.TrustToken {
		j.Look = true
		return j.evident(proof).end(unproven, m.Proof.Why), nil // no answer: it would go to whoever was impersonated
	}
	if !m.Proof.Genuine {
		proof.Method = "secret address only"
	}
	person, found, err := r.People.ByAddress(ctx, m.From)
	if err != nil {
		return j, err
	}
	if !found || person.Principal != about.Principal {
		return r.judgeStranger(ctx, j.evident(proof))
	}
	j.known = true
	return r.judgeText(ctx, m, j, proof)
}

// judgeLoose is about a mail that answers no task, or several. People of ours
// are told what to do instead; nobody else is.
func (r *Room) judgeLoose(ctx context.Context, m reply.Reading, j judgement, trouble string) (judgement, error) {
	j.Look = true
	j = j.end(trouble, "it cannot be tied to one task")
	if !m.Proof.Genuine {
		return j, nil
	}
	person, found, err := r.People.ByAddress(ctx, m.From)
	if err != nil || !found {
		return j, err
	}
	j.Principal = person.Principal
	why := "Your mail does not say which task it is about. Nothing was changed."
	if trouble == conflicting {
		why = "Your mail is about more than one task. Nothing was changed."
	}
	return j.advise(trouble, j.Detail, why, "To decide by mail, press Reply in the mail about the task and leave the address as it is. All your tasks are in your list."), nil
}

// aside ends with a place among the mails that need a look. Whoever is proven
// to have decided is told that it was not taken.
func (j judgement) aside(cause error) judgement {
	known := j.known
	j.Look, j.words = true, false
	if !known {
		return j.end(broken, detail(cause))
	}
	return j.advise(broken, detail(cause), "Your answer arrived, but something went wrong here and it could not be dealt with. Please open the task to see how it stands, and decide there.")
}

func (j judgement) end(verdict, why string) judgement {
	j.Verdict, j.Detail = verdict, why
	return j
}

func (j judgement) evident(e evidence) judgement {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings always encode
	}
	j.Evidence = string(text)
	return j
}

// advise ends with an answer that says what was wrong.
func (j judgement) advise(verdict, why string, say ...string) judgement {
	j.Answered, j.say = store.Advised, say
	return j.end(verdict, why)
}

func (j judgement) confirm(verdict, what string, say ...string) judgement {
	j.Answered, j.say = store.Confirmed, say
	return j.end(verdict, what)
}

func (r *Room) judgeBounce(ctx context.Context, m reply.Reading, j judgement) (judgement, error) {
	b := m.Bounce
	words := strings.TrimSpace(b.Status + " " + b.Text)
	if words == "" {
		words = "a delivery report without details"
	}
	j = j.end(bounced, clip(strings.TrimSpace(b.Recipient+": "+words), 600))
	final := !strings.HasPrefix(b.Status, "4") && !strings.HasPrefix(b.Status, "2") // RFC 3463 §3.1
	j.Look = final
	if b.MessageID == "" || !final {
		return j, nil
	}
	out, ours, err := r.Store.MailBounced(ctx, b.MessageID, clip(words, 500))
	if ours {
		j.Instance, j.Task, j.Principal = out.Instance, out.Task, out.Principal
	}
	return j, err
}

// correlate finds the one task a mail answers: by the secret address it was
// sent to, else by our Message-ID, which is as hard to guess. What points to
// two tasks answers none.
func (r *Room) correlate(ctx context.Context, m reply.Reading) (about *store.ReplyAddress, tied, trouble string, err error) {
	same := func(a store.ReplyAddress, how string) bool {
		if about == nil {
			about, tied = &a, how
		}
		return about.Instance == a.Instance && about.Task == a.Task && about.Principal == a.Principal
	}
	for _, token := range m.Tokens {
		a, found, err := r.Store.ReplyAddressByHash(ctx, hashOf(token))
		if err != nil {
			return nil, "", "", err
		}
		if found && !same(a, "secret address") {
			return nil, "", conflicting, nil
		}
	}
	for _, id := range m.Answers {
		a, found, err := r.Store.ReplyAddressByMail(ctx, id)
		if err != nil {
			return nil, "", "", err
		}
		if found && !same(a, "message-id") {
			return nil, "", conflicting, nil
		}
	}
	return about, tied, unknown, nil
}

func firstToken(m reply.Reading, about *store.ReplyAddress) string {
	for _, token := range m.Tokens {
		if hashOf(token) == about.Hash {
			return token
		}
	}
	return ""
}

// judgeStranger refuses an answer from somebody the mail was not sent to, such
// as a colleague it was forwarded to.
func (r *Room) judgeStranger(ctx context.Context, j judgement) (judgement, error) {
	names, err := r.People.Names(ctx, []signoff.Principal{j.about.Principal})
	if err != nil {
		return j, err
	}
	who := starterName(names[j.about.Principal])
	j.Look, j.token = true, ""
	if strings.EqualFold(names[j.about.Principal].Email, j.From) {
		return j.end(notRecipient, "the account of "+who+" is switched off"), nil
	}
	if j.about.Expires.Before(r.Now()) {
		return j.end(notRecipient, "the answer is not from "+who), nil
	}
	return j.advise(notRecipient, "the answer is not from "+who,
		fmt.Sprintf("The mail you answered was sent to %s, and only %s can decide by answering it. Nothing was changed.", who, who),
		"If the task is yours too, open it in your list."), nil
}

// judgeText reads what a proven recipient wrote, and does it.
func (r *Room) judgeText(ctx context.Context, m reply.Reading, j judgement, proof evidence) (judgement, error) {
	if j.about.Expires.Before(r.Now()) {
		return j.evident(proof).advise(expired, "the reply address has expired",
			"This mail is too old to be answered. Nothing was changed. Open the task to see how it stands."), nil
	}
	if m.Unreadable != "" {
		j.Look, j.words = true, true
		return j.evident(proof).advise(unreadable, m.Unreadable, "Your answer could not be read: "+m.Unreadable+". Nothing was changed."), nil
	}
	d := m.Decide(append(append([]string{}, j.about.Actions...), j.about.Others...))
	proof.Line = d.Line
	j = j.evident(proof)
	j.Action = d.Action
	switch {
	case d.Unclear != "":
		j.words = true
		return j.advise(unclear, d.Unclear, "Your answer could not be understood: "+d.Unclear+readLine(d)+". Nothing was changed."), nil
	case d.Command == reply.Help:
		j.words = true
		return j.advise(helped, "asked for help", "This is what you can answer to the mail about this task."), nil
	case d.Command == reply.Delegate:
		j.words = true
		return j.advise(refused, "delegating by mail is not offered",
			"A task cannot be shared by mail yet. Nothing was changed. You can hand it on with “redirect” and a name."), nil
	case d.Action != "" && !listed(j.about.Actions, d.Action):
		j.words = true
		return j.advise(refused, "“"+d.Action+"” needs the page", "“"+d.Action+"” can be decided on the task's page only. Nothing was changed."), nil
	}
	event, done, trouble := r.eventOf(d, j)
	if trouble != "" {
		j.words = true
		return j.advise(unclear, trouble, "Your answer could not be understood: "+trouble+readLine(d)+". Nothing was changed."), nil
	}
	return r.act(ctx, j, event, done)
}

func readLine(d reply.Decision) string {
	if d.Line == "" {
		return ""
	}
	return " (it reads “" + oneLine(d.Line, 200) + "”)"
}

func listed(list []string, word string) bool {
	for _, w := range list {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// deed is how a decision is recorded and confirmed.
type deed struct{ verdict, what string }

// eventOf turns a decision into what is asked of the instance.
func (r *Room) eventOf(d reply.Decision, j judgement) (engine.Event, deed, string) {
	switch d.Command {
	case reply.Redirect:
		return engine.Redirect{Task: j.Task, To: d.Argument, Comment: d.Comment},
			deed{redirected, "The task was handed on to " + oneLine(d.Argument, maxName) + "."}, ""
	case reply.SleepFor:
		until, why := reply.Until(d.Argument, j.At, r.Location)
		if why != "" {
			return nil, deed{}, why
		}
		return engine.Sleep{Task: j.Task, Until: until}, deed{asleep, "The task is out of your list until " + r.when(until) + "."}, ""
	}
	what := "“" + d.Action + "” was taken as your decision."
	if d.Comment != "" {
		what += "\nComment: " + d.Comment
	}
	return engine.Act{Task: j.Task, Action: d.Action, Comment: d.Comment, Channel: "mail", Evidence: j.Evidence}, deed{decided, what}, ""
}

// act asks the instance, under a key that makes a repetition harmless.
func (r *Room) act(ctx context.Context, j judgement, event engine.Event, done deed) (judgement, error) {
	caller, err := r.People.Caller(ctx, j.Principal, "mail")
	if err == nil {
		_, err = r.instances.Do(ctx, caller, j.Instance, event, "mail/"+j.Digest)
	}
	if signoff.CodeOf(err) == "idempotency-key-reused" {
		err = nil // done before a crash; only a time that counts from now differs
	}
	if err == nil {
		return j.confirm(done.verdict, strings.SplitN(done.what, "\n", 2)[0], done.what), nil
	}
	if !final(err) {
		return j, err
	}
	if signoff.CodeOf(err) == "task-not-found" { // the mail proves that it was this person's once
		err = &signoff.Error{Kind: signoff.NotFound, Code: "task-not-found",
			Detail: "this task is not yours any more: it was handed on to somebody else, or you have left the group it was given to"}
	}
	why, trouble := r.tell(ctx, err)
	if trouble != nil {
		return j, trouble
	}
	say := []string{sentence(why) + " Nothing was changed by your answer."}
	switch signoff.CodeOf(err) {
	case engine.CodeTaskDone, engine.CodeTaskNotFound, engine.CodeInstanceEnded:
		j.over = true
	case engine.CodeCommentRequired:
		say = append(say, "Write "+quoted([]string{j.Action})+" on the first line of your answer and your reason below it.")
	}
	j.words = !j.over
	return j.advise(refused, why, say...), nil
}

// tell says a refusal with names and local times in it.
func (r *Room) tell(ctx context.Context, refusal error) (string, error) {
	text := detail(refusal)
	if e, ok := errors.AsType[*signoff.Error](refusal); ok && e.Hint != "" {
		text = strings.TrimRight(text, ".") + "; " + e.Hint
	}
	var mentioned []signoff.Principal
	signoff.Tell(text, func(p signoff.Principal) string { mentioned = append(mentioned, p); return "" }, r.Location)
	names, err := r.People.Names(ctx, mentioned)
	if err != nil {
		return "", err
	}
	return signoff.Tell(text, func(p signoff.Principal) string { return starterName(names[p]) }, r.Location), nil
}

// sentence begins with a capital and ends with a full stop.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	first := []rune(text)[0]
	text = strings.ToUpper(string(first)) + text[len(string(first)):]
	return strings.TrimRight(text, ".") + "."
}
