package mailroom

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/textproto"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/store"
)

const (
	headersAtOnce = 50
	maxTries      = 5 // of a mail that breaks something, before it is put aside
)

// receiveAll reads the service mailbox until ctx ends. What is in the folder is
// what has to be done; nothing is remembered that a restart would lose.
func (r *Room) receiveAll(ctx context.Context) {
	failures := 0
	tries := map[string]int{}
	for ctx.Err() == nil {
		err := r.receive(ctx, tries)
		if err == nil {
			failures = 0
			err = r.In.Wait(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if signoff.CodeOf(err) == codeChanged {
			continue // numbered anew: the next list is right
		}
		r.fares("imap", &r.health.In, &r.health.InSince, err)
		if err != nil {
			failures++
			sleep(ctx, backoff(failures))
		}
	}
}

// receive deals with every mail in the folder once. A mail that fails does not
// hold up the others; the first error is returned.
func (r *Room) receive(ctx context.Context, tries map[string]int) error {
	validity, uids, err := r.In.List(ctx)
	if err != nil {
		return err
	}
	var first error
	for batch := range slices.Chunk(uids, headersAtOnce) {
		rest, err := r.fileCopies(ctx, validity, batch)
		if err != nil {
			return err
		}
		for _, uid := range rest {
			if err := r.takeIn(ctx, validity, uid, tries); err != nil {
				if ctx.Err() != nil || signoff.CodeOf(err) == codeChanged {
					return err
				}
				r.Log.Warn("a mail could not be dealt with and will be tried again", slog.Uint64("uid", uint64(uid)), slog.Any("err", err))
				if first == nil {
					first = err
				}
			}
		}
	}
	return first
}

// fileCopies files away the copies of our own mails, which prove that these
// were sent, and returns the others.
func (r *Room) fileCopies(ctx context.Context, validity uint32, uids []uint32) ([]uint32, error) {
	headers, err := r.In.Headers(ctx, validity, uids)
	if err != nil {
		return nil, err
	}
	ids := map[uint32]string{}
	var asked []string
	for uid, header := range headers {
		if id := messageIDOf(header); strings.HasPrefix(id, "<so.") {
			ids[uid] = id
			asked = append(asked, id)
		}
	}
	slices.Sort(asked)
	ours, err := r.Store.MailProven(ctx, slices.Compact(asked), r.Now())
	if err != nil {
		return nil, err
	}
	var copies, rest []uint32
	for _, uid := range uids {
		if ours[ids[uid]] {
			copies = append(copies, uid)
		} else {
			rest = append(rest, uid)
		}
	}
	if len(copies) == 0 {
		return rest, nil
	}
	r.reportEnded(ctx)
	return rest, r.In.File(ctx, validity, copies)
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
func (r *Room) takeIn(ctx context.Context, validity, uid uint32, tries map[string]int) error {
	raw, err := r.In.Read(ctx, validity, uid, reply.MaxBytes+1)
	if err != nil || raw == nil {
		return err
	}
	reading := reply.Read(raw, r.policy)
	in := store.InMail{Mailbox: r.ReplyTo, Validity: validity, UID: uid, MessageID: clip(reading.MessageID, 300), At: r.Now(),
		From: reading.From, Subject: reading.Subject, Digest: digestOf(reading, raw)}
	done, err := r.Store.ReceivedMail(ctx, in.Digest)
	if err != nil {
		return err
	}
	if !done {
		if err := r.judgeAndRecord(ctx, reading, in, tries); err != nil {
			return err
		}
	}
	delete(tries, in.Digest)
	if err := r.step(ctx, "recorded"); err != nil {
		return err
	}
	return r.In.File(ctx, validity, []uint32{uid})
}

func (r *Room) judgeAndRecord(ctx context.Context, reading reply.Reading, in store.InMail, tries map[string]int) error {
	j, err := r.judge(ctx, reading, in)
	if err != nil {
		if signoff.KindOf(err) == signoff.Internal && ctx.Err() == nil {
			tries[in.Digest]++ // anything else passes
		}
		if tries[in.Digest] < maxTries {
			return err
		}
		r.Log.Error("a mail was put aside", slog.String("sender", in.From), slog.Any("err", err))
		j = judgement{InMail: in}
		j.Verdict, j.Look, j.Detail = "failed", true, detail(err)
	}
	if err := r.step(ctx, "decided"); err != nil {
		return err
	}
	answer, err := r.answer(reading, j)
	if err != nil {
		return err
	}
	_, err = r.Store.RecordMail(ctx, j.InMail, answer, store.AdviceLimit{PerTask: 1, PerDay: 5})
	if err == nil && answer != nil {
		ring(r.wakeOut)
	}
	return err
}

// digestOf tells mails apart: two deliveries of one mail have the same digest.
// What a stranger can write into a mail is not enough to make his look like
// another's: the sender check and the secrets are part of it.
func digestOf(m reply.Reading, raw []byte) string {
	h := sha256.New()
	if m.MessageID == "" {
		h.Write(raw)
	} else {
		fmt.Fprintf(h, "%q %q %v %q", m.MessageID, m.From, m.Proof.Genuine, m.Tokens)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}
