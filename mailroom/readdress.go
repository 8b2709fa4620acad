package mailroom

import (
	"bytes"
	"context"
	"net/mail"
	"net/url"
	"regexp"
	"strings"

	"github.com/signoffhq/signoff/store"
)

// A mail that was composed for a sender that has been replaced since goes by the
// one that takes its place: its From and its reply address are made that one's
// before it is handed over, and kept so. A mail that may have left already is not
// touched: whoever took it is asked no more, so an administrator decides.

// writtenFor tells whether a mail names a sender's own address in From.
func writtenFor(l line, raw []byte) bool {
	return strings.EqualFold(addressIn(raw, "From").Address, l.From.Address)
}

func addressIn(raw []byte, field string) mail.Address {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return mail.Address{}
	}
	a, err := mail.ParseAddress(m.Header.Get(field))
	if err != nil {
		return mail.Address{}
	}
	return *a
}

// readdress makes a mail that is being sent one of its line's sender.
func (r *Room) readdress(ctx context.Context, l line, m *store.OutMail) error {
	if addressIn(m.Raw, "From").Address == "" || writtenFor(l, m.Raw) {
		return nil
	}
	m.Raw = r.readdressed(l, m.Raw)
	return r.Store.ReaddressMail(ctx, *m, m.Raw)
}

func (r *Room) readdressed(l line, raw []byte) []byte {
	header, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	header = field(header, "From", addressList(l.From))
	old := addressIn(raw, "Reply-To").Address
	local, _, _ := strings.Cut(old, "@")
	if at := strings.LastIndexByte(local, '+'); at >= 0 {
		now := r.tagged(local[at+1:])
		header = field(header, "Reply-To", addressList(mail.Address{Name: l.From.Name, Address: now}))
		body = inBody(body, old, now)
	}
	return append(append(header, "\r\n\r\n"...), body...)
}

// field replaces a field of a header, with the lines it goes on in.
func field(header []byte, name string, tokens []string) []byte {
	is := regexp.MustCompile(`(?im)^` + regexp.QuoteMeta(name) + `:[^\r\n]*(\r\n[ \t][^\r\n]*)*`)
	return is.ReplaceAllLiteral(header, bytes.TrimSuffix(folded(name, tokens), []byte("\r\n")))
}

// inBody replaces an address in quoted-printable text, as it is and as links have
// it; a soft line break may be anywhere in it.
func inBody(body []byte, old, now string) []byte {
	escaped := func(address string) string {
		local, domain, _ := strings.Cut(address, "@")
		return url.QueryEscape(local) + "@" + domain
	}
	for _, pair := range [][2]string{{old, now}, {escaped(old), escaped(now)}} {
		var pattern strings.Builder
		for i, c := range pair[0] {
			if i > 0 {
				pattern.WriteString(`(?:=\r\n)?`)
			}
			pattern.WriteString(regexp.QuoteMeta(string(c)))
		}
		body = regexp.MustCompile(pattern.String()).ReplaceAllLiteral(body, []byte(pair[1]))
	}
	return body
}
