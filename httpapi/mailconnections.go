package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/mailroom/connections"
	"github.com/signoffhq/signoff/seal"
)

// mailConnectionRoutes are those of the mailboxes that the server's own mail
// goes by.
func (s *Server) mailConnectionRoutes() {
	route(s, op{"list-mail-connections", "GET /mail/connections", "Mail", "Mailboxes that the server's mail leaves from and is read in", admin, 0}, s.listMailConnections)
	route(s, op{"put-mail-connection", "PUT /mail/connections/{name}", "Mail", "Connect a mailbox, or change its connection; all servers go by it at once", admin, 0}, s.putMailConnection, hasCondition)
	route(s, op{"delete-mail-connection", "DELETE /mail/connections/{name}", "Mail", "Disconnect a mailbox; mails that wait leave by the usual one", admin, 0}, s.deleteMailConnection, hasCondition)
	route(s, op{"check-mail-connection", "POST /mail/connections/{name}/check", "Mail", "Walk to a mailbox step by step; sends nothing", admin, 0}, s.checkMailConnection)
	route(s, op{"test-send-mail", "POST /mail/connections/{name}/test-send", "Mail", "Send a test mail, now", admin, 0}, s.testSend)
	route(s, op{"test-read-mail", "POST /mail/connections/{name}/test-read", "Mail", "Read the newest mail, and leave it there", admin, 0}, s.testRead)
}

func (s *Server) mailConnections() (*connections.Service, error) {
	if s.MailConnections == nil {
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "this server has no mail"}
	}
	return s.MailConnections, nil
}

func (s *Server) listMailConnections(ctx context.Context, by signoff.Caller, _ *nothing) (*settingOutput[api.MailConnections], error) {
	c, err := s.mailConnections()
	if err != nil {
		return nil, err
	}
	kept, err := c.List(ctx, by)
	if err != nil {
		return nil, err
	}
	return s.mailConnectionsAnswer(ctx, kept)
}

func (s *Server) mailConnectionsAnswer(ctx context.Context, kept connections.Kept) (*settingOutput[api.MailConnections], error) {
	saved, err := s.savedBy(ctx, kept.Setting)
	if err != nil {
		return nil, err
	}
	out := api.MailConnections{Items: []api.MailConnection{}, Saved: saved}
	for _, c := range kept.Connections {
		out.Items = append(out.Items, mailConnectionOf(c, kept.HasPassword[c.Name]))
	}
	return settingAnswer(kept.Rev, out)
}

func mailConnectionOf(c connections.Connection, hasPassword bool) api.MailConnection {
	out := api.MailConnection{Name: c.Name, HasPassword: hasPassword, InFile: c.Name == connections.Configured}
	out.SetMailConnection = api.SetMailConnection{Protocol: c.Protocol, From: c.From, Usual: c.Usual, Workflows: c.Workflows, Reads: c.Reads, Off: c.Off,
		Mailbox: c.Mailbox, Server: c.Server, Resource: c.Resource, Audience: c.Audience, App: c.App, Impersonate: c.Impersonate, User: c.User,
		SMTP: mailPlaceOf(c.SMTP), IMAP: mailPlaceOf(c.IMAP), Folder: c.Folder, Processed: c.Processed, ReplyTo: c.ReplyTo, Authserv: c.Authserv,
		PerMinute: c.PerMinute, AtOnce: c.AtOnce}
	return out
}

func mailPlaceOf(p connections.Place) *api.MailPlace {
	if p.Address == "" {
		return nil
	}
	return &api.MailPlace{Address: p.Address, TLS: p.TLS}
}

func mailPlaceFrom(p *api.MailPlace) connections.Place {
	if p == nil {
		return connections.Place{}
	}
	return connections.Place{Address: p.Address, TLS: p.TLS}
}

// ByMailConnection names a connection in a path.
type ByMailConnection struct {
	Name string `path:"name" maxLength:"40"`
}

// mailConnectionsSeen returns the connections' revision, if they are as the
// caller saw them.
func (s *Server) mailConnectionsSeen(ctx context.Context, by signoff.Caller, seen IfSaved) (*connections.Service, int64, error) {
	c, err := s.mailConnections()
	if err != nil {
		return nil, 0, err
	}
	is, err := c.List(ctx, by)
	if err != nil {
		return nil, 0, err
	}
	return c, is.Rev, seen.still(is.Setting)
}

type putMailConnectionInput struct {
	ByMailConnection
	IfSaved
	Check bool `query:"check" doc:"walk to the mailbox first, and change nothing where that fails"`
	Body  api.SetMailConnection
}

func (s *Server) putMailConnection(ctx context.Context, by signoff.Caller, in *putMailConnectionInput) (*settingOutput[api.MailConnections], error) {
	c, rev, err := s.mailConnectionsSeen(ctx, by, in.IfSaved)
	if err != nil {
		return nil, err
	}
	b := in.Body
	var password *seal.Secret
	if b.Password != nil {
		text := seal.Secret(*b.Password)
		password = &text
	}
	save := c.Save
	if in.Check {
		save = c.SaveProven
	}
	kept, err := save(ctx, by, rev, connections.Connection{Name: in.Name, Protocol: b.Protocol, From: b.From, Usual: b.Usual, Workflows: b.Workflows,
		Reads: b.Reads, Off: b.Off, Mailbox: b.Mailbox, Server: b.Server, Resource: b.Resource, Audience: b.Audience, App: b.App, Impersonate: b.Impersonate,
		User: b.User, SMTP: mailPlaceFrom(b.SMTP), IMAP: mailPlaceFrom(b.IMAP), Folder: b.Folder, Processed: b.Processed, ReplyTo: b.ReplyTo,
		Authserv: b.Authserv, PerMinute: b.PerMinute, AtOnce: b.AtOnce}, password)
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "mail connection saved", "user", by.Principal, "connector", in.Name)
	return s.mailConnectionsAnswer(ctx, kept)
}

type deleteMailConnectionInput struct {
	ByMailConnection
	IfSaved
}

func (s *Server) deleteMailConnection(ctx context.Context, by signoff.Caller, in *deleteMailConnectionInput) (*nothing, error) {
	c, rev, err := s.mailConnectionsSeen(ctx, by, in.IfSaved)
	if err != nil {
		return nil, err
	}
	if _, err = c.Remove(ctx, by, rev, in.Name); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "mail connection removed", "user", by.Principal, "connector", in.Name)
	return nil, nil
}

func (s *Server) checkMailConnection(ctx context.Context, by signoff.Caller, in *ByMailConnection) (*body[api.ServiceTested], error) {
	c, err := s.mailConnections()
	if err != nil {
		return nil, err
	}
	steps, err := c.Check(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	return s.tried(ctx, steps)
}

type testSendInput struct {
	ByMailConnection
	Body api.TestMail
}

func (s *Server) testSend(ctx context.Context, by signoff.Caller, in *testSendInput) (*body[api.ServiceTested], error) {
	c, err := s.mailConnections()
	if err != nil {
		return nil, err
	}
	to := in.Body.To
	if to == "" {
		to = by.Email
	}
	step, err := c.TestSend(ctx, by, in.Name, to)
	if err != nil {
		return nil, err
	}
	return s.tried(ctx, []broker.Step{step})
}

func (s *Server) testRead(ctx context.Context, by signoff.Caller, in *ByMailConnection) (*body[api.ServiceTested], error) {
	c, err := s.mailConnections()
	if err != nil {
		return nil, err
	}
	step, err := c.TestRead(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	return s.tried(ctx, []broker.Step{step})
}

// tried puts steps into the words of whoever asked.
func (s *Server) tried(ctx context.Context, steps []broker.Step) (*body[api.ServiceTested], error) {
	known, err := people(ctx, s, mentions(steps), func(p signoff.Principal) signoff.Principal { return p })
	if err != nil {
		return nil, err
	}
	tell := func(text string) string { return signoff.Tell(text, known.name, s.location()) }
	out := api.ServiceTested{OK: true, Steps: []api.ServiceStep{}}
	for _, step := range steps {
		out.OK = out.OK && step.OK
		out.Steps = append(out.Steps, api.ServiceStep{Name: step.Name, OK: step.OK, Found: tell(step.Found), Do: tell(step.Do)})
	}
	return &body[api.ServiceTested]{out}, nil
}
