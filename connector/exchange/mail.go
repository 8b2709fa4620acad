package exchange

import (
	"io"
	"time"

	"github.com/signoffhq/signoff/broker"
)

// An Address is a mailbox as mail names it.
type Address struct {
	Name    string // "" when there is none
	Address string
}

// A Body is the text of a mail or an appointment.
type Body struct {
	HTML bool
	Text string
}

// A Header is one line of a mail's head.
type Header struct{ Name, Value string }

// Level is how important a mail, an appointment or a task is.
type Level string

const (
	Low    Level = "low"
	Normal Level = "normal" // what "" means, too
	High   Level = "high"
)

// A Mail is a mail in a mailbox. What With did not ask for is empty.
type Mail struct {
	ID           string
	ChangeKey    string // its version
	MessageID    string // with its angle brackets, as in the mail's head
	Conversation string
	Folder       string // id
	From, Sender Address
	To, Cc, Bcc  []Address
	ReplyTo      []Address
	Subject      string
	Body         Body
	Preview      string // the beginning of the body as text
	Importance   Level
	Categories   []string
	Flagged      bool
	Read         bool
	Draft        bool
	HasFiles     bool
	Sent         time.Time
	Received     time.Time
	Created      time.Time
	Modified     time.Time
	Headers      []Header // with WithHeaders
	Unique       Body     // with WithUnique: without what it quotes
	Link         string   // where it is on the web
}

// With says what more of a mail is wanted than its usual properties.
type With uint8

const (
	WithHeaders With = 1 << iota
	WithUnique
	PlainBody // the body as text, whatever it was written as
)

// NewMail is a mail to be made.
type NewMail struct {
	Correlation  string   // kept with the mail where only its own mailbox sees it; "": none
	From         *Address // nil: the mailbox; another one needs the right to send as it or on its behalf
	To, Cc, Bcc  []Address
	ReplyTo      []Address
	Subject      string // of an answer: "" leaves the server's
	Body         Body   // of an answer: what is put above the quote
	Importance   Level
	Categories   []string
	Headers      []Header // names begin with X-; at most 5
	ReadReceipt  bool
	DeliveryNote bool
}

// Verb says how a mail is answered.
type Verb string

const (
	Reply    Verb = "reply"
	ReplyAll Verb = "replyAll"
	Forward  Verb = "forward"
)

// MailChange says what to change. nil leaves as it is. Only the first four can
// be changed in a mail that is no draft.
type MailChange struct {
	Read       *bool
	Categories *[]string
	Flagged    *bool
	Importance *Level

	Subject     *string
	Body        *Body
	To, Cc, Bcc *[]Address
}

// A Trace is what a mail can be found by; Find uses the first that is not empty
// and goes on to the next when it finds nothing.
type Trace struct {
	ID          string
	Correlation string
	MessageID   string // with its angle brackets
}

// State is where a mail that was looked for is.
type State string

const (
	Nowhere State = ""
	InDraft State = "draft"   // not handed over
	Waiting State = "waiting" // handed over, and on its way
	Sent    State = "sent"    // its copy is in sent items
)

// Found is what Find found.
type Found struct {
	State State
	Mail  Mail // without its body
}

// A Page is a part of a list.
type Page[T any] struct {
	Items      []T
	Next       string // for Query.After; "" on the last
	Unfiltered bool   // Query.Filter was not obeyed
}

// A Query says what of a list is wanted. Filter names properties as the service
// objects have them ("subject", "received").
type Query struct {
	Filter *broker.Filter
	Top    int // 0: the page size of the settings
	After  string
}

// MailQuery says which mails are wanted, newest first.
type MailQuery struct {
	Query
	Folder string // "": inbox
	Search string // words, as people type them into Outlook; not together with Filter
	With   With
}

// A Folder holds mail.
type Folder struct {
	ID, Parent, Name        string
	Total, Unread, Children int
}

// FileKind says what an attachment is.
type FileKind string

const (
	FilePlain FileKind = "file"
	FileItem  FileKind = "item" // a mail or another item of a mailbox
	FileLink  FileKind = "link" // to a file that is elsewhere
)

// A File is an attachment.
type File struct {
	ID, Name, Type string
	Kind           FileKind
	Size           int64 // about: some servers count what is around it
	Inline         bool
	ContentID      string
	URL            string // of a link
}

// A NewFile is to be attached. Content is read once, or again from its beginning
// when it is an io.Seeker; exactly Size bytes are taken from it.
type NewFile struct {
	Name, Type string // Type "": application/octet-stream
	Inline     bool
	ContentID  string
	Size       int64
	Content    io.Reader
}

// Changes is what Sync found.
type Changes struct {
	New   []Mail   // with what tells them apart: id, MessageID, from, subject, received; no body
	Gone  []string // ids, where the protocol tells
	State string   // for the next call; it may be long
	More  bool     // call again at once
	Anew  bool     // begun anew, see Reader.Sync
}
