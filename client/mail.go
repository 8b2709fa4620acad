package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/signoffhq/signoff/api"
)

// MailStatus tells whether mail moves, and how much of it waits for a person.
// For administrators, as everything in this file but InstanceMails.
func (c *Client) MailStatus(ctx context.Context) (m api.MailStatus, err error) {
	return m, c.get(ctx, "/mail", nil, &m)
}

// MailQuery says which mails are wanted.
type MailQuery struct {
	Paging
	Look     bool   // only those a person should look at
	State    string // of mails sent: queued, sending, doubtful, sent, failed or bounced; "": any
	Instance int64  // 0: any
}

func (m MailQuery) values() url.Values {
	q := m.Paging.values()
	set(q, "state", m.State)
	if m.Look {
		q.Set("look", "true")
	}
	if m.Instance != 0 {
		q.Set("instance", strconv.FormatInt(m.Instance, 10))
	}
	return q
}

// ReceivedMail lists mails that came in and what became of them, newest first.
func (c *Client) ReceivedMail(ctx context.Context, m MailQuery) (l api.List[api.ReceivedMail], err error) {
	return l, c.get(ctx, "/mail/received", m.values(), &l)
}

// SentMail lists mails on their way out, newest first.
func (c *Client) SentMail(ctx context.Context, m MailQuery) (l api.List[api.SentMail], err error) {
	return l, c.get(ctx, "/mail/sent", m.values(), &l)
}

// LookedAtMail says that a mail that came in has been looked at.
func (c *Client) LookedAtMail(ctx context.Context, id int64) error {
	return c.actOnMail(ctx, "/mail/received/", id, "/looked-at")
}

// ReleaseMail sends a failed or doubtful mail again. A doubtful one may arrive
// twice.
func (c *Client) ReleaseMail(ctx context.Context, id int64) error {
	return c.actOnMail(ctx, "/mail/sent/", id, "/release")
}

// DropMail gives up a mail that has not been sent.
func (c *Client) DropMail(ctx context.Context, id int64) error {
	return c.actOnMail(ctx, "/mail/sent/", id, "/drop")
}

func (c *Client) actOnMail(ctx context.Context, path string, id int64, what string) error {
	return c.send(ctx, http.MethodPost, path+strconv.FormatInt(id, 10)+what, nil, "", nil)
}

// InstanceMails lists who was told about an instance by mail, oldest first.
func (c *Client) InstanceMails(ctx context.Context, id int64, p Paging) (l api.List[api.InstanceMail], err error) {
	return l, c.get(ctx, instancePath(id, "/mails"), p.values(), &l)
}
