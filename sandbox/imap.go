package sandbox

import (
	"crypto/tls"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-sasl"
)

func newIMAP(p *post, tlsConfig *tls.Config, log *slog.Logger) *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{post: p}, nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapNamespace: {}, imap.CapUIDPlus: {}, imap.CapESearch: {},
			imap.CapMove: {}, imap.CapSpecialUse: {}, imap.CapLiteralPlus: {}},
		TLSConfig: tlsConfig,
		Logger:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	})
}

// imapSession is one connection's conversation.
type imapSession struct {
	post *post
	box  *mailbox                   // set once signed in
	open *folder                    // the selected folder
	view *imapserver.SessionTracker // what the client has been told of it
	look bool                       // EXAMINE: nothing may change
}

var (
	errNoFolder  = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNonExistent, Text: "there is no such folder"}
	errTryCreate = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTryCreate, Text: "there is no such folder"}
	errReadOnly  = &imap.Error{Type: imap.StatusResponseTypeNo, Text: "the folder was opened for reading only"}
)

func no(err error) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeCannot, Text: err.Error()}
}

func (s *imapSession) Close() error { return s.Unselect() }

func (s *imapSession) Login(username, password string) error {
	id, ok := login(username, password)
	if !ok {
		return imapserver.ErrAuthFailed
	}
	s.box = s.post.boxes[id]
	return nil
}

func (s *imapSession) AuthenticateMechanisms() []string { return mechanisms(s.post.bearer) }

func (s *imapSession) Authenticate(mech string) (sasl.Server, error) {
	if s.post.bearer != nil && (mech == xoauth2 || mech == sasl.OAuthBearer) {
		take := s.post.byToken("imap", func(id string) { s.box = s.post.boxes[id] })
		return &bearerServer{mech: mech, refusal: &imap.Error{Type: imap.StatusResponseTypeNo, Text: "AUTHENTICATE failed."}, check: take}, nil
	}
	return saslServer(mech, s.Login, no(errors.New("that way of signing in is not offered")))
}

func (s *imapSession) Select(name string, opts *imap.SelectOptions) (*imap.SelectData, error) {
	f := s.box.folder(name)
	if f == nil {
		return nil, errNoFolder
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s.open, s.view, s.look = f, f.tracker.NewSession(), opts != nil && opts.ReadOnly
	data := &imap.SelectData{Flags: flagSet(0xff).imap(), PermanentFlags: flagSet(0xff).imap(),
		NumMessages: uint32(len(f.list)), UIDNext: f.next, UIDValidity: f.validity}
	if i := slices.IndexFunc(f.list, func(m *message) bool { return m.flags&seen == 0 }); i >= 0 {
		data.FirstUnseenSeqNum = uint32(i) + 1
	}
	return data, nil
}

func (s *imapSession) Unselect() error {
	if s.view != nil {
		s.view.Close()
	}
	s.open, s.view = nil, nil
	return nil
}

func (s *imapSession) Create(name string, _ *imap.CreateOptions) error {
	err := s.box.create(name)
	if errors.Is(err, errFolderExists) {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeAlreadyExists, Text: err.Error()}
	}
	if err != nil {
		return no(err)
	}
	return nil
}

func (s *imapSession) Delete(name string) error {
	f := s.box.folder(name)
	if f == nil {
		return errNoFolder
	}
	if err := s.box.drop(f); err != nil {
		return no(err)
	}
	return nil
}

func (s *imapSession) Rename(string, string, *imap.RenameOptions) error {
	return no(errors.New("folders are not renamed here"))
}

// Every folder counts as subscribed.
func (s *imapSession) Subscribe(string) error   { return nil }
func (s *imapSession) Unsubscribe(string) error { return nil }

func (s *imapSession) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: folderDelim}}}, nil
}

func (s *imapSession) List(w *imapserver.ListWriter, ref string, patterns []string, opts *imap.ListOptions) error {
	if len(patterns) == 0 { // RFC 3501 §6.3.8: asks for the delimiter
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: folderDelim})
	}
	for _, f := range s.box.all() {
		match := slices.ContainsFunc(patterns, func(p string) bool { return imapserver.MatchList(f.name, folderDelim, ref, p) })
		special, isSpecial := specialFolders[f.name]
		if !match || opts.SelectSpecialUse && !isSpecial {
			continue
		}
		data := &imap.ListData{Mailbox: f.name, Delim: folderDelim}
		if isSpecial {
			data.Attrs = append(data.Attrs, special)
		}
		if opts.ReturnStatus != nil {
			data.Status = f.status(opts.ReturnStatus)
		}
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return nil
}

func (s *imapSession) Status(name string, opts *imap.StatusOptions) (*imap.StatusData, error) {
	f := s.box.folder(name)
	if f == nil {
		return nil, errNoFolder
	}
	return f.status(opts), nil
}

func (f *folder) status(opts *imap.StatusOptions) *imap.StatusData {
	f.mu.Lock()
	defer f.mu.Unlock()
	var total, unseen, gone, recent uint32
	var size int64
	for _, m := range f.list {
		total, size = total+1, size+m.size
		if m.flags&seen == 0 {
			unseen++
		}
		if m.flags&deleted != 0 {
			gone++
		}
	}
	data := &imap.StatusData{Mailbox: f.name, UIDNext: f.next, UIDValidity: f.validity}
	if opts.NumMessages {
		data.NumMessages = &total
	}
	if opts.NumUnseen {
		data.NumUnseen = &unseen
	}
	if opts.NumDeleted {
		data.NumDeleted = &gone
	}
	if opts.Size {
		data.Size = &size
	}
	if opts.NumRecent {
		data.NumRecent = &recent
	}
	return data
}

func (s *imapSession) AppendLimit() uint32 { return maxMessageBytes }

func (s *imapSession) Append(name string, r imap.LiteralReader, opts *imap.AppendOptions) (*imap.AppendData, error) {
	f := s.box.folder(name)
	if f == nil {
		return nil, errTryCreate
	}
	data, err := io.ReadAll(io.LimitReader(r, maxMessageBytes))
	if err != nil {
		return nil, err
	}
	at := opts.Time
	if at.IsZero() {
		at = s.post.now()
	}
	d, err := f.stage(data, at, toFlags(opts.Flags))
	if err != nil {
		return nil, err
	}
	uid, err := d.publish()
	if err != nil {
		d.discard()
		return nil, err
	}
	s.post.hub.changed(s.box.id)
	return &imap.AppendData{UID: uid, UIDValidity: f.validity}, nil
}

func (s *imapSession) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if s.view == nil {
		return nil
	}
	return s.view.Poll(w, allowExpunge)
}

func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	if s.view == nil {
		<-stop
		return nil
	}
	return s.view.Idle(w, stop)
}

// Expunge removes what is marked deleted. Clients hear of it through the
// tracker, the asking one too.
func (s *imapSession) Expunge(_ *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	if s.look {
		return nil
	}
	gone := s.open.uids(func(m *message) bool {
		return m.flags&deleted != 0 && (uids == nil || uids.Contains(m.uid))
	})
	for _, uid := range gone {
		if err := s.open.remove(uid); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if len(gone) > 0 {
		s.post.hub.changed(s.box.id)
	}
	return nil
}

func (s *imapSession) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, _ *imap.StoreOptions) error {
	if s.look {
		return errReadOnly
	}
	given := toFlags(flags.Flags)
	change := func(now flagSet) flagSet {
		switch flags.Op {
		case imap.StoreFlagsAdd:
			return now | given
		case imap.StoreFlagsDel:
			return now &^ given
		}
		return given
	}
	for _, m := range s.chosen(set) {
		if err := s.open.mark(m.uid, change, s.view); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	s.post.hub.changed(s.box.id)
	if flags.Silent {
		return nil
	}
	return s.Fetch(w, set, &imap.FetchOptions{Flags: true, UID: true})
}

func (s *imapSession) Copy(set imap.NumSet, name string) (*imap.CopyData, error) {
	to := s.box.folder(name)
	if to == nil {
		return nil, errTryCreate
	}
	data := &imap.CopyData{UIDValidity: to.validity}
	for _, m := range s.chosen(set) {
		raw, err := s.open.read(m.uid)
		if err != nil {
			continue // gone in the meantime
		}
		d, err := to.stage(raw, m.at, m.flags)
		if err != nil {
			return nil, err
		}
		uid, err := d.publish()
		if err != nil {
			d.discard()
			return nil, err
		}
		data.SourceUIDs.AddNum(m.uid)
		data.DestUIDs.AddNum(uid)
	}
	if len(data.SourceUIDs) == 0 {
		return nil, nil
	}
	s.post.hub.changed(s.box.id)
	return data, nil
}

func (s *imapSession) Move(w *imapserver.MoveWriter, set imap.NumSet, name string) error {
	to := s.box.folder(name)
	if to == nil {
		return errTryCreate
	}
	if to == s.open || s.look {
		return no(errors.New("mail cannot be moved there"))
	}
	s.box.moving.Lock()
	defer s.box.moving.Unlock()
	data := &imap.CopyData{UIDValidity: to.validity}
	for _, m := range s.chosen(set) {
		uid, err := s.open.moveTo(to, m.uid)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		data.SourceUIDs.AddNum(m.uid)
		data.DestUIDs.AddNum(uid)
	}
	if len(data.SourceUIDs) == 0 {
		return nil
	}
	s.post.hub.changed(s.box.id)
	return w.WriteCopyData(data) // the EXPUNGEs follow when the server polls, before the tagged OK
}
