package ews

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

const largestFile = 47 << 20 // as maxMIME

// Attach implements exchange.Filer. Each attachment gives the draft another
// change key, which sending it goes by.
func (b *box) Attach(ctx context.Context, mail string, f exchange.NewFile) (exchange.File, error) {
	if f.Size > largestFile || f.Size < 0 {
		return exchange.File{}, &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge,
			Detail: fmt.Sprintf("%s has %d bytes, and Exchange Web Services take attachments of %d MB at most.", f.Name, f.Size, largestFile>>20), Hint: "Send a link to it instead."}
	}
	parent, err := itemID("m:ParentItemId", mail, b.lane.Noted(mail), "mail")
	if err != nil {
		return exchange.File{}, err
	}
	content, err := contentOf(f)
	if err != nil {
		return exchange.File{}, err
	}
	kind := f.Type
	if kind == "" {
		kind = "application/octet-stream"
	}
	file := el("t:FileAttachment", txt("t:Name", f.Name), txt("t:ContentType", kind), opt("t:ContentId", f.ContentID),
		yesNo("t:IsInline", f.Inline), txt("t:Content", base64.StdEncoding.EncodeToString(content)))
	op := el("m:CreateAttachment", parent, el("m:Attachments", file))
	r := request{doing: "Attaching " + f.Name, need: writing, once: true, op: op}
	n, err := b.one(ctx, r)
	if code := codeOf(err); !exchange.Doubtful(err) && (code == "errorstaleobject" || code == "errorirresolvableconflict") {
		b.lane.Note(mail, "")
		parent.attrs = parent.attrs[:1]
		n, err = b.one(ctx, r)
	}
	if err != nil {
		return exchange.File{}, err
	}
	for _, made := range n.kid("Attachments").children() {
		id := made.kid("AttachmentId")
		b.lane.Note(mail, id.attr("RootItemChangeKey"))
		return exchange.File{ID: id.attr("Id"), Name: f.Name, Type: kind, Kind: exchange.FilePlain, Size: f.Size, Inline: f.Inline, ContentID: f.ContentID}, nil
	}
	return exchange.File{}, exchange.Doubt(r.doing, errEmpty)
}

// contentOf reads exactly the bytes there are said to be.
func contentOf(f exchange.NewFile) ([]byte, error) {
	if seeker, ok := f.Content.(io.Seeker); ok {
		if _, err := seeker.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("attachment %s: %w", f.Name, err)
		}
	}
	content := make([]byte, f.Size)
	if f.Size > 0 {
		if _, err := io.ReadFull(f.Content, content); err != nil {
			return nil, fmt.Errorf("attachment %s: %w", f.Name, err)
		}
	}
	return content, nil
}

// file reads an attachment, without what is in it.
func (n *node) file() exchange.File {
	size, _ := number(n.val("Size"))
	f := exchange.File{ID: n.kid("AttachmentId").attr("Id"), Name: n.val("Name"), Type: n.val("ContentType"), Kind: exchange.FilePlain, Size: int64(size),
		Inline: n.truth("IsInline"), ContentID: strings.Trim(n.val("ContentId"), "<>")}
	switch n.name {
	case "ItemAttachment":
		f.Kind = exchange.FileItem
	case "ReferenceAttachment":
		f.Kind, f.URL = exchange.FileLink, n.val("AttachLongPathName")
	}
	return f
}

// Files implements exchange.Filer.
func (b *box) Files(ctx context.Context, mail string) ([]exchange.File, error) {
	n, err := b.item(ctx, "Listing the attachments", mail, "mail", shape("item:Attachments"), 0)
	if err != nil {
		return nil, err
	}
	var out []exchange.File
	for _, a := range n.kid("Attachments").children() {
		out = append(out, a.file())
	}
	return out, nil
}

// File implements exchange.Filer.
func (b *box) File(ctx context.Context, _, id string) (exchange.File, io.ReadCloser, error) {
	at, err := itemID("t:AttachmentId", id, "", "attachment")
	if err != nil {
		return exchange.File{}, nil, err
	}
	n, err := b.one(ctx, request{doing: "Reading the attachment", need: reading, limit: inBase64(largestFile),
		op: el("m:GetAttachment", el("m:AttachmentShape", txt("t:IncludeMimeContent", "true")), el("m:AttachmentIds", at))})
	if err != nil {
		return exchange.File{}, nil, err
	}
	for _, a := range n.kid("Attachments").children() {
		return contentIn(a)
	}
	return exchange.File{}, nil, errEmpty
}

// contentIn is an attachment with what is in it; of a mail, its MIME.
func contentIn(a *node) (exchange.File, io.ReadCloser, error) {
	f := a.file()
	text := a.whole("Content")
	switch f.Kind {
	case exchange.FileLink:
		return f, http.NoBody, nil
	case exchange.FileItem:
		text = ""
		for _, k := range a.kids {
			if m := k.kid("MimeContent"); m != nil {
				text = m.text
			}
		}
		f.Type = "message/rfc822"
	}
	content, err := decoded(text)
	if err != nil {
		return exchange.File{}, nil, &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange, Err: err, Detail: fmt.Sprintf("What is in %s cannot be read.", f.Name)}
	}
	f.Size = int64(len(content))
	return f, io.NopCloser(bytes.NewReader(content)), nil
}

// DeleteFile implements exchange.Filer.
func (b *box) DeleteFile(ctx context.Context, mail, id string) error {
	at, err := itemID("t:AttachmentId", id, "", "attachment")
	if err != nil {
		return err
	}
	n, err := b.one(ctx, request{doing: "Deleting the attachment", need: writing, goneIsDone: true, op: el("m:DeleteAttachment", el("m:AttachmentIds", at))})
	if err == nil {
		b.lane.Note(mail, n.kid("RootItemId").attr("RootItemChangeKey"))
	}
	return err
}
