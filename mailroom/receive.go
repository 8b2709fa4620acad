package mailroom

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/textproto"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/store"
)

const headersAtOnce = 50

// receiveAll reads the service mailbox until ctx ends. What is in the folder is
// what has to be done; nothing is remembered that a restart would lose, except
// how often a mail has been tried.
func (r *Room) receiveAll(ctx context.Context) {
	failures := 0
	tried := trials{}
	for ctx.Err() == nil {
		trouble, err := r.receive(ctx, tried)
		if err == nil {
			r.fares(ctx, "mail in", &r.health.In, &r.health.InSince, refusal(trouble))
			failures = 0
			err = r.In.Wait(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil || signoff.CodeOf(err) == codeChanged {
			continue // numbered anew: the next list is right
		}
		r.fares(ctx, "mail in", &r.health.In, &r.health.InSince, err)
		failures++
		sleep(ctx, outage(failures))
	}
}

// receive deals with every mail in the folder that is due. A mail that fails
// does not hold up the others: trouble is the first one's. With err the folder
// could not be read to its end.
func (r *Room) receive(ctx context.Context, tried trials) (trouble, err error) {
	ids, err := r.In.List(ctx)
	if err != nil {
		return nil, err
	}
	ids = tried.due(ids, r.Now())
	for batch := range slices.Chunk(ids, headersAtOnce) {
		rest, err := r.fileCopies(ctx, batch)
		if err != nil {
			return trouble, err
		}
		for _, id := range rest {
			err := r.takeIn(ctx, id, tried.last(id, r.Now(), r.GiveUp))
			if ctx.Err() != nil || isLost(err) {
				return trouble, err
			}
			if err == nil {
				delete(tried, id)
				continue
			}
			tried.failed(id, r.Now(), err)
			r.Log.Warn("a mail could not be dealt with and will be tried again", slog.String("id", id), slog.Any("err", err))
			trouble = cmp.Or(trouble, err)
		}
	}
	return trouble, nil
}

// isLost tells whether err is about the mailbox as a whole and not one mail.
func isLost(err error) bool {
	switch signoff.CodeOf(err) {
	case codeChanged, codeUnreachable, codeUntrusted, codeSignIn, codeNoMailbox:
		return true
	}
	return false
}

// refusal is trouble that an administrator of the mail server can end.
func refusal(trouble error) error {
	if signoff.CodeOf(trouble) == codeMailbox {
		return trouble
	}
	return nil
}

// fileCopies files away the copies of our own mails, which prove that these
// were sent, and returns the others.
func (r *Room) fileCopies(ctx context.Context, ids []string) ([]string, error) {
	headers, err := r.headers(ctx, ids)
	if err != nil {
		return nil, err
	}
	named := map[string]string{}
	var asked []string
	for id, header := range headers {
		if name := messageIDOf(header); strings.HasPrefix(name, "<so.") {
			named[id] = name
			asked = append(asked, name)
		}
	}
	slices.Sort(asked)
	ours, err := r.Store.MailProven(ctx, slices.Compact(asked), r.Now())
	if err != nil {
		return nil, err
	}
	var copies, rest []string
	for _, id := range ids {
		if ours[named[id]] {
			copies = append(copies, id)
		} else {
			rest = append(rest, id)
		}
	}
	if len(copies) == 0 {
		return rest, nil
	}
	r.reportEnded(ctx)
	return rest, r.In.File(ctx, copies)
}

// headers reads the headers of mails, one by one when the server refuses one
// of them; that one is missing.
func (r *Room) headers(ctx context.Context, ids []string) (map[string][]byte, error) {
	all, err := r.In.Headers(ctx, ids)
	if signoff.CodeOf(err) != codeMailbox {
		return all, err
	}
	all = map[string][]byte{}
	for _, id := range ids {
		one, err := r.In.Headers(ctx, []string{id})
		if err != nil && signoff.CodeOf(err) != codeMailbox {
			return nil, err
		}
		maps.Copy(all, one)
	}
	return all, nil
}

// messageIDOf reads a header as far as it can be read.
func messageIDOf(header []byte) string {
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(header))).ReadMIMEHeader()
	if err != nil && len(h) == 0 {
		return ""
	}
	return strings.TrimSpace(h.Get("Message-Id"))
}

// takeIn deals with one mail: read, decide, record and answer, file away. It
// can die between any two of these: deciding has a key that makes it happen
// once, and recording and answering are one commit that happens once.
//
// With last, a mail that cannot be read or judged is put aside: recorded as
// something a person should look at, and filed away.
func (r *Room) takeIn(ctx context.Context, id string, last bool) error {
	in := store.InMail{Mailbox: r.ReplyTo, Item: id, At: r.Now()}
	reading, err := r.read(ctx, id, &in)
	if errors.Is(err, errGone) {
		return nil
	}
	if isLost(err) || err != nil && !last {
		return err
	}
	done, e := r.Store.ReceivedMail(ctx, in.Digest)
	if e != nil {
		return e
	}
	if !done {
		if err := r.judgeAndRecord(ctx, reading, in, err, last); err != nil {
			return err
		}
	}
	if err := r.step(ctx, "recorded"); err != nil {
		return err
	}
	return r.In.File(ctx, []string{id})
}

var errGone = errors.New("the mail is not there any more")

// read fetches and parses a mail and fills in what its record says of it. When
// that fails, the record names it by its place.
func (r *Room) read(ctx context.Context, id string, in *store.InMail) (reading reply.Reading, err error) {
	in.Digest = hashOf(fmt.Sprintf("%q %q", r.ReplyTo, id))[:digestLetters]
	raw, err := r.In.Read(ctx, id, reply.MaxBytes+1)
	if err != nil {
		return reading, err
	}
	if raw == nil {
		return reading, errGone
	}
	err = guarded(func() error {
		reading = reply.Read(raw, r.policy)
		return nil
	})
	in.MessageID, in.From, in.Subject = clip(reading.MessageID, 300), clip(reading.From, 300), reading.Subject
	in.Digest = digestOf(reading, raw)
	return reading, err
}

// guarded turns a panic into an error: no mail may stop the server.
func guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// judgeAndRecord works out what a mail means, does it, and records it with its
// answer. broken is why it could not even be read.
func (r *Room) judgeAndRecord(ctx context.Context, reading reply.Reading, in store.InMail, broken error, last bool) error {
	j := judgement{InMail: in}
	err := broken
	if err == nil {
		err = guarded(func() (err error) {
			j, err = r.judge(ctx, reading, in)
			return err
		})
	}
	if err != nil && (!last || ctx.Err() != nil) {
		return err
	}
	if err != nil {
		r.Log.Error("a mail was put aside", slog.String("sender", in.From), slog.Any("err", err))
		j = j.aside(err)
	}
	if err := r.step(ctx, "decided"); err != nil {
		return err
	}
	answer, err := r.answer(reading, j)
	if err != nil {
		return err
	}
	_, err = r.Store.RecordMail(ctx, j.InMail, answer, adviceLimit(j))
	if err == nil && answer != nil {
		ring(r.wakeOut)
	}
	return err
}

// How often advice is given: robots answer it.
const (
	advicePerTask = 3  // within an hour, to one sender about one task
	advicePerDay  = 10 // to one sender
)

// adviceLimit leaves one more for news that a task is over: whoever tried in
// vain until somebody else decided is to hear that.
func adviceLimit(j judgement) store.AdviceLimit {
	if j.over {
		return store.AdviceLimit{PerTask: advicePerTask + 1, PerDay: advicePerDay + 1}
	}
	return store.AdviceLimit{PerTask: advicePerTask, PerDay: advicePerDay}
}

const digestLetters = 32

// digestOf tells mails apart: two deliveries of one mail have the same digest.
// What a stranger can write into a mail is not enough to make his look like
// another's: the sender check and the secrets are part of it.
func digestOf(m reply.Reading, raw []byte) string {
	h := sha256.New()
	if m.MessageID == "" {
		h.Write(raw)
	} else {
		fmt.Fprintf(h, "%q %q %v %q", m.MessageID, m.From, m.Proof.Genuine, m.Tokens)
		if len(m.Writers) > 0 {
			fmt.Fprintf(h, " %q", writersOf(m))
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:digestLetters]
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}
