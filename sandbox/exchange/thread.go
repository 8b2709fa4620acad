package exchange

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// A conversation is named by what its first mail is called, so that every
// mailbox and every door sees the same one. Thread-Index (MS-OXOMSG §2.2.1.3),
// where a mail brings it, says the same and how deep the mail stands.

const threadHead = 22 // 1 reserved, 5 of time, 16 of the conversation's GUID

func readThreadIndex(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) < threadHead || (len(b)-threadHead)%5 != 0 || len(b) > threadHead+5*200 {
		return nil
	}
	return b
}

// thread returns the conversation of a mail and its place in it.
func (m *Message) thread() (id [16]byte, index []byte) {
	if len(m.ThreadIndex) > 0 {
		copy(id[:], m.ThreadIndex[6:threadHead])
		return id, m.ThreadIndex
	}
	root := m.MessageID
	switch {
	case len(m.References) > 0:
		root = m.References[0]
	case m.InReplyTo != "":
		root = m.InReplyTo
	}
	sum := sha256.Sum256([]byte("conversation " + root))
	copy(id[:], sum[:16])
	index = beginThread(id, m.Date)
	for range min(max(len(m.References), btoi(m.InReplyTo != "")), 100) {
		index = deeper(index, m.Date)
	}
	return id, index
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// beginThread is the index of a conversation's first mail.
func beginThread(id [16]byte, at time.Time) []byte {
	var ticks [8]byte
	binary.BigEndian.PutUint64(ticks[:], filetime(at))
	b := append([]byte{1}, ticks[1:6]...)
	return append(b, id[:]...)
}

// deeper is the index of an answer to the mail that has index.
func deeper(index []byte, at time.Time) []byte {
	var delta [4]byte
	if len(index) >= threadHead {
		var begun [8]byte
		copy(begun[1:6], index[1:6])
		since := filetime(at) - min(binary.BigEndian.Uint64(begun[:]), filetime(at))
		binary.BigEndian.PutUint32(delta[:], uint32(since>>18)&0x7fffffff)
	}
	return append(append(index[:len(index):len(index)], delta[:]...), 0)
}

// filetime is 100 ns ticks since 1601.
func filetime(t time.Time) uint64 {
	const unixEpoch = 116444736000000000
	if t.Year() < 1980 {
		return unixEpoch
	}
	return uint64(t.UnixNano()/100) + unixEpoch
}

// topic is a subject without the marks of answers and forwards.
func topic(subject string) string {
	for {
		subject = strings.TrimSpace(subject)
		i := strings.IndexByte(subject, ':')
		if i < 0 || i > 3 {
			return subject
		}
		switch strings.ToLower(subject[:i]) {
		case "re", "fw", "fwd", "aw", "wg", "sv", "rv", "tr":
			subject = subject[i+1:]
		default:
			return subject
		}
	}
}
