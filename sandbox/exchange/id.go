package exchange

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// Kind is what an id is of.
type Kind int

const (
	OfItem Kind = iota + 1
	OfFolder
	OfConversation
	OfAttachment
)

// ID is what the text of an id means. Its texts have the shape and length that
// Exchange's have: 152 characters for an item, 120 for a folder.
type ID struct {
	Mailbox   string // GUID, see Mailbox.GUID
	Kind      Kind
	Immutable bool     // N is Item.Key and not Item.Place
	N         uint64   // the item's or folder's counter
	Thread    [16]byte // of conversations
	File      uint64   // of attachments: the number in the item
}

const (
	guidText     = 36
	maxIDText    = 512
	folderEntry  = 46
	itemEntry    = 70
	fileTail     = 5 + 16
	immutableTag = 0x09
	mailboxTag   = 0x03
	threadTag    = 0x04
)

// mailboxGUID is the same for an account in every sandbox.
func mailboxGUID(account string) string {
	sum := sha256.Sum256([]byte("sandbox mailbox " + account))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}

func guidBytes(guid string) []byte {
	b, _ := hex.DecodeString(strings.ReplaceAll(guid, "-", "")) // ours
	return b
}

// store is the part of an entry id that names the mailbox's database.
func (id ID) counter(b []byte, n uint64) []byte {
	b = append(b, guidBytes(id.Mailbox)...)
	var c [8]byte
	binary.BigEndian.PutUint64(c[:], n)
	return append(append(b, c[2:]...), 0, 0)
}

// entry is the MAPI entry id (MS-OXCDATA §2.2.4).
func (id ID) entry() []byte {
	b := append(make([]byte, 4), guidBytes(id.Mailbox)...)
	if id.Kind == OfFolder {
		return id.counter(append(b, 1, 0), id.N)
	}
	return id.counter(id.counter(append(b, 7, 0), 0), id.N)
}

func (id ID) bytes() []byte {
	var b []byte
	switch {
	case id.Kind == OfConversation:
		b = append([]byte{0, threadTag, guidText, 0}, id.Mailbox...)
		return append(append(b, 0, 16, 0), id.Thread[:]...)
	case id.Immutable && id.Kind != OfFolder:
		b = id.counter([]byte{0, immutableTag, 0x2e, 0, 0}, id.N)
	default:
		e := id.entry()
		b = append([]byte{0, mailboxTag, guidText, 0}, id.Mailbox...)
		b = append(append(b, 0, byte(len(e)), 0), e...)
	}
	if id.Kind == OfAttachment {
		b = append(b, 1, 0x12, 0, 0x10, 0)
		var tail [16]byte
		binary.BigEndian.PutUint64(tail[8:], id.File)
		b = append(b, tail[:]...)
	}
	return b
}

// EWS is the id as EWS writes it: base64.
func (id ID) EWS() string { return base64.StdEncoding.EncodeToString(id.bytes()) }

var toREST, toEWS = strings.NewReplacer("/", "-", "+", "_"), strings.NewReplacer("-", "/", "_", "+")

// REST is the id as Graph writes it: safe in an address.
func (id ID) REST() string { return toREST.Replace(id.EWS()) }

// Entry is the MAPI entry id as Graph's entryId has it.
func (id ID) Entry() string {
	if id.Immutable {
		return toREST.Replace(base64.StdEncoding.EncodeToString(id.bytes()[5:]))
	}
	return toREST.Replace(base64.StdEncoding.EncodeToString(id.entry()))
}

// ParseID reads an id in EWS's or Graph's writing. A text that is none gives
// ErrIDMalformed; whether there is such a thing is another question.
func ParseID(text string) (ID, error) {
	if text == "" || len(text) > maxIDText {
		return ID{}, ErrIDMalformed
	}
	b, err := base64.StdEncoding.Strict().DecodeString(toEWS.Replace(text))
	if err != nil || len(b) < 29 {
		return ID{}, ErrIDMalformed
	}
	id, ok := readID(b)
	if !ok || !bytes.Equal(id.bytes(), b) { // every byte has its one meaning
		return ID{}, ErrIDMalformed
	}
	return id, nil
}

func readID(b []byte) (id ID, ok bool) {
	if b[1] == immutableTag {
		id = ID{Kind: OfItem, Immutable: true, Mailbox: guidOf(b[5:21]), N: readCounter(b[21:])}
		return id.withFile(b, 5+24)
	}
	if len(b) < 4+guidText+3 {
		return ID{}, false
	}
	id.Mailbox = string(b[4 : 4+guidText])
	if !isGUID(id.Mailbox) {
		return ID{}, false
	}
	rest := b[4+guidText+3:]
	switch {
	case b[1] == threadTag && len(rest) == 16:
		id.Kind = OfConversation
		copy(id.Thread[:], rest)
		return id, true
	case b[1] == mailboxTag && len(rest) == folderEntry:
		id.Kind, id.N = OfFolder, readCounter(rest[38:])
		return id, true
	case b[1] == mailboxTag && len(rest) >= itemEntry:
		id.Kind, id.N = OfItem, readCounter(rest[62:])
		return id.withFile(b, 4+guidText+3+itemEntry)
	}
	return ID{}, false
}

// withFile reads the tail that makes an item's id an attachment's.
func (id ID) withFile(b []byte, item int) (ID, bool) {
	switch len(b) {
	case item:
		return id, true
	case item + fileTail:
		id.Kind, id.File = OfAttachment, binary.BigEndian.Uint64(b[len(b)-8:])
		return id, true
	}
	return ID{}, false
}

func readCounter(b []byte) uint64 {
	var c [8]byte
	copy(c[2:], b[:6])
	return binary.BigEndian.Uint64(c[:])
}

func guidOf(b []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func isGUID(text string) bool {
	if len(text) != guidText {
		return false
	}
	for i, c := range []byte(text) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
				return false
			}
		}
	}
	return true
}

// changeKey is the text of a change counter.
func changeKey(mailbox, class string, change uint64) string {
	lead := byte(0x09)
	if class == ClassEvent {
		lead = 0x0d
	}
	b := ID{Mailbox: mailbox}.counter([]byte{lead, 0, 0, 0, 0x16, 0, 0, 0}, change)
	return base64.StdEncoding.EncodeToString(b)
}

// readChangeKey returns the counter of a change key, in either writing.
func readChangeKey(text string) (uint64, error) {
	b, err := base64.StdEncoding.DecodeString(toEWS.Replace(text))
	if err != nil || len(b) != 32 {
		return 0, Refuse("ErrorInvalidChangeKey", "The change key is invalid.")
	}
	return readCounter(b[24:]), nil
}
