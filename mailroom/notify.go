package mailroom

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// replyLife is how long a reply address is remembered. A task that was decided
// or withdrawn refuses a late answer itself, and says by whom.
const replyLife = 400 * 24 * time.Hour

// maxRecipients bounds how many people one command writes to.
const maxRecipients = 2000

// Notify queues the mails that tell people of a task, one for each person,
// group members one by one. People without an address find it in their list.
func (r *Room) Notify(ctx context.Context, job runner.Job) (runner.Result, error) {
	people, err := r.readers(ctx, job)
	if err != nil {
		return runner.Result{}, err
	}
	var mails []store.OutMail
	var addresses []store.ReplyAddress
	for _, p := range people {
		var err error
		if p.Email, err = plainAddress(p.Email); err != nil { // one odd address must not keep the others from their mail
			r.Log.Info("no usable address to tell of a task", slog.Int64("instance", int64(job.Instance)), slog.String("user", string(p.Principal)))
			continue
		}
		m, address, err := r.notification(job, p)
		if err != nil {
			return runner.Result{}, err
		}
		mails = append(mails, m)
		if address != nil {
			addresses = append(addresses, *address)
		}
	}
	if err := r.Store.QueueMail(ctx, mails, addresses); err != nil {
		return runner.Result{}, err
	}
	r.Wake()
	return runner.Done(nil), nil
}

// expand puts members in place of groups and names people once.
func (r *Room) expand(ctx context.Context, to []signoff.Principal) ([]signoff.Person, error) {
	var users []signoff.Principal
	var people []signoff.Person
	for _, p := range to {
		if p.IsUser() {
			users = append(users, p)
			continue
		}
		for after := signoff.Principal(""); len(people) < maxRecipients; {
			page, err := r.People.Members(ctx, p, after, 100)
			if err != nil {
				return nil, err
			}
			if len(page) == 0 {
				break
			}
			people = append(people, page...)
			after = page[len(page)-1].Principal
		}
	}
	names, err := r.People.Names(ctx, users)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		if p, ok := names[u]; ok {
			people = append(people, p)
		}
	}
	slices.SortStableFunc(people, func(a, b signoff.Person) int { return strings.Compare(string(a.Principal), string(b.Principal)) })
	people = slices.CompactFunc(people, func(a, b signoff.Person) bool { return a.Principal == b.Principal })
	return people[:min(len(people), maxRecipients)], nil
}

// notification composes one person's mail about a task.
func (r *Room) notification(job runner.Job, to reader) (store.OutMail, *store.ReplyAddress, error) {
	n := job.Notify
	key := job.Key + "/" + string(to.Principal)
	id := r.messageID(key)
	subject := n.Subject
	if subject == "" {
		subject = n.Title
		if n.Reminder {
			subject = "Reminder: " + subject
		}
	}
	by := r.sender(job.Workflow)
	l := letter{from: by.From, to: mail.Address{Name: to.Name, Address: to.Email}, subject: subject, messageID: id, date: r.Now().In(r.Location),
		page: r.taskPage(job, n)}
	var address *store.ReplyAddress
	if n.Reply && len(n.Actions) > 0 && r.In != nil {
		token := r.replyToken(key)
		l.replyTo = r.tagged(token)
		for _, a := range n.Actions {
			l.page.Buttons = append(l.page.Buttons, button{a, replyLink(l.replyTo, subject, a)})
		}
		l.page.ReplyHint = "To decide by mail, reply with " + quoted(n.Actions) + " alone on the first line. What you write below it is kept as your comment" + demanding(n.Actions, n.Demand) + "."
		address = &store.ReplyAddress{Hash: hashOf(token), MessageID: id, Instance: job.Instance, Task: job.Ref, Principal: to.Principal,
			Title: n.Title, Folio: n.Folio, Actions: n.Actions, Others: n.Others, Demand: n.Demand, Strict: n.Strict, Substitutes: n.Substitutes, Expires: r.Now().Add(replyLife)}
		l.page.Footer = append(l.page.Footer, replyRule(n))
	}
	r.inPlace(&l.page, to)
	raw, err := r.render(l)
	if err != nil {
		return store.OutMail{}, nil, fmt.Errorf("compose notification %s: %w", key, err)
	}
	return store.OutMail{Key: key, Purpose: "notify", Instance: job.Instance, Task: job.Ref, Principal: to.Principal, To: to.Email, Sender: by.name,
		Subject: oneLine(subject, maxSubject), MessageID: id, Created: r.Now(), Raw: raw}, address, nil
}

// taskPage is a mail about a task: what is asked and the facts first, then how
// to answer, and in small print where it comes from.
func (r *Room) taskPage(job runner.Job, n *engine.Notify) page {
	starter := starterName(n.Starter)
	p := page{Title: oneLine(n.Title, maxSubject), Lead: starter + " asks for your decision", Link: r.taskLink(job.Instance, job.Ref), LinkText: "Open the task"}
	if n.Starter.Principal == "" && n.Starter.Name == "" {
		p.Lead = "Your decision is asked for"
	}
	if n.Reminder {
		p.Lead = "A reminder: your decision is still waited for"
	}
	if n.Note {
		p.Lead = "About a request of " + starter
	}
	// A body of the author's own stands for the instructions: together they say
	// most things twice.
	p.Paragraphs = paragraphs(cmp.Or(n.Body, n.Instructions))
	if folio := oneLine(n.Folio, maxSubject); folio != p.Title && folio != oneLine(n.Subject, maxSubject) {
		p.fact("Request", folio)
	}
	for _, f := range n.Facts {
		p.fact(f.Label, f.Value)
	}
	if n.Due != nil {
		p.fact("Due", r.when(*n.Due))
	}
	p.fact("Answers", n.Rule)
	if len(n.Others) > 0 {
		p.OnPage = "Only on the page: " + quoted(n.Others) + "."
	}
	p.Footer = []string{fmt.Sprintf("%s, started by %s. Task %s, sent by signoff.", oneLine(n.Workflow, maxName), oneLine(starter, maxName),
		signoff.Serial{Instance: job.Instance, Seq: job.Ref})}
	return p
}

func (p *page) fact(label, value string) {
	if value = strings.TrimSpace(value); value != "" {
		p.Facts = append(p.Facts, fact{oneLine(label, maxName), value})
	}
}

func starterName(p signoff.Person) string {
	for _, s := range []string{p.Name, p.Login, p.Email} {
		if s != "" {
			return s
		}
	}
	return "Somebody"
}

func (r *Room) taskLink(id signoff.InstanceID, task int) string {
	return r.URL + "/tasks/" + signoff.Serial{Instance: id, Seq: task}.String()
}

func (r *Room) when(t time.Time) string {
	return t.In(r.Location).Format("Monday 2 January 2006, 15:04 MST")
}

// quoted lists words so that none stands alone on a line, where a reader of our
// own quoted mail could take it for an answer.
func quoted(words []string) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = "“" + oneLine(w, maxName) + "”"
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// Email queues the mails of a send step. The step goes on when all of them have
// been taken by the mail server. Tried again after some failed, these are
// composed anew: an address may have been put right meanwhile.
func (r *Room) Email(ctx context.Context, job runner.Job) (runner.Result, error) {
	all, failed, err := r.Store.MailsOf(ctx, job.Key)
	if err != nil {
		return runner.Result{}, err
	}
	if all == 0 || failed > 0 {
		mails, err := r.emails(ctx, job)
		if err != nil {
			return runner.Result{}, err
		}
		if err := r.Store.RequeueMail(ctx, job.Key, mails, r.Now()); err != nil {
			return runner.Result{}, err
		}
	}
	r.Wake()
	return runner.Pending, nil
}

func (r *Room) emails(ctx context.Context, job runner.Job) ([]store.OutMail, error) {
	return r.compose(ctx, plain{key: job.Key, by: r.sender(job.Workflow), instance: job.Instance, command: job.Key, to: job.Email.To, cc: job.Email.Cc,
		subject: job.Email.Subject, body: job.Email.Body, footer: fmt.Sprintf("Sent by signoff for request %d.", job.Instance)})
}

// plain is a mail to be composed that is about no task.
type plain struct {
	key      string // the same whenever the same mail is asked for
	command  string // the runner's that waits for it; "" none
	by       line
	instance signoff.InstanceID // 0: none
	to, cc   []string           // principals or addresses
	subject  string
	body     string
	footer   string
}

// compose makes a mail for each recipient, once.
func (r *Room) compose(ctx context.Context, m plain) ([]store.OutMail, error) {
	to, err := r.addressed(ctx, m.to)
	if err != nil {
		return nil, err
	}
	cc, err := r.addressed(ctx, m.cc)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(to, cc)
	if len(all) == 0 {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "mail-no-recipient", Detail: "the mail has no recipient with an address",
			Hint: "give the people it is for a mail address, or change the step's recipients"}
	}
	if len(all) > maxRecipients {
		return nil, &signoff.Error{Kind: signoff.TooLarge, Code: "mail-too-many-recipients", Detail: fmt.Sprintf("a mail has at most %d recipients, this one has %d", maxRecipients, len(all))}
	}
	title := oneLine(m.subject, maxSubject)
	p := page{Title: title, Paragraphs: paragraphs(m.body), Footer: []string{m.footer}}
	var mails []store.OutMail
	done := map[string]bool{}
	for _, a := range all {
		low := strings.ToLower(a.at.Address)
		if done[low] {
			continue
		}
		done[low] = true
		key := m.key + "/" + a.key
		l := letter{from: m.by.From, to: a.at, allTo: shown(to), cc: shown(cc), subject: title, messageID: r.messageID(key), date: r.Now().In(r.Location), page: p}
		raw, err := r.render(l)
		if err != nil {
			return nil, fmt.Errorf("compose mail %s: %w", key, err)
		}
		mails = append(mails, store.OutMail{Key: key, Command: m.command, Purpose: "email", Instance: m.instance, To: a.at.Address, Sender: m.by.name, Subject: title,
			MessageID: l.messageID, Created: r.Now(), Raw: raw})
	}
	return mails, nil
}

// recipient is somebody a mail goes to. The key is the same whatever address a
// person has.
type recipient struct {
	at  mail.Address
	key string
}

func shown(list []recipient) []mail.Address {
	var out []mail.Address
	for _, one := range list {
		out = append(out, one.at)
	}
	return out
}

// addressed finds the addresses of recipients, which are principals or bare
// addresses. A person without an address is an error: the author must know.
func (r *Room) addressed(ctx context.Context, recipients []string) ([]recipient, error) {
	var list []recipient
	for _, text := range recipients {
		if p := signoff.Principal(text); p.IsUser() || p.IsGroup() {
			people, err := r.expand(ctx, []signoff.Principal{p})
			if err != nil {
				return nil, err
			}
			for _, one := range people {
				if one.Email == "" && p.IsUser() {
					return nil, &signoff.Error{Kind: signoff.Invalid, Code: "mail-no-address", Detail: starterName(one) + " has no mail address",
						Hint: "add one under users, then try again"}
				}
				if one.Email != "" {
					list = append(list, recipient{mail.Address{Name: one.Name, Address: one.Email}, string(one.Principal)})
				}
			}
			continue
		}
		a, err := mail.ParseAddress(text)
		if err != nil {
			return nil, badAddress(text)
		}
		list = append(list, recipient{*a, strings.ToLower(a.Address)})
	}
	for i := range list {
		plain, err := plainAddress(list[i].at.Address)
		if err != nil {
			return nil, err
		}
		list[i].at.Address = plain
	}
	return list, nil
}
