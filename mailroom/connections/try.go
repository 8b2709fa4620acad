package connections

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// tryFor bounds what an administrator waits for.
const tryFor = 90 * time.Second

func (s *Service) at(ctx context.Context, by signoff.Caller, name string) (Connection, Opened, error) {
	if err := allowed(by); err != nil {
		return Connection{}, Opened{}, err
	}
	kept, err := s.List(ctx, by)
	if err != nil {
		return Connection{}, Opened{}, err
	}
	for _, c := range kept.Connections {
		if c.Name != name {
			continue
		}
		set, _, err := s.read(ctx)
		if err != nil {
			return c, Opened{}, err
		}
		for _, own := range set.Connections {
			if own.Name == name {
				c = own // with its password
			}
		}
		o, err := s.open(c)
		if err != nil {
			o = shut(err)
		}
		return c, o, nil
	}
	return Connection{}, Opened{}, errNoConnection
}

// Check walks to a connection's mailbox and tells each step; it takes the server
// right. It looks at what is set, whether or not it is switched on.
func (s *Service) Check(ctx context.Context, by signoff.Caller, name string) ([]broker.Step, error) {
	_, o, err := s.at(ctx, by, name)
	if err != nil {
		return nil, err
	}
	defer o.close()
	ctx, stop := context.WithTimeout(ctx, tryFor)
	defer stop()
	return o.Check(ctx), nil
}

func (o Opened) close() {
	if o.Close != nil {
		o.Close()
	}
}

// TestSend sends a mail that says it is a test, now and outside the queue; it
// takes the server right.
func (s *Service) TestSend(ctx context.Context, by signoff.Caller, name, to string) (broker.Step, error) {
	a, err := mail.ParseAddress(to)
	if err != nil || a.Address != to {
		return broker.Step{}, &signoff.Error{Kind: signoff.Invalid, Code: "mail-bad-address", Detail: fmt.Sprintf("%q is no bare mail address", to)}
	}
	c, o, err := s.at(ctx, by, name)
	if err != nil {
		return broker.Step{}, err
	}
	defer o.close()
	ctx, stop := context.WithTimeout(ctx, tryFor)
	defer stop()
	done, err := o.Out.Turn(ctx)
	if err != nil {
		return broker.Step{}, err
	}
	defer done()
	from := c.Sender()
	begun := time.Now()
	if err := o.Out.Send(ctx, from.Address, to, "", trial(from, to, s.o.Base.URL)); err != nil {
		return failed("send", err), nil
	}
	return broker.Step{Name: "send", OK: true, Found: fmt.Sprintf("A mail from %s to %s was handed over in %s.", from.Address, to, time.Since(begun).Round(time.Millisecond))}, nil
}

func trial(from mail.Address, to, url string) []byte {
	_, domain, _ := strings.Cut(from.Address, "@")
	return fmt.Appendf(nil, "From: %s\r\nTo: <%s>\r\nSubject: A test of signoff\r\nDate: %s\r\nMessage-Id: <sotest.%s@%s>\r\nAuto-Submitted: auto-generated\r\n"+
		"X-Auto-Response-Suppress: OOF, AutoReply\r\nMime-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+
		"Mail from signoff arrives here. There is nothing to do.\r\n\r\n%s\r\n", from.String(), to, time.Now().Format(time.RFC1123Z), strings.ToLower(rand.Text()), domain, url)
}

func failed(name string, err error) broker.Step {
	step := broker.Step{Name: name, Found: err.Error()}
	if e, ok := errors.AsType[*signoff.Error](err); ok {
		step.Found, step.Do = e.Detail, e.Hint
	}
	return step
}

// TestRead reads the newest mail of a connection's folder, and leaves it there;
// it takes the server right.
func (s *Service) TestRead(ctx context.Context, by signoff.Caller, name string) (broker.Step, error) {
	_, o, err := s.at(ctx, by, name)
	if err != nil {
		return broker.Step{}, err
	}
	defer o.close()
	if o.In == nil {
		return broker.Step{Name: "read", Found: "This connection has no mailbox to read.", Do: "Enter its IMAP server."}, nil
	}
	ctx, stop := context.WithTimeout(ctx, tryFor)
	defer stop()
	ids, err := o.In.List(ctx)
	if err != nil {
		return failed("read", err), nil
	}
	if len(ids) == 0 {
		return broker.Step{Name: "read", OK: true, Found: "The folder can be read; it is empty."}, nil
	}
	raw, err := o.In.Read(ctx, ids[len(ids)-1], 64<<10)
	if err != nil {
		return failed("read", err), nil
	}
	return broker.Step{Name: "read", OK: true, Found: fmt.Sprintf("The folder has %d mails. The newest is %s.", len(ids), inWords(raw))}, nil
}

// inWords names a mail by its header.
func inWords(raw []byte) string {
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader()
	if len(h) == 0 && err != nil {
		return "one whose header cannot be read"
	}
	decode := func(name string) string {
		text := h.Get(name)
		if plain, err := new(mime.WordDecoder).DecodeHeader(text); err == nil {
			text = plain
		}
		if text = strings.Join(strings.Fields(text), " "); len(text) > maxText {
			text = strings.ToValidUTF8(text[:maxText], "")
		}
		return text
	}
	return fmt.Sprintf("“%s” from %s", decode("Subject"), decode("From"))
}
