package mailroom

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// Codes of connectors that are told apart here.
const (
	codeDoubtful = "mail-doubtful"   // taken or not: nobody knows
	codeDeferred = "mail-deferred"   // this mail later; others may go
	codeChanged  = "mailbox-changed" // ids are not good any more
	codeMailbox  = "mailbox-failed"  // the server refused something about a mail or a folder

	codeUnreachable = "mail-server-unreachable" // with the next three: nothing works now
	codeUntrusted   = "mail-server-untrusted"
	codeSignIn      = "mail-sign-in-failed"
	codeNoMailbox   = "mailbox-missing"
)

const (
	safetyPoll  = 30 * time.Second // how often to look without having been woken
	firstRetry  = 5 * time.Second
	lastRetry   = 5 * time.Minute
	lookAgain   = 15 * time.Second
	lastOutage  = time.Minute     // a server that is back is noticed soon
	lastMoments = 8 * time.Second // for mails on their way when the server stops; most supervisors wait ten
)

// backoff is how long to wait after the n-th failure.
func backoff(n int) time.Duration { return min(lastRetry, firstRetry<<min(max(n-1, 0), 10)) }

// outage is the same where nothing works at all.
func outage(n int) time.Duration { return min(lastOutage, backoff(n)) }

// queue hands out a line's mails that are due, one at a time, to senders that
// take turns.
type queue struct {
	line     line
	turn     chan struct{}
	wake     chan struct{}
	mu       sync.Mutex
	failures int       // of the mail server, in a row
	until    time.Time // nothing is handed out before
}

// sendAll sends what is due, by each line AtOnce at a time, until ctx ends. Mails on their
// way then have a few moments, as long as the lease is ours: cutting them off
// would make them doubtful.
func (r *Room) sendAll(ctx, ours context.Context, anew func()) {
	work, stop := context.WithCancel(ours)
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastMoments, stop) })()
	var queues []*queue
	var wg sync.WaitGroup
	for _, l := range r.lines() {
		q := &queue{line: l, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1)}
		for range l.AtOnce {
			wg.Go(func() {
				for {
					m, done := r.next(ctx, q, anew)
					if done == nil {
						return
					}
					q.note(r.Now(), r.deliver(work, m))
					done()
				}
			})
		}
		queues = append(queues, q)
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-r.wakeOut:
				for _, q := range queues {
					ring(q.wake)
				}
			}
		}
	})
	wg.Wait()
}

// next waits for its turn and for a mail that is due, and marks it as being
// sent. It returns nil when ctx ends. When the lease is another's by now it has
// all begin anew; and when it does not hear whether a mail is marked: one that
// is, and that nobody sends, is found then as after a crash.
func (r *Room) next(ctx context.Context, q *queue, anew func()) (store.OutMail, func()) {
	select {
	case q.turn <- struct{}{}:
	case <-ctx.Done():
		return store.OutMail{}, nil
	}
	defer func() { <-q.turn }()
	for ctx.Err() == nil {
		if wait := q.pause(r.Now()); wait > 0 {
			sleep(ctx, wait)
			continue
		}
		wait, err := r.untilDue(ctx, func(ctx context.Context) (time.Time, error) { return r.Store.NextMail(ctx, q.line.of) })
		if wait == 0 && err == nil {
			var m store.OutMail
			var done func()
			if m, done, err = r.take(ctx, q.line); done != nil {
				return m, done
			}
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case notHeld(err) || signoff.CodeOf(err) == "data-outcome-unknown":
			r.Log.Warn("mail is taken over anew", slog.Any("err", err))
			anew()
		default:
			r.Log.Error("mail queue not read", slog.Any("err", err))
			wait = time.Second
		}
		await(ctx, q.wake, wait)
	}
	return store.OutMail{}, nil
}

// take marks the next mail as being sent once one more may be. What only waits
// is not marked: a crash would leave it in doubt.
func (r *Room) take(ctx context.Context, l line) (store.OutMail, func(), error) {
	done, err := l.Out.Turn(ctx)
	if err != nil {
		return store.OutMail{}, nil, err
	}
	list, err := r.Store.TakeMail(ctx, r.held(), l.of, r.Now(), 1)
	if err == nil && len(list) > 0 {
		err = r.step(ctx, "taken")
	}
	if err != nil || len(list) == 0 {
		done()
		return store.OutMail{}, nil, err
	}
	return list[0], done, nil
}

// untilDue is how long nothing happens by itself.
func (r *Room) untilDue(ctx context.Context, next func(context.Context) (time.Time, error)) (time.Duration, error) {
	due, err := next(ctx)
	if err != nil || due.IsZero() {
		return safetyPoll, err
	}
	return max(0, min(due.Sub(r.Now()), safetyPoll)), nil
}

// await waits to be woken, for a while at most.
func await(ctx context.Context, wake chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}

func (q *queue) pause(now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.until.Sub(now)
}

// note makes everybody wait when the trouble is the mail server's and not one
// mail's: longer after each failure, not at all after a success.
func (q *queue) note(now time.Time, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !isOutage(err) {
		q.failures, q.until = 0, time.Time{}
		return
	}
	q.failures++
	q.until = now.Add(max(outage(q.failures), min(toldToWait(err), lastTold)))
}

// lastTold is the longest that a mail server's word is taken for how long to
// wait: pages say meanwhile that no mail leaves.
const lastTold = time.Hour

// toldToWait is how long a mail server asked to be left alone, 0 if it did not.
func toldToWait(err error) time.Duration {
	var told interface{ RetryAfter() time.Duration }
	if errors.As(err, &told) {
		return told.RetryAfter()
	}
	return 0
}

func isOutage(err error) bool {
	code := signoff.CodeOf(err)
	return err != nil && signoff.KindOf(err) == signoff.Unavailable && code != codeDeferred && code != codeDoubtful
}

// deliver hands one mail over and records what became of it.
func (r *Room) deliver(ctx context.Context, m store.OutMail) error {
	if r.step(ctx, "marked as being sent") != nil {
		return nil
	}
	line := r.lineOf(m)
	err := r.readdress(ctx, line, &m)
	if err == nil {
		err = r.hand(ctx, line, m)
	}
	if r.step(ctx, "handed over") != nil {
		return nil
	}
	r.noteOut(ctx, line, err)
	state, due := r.verdict(m, err)
	cause := ""
	if err != nil {
		cause = detail(err)
	}
	if !r.settle(ctx, m, state, due, cause) {
		return err
	}
	switch state {
	case store.MailFailed:
		r.Log.Warn("mail failed for good", slog.Int64("instance", int64(m.Instance)), slog.Int("attempt", m.Attempts), slog.Any("err", err))
	case store.MailDoubtful:
		ring(r.wakeDoubt)
	}
	if m.Command != "" && (state == store.MailSent || state == store.MailFailed) {
		r.reportIfEnded(ctx, m.Command)
	}
	return err
}

// settle records what became of a mail, and tries until it can: nobody else
// takes up a mail that counts as being sent before this node is gone. It returns
// false when ctx ended first.
func (r *Room) settle(ctx context.Context, m store.OutMail, state store.MailState, due time.Time, cause string) bool {
	for wait := time.Second; ; wait = min(2*wait, lastOutage) {
		err := r.Store.SettleMail(context.WithoutCancel(ctx), m, state, r.Now(), due, cause)
		if err == nil {
			return true
		}
		r.Log.Error("fate of a mail not recorded yet", slog.Int64("instance", int64(m.Instance)), slog.Any("err", err))
		if !sleep(ctx, wait) {
			return false
		}
	}
}

// verdict says what becomes of a mail that was tried, and when it is due again.
func (r *Room) verdict(m store.OutMail, err error) (store.MailState, time.Time) {
	now := r.Now()
	switch {
	case err == nil:
		return store.MailSent, time.Time{}
	case signoff.CodeOf(err) == codeDoubtful:
		return store.MailDoubtful, now
	case final(err), now.Sub(m.Created) > r.GiveUp:
		return store.MailFailed, time.Time{}
	}
	return store.MailQueued, now.Add(backoff(m.Attempts))
}

// final tells whether trying again is of no use.
func final(err error) bool {
	switch signoff.KindOf(err) {
	case signoff.Unavailable, signoff.TooMany, signoff.Internal:
		return false
	}
	return true
}

// detail is what an error says to people.
func detail(err error) string {
	if e, ok := errors.AsType[*signoff.Error](err); ok && e.Detail != "" {
		return e.Detail
	}
	return "something went wrong; the server's log says more"
}

// reportAll tells steps that wait for mails how these ended, as far as that has
// not been done when the last of them did, until ctx ends.
func (r *Room) reportAll(ctx context.Context) {
	for {
		if more := r.reportEnded(ctx); !more && !sleep(ctx, safetyPoll) || ctx.Err() != nil {
			return
		}
	}
}

// reportEnded tells steps that have to be told, and whether there may be more of
// them. What cannot be told now stays on record as not reported, and holds up no
// other.
func (r *Room) reportEnded(ctx context.Context) (more bool) {
	const atOnce = 100
	endings, err := r.Store.EndedMail(ctx, atOnce)
	for _, e := range endings {
		err = errors.Join(err, r.report(ctx, e))
	}
	r.notTold(ctx, err)
	return err == nil && len(endings) == atOnce
}

// reportIfEnded tells the step that waits for a mail, if it was the last.
func (r *Room) reportIfEnded(ctx context.Context, command string) {
	e, ended, err := r.Store.MailEnding(ctx, command)
	if err == nil && ended {
		err = r.report(ctx, e)
	}
	r.notTold(ctx, err)
}

func (r *Room) report(ctx context.Context, e store.Ending) error {
	err := r.instances.Finish(ctx, e.Command, nil, failureOf(e))
	if err != nil {
		return fmt.Errorf("tell %s: %w", e.Command, err)
	}
	if r.step(ctx, "step told") != nil {
		return nil
	}
	return r.Store.MailReported(ctx, e.Command)
}

func (r *Room) notTold(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.Log.Error("steps that wait for mail not told", slog.Any("err", err))
	}
}

func failureOf(e store.Ending) error {
	if len(e.Failed) == 0 {
		return nil
	}
	text := fmt.Sprintf("the mail to %s could not be sent: %s", e.Failed[0].To, e.Failed[0].Error)
	if n := len(e.Failed) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "mail-failed", Detail: text, Hint: "put the address or the mail server right, then try the step again"}
}

// settleDoubts finds out about mails that may have been sent: those whose copy
// is in our mailbox, or among what their own mailbox sent, were. The others are
// sent again when a copy would have arrived by now. Where there is no mailbox to look in, they wait for an
// administrator: guessing would lose a mail or send it twice.
func (r *Room) settleDoubts(ctx context.Context) {
	for ctx.Err() == nil {
		list, err := r.Store.DoubtfulMail(ctx, r.Now(), 50)
		for _, m := range list {
			if err == nil {
				err = r.settleDoubt(ctx, m)
			}
		}
		wait := safetyPoll
		if err == nil {
			wait, err = r.untilDue(ctx, r.Store.NextDoubtfulMail)
		}
		if err != nil {
			if ctx.Err() == nil {
				r.Log.Warn("doubtful mail not looked for", slog.Any("err", err))
			}
			wait = firstRetry
			sleep(ctx, wait)
			continue
		}
		await(ctx, r.wakeDoubt, wait)
	}
}

func (r *Room) settleDoubt(ctx context.Context, m store.OutMail) error {
	now := r.Now()
	m.Token = r.held().Token
	asked, found, waits, err := r.sentOrNot(ctx, m)
	if err != nil {
		return err
	}
	if !asked {
		r.Log.Warn("nobody can tell whether a mail was sent", slog.Int64("instance", int64(m.Instance)), slog.String("command", m.Key))
		return r.Store.SettleMail(ctx, m, store.MailDoubtful, now, time.Time{},
			"it may have been sent: there is no mailbox of ours to look in")
	}
	again := m.Since.Add(r.Grace)
	switch {
	case found:
		err = r.Store.SettleMail(ctx, m, store.MailSent, now, time.Time{}, "")
		if err == nil && m.Command != "" {
			r.reportIfEnded(ctx, m.Command)
		}
	case waits, now.Before(again):
		next := again
		if _, keeps := r.lineOf(m).Out.(Keeper); keeps {
			next = now.Add(lookAgain) // its own mailbox may show it any moment
		}
		err = r.Store.SettleMail(ctx, m, store.MailDoubtful, now, next, m.Error)
	default:
		r.Log.Info("a doubtful mail was not sent and is sent again", slog.Int64("instance", int64(m.Instance)))
		err = r.Store.SettleMail(ctx, m, store.MailQueued, now, now, m.Error)
		ring(r.wakeOut)
	}
	return err
}
