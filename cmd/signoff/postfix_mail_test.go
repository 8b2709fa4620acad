//go:build linux

package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"mime/quotedprintable"
	"net/smtp"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-message/mail"
)

// arrives bounds how long any mail may take.
const arrives = 40 * time.Second

// submit hands a mail in as a person's mail program does: STARTTLS, sign-in,
// and the person's own address as the sender.
func (m *corp) submit(login, to string, raw []byte) {
	m.t.Helper()
	m.send("127.0.0.1:"+m.SubmissionPort, login, login+"@corp.test", to, raw)
}

// inject hands a mail in as anybody can: at the public port, without a sign-in.
func (m *corp) inject(sender, to string, raw []byte) {
	m.t.Helper()
	m.send("127.0.0.1:"+m.PlainPort, "", sender, to, raw)
}

func (m *corp) send(addr, login, sender, to string, raw []byte) {
	m.t.Helper()
	if err := m.trySend(addr, login, sender, to, raw); err != nil {
		m.t.Fatalf("mail from %s to %s: %v", sender, to, err)
	}
}

func (m *corp) trySend(addr, login, sender, to string, raw []byte) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.StartTLS(m.trust); err != nil {
		return err
	}
	if login != "" {
		if err := c.Auth(smtp.PlainAuth("", login, m.Password, "127.0.0.1")); err != nil {
			return err
		}
	}
	if err := c.Mail(sender); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// received is a mail as it lies in a mailbox.
type received struct {
	mail.Header
	raw        []byte
	Text, HTML string
	parts      []string // media types
}

func parseReceived(t *testing.T, raw []byte) received {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	got := received{Header: r.Header, raw: raw}
	for {
		part, err := r.NextPart()
		if err == io.EOF {
			return got
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, raw)
		}
		content, err := io.ReadAll(part.Body)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(cmp.Or(part.Header.Get("Content-Type"), "text/plain"), ";")
		got.parts = append(got.parts, kind)
		switch kind {
		case "text/plain":
			got.Text = strings.ReplaceAll(string(content), "\r\n", "\n")
		case "text/html":
			got.HTML = string(content)
		}
	}
}

// id is the Message-ID with its angle brackets.
func (r received) id() string { return strings.TrimSpace(r.Get("Message-Id")) }

// address is the one address in a header field.
func (r received) address(field string) string {
	list, err := r.AddressList(field)
	if err != nil || len(list) != 1 {
		return ""
	}
	return list[0].Address
}

// folder reads one folder of an account over IMAP.
type folder struct {
	t      *testing.T
	login  string
	name   string
	client *imapclient.Client
	news   chan struct{}
	last   imap.UID
	seen   []received
}

// open signs in. The folder need not be there yet.
func (m *corp) open(login, name string) *folder {
	m.t.Helper()
	f := &folder{t: m.t, login: login, name: name, news: make(chan struct{}, 1)}
	opts := &imapclient.Options{TLSConfig: m.trust, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			select {
			case f.news <- struct{}{}:
			default:
			}
		}}}
	var err error
	if f.client, err = imapclient.DialStartTLS("127.0.0.1:"+m.IMAPPort, opts); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { f.client.Close() })
	if err := f.client.Login(login, m.Password).Wait(); err != nil {
		m.t.Fatalf("%s signs in: %v", login, err)
	}
	return f
}

// await returns the first mail, of those here and those that come, for which
// match is true.
func (f *folder) await(what string, match func(received) bool) received {
	f.t.Helper()
	give := time.After(arrives)
	for {
		f.look()
		for _, r := range f.seen {
			if match(r) {
				return r
			}
		}
		if !f.wait(give) {
			for _, r := range f.seen {
				f.t.Logf("in %s: %s: %s", f.name, r.Get("From"), r.Get("Subject"))
			}
			f.t.Fatalf("%s is not in %s after %v", what, f.name, arrives)
		}
	}
}

// look reads what is new.
func (f *folder) look() {
	f.t.Helper()
	if f.client.Mailbox() == nil || f.client.Mailbox().Name != f.name {
		_, err := f.client.Select(f.name, nil).Wait()
		if e, ok := err.(*imap.Error); ok && e.Type == imap.StatusResponseTypeNo {
			return // not made yet
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
	section := &imap.FetchItemBodySection{Peek: true}
	var fresh imap.UIDSet
	fresh.AddRange(f.last+1, 0)
	list, err := f.client.Fetch(fresh, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		f.t.Fatal(err)
	}
	for _, msg := range list {
		if msg.UID > f.last { // n:* names the last mail even when it is below n
			f.last = msg.UID
			f.seen = append(f.seen, parseReceived(f.t, msg.FindBodySection(section)))
		}
	}
}

// wait returns true when it is worth looking again.
func (f *folder) wait(give <-chan time.Time) bool {
	f.t.Helper()
	tick := time.NewTimer(500 * time.Millisecond) // a folder that does not exist tells nothing
	defer tick.Stop()
	if f.client.State() == imap.ConnStateSelected {
		idle, err := f.client.Idle()
		if err != nil {
			f.t.Fatal(err)
		}
		defer func() {
			idle.Close()
			if err := idle.Wait(); err != nil {
				f.t.Error(err)
			}
		}()
	}
	select {
	case <-f.news:
	case <-tick.C:
	case <-give:
		return false
	}
	return true
}

// answer is what somebody writes in a mail program with a mail before him.
type answer struct {
	Program  string // whose way of writing it is
	From     string
	To       string    // "": where the mail asks answers to go
	Text     string    // what is typed
	Original *received // what is answered, and quoted below
	Extra    []string  // more header fields, on top

	ID  string
	Now time.Time
}

// write composes the mail and returns it with its Message-ID.
func (a answer) write(t *testing.T) (raw []byte, id string) {
	t.Helper()
	a.ID, a.Now, a.To = newMessageID(), time.Now(), cmp.Or(a.To, a.Original.Get("Reply-To"))
	all := template.New("").Funcs(template.FuncMap{"base64": wrappedBase64, "qp": quotedPrintable,
		"quote":  func(s string) string { return "> " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n> ") },
		"breaks": func(s string) string { return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>") }})
	var b bytes.Buffer
	if err := template.Must(all.ParseFS(postfixTemplates, "testdata/postfix/replies/*")).ExecuteTemplate(&b, a.Program+".eml", a); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), a.ID
}

func wrappedBase64(text string) string {
	var b strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString([]byte(text))), 76) {
		b.Write(append(line, '\n'))
	}
	return strings.TrimSpace(b.String())
}

func quotedPrintable(text string) (string, error) {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		return "", err
	}
	err := w.Close()
	return strings.ReplaceAll(b.String(), "\r\n", "\n"), err
}

// newMessageID is one as the mail programs of corp.test make them.
func newMessageID() string { return "<" + strings.ToLower(rand.Text()) + "@corp.test>" }

// simple is a short mail.
func simple(from, to, subject, id, text string, extra ...string) []byte {
	head := append([]string{"From: " + from, "To: " + to, "Subject: " + subject, "Message-ID: " + id,
		"Date: " + time.Now().Format(time.RFC1123Z)}, extra...)
	return fmt.Appendf(nil, "%s\n\n%s\n", strings.Join(head, "\n"), text)
}

func withID(id string) func(received) bool {
	return func(r received) bool { return r.id() == id }
}
