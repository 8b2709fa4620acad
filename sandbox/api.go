package sandbox

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/sse"
	"github.com/emersion/go-imap/v2"
)

// Mailbox is one person's mailbox in a list.
type Mailbox struct {
	ID      string `json:"id" example:"jane"`
	Address string `json:"address,omitempty" example:"jane@contoso.test"`
	Name    string `json:"name"`
	Total   int    `json:"total" doc:"mails in all folders"`
	Unread  int    `json:"unread"`
}

// Summary is one mail in a list.
type Summary struct {
	ID      string    `json:"id" doc:"changes when the mail moves to another folder"`
	Mailbox string    `json:"mailbox"`
	Folder  string    `json:"folder"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at" doc:"when it arrived"`
	Read    bool      `json:"read"`
	Size    int64     `json:"size"`
}

// Message is one mail to read.
type Message struct {
	Summary
	Headers     []Header     `json:"headers" doc:"as they came, topmost first"`
	Text        string       `json:"text"`
	HasHTML     bool         `json:"hasHtml"`
	Attachments []attachment `json:"attachments"`
	Replies     []QuickReply `json:"replies" doc:"answers the mail offers as mailto links"`
}

// Header is one header field, decoded and unfolded.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// QuickReply is a mailto link of a mail: one press writes the answer.
type QuickReply struct {
	Label   string `json:"label"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// Changed is the event that a mailbox should be read again.
type Changed struct {
	Mailbox string `json:"mailbox" doc:"empty once at the beginning: read everything"`
}

// newHandler builds the API and the guard in front of it.
func newHandler(p *post) (http.Handler, error) {
	mux := http.NewServeMux()
	register(humago.New(mux, apiConfig()), p)
	return guard(mux), nil
}

// OpenAPI returns the API's description without starting anything.
func OpenAPI() ([]byte, error) {
	api := humago.New(http.NewServeMux(), apiConfig())
	register(api, nil)
	return api.OpenAPI().MarshalJSON()
}

func apiConfig() huma.Config {
	cfg := huma.DefaultConfig("signoff sandbox", "1")
	cfg.Info.Description = "Mailboxes of the sandbox: list, read, answer in the owner's name, clear."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/sandbox/api/openapi", "", ""
	cfg.CreateHooks = nil // no $schema links in answers
	return cfg
}

type api struct{ post *post }

func register(h huma.API, p *post) {
	a := api{p}
	huma.Register(h, huma.Operation{OperationID: "listMailboxes", Method: "GET", Path: "/sandbox/api/mailboxes",
		Summary: "All mailboxes with their counts"}, a.mailboxes)
	huma.Register(h, huma.Operation{OperationID: "listMessages", Method: "GET", Path: "/sandbox/api/messages",
		Summary: "A mailbox's mails, newest first", Errors: []int{404, 422}}, a.messages)
	huma.Register(h, huma.Operation{OperationID: "clearMessages", Method: "DELETE", Path: "/sandbox/api/messages",
		Summary: "Delete a mailbox's mails for good, or everybody's", DefaultStatus: 204, Errors: []int{404}}, a.clear)
	huma.Register(h, huma.Operation{OperationID: "getMessage", Method: "GET", Path: "/sandbox/api/messages/{id}",
		Summary: "One mail", Errors: []int{404}}, a.message)
	huma.Register(h, huma.Operation{OperationID: "getMessageHTML", Method: "GET", Path: "/sandbox/api/messages/{id}/html",
		Summary: "A mail's HTML, safe to show in a sandboxed frame", Errors: []int{404}}, a.html)
	huma.Register(h, huma.Operation{OperationID: "getMessageRaw", Method: "GET", Path: "/sandbox/api/messages/{id}/raw",
		Summary: "A mail as it lies on disk", Errors: []int{404}}, a.raw)
	huma.Register(h, huma.Operation{OperationID: "readMessage", Method: "POST", Path: "/sandbox/api/messages/{id}/read",
		Summary: "Mark a mail as read", DefaultStatus: 204, Errors: []int{404}}, a.read)
	huma.Register(h, huma.Operation{OperationID: "replyToMessage", Method: "POST", Path: "/sandbox/api/messages/{id}/reply",
		Summary: "Answer a mail in the mailbox owner's name", DefaultStatus: 201, MaxBodyBytes: 256 << 10, Errors: []int{404, 422}}, a.reply)
	sse.Register(h, huma.Operation{OperationID: "sandboxEvents", Method: "GET", Path: "/sandbox/api/events",
		Summary: "Tells when a mailbox changes"}, map[string]any{"changed": Changed{}}, a.events)
}

type mailboxList struct {
	Body struct {
		Items []Mailbox `json:"items"`
	}
}

func (a api) mailboxes(context.Context, *struct{}) (*mailboxList, error) {
	out := &mailboxList{}
	for _, id := range a.post.order {
		box := a.post.boxes[id]
		m := Mailbox{ID: id, Address: box.address, Name: box.name}
		for _, f := range box.all() {
			m.Total += len(f.uids(func(*message) bool { return true }))
			m.Unread += len(f.uids(func(m *message) bool { return m.flags&seen == 0 }))
		}
		out.Body.Items = append(out.Body.Items, m)
	}
	return out, nil
}

type listInput struct {
	Mailbox string `query:"mailbox" required:"true" doc:"a mailbox id" example:"jane"`
	Folder  string `query:"folder" doc:"only this folder; all when empty"`
	Cursor  string `query:"cursor" doc:"\"next\" of the page before"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type messageList struct {
	Body struct {
		Items []Summary `json:"items"`
		Next  string    `json:"next,omitempty" doc:"where the next page begins; missing on the last"`
	}
}

// found is a mail in a mailbox with what orders the list.
type found struct {
	folder *folder
	message
}

func (f found) key() string {
	return fmt.Sprintf("%020d/%s/%010d", f.at.UnixNano(), url.PathEscape(f.folder.name), f.uid)
}

func (a api) messages(_ context.Context, in *listInput) (*messageList, error) {
	box := a.post.boxes[in.Mailbox]
	if box == nil {
		return nil, huma.Error404NotFound("there is no such mailbox")
	}
	before, err := decodeID(in.Cursor)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("the cursor is not one of ours")
	}
	out := &messageList{}
	out.Body.Items = []Summary{}
	list := box.newest(in.Folder, before)
	for i, m := range list {
		if i == in.Limit {
			out.Body.Next = encodeID(list[i-1].key())
			break
		}
		out.Body.Items = append(out.Body.Items, box.summary(m))
	}
	return out, nil
}

// newest lists the mails of a folder, or all, that stand behind a cursor.
func (b *mailbox) newest(name, before string) []found {
	var list []found
	for _, f := range b.all() {
		if name != "" && f.name != name {
			continue
		}
		f.mu.Lock()
		for _, m := range f.list {
			if one := (found{f, *m}); before == "" || one.key() < before {
				list = append(list, one)
			}
		}
		f.mu.Unlock()
	}
	slices.SortFunc(list, func(x, y found) int { return strings.Compare(y.key(), x.key()) })
	return list
}

func (b *mailbox) summary(m found) Summary {
	s := Summary{ID: encodeID(b.id + "/" + url.PathEscape(m.folder.name) + "/" + strconv.FormatUint(uint64(m.uid), 10)),
		Mailbox: b.id, Folder: m.folder.name, At: m.at, Read: m.flags&seen != 0, Size: m.size}
	if head, err := m.folder.briefOf(m.uid); err == nil {
		s.From, s.To, s.Subject = head.text("From"), head.text("To"), head.text("Subject")
	}
	return s
}

func encodeID(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func decodeID(id string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(id)
	return string(b), err
}

type oneMessage struct {
	ID string `path:"id" maxLength:"400"`
}

var errGone = huma.Error404NotFound("there is no such mail; it may have been moved or deleted")

// find opens a mail by its id.
func (a api) find(id string) (*mailbox, found, []byte, error) {
	text, err := decodeID(id)
	parts := strings.Split(text, "/")
	if err != nil || len(parts) != 3 {
		return nil, found{}, nil, errGone
	}
	name, err1 := url.PathUnescape(parts[1])
	uid, err2 := strconv.ParseUint(parts[2], 10, 32)
	box := a.post.boxes[parts[0]]
	if err1 != nil || err2 != nil || box == nil {
		return nil, found{}, nil, errGone
	}
	f := box.folder(name)
	if f == nil {
		return nil, found{}, nil, errGone
	}
	raw, err := f.read(imap.UID(uid))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, found{}, nil, errGone
	}
	if err != nil {
		return nil, found{}, nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(imap.UID(uid))
	if i < 0 {
		return nil, found{}, nil, errGone
	}
	return box, found{f, *f.list[i]}, raw, nil
}

type messageOut struct{ Body Message }

func (a api) message(_ context.Context, in *oneMessage) (*messageOut, error) {
	box, m, raw, err := a.find(in.ID)
	if err != nil {
		return nil, err
	}
	c := parse(raw)
	out := &messageOut{Body: Message{Summary: box.summary(m), Text: c.text, HasHTML: c.html != "",
		Headers: []Header{}, Attachments: []attachment{}, Replies: quickReplies(c)}}
	out.Body.Attachments = append(out.Body.Attachments, c.files...)
	if c.text == "" && c.html != "" {
		out.Body.Text = HTMLText(c.html)
	}
	if head, err := m.folder.briefOf(m.uid); err == nil {
		h := head.mail()
		for fields := h.Fields(); fields.Next(); {
			value, err := fields.Text()
			if err != nil {
				value = fields.Value()
			}
			out.Body.Headers = append(out.Body.Headers, Header{fields.Key(), value})
		}
	}
	return out, nil
}

type bytesOut struct {
	Type     string `header:"Content-Type"`
	Policy   string `header:"Content-Security-Policy"`
	NoSniff  string `header:"X-Content-Type-Options"`
	Referrer string `header:"Referrer-Policy"`
	Body     []byte
}

// framePolicy lets a mail's HTML show its own styles and nothing else: no
// script, no form, nothing fetched from anywhere.
const framePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"

func (a api) html(_ context.Context, in *oneMessage) (*bytesOut, error) {
	_, _, raw, err := a.find(in.ID)
	if err != nil {
		return nil, err
	}
	c := parse(raw)
	if c.html == "" {
		return nil, huma.Error404NotFound("this mail has no HTML")
	}
	return &bytesOut{Type: "text/html; charset=utf-8", Policy: framePolicy, NoSniff: "nosniff", Referrer: "no-referrer",
		Body: sanitise(c.html, in.ID)}, nil
}

func (a api) raw(_ context.Context, in *oneMessage) (*bytesOut, error) {
	_, _, raw, err := a.find(in.ID)
	if err != nil {
		return nil, err
	}
	return &bytesOut{Type: "text/plain; charset=utf-8", Policy: "default-src 'none'; sandbox", NoSniff: "nosniff",
		Referrer: "no-referrer", Body: raw}, nil
}

func (a api) read(_ context.Context, in *oneMessage) (*struct{}, error) {
	box, m, _, err := a.find(in.ID)
	if err != nil {
		return nil, err
	}
	if err := m.folder.mark(m.uid, func(f flagSet) flagSet { return f | seen }, nil); err != nil {
		return nil, errGone
	}
	a.post.hub.changed(box.id)
	return nil, nil
}

type clearInput struct {
	Mailbox string `query:"mailbox" doc:"a mailbox id; all mailboxes when empty"`
}

func (a api) clear(_ context.Context, in *clearInput) (*struct{}, error) {
	ids := a.post.order
	if in.Mailbox != "" {
		ids = []string{in.Mailbox}
	}
	for _, id := range ids {
		box := a.post.boxes[id]
		if box == nil {
			return nil, huma.Error404NotFound("there is no such mailbox")
		}
		for _, f := range box.all() {
			for _, uid := range f.uids(func(*message) bool { return true }) {
				if err := f.remove(uid); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return nil, err
				}
			}
		}
		a.post.hub.changed(id)
	}
	return nil, nil
}

func (a api) events(ctx context.Context, _ *struct{}, send sse.Sender) {
	news, stop := a.post.hub.subscribe()
	defer stop()
	if send.Data(Changed{}) != nil { // also makes the answer's head go out
		return
	}
	for {
		select {
		case id, open := <-news:
			if !open || send.Data(Changed{Mailbox: id}) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
