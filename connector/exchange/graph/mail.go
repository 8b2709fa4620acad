package graph

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/url"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// what is read of a mail: lists leave out the body's length only where nobody
// asked for it.
const (
	traceFields = "id,changeKey,internetMessageId,conversationId,parentFolderId,subject,isDraft,sentDateTime"
	mailFields  = "id,changeKey,internetMessageId,conversationId,parentFolderId,from,sender,toRecipients,ccRecipients,bccRecipients,replyTo,subject,body," +
		"bodyPreview,importance,categories,flag,isRead,isDraft,hasAttachments,sentDateTime,receivedDateTime,createdDateTime,lastModifiedDateTime,webLink"
	maxMIME = 3 << 20 // a request has 4 MB, and base64 makes a third more
)

// Mail implements exchange.Mailer.
func (b *box) Mail(ctx context.Context, id string, with exchange.With) (exchange.Mail, error) {
	m, err := b.read(ctx, id, fields(with), preferred(with))
	return m.mail(), err
}

func (b *box) read(ctx context.Context, id, fields string, prefer []string) (message, error) {
	at, err := segment(id, "mail")
	if err != nil {
		return message{}, err
	}
	var m message
	err = b.do(ctx, request{doing: "Reading the mail", method: "GET", path: "/messages/" + at, query: url.Values{"$select": {fields}}, prefer: prefer, into: &m, need: mailRead})
	return m, err
}

func fields(with exchange.With) string {
	out := mailFields
	if with&exchange.WithHeaders != 0 {
		out += ",internetMessageHeaders"
	}
	if with&exchange.WithUnique != 0 {
		out += ",uniqueBody"
	}
	return out
}

func preferred(with exchange.With) []string {
	if with&exchange.PlainBody != 0 {
		return []string{`outlook.body-content-type="text"`}
	}
	return nil
}

// Mails implements exchange.Mailer.
func (b *box) Mails(ctx context.Context, q exchange.MailQuery) (exchange.Page[exchange.Mail], error) {
	folder := q.Folder
	if folder == "" {
		folder = "inbox"
	}
	at, err := segment(folder, "folder")
	if err != nil {
		return exchange.Page[exchange.Mail]{}, err
	}
	r := request{doing: "Listing mails", method: "GET", path: "/mailFolders/" + at + "/messages", prefer: preferred(q.With), need: mailRead}
	options := url.Values{"$select": {fields(q.With)}}
	filter, filtered := "", q.Filter == nil
	switch {
	case q.Search != "":
		options.Set("$search", `"`+strings.ReplaceAll(strings.ReplaceAll(q.Search, `\`, `\\`), `"`, `\"`)+`"`)
	default:
		options.Set("$orderby", "receivedDateTime desc")
		if q.Filter != nil {
			filter, filtered = translate(*q.Filter, mailProperties)
		}
		if filter != "" { // what is ordered by has to be the first of a filter
			options.Set("$filter", "receivedDateTime ge 1900-01-01T00:00:00Z and ("+filter+")")
		}
	}
	page, err := list(ctx, b, r, options, q.Query, func(m message) exchange.Mail { return m.mail() })
	page.Unfiltered = !filtered
	return page, err
}

// list reads a page of a list. What the caller gets to come back with is the
// query of Graph's link and not its path: it leads nowhere else.
func list[T, V any](ctx context.Context, b *box, r request, options url.Values, q exchange.Query, turn func(T) V) (exchange.Page[V], error) {
	out := exchange.Page[V]{Items: []V{}}
	top := q.Top
	if top <= 0 {
		top = b.s.pageSize
	}
	if options == nil {
		options = url.Values{}
	}
	options.Set("$top", fmt.Sprint(min(top, mostPage)))
	if q.After != "" {
		text, err := base64.RawURLEncoding.DecodeString(q.After)
		link, err2 := url.ParseQuery(string(text))
		if err != nil || err2 != nil || len(text) > 16<<10 {
			return out, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "The place where the next page begins is not whole.", Hint: "Begin the list anew."}
		}
		options = link
	}
	r.query = url.Values{}
	maps.Copy(r.query, options)
	var page listOf[T]
	r.into = &page
	if err := b.do(ctx, r); err != nil {
		return out, err
	}
	for _, v := range page.Value {
		out.Items = append(out.Items, turn(v))
	}
	if page.NextLink != "" {
		link, err := url.Parse(page.NextLink)
		if err != nil || link.RawQuery == "" {
			return out, &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange, Detail: r.doing + ": the link to the next page means nothing."}
		}
		out.Next = base64.RawURLEncoding.EncodeToString([]byte(link.RawQuery))
	}
	return out, nil
}

// ChangeMail implements exchange.Mailer.
func (b *box) ChangeMail(ctx context.Context, id string, c exchange.MailChange) (exchange.Mail, error) {
	at, err := segment(id, "mail")
	if err != nil {
		return exchange.Mail{}, err
	}
	body := change{}
	put(body, "isRead", c.Read)
	put(body, "categories", c.Categories)
	put(body, "importance", c.Importance)
	put(body, "subject", c.Subject)
	if c.Flagged != nil {
		body["flag"] = flag{map[bool]string{true: "flagged", false: "notFlagged"}[*c.Flagged]}
	}
	if c.Body != nil {
		body["body"] = bodyOut(*c.Body)
	}
	for name, list := range map[string]*[]exchange.Address{"toRecipients": c.To, "ccRecipients": c.Cc, "bccRecipients": c.Bcc} {
		if list != nil {
			body[name] = addressesOut(*list)
		}
	}
	var m message
	err = b.do(ctx, request{doing: "Changing the mail", method: "PATCH", path: "/messages/" + at, body: body, into: &m, need: mailWrite})
	return m.mail(), err
}

// change is what a PATCH lays over an item.
type change map[string]any

func put[T any](c change, name string, v *T) {
	if v != nil {
		c[name] = *v
	}
}

// MoveMail implements exchange.Mailer. Moving to where it is already changes
// nothing, so it may be repeated.
func (b *box) MoveMail(ctx context.Context, id, folder string) (string, error) {
	return b.relocate(ctx, id, folder, "move", "Moving the mail", false)
}

// CopyMail implements exchange.Mailer.
func (b *box) CopyMail(ctx context.Context, id, folder string) (string, error) {
	return b.relocate(ctx, id, folder, "copy", "Copying the mail", true)
}

func (b *box) relocate(ctx context.Context, id, folder, action, doing string, once bool) (string, error) {
	at, err := segment(id, "mail")
	if err != nil {
		return "", err
	}
	if _, err := segment(folder, "folder"); err != nil {
		return "", err
	}
	var m message
	err = b.do(ctx, request{doing: doing, method: "POST", path: "/messages/" + at + "/" + action, body: map[string]string{"destinationId": folder}, into: &m, need: mailWrite, once: once})
	return m.ID, err
}

// DeleteMail implements exchange.Mailer. Microsoft's DELETE puts a mail where
// only its administrator finds it; so a mail that is not to go for good is moved.
func (b *box) DeleteMail(ctx context.Context, id string, forGood bool) error {
	at, err := segment(id, "mail")
	if err != nil {
		return err
	}
	if !forGood {
		_, err := b.MoveMail(ctx, id, "deleteditems")
		return err
	}
	return b.do(ctx, request{doing: "Deleting the mail", method: "POST", path: "/messages/" + at + "/permanentDelete", need: mailWrite, goneIsDone: true})
}

// Raw implements exchange.Mailer.
func (b *box) Raw(ctx context.Context, id string, limit int64) ([]byte, error) {
	at, err := segment(id, "mail")
	if err != nil {
		return nil, err
	}
	var body io.ReadCloser
	r := request{doing: "Reading the mail", method: "GET", path: "/messages/" + at + "/$value", into: &body, need: mailRead}
	var raw []byte
	err = traffic.Repeat(ctx, b.s.pause, func(int) (error, bool) {
		if err := b.do(ctx, r); err != nil {
			return err, false
		}
		defer body.Close()
		raw, err = io.ReadAll(io.LimitReader(body, limit+1))
		switch {
		case err != nil:
			return traffic.Unreachable(b.s.base.Host, r.doing, err), ctx.Err() == nil
		case int64(len(raw)) > limit:
			return &signoff.Error{Kind: signoff.TooLarge, Code: exchange.CodeTooLarge, Detail: fmt.Sprintf("The mail is larger than %d bytes.", limit)}, false
		}
		return nil, false
	})
	if err != nil {
		return nil, err
	}
	return raw, nil
}
