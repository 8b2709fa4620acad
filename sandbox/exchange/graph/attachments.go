package graph

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (s *Server) routeAttachments() {
	in := "/users/{user}/messages/{id}/attachments"
	s.list(in, readMail, listFiles)
	s.on("POST "+in, writeMail, addFile)
	s.on("POST "+in+"/createUploadSession", writeMail, beginUpload)
	s.on("GET "+in+"/{file}", readMail, getFile)
	s.on("GET "+in+"/{file}/$value", readMail, getFileBytes)
	s.on("DELETE "+in+"/{file}", writeMail, deleteFile)
	s.on("PUT /uploads/{token}", open, putChunk)
	s.on("GET /uploads/{token}", open, showUpload)
	s.on("DELETE /uploads/{token}", open, dropUpload)
}

var fileProperties = known{"id", "lastModifiedDateTime", "name", "contentType", "size", "isInline", "contentId", "contentLocation", "contentBytes"}

// attachmentObject is an attachment as JSON; bytes: with its content.
func (c *call) attachmentObject(it exchange.Item, f exchange.File, bytes bool) map[string]any {
	modified := f.Modified
	if modified.IsZero() {
		modified = it.Received
	}
	o := map[string]any{"id": it.FileID(f.N, c.prefer.immutable).REST(), "lastModifiedDateTime": stamp(modified), "name": f.Name, "contentType": f.Type,
		"size": len(f.Data), "isInline": f.Inline}
	switch f.Kind {
	case exchange.PlainFile:
		o["@odata.type"], o["@odata.mediaContentType"] = "#microsoft.graph.fileAttachment", f.Type
		o["contentId"], o["contentLocation"] = orNil(f.ContentID), orNil(f.Location)
		if bytes {
			o["contentBytes"] = base64.StdEncoding.EncodeToString(f.Data)
		}
	case exchange.ItemFile:
		o["@odata.type"], o["contentType"] = "#microsoft.graph.itemAttachment", nil
	case exchange.LinkFile:
		o["@odata.type"], o["contentType"], o["sourceUrl"] = "#microsoft.graph.referenceAttachment", nil, f.URL
	}
	return o
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func listFiles(c *call) (answer, error) {
	q, err := c.readQuery("attachment", fileProperties)
	if err != nil {
		return answer{}, err
	}
	it, err := c.message()
	if err != nil {
		return answer{}, err
	}
	msg, err := it.Message()
	if err != nil {
		return answer{}, err
	}
	var list []jsonObject
	for _, f := range msg.Files {
		list = append(list, c.attachmentObject(it, f, len(q.sel) == 0 || slices.Contains(q.sel, "contentBytes")))
	}
	return c.page(q, "users('"+c.id("user")+"')/messages('"+c.id("id")+"')/attachments", list, func(o jsonObject) (map[string]any, error) { return q.pick(o), nil })
}

// file finds the attachment that the path names.
func (c *call) file() (exchange.Item, exchange.File, error) {
	it, err := c.message()
	if err != nil {
		return it, exchange.File{}, err
	}
	id, err := exchange.ParseID(c.id("file"))
	if err != nil || id.Kind != exchange.OfAttachment {
		return it, exchange.File{}, exchange.ErrIDMalformed
	}
	msg, err := it.Message()
	if err != nil {
		return it, exchange.File{}, err
	}
	for _, f := range msg.Files {
		if f.N == id.File {
			return it, f, nil
		}
	}
	return it, exchange.File{}, exchange.ErrAttachmentGone
}

func getFile(c *call) (answer, error) {
	q, err := c.readQuery("attachment", append(known{"item", "microsoft.graph.itemattachment"}, fileProperties...), "$expand")
	if err != nil && c.r.URL.Query().Get("$expand") == "" {
		return answer{}, err
	}
	it, f, err := c.file()
	if err != nil {
		return answer{}, err
	}
	o := q.pick(c.attachmentObject(it, f, true))
	if expand := c.r.URL.Query().Get("$expand"); expand != "" {
		if f.Kind != exchange.ItemFile || !strings.EqualFold(expand, "microsoft.graph.itemattachment/item") {
			return answer{}, badRequest("Only microsoft.graph.itemattachment/item of an item attachment can be expanded.")
		}
		inner, err := exchange.ReadMessage(f.Data)
		if err != nil {
			return answer{}, err
		}
		o["item"] = map[string]any{"@odata.type": "#microsoft.graph.message", "id": "", "subject": inner.Subject, "body": bodyObject(c.body4(inner.Body)),
			"from": recipient(inner.From), "toRecipients": recipients(inner.To), "ccRecipients": recipients(inner.Cc),
			"internetMessageId": inner.MessageID, "sentDateTime": stamp(inner.Date)}
	}
	o["@odata.context"] = c.base() + "/$metadata#users('" + c.id("user") + "')/messages('" + c.id("id") + "')/attachments/$entity"
	return answer{status: http.StatusOK, body: o}, nil
}

func getFileBytes(c *call) (answer, error) {
	_, f, err := c.file()
	if err != nil {
		return answer{}, err
	}
	if f.Kind == exchange.LinkFile {
		return answer{}, refuse(http.StatusMethodNotAllowed, "ErrorInvalidRequest", "A reference attachment has no content.")
	}
	return answer{status: http.StatusOK, body: f.Data, kind: f.Type}, nil
}

// attach adds an attachment to a draft.
func (c *call) attach(it exchange.Item, f exchange.File) (exchange.Item, uint64, error) {
	var n uint64
	now, err := c.mailbox.Update(it.ID(true).REST(), "", func(e *exchange.Edit) error {
		if !e.Item.Draft() {
			return exchange.ErrNotDraft
		}
		var err error
		n, err = e.Attach(f)
		return err
	})
	return now, n, err
}

func addFile(c *call) (answer, error) {
	it, err := c.message()
	if err != nil {
		return answer{}, err
	}
	f, err := fileIn(c.body)
	if err != nil {
		return answer{}, err
	}
	it, n, err := c.attach(it, f)
	if err != nil {
		return answer{}, err
	}
	f.N = n
	o := c.attachmentObject(it, f, true)
	o["@odata.context"] = c.base() + "/$metadata#users('" + c.id("user") + "')/messages('" + c.id("id") + "')/attachments/$entity"
	return answer{status: http.StatusCreated, body: o}, nil
}

func deleteFile(c *call) (answer, error) {
	it, f, err := c.file()
	if err != nil {
		return answer{}, err
	}
	_, err = c.mailbox.Update(it.ID(true).REST(), "", func(e *exchange.Edit) error {
		if !e.Item.Draft() {
			return exchange.ErrNotDraft
		}
		return e.Detach(f.N)
	})
	return answer{status: http.StatusNoContent}, err
}

// upload is a session that a large attachment comes in by.
type upload struct {
	mailbox *exchange.Mailbox
	item    string // immutable id
	user    string
	file    exchange.File
	size    int64
	until   time.Time
	busy    bool
}

func beginUpload(c *call) (answer, error) {
	in, err := objectOf[struct {
		AttachmentItem struct {
			AttachmentType, Name, ContentType, ContentID string
			Size                                         int64
			IsInline                                     bool
		}
	}](c.body)
	if err != nil {
		return answer{}, err
	}
	it, err := c.message()
	if err != nil {
		return answer{}, err
	}
	a := in.AttachmentItem
	switch {
	case !it.Draft():
		return answer{}, exchange.ErrNotDraft
	case !strings.EqualFold(a.AttachmentType, "file") || a.Name == "" || len(a.Name) > 255 || a.Size < 1:
		return answer{}, badRequest("An AttachmentItem needs attachmentType 'file', a name and a size.")
	case a.Size > maxUploadBytes:
		return answer{}, exchange.ErrAttachmentLimit
	}
	if a.ContentType == "" {
		a.ContentType = "application/octet-stream"
	}
	u := &upload{mailbox: c.mailbox, item: it.ID(true).REST(), user: c.id("user"), size: a.Size, until: c.s.x.Now().Add(uploadLife),
		file: exchange.File{Name: a.Name, Type: a.ContentType, ContentID: a.ContentID, Inline: a.IsInline}}
	token := rand.Text()
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, old := range s.uploads {
		if old.until.Before(s.x.Now()) {
			delete(s.uploads, t)
		}
	}
	open := a.Size
	for _, other := range s.uploads {
		open += other.size
	}
	if len(s.uploads) >= maxUploads || open > maxUploading {
		return answer{}, &refusal{status: http.StatusTooManyRequests, code: "TooManyRequests", message: "Too many upload sessions are open.", wait: time.Minute}
	}
	s.uploads[token] = u
	out := u.state()
	out["uploadUrl"] = elsewhere(s.tenant.URL()) + "/v1.0/uploads/" + token
	out["@odata.context"] = s.tenant.URL() + "/v1.0/$metadata#microsoft.graph.uploadSession"
	return answer{status: http.StatusCreated, body: out}, nil
}

// elsewhere is the address by another name: Graph's uploads go to Outlook's
// host, so that clients send no token with them.
func elsewhere(base string) string { return strings.Replace(base, "//localhost:", "//127.0.0.1:", 1) }

func (u *upload) state() map[string]any {
	return map[string]any{"expirationDateTime": stamp(u.until), "nextExpectedRanges": []string{fmt.Sprint(len(u.file.Data))}}
}

// uploading finds a session, and takes it until release.
func (c *call) uploading() (u *upload, release func(), err error) {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	u = s.uploads[c.id("token")]
	if u == nil || u.until.Before(s.x.Now()) {
		return nil, nil, refuse(http.StatusNotFound, "ErrorItemNotFound", "The upload session was not found: it has ended or expired.")
	}
	if u.busy {
		return nil, nil, refuse(http.StatusConflict, "ErrorIrresolvableConflict", "Another part is being uploaded.")
	}
	u.busy = true
	return u, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		u.busy = false
	}, nil
}

func showUpload(c *call) (answer, error) {
	u, release, err := c.uploading()
	if err != nil {
		return answer{}, err
	}
	defer release()
	return answer{status: http.StatusOK, body: u.state()}, nil
}

func dropUpload(c *call) (answer, error) {
	_, release, err := c.uploading()
	if err != nil {
		return answer{}, err
	}
	release()
	c.endUpload()
	return answer{status: http.StatusNoContent}, nil
}

func (c *call) endUpload() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	delete(c.s.uploads, c.id("token"))
}

// putChunk takes the next part of an attachment. The last one puts it into the
// draft.
func putChunk(c *call) (answer, error) {
	u, release, err := c.uploading()
	if err != nil {
		return answer{}, err
	}
	defer release()
	if c.r.Header.Get("Authorization") != "" {
		return answer{}, refuse(http.StatusUnauthorized, "InvalidAudience", "The upload URL is authorised already: send no token with it.")
	}
	var from, to, total int64
	if n, err := fmt.Sscanf(c.r.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &total); err != nil || n != 3 {
		return answer{}, badRequest("The Content-Range header is missing or malformed.")
	}
	if from != int64(len(u.file.Data)) || to < from || to >= u.size || total != u.size {
		return answer{}, refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidContentRange", "The next expected range begins at %d of %d.", len(u.file.Data), u.size)
	}
	part, err := io.ReadAll(http.MaxBytesReader(nil, c.r.Body, maxChunkBytes))
	if err != nil || int64(len(part)) != to-from+1 {
		return answer{}, badRequest("The part has %d bytes, and not the %d that its Content-Range says, or it is larger than 4 MB.", len(part), to-from+1)
	}
	u.file.Data = append(u.file.Data, part...)
	if int64(len(u.file.Data)) < u.size {
		return answer{status: http.StatusOK, body: u.state()}, nil
	}
	it, err := u.mailbox.Item(u.item)
	if err != nil {
		return answer{}, err
	}
	c.mailbox = u.mailbox
	it, n, err := c.attach(it, u.file)
	if err != nil {
		return answer{}, err
	}
	c.endUpload()
	return answer{status: http.StatusCreated, location: c.base() + "/users/" + u.user + "/messages/" + it.ID(false).REST() + "/attachments/" + it.FileID(n, false).REST()}, nil
}

// decodeToken reads what encodeToken wrote around JSON.
func decodeToken(text string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && len(text) <= maxTokenBytes && json.Unmarshal(raw, into) == nil
}
