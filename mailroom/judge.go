package mailroom

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff"
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
	stand bool                // its sender is a substitute: somebody else who may have the task
}

// Verdicts, as they stand in the record.
const (
	decided      = "decided"
	redirected   = "redirected"
	shared       = "shared"
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
	Line   string `json:"line,omitempty"`     // the line that was read
	Handed string `json:"handedIn,omitempty"` // other addresses it was handed in by
	For    string `json:"for,omitempty"`      // whose mail a substitute answered
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
	proof := evidence{Mail: in.Digest, From: clip(m.From, 300), ID: clip(m.MessageID, 300), Tied: tied, Method: m.Proof.Method, Domain: m.Proof.Domain, Header: m.Proof.Header,
		Handed: clip(writersOf(m), 300)}
	if why := r.doubted(m, about, tied); why != "" {
		j.Look = true
		return j.evident(proof).end(unproven, why), nil // no answer: it would go to whoever was impersonated
	}
	if !m.Proof.Genuine {
		proof.Method = "secret address only"
	}
	person, found, err := r.People.ByAddress(ctx, m.From)
	if err != nil {
		return j, err
	}
	if found {
		why, err := r.handedIn(ctx, m, person)
		if err != nil {
			return j, err
		}
		if why != "" {
			j.Look = true
			return j.evident(proof).end(unproven, why), nil
		}
	}
	switch {
	case found && person.Principal == about.Principal:
	case found && about.Substitutes && m.Proof.Genuine: // the secret is only its recipient's
		proof.For, j.Principal, j.stand, j.token = string(about.Principal), person.Principal, true, ""
	default:
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
		if found && !same(a, bySecret) {
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
	j.Principal = j.about.Principal
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
