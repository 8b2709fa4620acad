package exchange

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/seal"
)

// A Protocol is a way to reach mailboxes.
type Protocol struct {
	Name  string // "graph", "ews"
	Title string // "Microsoft Graph"
	Text  string // one sentence for people: when to choose it

	// Open gives access to a server. Nothing is called yet. A server address that
	// cannot be right is refused with a signoff.Error that has Fields.
	Open func(Settings) (System, error)
}

// Settings say where the mailboxes are.
type Settings struct {
	Server   string        // address of the service; "" the protocol's usual one
	Timeout  time.Duration // of one request; 0: 60 seconds, longer for large attachments
	PageSize int           // of lists; 0: 100
	Domain   string        // of the mailboxes, as an administrator says: a server that is looked up is believed in it alone

	// Plain makes requests that carry no credential: to addresses that have their
	// own, and to see whether there is a server at all. nil: one that trusts what
	// the machine trusts.
	Plain *http.Client

	// Pause waits, or ends with ctx's error. nil: a timer.
	Pause func(ctx context.Context, d time.Duration) error
}

// A System opens mailboxes on one server and holds what they share: at most four
// requests at a time for each mailbox, and the time a busy one has asked for.
// It may be used from any goroutine.
type System interface {
	// Open gives a mailbox. Nothing is called yet.
	Open(Access, Box) Backend
	Close() error
}

// Access is the credential of requests: either HTTP adds it, or User and
// Password are for the protocol to present.
type Access struct {
	HTTP     *http.Client // never nil
	Who      string       // whose credential it is: limits are counted for each
	User     string
	Password seal.Secret
	App      bool // HTTP adds the application's own token: there is nobody whose mailbox is "own"
}

// A Box names a mailbox and says by which right it is opened. They are two
// different rights: Impersonate acts as the mailbox's owner, which an
// application is allowed; without it whoever signed in opens the mailbox with
// the rights they have on it, which its owner or an administrator gave
// (delegation).
type Box struct {
	Address     string // "": the mailbox of whoever signed in
	Impersonate bool   // EWS only: Graph has no such thing, an application's own token does it there
}

// A Backend is one mailbox, with one credential, over one protocol. Ids are those
// of the protocol, opaque and case-sensitive; where it has ids that outlive a
// move, these. An id that died is refused with CodeGone.
//
// Methods retry what a retry may cure, within bounds and as the server asks, but
// never anything that could be sent or made twice: such an error has
// CodeDoubtful, see Doubtful.
type Backend interface {
	Mailer
	Filer
	Folders
	Calendar
	Tasks
	Contacts
	Settler
	Reader

	// Check walks to the mailbox and tells each step: "name", "TLS", "token",
	// "rights", "mailbox", "send", "read". It stops where the next step cannot
	// work. Send makes a draft and deletes it: nothing leaves the mailbox.
	Check(context.Context) []broker.Step
}

// Mailer makes, answers, sends and finds mail.
type Mailer interface {
	// Draft makes a mail in the drafts folder, without files. The correlation is
	// kept with it.
	Draft(context.Context, NewMail) (Mail, error)
	// Answer makes a draft that answers or forwards a mail: what n says is laid
	// over what the server makes by itself (subject, recipients, quote). An empty
	// list of recipients leaves them.
	Answer(ctx context.Context, id string, how Verb, n NewMail) (Mail, error)
	// SendDraft sends a draft, once: it is never tried again by itself. It returns
	// the id of the copy in sent items where that is known already, else "".
	SendDraft(ctx context.Context, id string) (string, error)
	// SendMIME sends a mail that is written already, once: it is never tried again
	// by itself. Its Message-ID is kept. The copy has the correlation where the
	// protocol can put it there.
	SendMIME(ctx context.Context, raw []byte, correlation string) error
	// Find looks for a mail in sent items, then among drafts and what waits to be
	// sent. Not finding it is no error: State is Nowhere.
	Find(context.Context, Trace) (Found, error)

	Mail(ctx context.Context, id string, with With) (Mail, error)
	Mails(context.Context, MailQuery) (Page[Mail], error)
	ChangeMail(ctx context.Context, id string, change MailChange) (Mail, error)
	// MoveMail and CopyMail return the id of the mail where it is then. folder is
	// an id or a well-known name.
	MoveMail(ctx context.Context, id, folder string) (string, error)
	CopyMail(ctx context.Context, id, folder string) (string, error)
	// DeleteMail moves a mail to deleted items, or ends it for good.
	DeleteMail(ctx context.Context, id string, forGood bool) error
	// Raw is a mail as it travelled. One of more than limit bytes is refused with
	// kind TooLarge.
	Raw(ctx context.Context, id string, limit int64) ([]byte, error)
}

// Filer adds and reads what is attached to mails.
type Filer interface {
	Attach(ctx context.Context, mail string, f NewFile) (File, error)
	Files(ctx context.Context, mail string) ([]File, error)
	// File reads an attachment; the caller closes the content. Content of a link
	// (FileLink) is empty; that of a mail (FileItem) is its MIME.
	File(ctx context.Context, mail, id string) (File, io.ReadCloser, error)
	DeleteFile(ctx context.Context, mail, id string) error
}

// Folders are where mail is. An id may be a well-known name as well: inbox,
// drafts, sentitems, deleteditems, outbox, junkemail, archive, msgfolderroot.
type Folders interface {
	Folders(ctx context.Context, parent string, q Query) (Page[Folder], error) // parent "": the top
	Folder(ctx context.Context, id string) (Folder, error)
	CreateFolder(ctx context.Context, parent, name string) (Folder, error)
	DeleteFolder(ctx context.Context, id string) error
	// EmptyFolder moves what is in a folder to deleted items, or ends it for good,
	// and tells how many there were. Folders in it stay.
	EmptyFolder(ctx context.Context, id string, forGood bool) (int, error)
}

// Calendar holds appointments. What is made with a correlation that an
// appointment there has already is that one: nobody is invited twice. So it is
// with tasks and contacts, as far as the protocol can tell.
type Calendar interface {
	CreateEvent(context.Context, NewEvent) (Event, error)
	Event(ctx context.Context, id string) (Event, error)
	Events(context.Context, EventQuery) (Page[Event], error)
	ChangeEvent(ctx context.Context, id string, change EventChange) (Event, error)
	DeleteEvent(ctx context.Context, id string) error
	// CancelEvent tells everybody who was invited; only its organizer may.
	CancelEvent(ctx context.Context, id, comment string) error
	// RespondEvent answers an invitation.
	RespondEvent(ctx context.Context, id string, r Response) error
	// Suggest finds times that suit everybody.
	Suggest(context.Context, Wanted) ([]Slot, error)
}

// Tasks are things to do.
type Tasks interface {
	CreateTask(context.Context, NewTask) (Task, error)
	Task(ctx context.Context, id string) (Task, error)
	Tasks(context.Context, Query) (Page[Task], error)
	ChangeTask(ctx context.Context, id string, change TaskChange) (Task, error)
	DeleteTask(ctx context.Context, id string) error
}

// Contacts are people.
type Contacts interface {
	CreateContact(context.Context, NewContact) (Contact, error)
	Contact(ctx context.Context, id string) (Contact, error)
	Contacts(context.Context, Query) (Page[Contact], error)
	ChangeContact(ctx context.Context, id string, change ContactChange) (Contact, error)
	DeleteContact(ctx context.Context, id string) error
}

// Settler reads and writes what a mailbox is set to, and the lists of its
// organization.
type Settler interface {
	AutoReply(context.Context) (AutoReply, error)
	SetAutoReply(context.Context, AutoReply) error
	Categories(context.Context) ([]Category, error)
	CreateCategory(context.Context, Category) (Category, error)
	// Rooms lists rooms; list is the address of a room list, "" for all.
	Rooms(ctx context.Context, list string) ([]Room, error)
	RoomLists(context.Context) ([]RoomList, error)
	TimeZones(context.Context) ([]TimeZone, error)
}

// Reader reads a folder as it fills, and is what a server's own mailbox is read
// by.
type Reader interface {
	// Sync tells what came into a folder since state, oldest first; "" begins with
	// everything that is there. The state it returns goes into the next call. When
	// the server has forgotten the state, Sync begins anew by itself and says so:
	// then mails come again that have come before.
	Sync(ctx context.Context, folder, state string) (Changes, error)
	// Watch returns when something may have come into the folder since state, or
	// after a while. It is a hint: what came, Sync tells.
	Watch(ctx context.Context, folder, state string) error
}

// A Pusher is a Backend whose server tells an address of ours when something may
// have come into a folder. Watch needs no such address; this is quicker.
type Pusher interface {
	// Subscribe has a folder's news told until a moment, at most about a week
	// ahead; the server asks the address at once whether it wants them.
	Subscribe(ctx context.Context, folder string, p Push) (Subscription, error)
	// Renew makes a subscription live longer. One that has ended is refused with
	// CodeGone: subscribe anew, and sync.
	Renew(ctx context.Context, id string, until time.Time) (Subscription, error)
	Unsubscribe(ctx context.Context, id string) error
}

// Push says where news are told.
type Push struct {
	URL    string // https, and reachable for the server
	Secret string // comes with each notice; at most 128 characters
	Until  time.Time
}

// A Subscription is what the server keeps of a Push.
type Subscription struct {
	ID    string
	Until time.Time
}
