package connections_test

import (
	"path/filepath"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/mailroom/connections"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// reading is a mailbox that is never read.
type reading struct {
	mailroom.Sender
	mailroom.Inbox
}

// What Exchange writes of a sender is believed where the mailbox is read over
// Exchange, and nowhere else.
func TestMarksOfExchangeAreBelievedOverExchangeAlone(t *testing.T) {
	own := connections.Connection{Name: "own", From: "flows@contoso.test", Reads: true, Resource: "m365"}
	imap := connections.Place{Address: "mx.contoso.test:993", TLS: "tls"}
	for name, c := range map[string]struct {
		change func(*connections.Connection)
		want   reply.Trust
		server string // whose Authentication-Results are believed
	}{
		"the configuration's": {nil, reply.Trust{}, "mx.contoso.test"},
		"Graph":               {func(c *connections.Connection) { c.Protocol = connections.Graph }, reply.Trust{Exchange: true, Online: true}, ""},
		"EWS in the cloud":    {func(c *connections.Connection) { c.Protocol = connections.EWS }, reply.Trust{Exchange: true, Online: true}, ""},
		"EWS there, by name": {func(c *connections.Connection) {
			c.Protocol, c.Server = connections.EWS, "https://Outlook.office365.com/EWS/Exchange.asmx"
		}, reply.Trust{Exchange: true, Online: true}, ""},
		"EWS of one's own": {func(c *connections.Connection) { c.Protocol, c.Server = connections.EWS, "https://mail.contoso.test" }, reply.Trust{Exchange: true}, ""},
		"EWS, looked up": {func(c *connections.Connection) {
			c.Protocol, c.Server = connections.EWS, "autodiscover outlook.office365.com"
		}, reply.Trust{Exchange: true}, ""},
		"EWS behind a gateway": {func(c *connections.Connection) {
			c.Protocol, c.Server, c.Authserv = connections.EWS, "https://mail.contoso.test", "gw.contoso.test"
		}, reply.Trust{Exchange: true}, "gw.contoso.test"},
		"IMAP": {func(c *connections.Connection) {
			c.Protocol, c.SMTP, c.IMAP = connections.SMTP, connections.Place{Address: "mx.contoso.test:587", TLS: "starttls"}, imap
		}, reply.Trust{}, "mx.contoso.test"},
		"Graph sends, IMAP is read": {func(c *connections.Connection) {
			c.Protocol, c.Reads, c.Usual, c.From = connections.Graph, false, true, "others@contoso.test"
		}, reply.Trust{}, "mx.contoso.test"},
	} {
		t.Run(name, func(t *testing.T) {
			st, err := store.Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), store.Options{})
			must(t, err)
			defer st.Close()
			opened := connections.Opened{Out: reading{}, In: reading{}}
			file := &connections.Connection{Protocol: connections.SMTP, From: "files@contoso.test", Reads: true, IMAP: imap}
			open := func() *connections.Service {
				s, err := connections.New(t.Context(), connections.Options{Store: st, Key: key, File: file,
					Open:     func(connections.Connection, seal.Secret) (connections.Opened, error) { return opened, nil },
					OpenFile: func() (connections.Opened, error) { return opened, nil },
					Base:     mailroom.Options{Store: st, Secret: make([]byte, 32), Authserv: "mx.contoso.test", Trust: reply.Trust{Aligned: true}}})
				must(t, err)
				return s
			}
			if c.change != nil {
				is := own
				c.change(&is)
				_, err = open().Save(t.Context(), access.System, 0, is, nil)
				must(t, err)
			}
			got := open().Room()
			c.want.Aligned = true
			if got.Trust.Exchange != c.want.Exchange || got.Trust.Online != c.want.Online || !got.Trust.Aligned || got.Authserv != c.server {
				t.Errorf("%+v by %q, want %+v by %q", got.Trust, got.Authserv, c.want, c.server)
			}
		})
	}
}

func TestAPasswordDoesNotFollowAMailboxToWhereItIsLookedUp(t *testing.T) {
	d := openDesk(t, pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), nil)
	c := connections.Connection{Name: "own", Protocol: connections.EWS, Server: "autodiscover", From: "flows@contoso.test", User: `CONTOSO\flows`}
	secret := seal.Secret("sesame")
	kept := d.save(c, &secret)
	c.Mailbox = "flows@evil.test"
	if _, err := d.Save(t.Context(), access.System, kept.Rev, c, nil); signoff.CodeOf(err) != "bad-mail-connection" {
		t.Errorf("the password would go to the servers of evil.test: %v", err)
	}
}
