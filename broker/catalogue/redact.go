package catalogue

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// secrets are an instance's, in the clear. Systems repeat what they were sent,
// in errors above all; none of it leaves.
type secrets []string

const (
	shortSecret = 4 // in bytes: a shorter one would be found everywhere, and is not looked for
	longSecret  = 8 // in characters: a shorter one may be part of an ordinary word
)

// and adds a secret in all spellings that an answer may repeat it in.
func (s secrets) and(secret string) secrets {
	if len(secret) < shortSecret {
		return s
	}
	quoted, _ := json.Marshal(secret) // text always encodes
	for _, spelling := range []string{secret, string(quoted[1 : len(quoted)-1]), url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
		if !slices.Contains(s, spelling) {
			s = append(s, spelling)
		}
	}
	return s
}

// inOrder puts longer ones first, so that none is looked for in what is left of
// another.
func (s secrets) inOrder() secrets {
	slices.SortStableFunc(s, func(a, b string) int { return len(b) - len(a) })
	return s
}

const hidden = "[sealed]"

func (s secrets) text(t string) string {
	for _, secret := range s {
		switch {
		case len(secret) < shortSecret:
		case utf8.RuneCountInString(secret) < longSecret:
			t = hideWords(t, secret)
		default:
			t = strings.ReplaceAll(t, secret, hidden)
		}
	}
	return t
}

// hideWords hides a secret where it stands as a whole word: where no letter or
// digit of it goes on in one beside it.
func hideWords(t, secret string) string {
	var out strings.Builder
	from := 0 // what is before it is written
	for at := 0; ; {
		i := strings.Index(t[at:], secret)
		if i < 0 {
			break
		}
		i += at
		end := i + len(secret)
		if goesOn(t[:i], secret) || goesOn(secret, t[end:]) {
			_, n := utf8.DecodeRuneInString(t[i:])
			at = i + n
			continue
		}
		out.WriteString(t[from:i])
		out.WriteString(hidden)
		from, at = end, end
	}
	return out.String() + t[from:]
}

// escape is a character as addresses, JSON and others write it; its last letter
// or digit begins no word.
var escape = regexp.MustCompile(`(%[0-9A-Fa-f]{2}|\\[abefnrtv0]|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4})$`)

// goesOn tells whether a word that ends the one text goes on in the other.
func goesOn(before, after string) bool {
	l, _ := utf8.DecodeLastRuneInString(before)
	r, _ := utf8.DecodeRuneInString(after)
	return inWord(l) && inWord(r) && !escape.MatchString(before[max(0, len(before)-6):])
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// err returns an error without secrets. One that has none is returned as it is,
// with all that its chain can tell.
func (s secrets) err(err error) error {
	if err == nil || s.text(err.Error()) == err.Error() && s.clean(err) {
		return err
	}
	e := refusal(err)
	if e == nil {
		return errors.New(s.text(err.Error()))
	}
	out := &signoff.Error{Kind: e.Kind, Code: e.Code, Detail: s.text(e.Detail), Hint: s.text(e.Hint), Err: errors.New(s.text(err.Error()))}
	for _, f := range e.Fields {
		out.Fields = append(out.Fields, signoff.FieldError{Field: f.Field, Detail: s.text(f.Detail), Advice: s.text(f.Advice)})
	}
	return out
}

// clean tells whether the parts of an error that its text leaves out hold nothing.
func (s secrets) clean(err error) bool {
	e := refusal(err)
	if e == nil {
		return true
	}
	all := e.Hint
	for _, f := range e.Fields {
		all += "\n" + f.Advice
	}
	return s.text(all) == all
}

func (s secrets) steps(list []broker.Step) []broker.Step {
	out := make([]broker.Step, len(list))
	for i, step := range list {
		out[i] = broker.Step{Name: step.Name, OK: step.OK, Found: s.text(step.Found), Do: s.text(step.Do)}
	}
	return out
}

func (s secrets) result(r broker.Result) broker.Result {
	if len(s) == 0 {
		return r
	}
	if r.Row != nil {
		r.Row = s.value(r.Row).(map[string]any)
	}
	if r.Rows == nil {
		return r // no list: whoever called tells the two apart by that
	}
	rows := make([]map[string]any, len(r.Rows))
	for i, row := range r.Rows {
		rows[i] = s.value(row).(map[string]any)
	}
	r.Rows = rows
	return r
}

func (s secrets) value(v any) any {
	switch v := v.(type) {
	case string:
		return s.text(v)
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = s.value(x)
		}
		return out
	case map[string]any:
		if v == nil {
			return v
		}
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[s.text(k)] = s.value(x)
		}
		return out
	}
	return v
}
