package graph

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// Files of more than 3 MB are uploaded in parts. A part is a multiple of 320 KiB
// and less than 4 MB.
// https://learn.microsoft.com/graph/outlook-large-attachments
const (
	wholeFile   = 3 << 20
	partBytes   = 11 * 320 << 10
	largestFile = 150 << 20
	fileFields  = "id,name,contentType,size,isInline"
)

type attachment struct {
	Type         string `json:"@odata.type,omitempty"`
	ID           string `json:"id,omitempty"`
	Name         string `json:"name"`
	ContentType  string `json:"contentType,omitempty"`
	Size         int64  `json:"size,omitempty"`
	IsInline     bool   `json:"isInline,omitempty"`
	ContentID    string `json:"contentId,omitempty"`
	ContentBytes string `json:"contentBytes,omitempty"`
	SourceURL    string `json:"sourceUrl,omitempty"`
}

func (a attachment) file() exchange.File {
	out := exchange.File{ID: a.ID, Name: a.Name, Type: a.ContentType, Kind: exchange.FilePlain, Size: a.Size, Inline: a.IsInline, ContentID: a.ContentID, URL: a.SourceURL}
	switch strings.ToLower(strings.TrimPrefix(a.Type, "#microsoft.graph.")) {
	case "itemattachment":
		out.Kind, out.Type = exchange.FileItem, "message/rfc822"
	case "referenceattachment":
		out.Kind = exchange.FileLink
	}
	return out
}

// Attach implements exchange.Filer.
func (b *box) Attach(ctx context.Context, mail string, f exchange.NewFile) (exchange.File, error) {
	at, err := segment(mail, "mail")
	if err != nil {
		return exchange.File{}, err
	}
	if f.Size < 0 || f.Size > largestFile {
		return exchange.File{}, &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge,
			Detail: fmt.Sprintf("%s has %d bytes; Microsoft Graph takes files of at most %d MB.", f.Name, f.Size, largestFile>>20)}
	}
	if s, ok := f.Content.(io.Seeker); ok {
		if _, err := s.Seek(0, io.SeekStart); err != nil {
			return exchange.File{}, fmt.Errorf("read %s: %w", f.Name, err)
		}
	}
	if f.Type == "" {
		f.Type = "application/octet-stream"
	}
	if f.Size > wholeFile {
		return b.upload(ctx, at, f)
	}
	content := make([]byte, f.Size)
	if _, err := io.ReadFull(f.Content, content); err != nil {
		return exchange.File{}, fmt.Errorf("read %s: %w", f.Name, err)
	}
	var out attachment
	err = b.do(ctx, request{doing: "Attaching " + f.Name, method: "POST", path: "/messages/" + at + "/attachments", need: mailWrite, once: true, into: &out,
		body: attachment{Type: "#microsoft.graph.fileAttachment", Name: f.Name, ContentType: f.Type, IsInline: f.Inline, ContentID: f.ContentID,
			ContentBytes: base64.StdEncoding.EncodeToString(content)}})
	return out.file(), err
}

type uploadSession struct {
	UploadURL string   `json:"uploadUrl"`
	Expected  []string `json:"nextExpectedRanges"`
}

// upload sends a file part by part, and looks it up after the last.
func (b *box) upload(ctx context.Context, at string, f exchange.NewFile) (exchange.File, error) {
	item := map[string]any{"attachmentType": "file", "name": f.Name, "size": f.Size, "contentType": f.Type, "isInline": f.Inline}
	if f.ContentID != "" {
		item["contentId"] = f.ContentID
	}
	var session uploadSession
	err := b.do(ctx, request{doing: "Attaching " + f.Name, method: "POST", path: "/messages/" + at + "/attachments/createUploadSession",
		body: map[string]any{"AttachmentItem": item}, into: &session, need: mailWrite})
	if err != nil {
		return exchange.File{}, err
	}
	to, err := url.Parse(session.UploadURL)
	if err != nil || to.Host == "" || to.User != nil || to.Scheme != "https" && to.Scheme != b.s.base.Scheme {
		return exchange.File{}, &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange, Detail: "Attaching " + f.Name + ": the address that the file should go to means nothing."}
	}
	part := make([]byte, min(partBytes, f.Size))
	for from := int64(0); from < f.Size; from += int64(len(part)) {
		part = part[:min(int64(cap(part)), f.Size-from)]
		if _, err := io.ReadFull(f.Content, part); err != nil {
			return exchange.File{}, fmt.Errorf("read %s: %w", f.Name, err)
		}
		if err := b.uploadPart(ctx, to.String(), f, from, part); err != nil {
			return exchange.File{}, err
		}
	}
	return b.uploaded(ctx, at, f)
}

// uploadPart sends one part, again if need be: the session says what it has.
func (b *box) uploadPart(ctx context.Context, to string, f exchange.NewFile, from int64, part []byte) error {
	doing := "Attaching " + f.Name
	return traffic.Repeat(ctx, b.s.pause, func(n int) (error, bool) {
		if n > 1 {
			next, open := b.expected(ctx, to)
			switch {
			case !open && from+int64(len(part)) == f.Size: // the last part ends the session: what became of it, the mail tells
				return nil, false
			case open && next >= from+int64(len(part)):
				return nil, false
			}
		}
		return b.putPart(ctx, to, doing, f.Size, from, part)
	})
}

func (b *box) putPart(ctx context.Context, to, doing string, size, from int64, part []byte) (error, bool) {
	timed, stop := context.WithTimeout(ctx, 5*b.s.timeout)
	defer stop()
	req, err := http.NewRequestWithContext(timed, http.MethodPut, to, bytes.NewReader(part))
	if err != nil {
		return err, false
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+int64(len(part))-1, size))
	req.Header.Set("User-Agent", traffic.UserAgent)
	a, err := b.s.plain.Do(req) // its address is its credential: no token
	if err != nil {
		err = hideAddress(err)
		return traffic.Unreachable(req.URL.Host, doing, err), ctx.Err() == nil
	}
	defer a.Body.Close()
	return b.answered(request{doing: doing, need: mailWrite}, a)
}

// hideAddress takes the upload address out of an error: whoever knows it may
// write there.
func hideAddress(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

// expected asks a session what it waits for; open is false when it has ended.
func (b *box) expected(ctx context.Context, to string) (next int64, open bool) {
	timed, stop := context.WithTimeout(ctx, b.s.timeout)
	defer stop()
	req, err := http.NewRequestWithContext(timed, http.MethodGet, to, nil)
	if err != nil {
		return 0, true
	}
	a, err := b.s.plain.Do(req)
	if err != nil {
		return 0, true
	}
	defer a.Body.Close()
	var s uploadSession
	if err, _ := b.answered(request{doing: "Asking for the upload", into: &s}, a); err != nil {
		return 0, !exchange.Gone(err)
	}
	return firstExpected(s.Expected), true
}

// firstExpected reads ["3407872"] or ["3407872-9999999"].
func firstExpected(ranges []string) int64 {
	if len(ranges) == 0 {
		return 0
	}
	from, _, _ := strings.Cut(ranges[0], "-")
	n, err := strconv.ParseInt(strings.TrimSpace(from), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// uploaded finds what was uploaded last under a name.
func (b *box) uploaded(ctx context.Context, at string, f exchange.NewFile) (exchange.File, error) {
	files, err := b.filesOf(ctx, at)
	if err != nil {
		return exchange.File{}, err
	}
	for i := len(files) - 1; i >= 0; i-- {
		if files[i].Name == f.Name && files[i].Size >= f.Size {
			return files[i], nil
		}
	}
	return exchange.File{}, &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeDoubtful, Detail: "Attaching " + f.Name + ": it was uploaded, and is not there.",
		Hint: "It is looked for before it is tried again."}
}

// Files implements exchange.Filer.
func (b *box) Files(ctx context.Context, mail string) ([]exchange.File, error) {
	at, err := segment(mail, "mail")
	if err != nil {
		return nil, err
	}
	return b.filesOf(ctx, at)
}

func (b *box) filesOf(ctx context.Context, at string) ([]exchange.File, error) {
	r := request{doing: "Listing the attachments", method: "GET", path: "/messages/" + at + "/attachments", need: mailRead}
	return all(ctx, b, r, url.Values{"$select": {fileFields}}, attachment.file)
}

const maxAll = 2000

// all reads a whole list that is short by its nature.
func all[T, V any](ctx context.Context, b *box, r request, options url.Values, turn func(T) V) ([]V, error) {
	var out []V
	var q exchange.Query
	for {
		page, err := list(ctx, b, r, options, q, turn)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out, nil
		}
		if len(out) >= maxAll || page.Next == q.After {
			return nil, &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge, Detail: fmt.Sprintf("%s: there are more than %d.", r.doing, maxAll)}
		}
		q.After = page.Next
	}
}

// File implements exchange.Filer.
func (b *box) File(ctx context.Context, mail, id string) (exchange.File, io.ReadCloser, error) {
	at, err := segment(mail, "mail")
	if err != nil {
		return exchange.File{}, nil, err
	}
	file, err := segment(id, "attachment")
	if err != nil {
		return exchange.File{}, nil, err
	}
	path := "/messages/" + at + "/attachments/" + file
	var a attachment
	err = b.do(ctx, request{doing: "Reading the attachment", method: "GET", path: path, query: url.Values{"$select": {fileFields}}, into: &a, need: mailRead})
	if err != nil {
		return exchange.File{}, nil, err
	}
	out := a.file()
	if out.Kind == exchange.FileLink {
		return out, http.NoBody, nil
	}
	var body io.ReadCloser
	err = b.do(ctx, request{doing: "Reading the attachment", method: "GET", path: path + "/$value", into: &body, need: mailRead})
	return out, body, err
}

// DeleteFile implements exchange.Filer.
func (b *box) DeleteFile(ctx context.Context, mail, id string) error {
	at, err := segment(mail, "mail")
	if err != nil {
		return err
	}
	file, err := segment(id, "attachment")
	if err != nil {
		return err
	}
	return b.do(ctx, request{doing: "Deleting the attachment", method: "DELETE", path: "/messages/" + at + "/attachments/" + file, need: mailWrite, goneIsDone: true})
}
