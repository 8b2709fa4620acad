package sandbox

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const smtpIdle = 5 * time.Minute

func newSMTP(p *post, tlsConfig *tls.Config, log *slog.Logger) *smtp.Server {
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{post: p, conn: c, log: log}, nil
	}))
	srv.Domain = authServID
	srv.TLSConfig = tlsConfig
	srv.MaxMessageBytes = maxMessageBytes
	srv.MaxLineLength = 2 * maxTokenBytes
	srv.MaxRecipients = maxRecipients
	srv.ReadTimeout, srv.WriteTimeout = smtpIdle, smtpIdle
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	return srv
}

// smtpSession is one connection's conversation.
type smtpSession struct {
	post *post
	conn *smtp.Conn
	log  *slog.Logger
	user string // the account that signed in
	env  envelope
}

// errToken is what Exchange Online says of a token that it does not take.
var errToken = &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 3}, Message: "Authentication unsuccessful"}

func (s *smtpSession) AuthMechanisms() []string { return mechanisms(s.post.bearer) }

func (s *smtpSession) Auth(mech string) (sasl.Server, error) {
	check := func(username, password string) error {
		id, ok := login(username, password)
		if !ok {
			return smtp.ErrAuthFailed
		}
		s.user = id
		return nil
	}
	if s.post.bearer != nil && (mech == xoauth2 || mech == sasl.OAuthBearer) {
		return &bearerServer{mech: mech, refusal: errToken, check: s.post.byToken("smtp", func(id string) { s.user = id })}, nil
	}
	return saslServer(mech, check, smtp.ErrAuthUnknownMechanism)
}

// saslServer answers PLAIN (RFC 4616) and LOGIN.
func saslServer(mech string, check func(username, password string) error, unknown error) (sasl.Server, error) {
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(identity, username, password string) error {
			if identity != "" && !strings.EqualFold(identity, username) {
				return errors.New("acting for somebody else is not offered")
			}
			return check(username, password)
		}), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	}
	return nil, unknown
}

// loginServer is the server side of LOGIN, which asks for the name and then
// for the password. A client may send the name at once.
type loginServer struct {
	check    func(username, password string) error
	username *string
	asked    bool
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil && !l.asked:
		l.asked = true
		return []byte("Username:"), false, nil
	case l.username == nil:
		name := string(response)
		l.username = &name
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(*l.username, string(response))
	}
}

func (s *smtpSession) Mail(from string, opts *smtp.MailOptions) error {
	_, secure := s.conn.TLSConnectionState()
	s.env = envelope{from: from, auth: s.user, helo: s.conn.Hostname(), tls: secure}
	return nil
}

func (s *smtpSession) Rcpt(to string, opts *smtp.RcptOptions) error {
	switch _, where := resolve(to); {
	case where == nowhere:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody at Contoso is called that"}
	case where == elsewhere && s.user == "":
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "sign in to send mail to other domains"}
	}
	s.env.to = append(s.env.to, to)
	return nil
}

func (s *smtpSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	err = s.post.deliver(s.env, data)
	if errors.Is(err, errNoHeader) {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	if err != nil {
		s.log.Error("sandbox delivery failed", "err", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "the mail could not be stored"}
	}
	return nil
}

func (s *smtpSession) Reset()        { s.env = envelope{} }
func (s *smtpSession) Logout() error { return nil }
