package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

// MailConnections lists the mailboxes that the server's own mail goes by. For
// administrators, as everything in this file.
func (c *Client) MailConnections(ctx context.Context) (l api.MailConnections, err error) {
	return l, c.get(ctx, "/mail/connections", nil, &l)
}

// CheckMailConnection walks to a mailbox step by step; it sends nothing.
func (c *Client) CheckMailConnection(ctx context.Context, name string) (r api.ServiceTested, err error) {
	return r, c.send(ctx, http.MethodPost, mailConnection(name)+"/check", nil, "", &r)
}

// TestSend sends a test mail now; to "" is the caller's own address.
func (c *Client) TestSend(ctx context.Context, name, to string) (r api.ServiceTested, err error) {
	return r, c.send(ctx, http.MethodPost, mailConnection(name)+"/test-send", api.TestMail{To: to}, "", &r)
}

// TestRead reads the newest mail, and leaves it where it is.
func (c *Client) TestRead(ctx context.Context, name string) (r api.ServiceTested, err error) {
	return r, c.send(ctx, http.MethodPost, mailConnection(name)+"/test-read", nil, "", &r)
}

func mailConnection(name string) string { return "/mail/connections/" + url.PathEscape(name) }
