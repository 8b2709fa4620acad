package mailbox

import (
	"bufio"
	"bytes"
	"net/mail"
	"net/textproto"
	"strings"

	"github.com/signoffhq/signoff"
)

// addressed makes a mail's header name the one recipient it is for: Exchange
// sends to everybody a header names. It returns the mail's Message-ID, too.
func addressed(raw []byte, to string) (out []byte, messageID string, err error) {
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader()
	if err != nil {
		return nil, "", &signoff.Error{Kind: signoff.Invalid, Code: "mail-unreadable", Detail: "the mail has no header", Err: err}
	}
	messageID = strings.TrimSpace(h.Get("Message-Id"))
	if messageID == "" {
		return nil, "", &signoff.Error{Kind: signoff.Invalid, Code: "mail-unreadable", Detail: "the mail has no Message-ID, and could not be found again"}
	}
	if isFor(h, to) {
		return raw, messageID, nil
	}
	return redirected(raw, to), messageID, nil
}

// isFor tells whether a header names to and nobody else.
func isFor(h textproto.MIMEHeader, to string) bool {
	n := 0
	for _, field := range []string{"To", "Cc", "Bcc"} {
		for _, value := range h[field] {
			list, err := mail.ParseAddressList(value)
			if err != nil {
				return false
			}
			for _, a := range list {
				if n++; !strings.EqualFold(a.Address, to) {
					return false
				}
			}
		}
	}
	return n == 1
}

// redirected replaces the fields that name recipients.
func redirected(raw []byte, to string) []byte {
	var out bytes.Buffer
	out.WriteString("To: <" + to + ">\r\n")
	skips, inHeader := false, true
	for line := range bytes.Lines(raw) {
		if !inHeader {
			out.Write(line)
			continue
		}
		if inHeader = len(bytes.TrimRight(line, "\r\n")) > 0; !inHeader {
			out.Write(line)
			continue
		}
		if line[0] != ' ' && line[0] != '\t' { // a field begins; else it goes on
			name, _, _ := bytes.Cut(line, []byte(":"))
			switch strings.ToLower(string(bytes.TrimSpace(name))) {
			case "to", "cc", "bcc":
				skips = true
			default:
				skips = false
			}
		}
		if !skips {
			out.Write(line)
		}
	}
	return out.Bytes()
}
