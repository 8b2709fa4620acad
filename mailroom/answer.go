package mailroom

import (
	"fmt"
	"net/mail"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/store"
)

// answer composes what the sender of a mail is told; nil when that is nothing.
// It goes to the address that was proven to be the sender's, says that a
// program wrote it, and can itself be answered: it belongs to the task as the
// mail about it does.
func (r *Room) answer(m reply.Reading, j judgement) (*store.OutMail, error) {
	if len(j.say) == 0 {
		return nil, nil
	}
	to, err := plainAddress(m.From)
	if err != nil {
		return nil, nil // nobody who could be answered
	}
	key := "answer/" + j.Digest
	l := letter{to: mail.Address{Name: m.FromName, Address: to}, subject: replySubject(m.Subject, j), messageID: r.messageID(key),
		inReplyTo: m.MessageID, answer: true, date: r.Now().In(r.Location)}
	l.page = r.answerPage(j)
	if j.known {
		l.thread = j.about.MessageID
	}
	if j.known && j.token != "" {
		l.replyTo = r.tagged(j.token)
	}
	if j.words {
		l.page.Paragraphs = append(l.page.Paragraphs, wordsThatWork(j.about))
	}
	if j.words && l.replyTo != "" {
		for _, a := range j.about.Actions {
			l.page.Buttons = append(l.page.Buttons, button{a, replyLink(l.replyTo, l.subject, a)})
		}
	}
	raw, err := r.render(l)
	if err != nil {
		return nil, fmt.Errorf("compose %s: %w", key, err)
	}
	return &store.OutMail{Key: key, Purpose: "answer", Instance: j.Instance, Task: j.Task, Principal: j.Principal, To: to,
		Subject: l.subject, MessageID: l.messageID, Created: r.Now(), Raw: raw}, nil
}

func (r *Room) answerPage(j judgement) page {
	p := page{Title: headline(j), Paragraphs: j.say}
	if j.about == nil {
		p.Link, p.LinkText = r.URL+"/inbox", "Open your tasks"
		p.Footer = []string{"Sent by signoff."}
		return p
	}
	p.Lead, p.Link, p.LinkText = oneLine(j.about.Title, maxSubject), r.taskLink(j.Instance, j.Task), "Open the task"
	if j.Verdict != notRecipient {
		p.fact("Request", j.about.Folio)
	}
	p.Footer = []string{"Sent by signoff for task " + signoff.Serial{Instance: j.Instance, Seq: j.Task}.String() + "."}
	return p
}

func headline(j judgement) string {
	switch j.Verdict {
	case decided:
		return "Your decision was taken"
	case redirected, shared, asleep:
		return "Done"
	case helped:
		return "What you can answer"
	}
	if j.about == nil {
		return "Your mail was not understood"
	}
	return "Your answer was not taken"
}

func replySubject(subject string, j judgement) string {
	subject = oneLine(subject, maxSubject)
	if subject == "" && j.about != nil {
		subject = oneLine(j.about.Title, maxSubject)
	}
	if len(subject) >= 3 && (subject[:3] == "Re:" || subject[:3] == "RE:" || subject[:3] == "re:") {
		return subject
	}
	return "Re: " + subject
}

// wordsThatWork lists what may stand on the first line of an answer.
func wordsThatWork(a *store.ReplyAddress) string {
	text := "Write one of these alone on the first line of your answer: "
	if len(a.Actions) > 0 {
		text += quoted(a.Actions) + " to decide; "
	}
	text += "“redirect” and a name or address to hand the task on; “share” and a name or address to let somebody else decide as well; “sleep” and a number of hours or a date to see it again later; “help” for this list."
	if need := demanding(a.Actions, a.Demand); need != "" {
		text += " What you write below it is your comment" + need + "."
	}
	if len(a.Others) > 0 {
		text += " Only on the page: " + quoted(a.Others) + "."
	}
	return text
}

// demanding names the actions that can be chosen by mail and need a comment.
func demanding(actions, demand []string) string {
	var of []string
	for _, a := range actions {
		if listed(demand, a) {
			of = append(of, a)
		}
	}
	switch {
	case len(of) == 0:
		return ""
	case len(of) == len(actions) && len(of) > 1:
		return ", which each of them requires"
	}
	return ", which " + strings.ReplaceAll(quoted(of), " or ", " and ") + map[bool]string{true: " requires", false: " require"}[len(of) == 1]
}

// replyRule says whose answers count.
func replyRule(n *engine.Notify) string {
	if n.Substitutes {
		return "This mail is for you: a reply counts from you and from those who have the task too."
	}
	return "This mail is for you alone: a reply from anybody else does not count."
}
