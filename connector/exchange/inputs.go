package exchange

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// Bounds of what a call may bring.
const (
	maxRecipients = 500
	maxFiles      = 100
	maxFileBytes  = 150 << 20 // together
	maxBodyBytes  = 4 << 20
	maxTextBytes  = 64 << 10
	maxAddress    = 320
)

// inputs are read one after the other; what is wrong is kept until done is
// asked.
type inputs struct {
	given map[string]any
	bad   []signoff.FieldError
}

func (in *inputs) refuse(name, detail string) {
	in.bad = append(in.bad, signoff.FieldError{Field: name, Detail: detail})
}

// done is nil when everything could be read.
func (in *inputs) done() error {
	if len(in.bad) == 0 {
		return nil
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "The inputs cannot be right.", Fields: in.bad}
}

func (in *inputs) has(name string) bool { return in.given[name] != nil }

// textOf is a text that may be left out.
func (in *inputs) textOf(name string, limit int) *string {
	v := in.given[name]
	if v == nil {
		return nil
	}
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case bool:
		text = strconv.FormatBool(v)
	default:
		in.refuse(name, "is no text")
		return nil
	}
	if len(text) > limit {
		in.refuse(name, fmt.Sprintf("is longer than %d bytes", limit))
		return nil
	}
	return &text
}

func (in *inputs) text(name string) string {
	if t := in.textOf(name, maxTextBytes); t != nil {
		return strings.TrimSpace(*t)
	}
	return ""
}

func (in *inputs) yesNoOf(name string) *bool {
	switch v := in.given[name].(type) {
	case nil:
		return nil
	case bool:
		return &v
	case string:
		if b, err := strconv.ParseBool(v); err == nil {
			return &b
		}
	}
	in.refuse(name, "is neither yes nor no")
	return nil
}

func (in *inputs) yesNo(name string) bool {
	b := in.yesNoOf(name)
	return b != nil && *b
}

// number reads a whole number.
func (in *inputs) number(name string) *int {
	text := in.textOf(name, 20)
	if text == nil || *text == "" {
		return nil
	}
	n, err := strconv.Atoi(*text)
	if err != nil {
		in.refuse(name, "is no whole number")
		return nil
	}
	return &n
}

// momentOf reads RFC 3339, or a day, which is its midnight in UTC. "" is the
// zero time: taken away.
func (in *inputs) momentOf(name string) *time.Time {
	text := in.textOf(name, 64)
	if text == nil {
		return nil
	}
	if *text == "" {
		return &time.Time{}
	}
	for _, form := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(form, *text); err == nil {
			return &t
		}
	}
	in.refuse(name, "is no moment: write it as 2026-11-23T09:00:00Z")
	return nil
}

func (in *inputs) moment(name string) time.Time {
	if t := in.momentOf(name); t != nil {
		return *t
	}
	return time.Time{}
}

// textsOf reads a list; one text is split at semicolons.
func (in *inputs) textsOf(name string) *[]string {
	out := []string{}
	switch v := in.given[name].(type) {
	case nil:
		return nil
	case string:
		for s := range strings.SplitSeq(v, ";") {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
	case []string:
		out = append(out, v...)
	case []any:
		for _, one := range v {
			s, ok := one.(string)
			if !ok {
				in.refuse(name, "holds something that is no text")
				return nil
			}
			out = append(out, s)
		}
	default:
		in.refuse(name, "is no list")
		return nil
	}
	if len(out) > maxRecipients {
		in.refuse(name, fmt.Sprintf("has more than %d", maxRecipients))
		return nil
	}
	return &out
}

// addressesOf reads mail addresses, as "Jane Doe <jane@contoso.com>" or bare,
// split at semicolons, and at commas where that gives addresses.
func (in *inputs) addressesOf(name string) *[]Address {
	texts := in.textsOf(name)
	if texts == nil {
		return nil
	}
	out := []Address{}
	for _, text := range *texts {
		list, err := mail.ParseAddressList(text)
		if err != nil || len(text) > 100*maxAddress {
			in.refuse(name, fmt.Sprintf("%.100q is no mail address", text))
			return nil
		}
		for _, a := range list {
			if !wholeAddress(a.Address) {
				in.refuse(name, fmt.Sprintf("%.100q is no mail address", a.Address))
				return nil
			}
			out = append(out, Address{Name: a.Name, Address: a.Address})
		}
	}
	if len(out) > maxRecipients {
		in.refuse(name, fmt.Sprintf("has more than %d", maxRecipients))
		return nil
	}
	return &out
}

func (in *inputs) addresses(name string) []Address {
	if list := in.addressesOf(name); list != nil {
		return *list
	}
	return nil
}

// wholeAddress tells whether text is a bare mail address.
func wholeAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && len(text) <= maxAddress && !strings.ContainsAny(text, " \t\"\\/?#%")
}

// bodyOf reads a body and whether it is HTML: when nobody says, what begins with
// a tag is.
func (in *inputs) bodyOf() *Body {
	text := in.textOf("body", maxBodyBytes)
	html := in.yesNoOf("html")
	if text == nil {
		return nil
	}
	b := Body{Text: *text, HTML: strings.HasPrefix(strings.TrimSpace(*text), "<")}
	if html != nil {
		b.HTML = *html
	}
	return &b
}

func (in *inputs) body() Body {
	if b := in.bodyOf(); b != nil {
		return *b
	}
	return Body{}
}

func (in *inputs) levelOf(name string) *Level {
	text := in.textOf(name, 20)
	if text == nil || *text == "" {
		return nil
	}
	l := Level(strings.ToLower(*text))
	if l != Low && l != Normal && l != High {
		in.refuse(name, "is none of low, normal and high")
		return nil
	}
	return &l
}

// files reads {name, type, content in base64}, one or several.
func (in *inputs) files(name string) []NewFile {
	var list []any
	switch v := in.given[name].(type) {
	case nil:
		return nil
	case []any:
		list = v
	default:
		list = []any{v}
	}
	var out []NewFile
	total := int64(0)
	for _, one := range list {
		f, err := fileOf(one)
		if err != nil {
			in.refuse(name, err.Error())
			return nil
		}
		total += f.Size
		out = append(out, f)
	}
	if len(out) > maxFiles || total > maxFileBytes {
		in.refuse(name, fmt.Sprintf("is more than %d files or %d MB", maxFiles, maxFileBytes>>20))
		return nil
	}
	return out
}

func fileOf(v any) (NewFile, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return NewFile{}, fmt.Errorf("is no file")
	}
	name, _ := m["name"].(string)
	kind, _ := m["type"].(string)
	text, ok := m["content"].(string)
	if !ok || name == "" || len(name) > 255 || strings.ContainsAny(name, "\r\n/\\") {
		return NewFile{}, fmt.Errorf("is no file with a name and a content")
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return NewFile{}, fmt.Errorf("the content of %q is not base64", name)
	}
	return NewFile{Name: name, Type: kind, Size: int64(len(content)), Content: bytes.NewReader(content)}, nil
}
