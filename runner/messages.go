package runner

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

// A message goes to one instance that waits for it by name and key or, when none
// does, begins one where a workflow's start event asks for it. When nobody wants
// it, it waits; when its time is up it is put on record as missed, with who
// waited for something like it. It counts for what its sender may: finish steps
// of the workflow that waits, or start the one that begins.

const (
	MessageKeep    = 24 * time.Hour       // how long a message waits that does not say
	MaxMessageKeep = 365 * 24 * time.Hour // at most

	maxName       = 200 // bytes of a name, a key or an id
	maxCandidates = 50  // of those who wait for a message, read at once
	maxNear       = 20  // of those who waited for something like a missed message
	maxNames      = 500 // with which a wrong name is compared

	keepSettled = 30 * 24 * time.Hour // how long what became of a message is on record, and its id known
)

// CodeBadMessage refuses a message that cannot be, CodeReachesNobody one of
// somebody who may reach no workflow with it.
const (
	CodeBadMessage    = "bad-message"
	CodeReachesNobody = "message-reaches-nobody"
)

// SendRequest is a message or a signal to be sent.
type SendRequest struct {
	Name string
	Key  string         // of a message
	Vars map[string]any // JSON values
	Keep *time.Duration // how long a message waits for somebody to want it; nil: MessageKeep
	ID   string         // the sender's own: the same is taken in once; "" none
}

// Send takes a message in and hands it to whoever wants it now. What is returned
// says whether somebody did.
func (r *Runner) Send(ctx context.Context, by signoff.Caller, req SendRequest) (store.Message, error) {
	m, err := r.message(by, engine.WaitMessage, req)
	if err != nil {
		return m, err
	}
	if _, err := r.reach(ctx, by, m); err != nil {
		return m, err
	}
	return r.send(ctx, m)
}

// Signal tells everybody who waits for a signal at this moment, and begins what
// it begins. It returns before they have all been told.
func (r *Runner) Signal(ctx context.Context, by signoff.Caller, req SendRequest) (store.Message, error) {
	m, err := r.message(by, engine.WaitSignal, req)
	if err != nil {
		return m, err
	}
	if m.Reach, err = r.reach(ctx, by, m); err != nil {
		return m, err
	}
	return r.send(ctx, m)
}

// reach is whom somebody may reach with a message or a signal: nil for everybody.
// Who can reach nobody at all is refused.
func (r *Runner) reach(ctx context.Context, by signoff.Caller, m store.Message) (*store.Reach, error) {
	if isServer(by) || by.Admin || r.Standing == nil {
		return nil, nil
	}
	told, err := r.Library.Those(ctx, by, access.Finish)
	if err != nil {
		return nil, err
	}
	out := &store.Reach{Told: told}
	begins, err := r.outer.Begins(ctx, m.Kind, m.Name)
	if err != nil {
		return nil, err
	}
	for _, b := range begins {
		if may, err := r.Library.May(ctx, by, access.Start, b.Workflow); err != nil {
			return nil, err
		} else if may.OK {
			out.Begun = append(out.Begun, b.Workflow)
		}
	}
	if len(out.Told)+len(out.Begun) == 0 {
		return nil, &signoff.Error{Kind: signoff.Forbidden, Code: CodeReachesNobody, Detail: "there is nobody whom a " + m.Kind + " of yours may reach",
			Hint: "ask for the right to finish steps of the workflow that waits for it, or to start the one it begins"}
	}
	return out, nil
}

// message checks a request and makes a message of it.
func (r *Runner) message(by signoff.Caller, kind string, req SendRequest) (m store.Message, err error) {
	bad := &signoff.Error{Kind: signoff.Invalid, Code: CodeBadMessage, Detail: "the " + kind + " cannot be sent"}
	check := func(field, text string, needed bool) {
		if why := badWord(text, needed); why != "" {
			bad.Fields = append(bad.Fields, signoff.FieldError{Field: field, Detail: why})
		}
	}
	check("name", req.Name, true)
	check("key", req.Key, false)
	check("id", req.ID, false)
	keep := MessageKeep
	if req.Keep != nil {
		keep = *req.Keep
	}
	if keep < 0 || keep > MaxMessageKeep {
		bad.Fields = append(bad.Fields, signoff.FieldError{Field: "ttl", Detail: "a message waits a year at most, and no negative time"})
	}
	carried, wrong := carriedBy(req.Vars)
	if bad.Fields = append(bad.Fields, wrong...); len(bad.Fields) > 0 {
		return m, bad
	}
	now := r.Now()
	m = store.Message{Kind: kind, Source: string(by.Principal), Ident: req.ID, Sender: by.Principal, Person: by.Principal, How: by.How, Behind: by.Behind,
		Name: req.Name, Key: req.Key, Vars: carried, Came: now, Until: now.Add(keep)}
	if m.Ident == "" {
		m.Ident = " " + rand.Text() // no id that somebody gives begins like this
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %q %q %d %s", kind, m.Name, m.Key, keep, carried))
	m.Digest = hex.EncodeToString(sum[:16])
	return m, nil
}

// badWord says why a text can be no name, key or id; "" it can.
func badWord(text string, needed bool) string {
	switch {
	case text == "" && needed:
		return "it is needed"
	case len(text) > maxName:
		return fmt.Sprintf("it has more than %d bytes", maxName)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "it has characters that are no text"
	case strings.TrimSpace(text) != text:
		return "it begins or ends with a space"
	}
	return ""
}

// carriedBy is what a message carries, as it is stored.
func carriedBy(vars map[string]any) (string, []signoff.FieldError) {
	if len(vars) == 0 {
		return "", nil
	}
	v, err := expr.FromGo(vars)
	if err != nil {
		return "", []signoff.FieldError{{Field: "vars", Detail: err.Error()}}
	}
	text := expr.AppendJSON(nil, v)
	if len(text) > engine.MaxVariables {
		return "", []signoff.FieldError{{Field: "vars", Detail: fmt.Sprintf("they are larger than %d bytes", engine.MaxVariables)}}
	}
	return string(text), nil
}

// send stores a message or a signal, once, and hands it on. From here on it is
// safe: what cannot be handed over now is later.
func (r *Runner) send(ctx context.Context, m store.Message) (store.Message, error) {
	m.State = store.MessageWaiting
	if m.Kind == engine.WaitSignal {
		m.State, m.Settled = store.SignalSent, m.Came
	}
	m, made, err := r.outer.PutMessage(ctx, m)
	if err != nil || !made {
		return m, err
	}
	if m.Kind == engine.WaitSignal {
		r.errands.ring(time.Time{})
		return m, nil
	}
	if err := r.hand(context.WithoutCancel(ctx), m); err != nil {
		r.Log.Warn("a message is safe and not handed over yet", slog.String("name", m.Name), slog.Any("err", err))
		return m, nil
	}
	return r.outer.Message(ctx, m.ID)
}

// throw carries out a DoMessage or a DoSignal: what an instance sends. It counts
// for what whoever deployed the workflow may.
func (r *Runner) throw(ctx context.Context, j store.Job, v library.Version) (Result, error) {
	in, err := r.steps.Instance(ctx, j.Instance)
	if err != nil {
		return Result{}, err
	}
	c, now := j.Command.Message, r.Now()
	m := store.Message{Kind: string(j.Command.Kind), Source: store.SourceWorkflow, Ident: j.Command.Key, Sender: v.DeployedBy, Person: in.State.Starter.Principal,
		Name: c.Name, Key: c.Key, Vars: c.Vars, Came: now, Until: now.Add(MessageKeep)}
	if c.Until != nil {
		m.Until = *c.Until
	}
	if most := now.Add(MaxMessageKeep); m.Until.After(most) {
		m.Until = most
	}
	if m.Kind == engine.WaitSignal {
		sender, err := r.senderOf(ctx, m)
		if err == nil {
			m.Reach, err = r.reach(ctx, sender, m)
		}
		if signoff.CodeOf(err) == CodeReachesNobody {
			m.Reach, err = &store.Reach{}, nil
		}
		if err != nil {
			return Result{}, err
		}
	}
	if _, err := r.send(ctx, m); err != nil {
		return Result{}, err
	}
	return Done(nil), nil
}

// handMessages looks at messages that are due: new ones somebody has left
// behind, those somebody has come to want, and those whose time is up. Messages
// of one name and key keep their order.
func (r *Runner) handMessages(ctx, work context.Context, now time.Time) (int, error) {
	list, err := r.outer.TakeMessages(ctx, now, errandsAtOnce)
	if err != nil {
		return 0, err
	}
	var rows [][]store.Message
	row := map[[2]string]int{}
	for _, m := range list {
		k := [2]string{m.Name, m.Key}
		i, known := row[k]
		if !known {
			i = len(rows)
			row[k], rows = i, append(rows, nil)
		}
		rows[i] = append(rows[i], m)
	}
	return len(list), beside(rows, func(row []store.Message) error {
		for _, m := range row {
			if err := r.hand(work, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// hand gives a message to the first who wants it and whom its sender may reach.
// An error means that it was neither given nor put off.
func (r *Runner) hand(ctx context.Context, m store.Message) error {
	if m.Turn > 1 && !m.Until.After(r.Now()) {
		return r.notHanded(ctx, m, nil) // its time is over, whoever wants it now
	}
	vars, err := engine.Values(m.Vars)
	if err != nil {
		return r.notHanded(ctx, m, err)
	}
	sender, err := r.senderOf(ctx, m)
	if err != nil {
		return r.notHanded(ctx, m, err)
	}
	had, err := r.handOver(ctx, m, vars, sender)
	if err == nil && !had {
		had, err = r.beginBy(ctx, m, vars, sender)
	}
	if had && err == nil {
		return nil
	}
	return r.notHanded(ctx, m, err)
}

// senderOf is whoever sent a message or a signal, with the rights they hold now:
// none when their account is no more or they may not sign in any more.
func (r *Runner) senderOf(ctx context.Context, m store.Message) (signoff.Caller, error) {
	look := r.standing
	if !m.ByWorkflow() && m.Sender != "" && r.Present != nil {
		look = r.Present
	}
	sender, err := look(ctx, m.Sender)
	switch signoff.KindOf(err) {
	case signoff.NotFound, signoff.Forbidden:
		return signoff.Caller{}, nil
	}
	return sender, err
}

// handOver gives a message to the first who waits for it and whom its sender may
// reach, and tells whether somebody has it. Who cannot take it now, because
// something is away for a moment, keeps their place: the error is returned at
// once. After a refusal for good the next is asked, but none that takes any key
// when one that waits for this very key was there.
func (r *Runner) handOver(ctx context.Context, m store.Message, vars map[string]expr.Value, sender signoff.Caller) (had bool, err error) {
	var refusal error
	var beyond []signoff.WorkflowID // what the sender may not reach
	for {
		waits, err := r.outer.Awaiting(ctx, m.Name, m.Key, beyond, maxCandidates)
		if err != nil {
			return false, err
		}
		asked := false
		for _, w := range waits {
			if refusal != nil && w.Key != m.Key {
				return false, refusal
			}
			if slices.Contains(beyond, w.Workflow) {
				continue
			}
			may, err := r.Library.May(ctx, sender, access.Finish, w.Workflow)
			if err != nil {
				return false, err
			}
			if !may.OK {
				beyond = append(beyond, w.Workflow)
				continue
			}
			asked = true
			switch err := r.give(ctx, m, w, vars, sender); {
			case err == nil:
				return true, nil
			case gone(err):
			case passing(err):
				return false, err
			case refusal == nil:
				refusal = err
			}
		}
		if len(waits) < maxCandidates || refusal != nil {
			return false, refusal
		}
		if asked { // and all of them had gone
			return false, errManyGone
		}
	}
}

var errManyGone = &signoff.Error{Kind: signoff.Conflict, Code: "busy-instance", Detail: "everybody who waited for it was gone when it came to them"}

// give lets one who waits have a message; that somebody else has it is no error.
func (r *Runner) give(ctx context.Context, m store.Message, w store.Awaited, vars map[string]expr.Value, sender signoff.Caller) error {
	_, err := r.do(ctx, w.Instance, task{by: r.sending(m, sender), own: true, taking: store.Taking{Message: m.ID},
		event: engine.MessageCame{Wait: w.Seq, Vars: vars, Message: m.GivenID()}})
	if errors.Is(err, store.ErrTaken) {
		return nil
	}
	return err
}

// passing tells whether an error says that something may go well later.
func passing(err error) bool {
	switch signoff.CodeOf(err) {
	case "busy-instance":
		return true
	case engine.CodeInstanceFull:
		return false
	}
	return transient(err)
}

// beginBy begins an instance where a start event asks for the message, and tells
// whether there is one.
func (r *Runner) beginBy(ctx context.Context, m store.Message, vars map[string]expr.Value, sender signoff.Caller) (bool, error) {
	begins, err := r.outer.Begins(ctx, engine.WaitMessage, m.Name)
	if err != nil {
		return false, err
	}
	var refusal error
	for _, b := range begins {
		if may, err := r.Library.May(ctx, sender, access.Start, b.Workflow); err != nil {
			return false, err
		} else if !may.OK {
			continue
		}
		by, err := r.inName(ctx, m.Person)
		if err != nil {
			return false, err
		}
		_, err = r.start(ctx, b.Workflow, b.Version, task{by: r.asSent(m, by), own: true, taking: store.Taking{Message: m.ID}, event: engine.Start{Node: b.Node, Priority: 1, Came: vars}})
		if err == nil || errors.Is(err, store.ErrTaken) {
			return true, nil
		}
		if passing(err) {
			return true, err
		}
		refusal = withFields(err)
	}
	return false, refusal
}

// sending is in whose name a message is received: a person who sent it, else the
// server, for whom an instance did.
func (r *Runner) sending(m store.Message, sender signoff.Caller) signoff.Caller {
	if m.ByWorkflow() || sender.Principal == "" {
		return access.System
	}
	return r.asSent(m, sender)
}

// asSent is somebody as they were recognised when they sent a message.
func (r *Runner) asSent(m store.Message, by signoff.Caller) signoff.Caller {
	if !m.ByWorkflow() && m.How != "" && by.Principal != "" {
		by.How, by.Behind = m.How, m.Behind
	}
	return by
}

// notHanded lets a message wait: for somebody to want it when failure is nil, else
// for better times. When its time is up it is missed.
func (r *Runner) notHanded(ctx context.Context, m store.Message, failure error) error {
	now := r.Now()
	if !m.Until.After(now) {
		near, err := r.near(ctx, m)
		if err != nil {
			return err
		}
		if failure != nil && m.LastError == "" {
			if err := r.outer.DeferMessage(ctx, m, now, cause(failure)); err != nil {
				return err
			}
		}
		return r.outer.MissMessage(ctx, m, near, now)
	}
	if failure == nil {
		r.errands.ring(m.Until)
		return r.outer.DeferMessage(ctx, m, m.Until, "")
	}
	r.Log.Warn("a message could not be handed over and is tried again", slog.String("name", m.Name), slog.Int("attempt", m.Attempt+1), slog.Any("err", failure))
	due := now.Add(backoff(retryTimer, m.Attempt+1))
	if due.After(m.Until) {
		due = m.Until
	}
	r.errands.ring(due)
	return r.outer.DeferMessage(ctx, m, due, cause(failure))
}

// Near is what comes near to what a message was for.
type Near struct {
	Waits []store.Awaited `json:"waits,omitempty"` // who waited for that name with another key
	Meant string          `json:"meant,omitempty"` // a name that is waited for and looks like this one
}

// near is who waits for something like a message, as it is stored.
func (r *Runner) near(ctx context.Context, m store.Message) (string, error) {
	n, err := r.NearTo(ctx, m.Name)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(n)
	return string(text), err
}

// NearWaits is the Waits of NearTo alone.
func (r *Runner) NearWaits(ctx context.Context, name string) (n Near, err error) {
	n.Waits, err = r.outer.AwaitedBy(ctx, name, maxNear)
	return n, err
}

// NearTo tells who waits for messages of a name, whatever the key, or when there
// is nobody what name may have been meant.
func (r *Runner) NearTo(ctx context.Context, name string) (n Near, err error) {
	if n, err = r.NearWaits(ctx, name); err != nil || len(n.Waits) > 0 {
		return n, err
	}
	known, err := r.outer.WantedNames(ctx, maxNames)
	if err == nil {
		n.Meant = signoff.Nearest(name, known)
	}
	return n, err
}

// forgetMessages forgets what became of messages long ago.
func (r *Runner) forgetMessages(ctx context.Context) {
	const atOnce = 1000
	for {
		n, err := r.outer.ForgetMessages(ctx, r.Now().Add(-keepSettled), atOnce)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("old messages not removed", slog.Any("err", err))
		}
		if err != nil || n < atOnce {
			return
		}
	}
}
