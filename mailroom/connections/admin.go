package connections

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Kept is what is set: connections without their passwords, and the revision.
type Kept struct {
	store.Setting
	Connections []Connection // Password is empty
	HasPassword map[string]bool
}

// List returns all connections, the configuration file's first; it takes the
// server right.
func (s *Service) List(ctx context.Context, by signoff.Caller) (Kept, error) {
	if err := allowed(by); err != nil {
		return Kept{}, err
	}
	set, is, err := s.read(ctx)
	if err != nil {
		return Kept{}, err
	}
	out := Kept{Setting: is, HasPassword: map[string]bool{}, Connections: set.Connections}
	if s.o.File != nil {
		out.Connections = append([]Connection{s.inFile(set)}, out.Connections...)
	}
	for i, c := range out.Connections {
		out.HasPassword[c.Name] = c.Password != ""
		out.Connections[i].Password = ""
	}
	return out, nil
}

// Save keeps a connection, a new one or instead of the one of its name, on all
// servers at once; it takes the server right. password is what to keep from now
// on, in the clear; nil keeps the one there is. One that is to be the usual one,
// or the one that is read, is so instead of another.
func (s *Service) Save(ctx context.Context, by signoff.Caller, rev int64, c Connection, password *seal.Secret) (Kept, error) {
	return s.save(ctx, by, rev, c, password, nil)
}

// SaveProven is Save for a connection that works: it walks to the mailbox first,
// as Check does, and where a step fails nothing is changed
// ("mail-connection-unproven").
func (s *Service) SaveProven(ctx context.Context, by signoff.Caller, rev int64, c Connection, password *seal.Secret) (Kept, error) {
	return s.save(ctx, by, rev, c, password, s.prove)
}

// prove walks to the mailbox of a connection that is not kept yet.
func (s *Service) prove(ctx context.Context, c Connection) error {
	if c.Off {
		return nil
	}
	o, err := s.open(c)
	if err != nil {
		o = shut(err)
	}
	defer o.close()
	ctx, stop := context.WithTimeout(ctx, tryFor)
	defer stop()
	for _, step := range o.Check(ctx) {
		if !step.OK {
			return &signoff.Error{Kind: signoff.Conflict, Code: "mail-connection-unproven", Detail: step.Found, Hint: step.Do}
		}
	}
	return nil
}

func (s *Service) save(ctx context.Context, by signoff.Caller, rev int64, c Connection, password *seal.Secret, prove func(context.Context, Connection) error) (Kept, error) {
	if err := allowed(by); err != nil {
		return Kept{}, err
	}
	if err := c.check(); err != nil {
		return Kept{}, err
	}
	if c.Resource != "" && s.o.Exists != nil {
		if err := s.o.Exists(ctx, c.Resource); err != nil {
			return Kept{}, err
		}
	}
	set, is, err := s.read(ctx)
	if err != nil {
		return Kept{}, err
	}
	before := set.without()
	at := slices.IndexFunc(set.Connections, func(o Connection) bool { return o.Name == c.Name })
	if c.Password = ""; password != nil && *password != "" {
		c.Password = s.o.Key.Lock(purpose, *password)
	} else if at >= 0 && password == nil {
		if c.Password = set.Connections[at].Password; c.Password != "" && elsewhere(c, set.Connections[at]) {
			return Kept{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-mail-connection", Detail: "The password is for another server.",
				Fields: []signoff.FieldError{{Field: "password", Detail: "is kept for the server it was entered for", Advice: "Enter it again."}}}
		}
	}
	if prove != nil {
		if err := prove(ctx, c); err != nil {
			return Kept{}, err
		}
	}
	for i := range set.Connections {
		set.Connections[i].Usual = set.Connections[i].Usual && !c.Usual
		set.Connections[i].Reads = set.Connections[i].Reads && !c.Reads
	}
	if at >= 0 {
		set.Connections[at] = c
	} else {
		set.Connections = append(set.Connections, c)
	}
	return s.put(ctx, by, rev, is, set, before)
}

// elsewhere tells whether a kept password would go to another server than it was
// entered for.
func elsewhere(c, was Connection) bool {
	found := c.Protocol == EWS && c.Box() != was.Box() // Autodiscover looks for it by the mailbox
	return found || c.Server != was.Server || c.SMTP.Address != was.SMTP.Address || c.IMAP.Address != was.IMAP.Address || c.Protocol != was.Protocol || c.User != was.User
}

var errNoConnection = &signoff.Error{Kind: signoff.NotFound, Code: "mail-connection-not-found", Detail: "there is no mail connection of this name"}

// Remove forgets a connection; it takes the server right.
func (s *Service) Remove(ctx context.Context, by signoff.Caller, rev int64, name string) (Kept, error) {
	if err := allowed(by); err != nil {
		return Kept{}, err
	}
	set, is, err := s.read(ctx)
	if err != nil {
		return Kept{}, err
	}
	before := set.without()
	n := len(set.Connections)
	if set.Connections = slices.DeleteFunc(set.Connections, func(c Connection) bool { return c.Name == name }); len(set.Connections) == n {
		return Kept{}, errNoConnection
	}
	return s.put(ctx, by, rev, is, set, before)
}

func (s *Service) put(ctx context.Context, by signoff.Caller, rev int64, is store.Setting, set setting, before []byte) (Kept, error) {
	if err := set.checkAll(); err != nil {
		return Kept{}, err
	}
	body, err := json.Marshal(set)
	if err != nil {
		return Kept{}, err
	}
	note := store.Change{By: by.Principal, How: by.Recognised(), What: "mail", Subject: Setting, After: set.without()}
	if is.Rev > 0 {
		note.Before = before
	}
	if _, err := s.o.Store.SaveSetting(ctx, store.Setting{Name: Setting, Rev: rev, By: by.Principal, Body: body}, note); err != nil {
		return Kept{}, err
	}
	s.Heard(store.Hint{Topic: store.TopicSettings, Payload: Setting})
	return s.List(ctx, by)
}

// without is the setting without secrets, for the record.
func (s setting) without() []byte {
	out := setting{Connections: slices.Clone(s.Connections)}
	for i, c := range out.Connections {
		if c.Password != "" {
			out.Connections[i].Password = "[sealed]"
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil // strings and numbers: there is no way to fail
	}
	return text
}
