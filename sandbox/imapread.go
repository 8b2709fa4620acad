package sandbox

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"
)

// listed is a mail with the number this client knows it by, 0 when it has not
// been told of it yet.
type listed struct {
	message
	seq uint32
}

// chosen lists the mails of a set, as the client sees the folder.
func (s *imapSession) chosen(set imap.NumSet) []listed {
	return slices.DeleteFunc(s.all(), func(m listed) bool {
		switch set := s.fixed(set).(type) {
		case imap.SeqSet:
			return m.seq == 0 || !set.Contains(m.seq)
		case imap.UIDSet:
			return !set.Contains(m.uid)
		}
		return true
	})
}

func (s *imapSession) all() []listed {
	s.open.mu.Lock()
	defer s.open.mu.Unlock()
	list := make([]listed, len(s.open.list))
	for i, m := range s.open.list {
		list[i] = listed{*m, s.view.EncodeSeqNum(uint32(i) + 1)}
	}
	return list
}

// fixed puts numbers in place of "*", which stands for the last mail.
func (s *imapSession) fixed(set imap.NumSet) imap.NumSet {
	s.open.mu.Lock()
	count, last := uint32(len(s.open.list)), imap.UID(0)
	if count > 0 {
		last = s.open.list[count-1].uid
	}
	s.open.mu.Unlock()
	switch set := set.(type) {
	case imap.SeqSet:
		fixed := slices.Clone(set)
		for i := range fixed {
			fixed[i].Start, fixed[i].Stop = star(fixed[i].Start, fixed[i].Stop, count)
		}
		return fixed
	case imap.UIDSet:
		fixed := slices.Clone(set)
		for i := range fixed {
			fixed[i].Start, fixed[i].Stop = star(fixed[i].Start, fixed[i].Stop, last)
		}
		return fixed
	}
	return set
}

func star[N uint32 | imap.UID](start, stop, last N) (N, N) {
	if start == 0 {
		start = last
	}
	if stop == 0 {
		stop = last
	}
	return min(start, stop), max(start, stop)
}

func (s *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, opts *imap.FetchOptions) error {
	reads := slices.ContainsFunc(opts.BodySection, func(b *imap.FetchItemBodySection) bool { return !b.Peek }) && !s.look
	for _, m := range s.chosen(set) {
		if m.seq == 0 {
			continue
		}
		if reads && m.flags&seen == 0 {
			if err := s.open.mark(m.uid, func(f flagSet) flagSet { return f | seen }, nil); err == nil {
				m.flags |= seen
				s.post.hub.changed(s.box.id)
			}
		}
		raw, err := s.content(m.uid, opts)
		if err != nil {
			continue // gone in the meantime: its EXPUNGE follows
		}
		if err := writeMessage(w.CreateMessage(m.seq), m, raw, opts); err != nil {
			return err
		}
	}
	return nil
}

// content opens the file only when something in it is asked for.
func (s *imapSession) content(uid imap.UID, opts *imap.FetchOptions) ([]byte, error) {
	if !opts.Envelope && opts.BodyStructure == nil && len(opts.BodySection)+len(opts.BinarySection)+len(opts.BinarySectionSize) == 0 {
		return nil, nil
	}
	return s.open.read(uid)
}

func writeMessage(w *imapserver.FetchResponseWriter, m listed, raw []byte, opts *imap.FetchOptions) error {
	w.WriteUID(m.uid)
	if opts.Flags {
		w.WriteFlags(m.flags.imap())
	}
	if opts.InternalDate {
		w.WriteInternalDate(m.at)
	}
	if opts.RFC822Size {
		w.WriteRFC822Size(m.size)
	}
	if opts.Envelope {
		if h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw))); err == nil {
			w.WriteEnvelope(imapserver.ExtractEnvelope(h))
		}
	}
	if opts.BodyStructure != nil {
		w.WriteBodyStructure(imapserver.ExtractBodyStructure(bytes.NewReader(raw)))
	}
	for _, section := range opts.BodySection {
		part := imapserver.ExtractBodySection(bytes.NewReader(raw), section)
		if err := writeAll(w.WriteBodySection(section, int64(len(part))), part); err != nil {
			return err
		}
	}
	for _, section := range opts.BinarySection {
		part := imapserver.ExtractBinarySection(bytes.NewReader(raw), section)
		if err := writeAll(w.WriteBinarySection(section, int64(len(part))), part); err != nil {
			return err
		}
	}
	for _, section := range opts.BinarySectionSize {
		w.WriteBinarySectionSize(section, imapserver.ExtractBinarySectionSize(bytes.NewReader(raw), section))
	}
	return w.Close()
}

func writeAll(w io.WriteCloser, data []byte) error {
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

func (s *imapSession) Search(kind imapserver.NumKind, want *imap.SearchCriteria, _ *imap.SearchOptions) (*imap.SearchData, error) {
	s.fix(want)
	var data imap.SearchData
	var seqs imap.SeqSet
	var uids imap.UIDSet
	for _, m := range s.all() {
		if kind == imapserver.NumKindSeq && m.seq == 0 || !s.matches(m, want) {
			continue
		}
		num := m.seq
		if kind == imapserver.NumKindUID {
			num = uint32(m.uid)
			uids.AddNum(m.uid)
		} else {
			seqs.AddNum(m.seq)
		}
		if data.Count == 0 {
			data.Min = num
		}
		data.Max = num
		data.Count++
	}
	data.All = seqs
	if kind == imapserver.NumKindUID {
		data.All = uids
	}
	return &data, nil
}

func (s *imapSession) fix(want *imap.SearchCriteria) {
	for i := range want.SeqNum {
		want.SeqNum[i], _ = s.fixed(want.SeqNum[i]).(imap.SeqSet)
	}
	for i := range want.UID {
		want.UID[i], _ = s.fixed(want.UID[i]).(imap.UIDSet)
	}
	for i := range want.Not {
		s.fix(&want.Not[i])
	}
	for i := range want.Or {
		s.fix(&want.Or[i][0])
		s.fix(&want.Or[i][1])
	}
}

// matches checks what costs nothing first, and opens the file last.
func (s *imapSession) matches(m listed, want *imap.SearchCriteria) bool {
	for _, set := range want.SeqNum {
		if m.seq == 0 || !set.Contains(m.seq) {
			return false
		}
	}
	for _, set := range want.UID {
		if !set.Contains(m.uid) {
			return false
		}
	}
	for _, f := range want.Flag {
		if bit := toFlags([]imap.Flag{f}); bit == 0 || m.flags&bit == 0 {
			return false
		}
	}
	if m.flags&toFlags(want.NotFlag) != 0 {
		return false
	}
	if !dayBetween(m.at, want.Since, want.Before) ||
		want.Larger != 0 && m.size <= want.Larger || want.Smaller != 0 && m.size >= want.Smaller {
		return false
	}
	for i := range want.Not {
		if s.matches(m, &want.Not[i]) {
			return false
		}
	}
	for i := range want.Or {
		if !s.matches(m, &want.Or[i][0]) && !s.matches(m, &want.Or[i][1]) {
			return false
		}
	}
	return s.contentMatches(m, want)
}

func (s *imapSession) contentMatches(m listed, want *imap.SearchCriteria) bool {
	if len(want.Header)+len(want.Text)+len(want.Body) == 0 && want.SentSince.IsZero() && want.SentBefore.IsZero() {
		return true
	}
	b, err := s.open.briefOf(m.uid)
	if err != nil {
		return false
	}
	header := mail.Header{Header: gomessage.Header{Header: b.header}}
	for _, h := range want.Header {
		if !headerHas(header, h.Key, h.Value) {
			return false
		}
	}
	if !want.SentSince.IsZero() || !want.SentBefore.IsZero() {
		if sent, err := header.Date(); err != nil || !dayBetween(sent, want.SentSince, want.SentBefore) {
			return false
		}
	}
	if len(want.Text)+len(want.Body) == 0 {
		return true
	}
	raw, err := s.open.read(m.uid)
	if err != nil {
		return false
	}
	text := strings.ToLower(readable(raw))
	everything := strings.ToLower(string(raw[:min(len(raw), maxHeaderBytes)])) + text
	return !slices.ContainsFunc(want.Body, func(t string) bool { return !strings.Contains(text, strings.ToLower(t)) }) &&
		!slices.ContainsFunc(want.Text, func(t string) bool { return !strings.Contains(everything, strings.ToLower(t)) })
}

func headerHas(h mail.Header, key, value string) bool {
	value = strings.ToLower(value)
	for fields := h.FieldsByKey(key); fields.Next(); {
		text, err := fields.Text()
		if err != nil {
			text = fields.Value()
		}
		if strings.Contains(strings.ToLower(text), value) {
			return true
		}
	}
	return false
}

// dayBetween compares days and leaves out time and zone (RFC 3501 §6.4.4).
func dayBetween(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}
