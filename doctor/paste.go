package doctor

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// MaxPasteBytes is how much may be pasted.
const MaxPasteBytes = 128 << 10

// A Pasted is what somebody gave the doctor, taken apart.
type Pasted struct {
	Token   string // a bearer token; "" for none
	Request *Request
	Answer  *Answer
	Entra   *EntraError
	Notes   []string // what had to be put right to read it
}

// A Request is an HTTP request that was pasted, as raw text or as a curl
// command.
type Request struct {
	Method, URL string // URL: whole, or the path alone
	Header      []Field
}

// A Field is one header field.
type Field struct{ Name, Value string }

// Get returns every value of a field.
func (r *Request) Get(name string) []string { return values(r.Header, name) }

func values(all []Field, name string) (out []string) {
	for _, f := range all {
		if strings.EqualFold(f.Name, name) {
			out = append(out, f.Value)
		}
	}
	return out
}

// An Answer is an HTTP answer that was pasted.
type Answer struct {
	Status    int // 0: not said
	Header    []Field
	Challenge map[string]string // of WWW-Authenticate: Bearer
	Code      string            // of our own problem
	Detail    string
}

// errNothing is for what holds nothing that the doctor can look at.
var errNothing = errors.New("there is no token, request or error in this")

// Read takes apart what was pasted: a token, a request, a curl command, an
// answer, an error of Entra's as JSON, as a page or as the address it sent the
// browser to; several of them at once. It refuses what is too long or holds
// none of them.
func Read(text string) (Pasted, error) {
	var p Pasted
	if len(text) > MaxPasteBytes {
		return p, fmt.Errorf("this is longer than %d KiB: paste the token, or one request, alone", MaxPasteBytes>>10)
	}
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if text == "" {
		return p, errNothing
	}
	p.readEntra(text)
	switch {
	case isCurl(text):
		p.readCurl(text)
	default:
		p.readHTTP(text)
	}
	if p.Request == nil && p.Answer == nil {
		p.readJSON(text)
	}
	if p.Token == "" && p.Entra == nil && p.Request == nil && p.Answer == nil {
		p.readBare(text)
	}
	if p.Token == "" && p.Entra == nil && p.Request == nil && p.Answer == nil {
		return p, errNothing
	}
	return p, nil
}

func (p *Pasted) note(text string) {
	if !slices.Contains(p.Notes, text) {
		p.Notes = append(p.Notes, text)
	}
}

var (
	requestLine = regexp.MustCompile(`^(?:> )?(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\S+)(?: HTTP/[0-9.]+)?$`)
	statusLine  = regexp.MustCompile(`^(?:< )?HTTP/[0-9.]+ ([1-5][0-9]{2})(?: .*)?$`)
	fieldLine   = regexp.MustCompile("^(?:[<>] )?([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[ \\t]*(.*)$")
)

// knownFields are those that make a few lines alone a request or an answer.
var knownFields = map[string]string{"authorization": "request", "host": "request", "www-authenticate": "answer"}

// readHTTP reads raw requests and answers, also as curl -v prints them, and
// header lines alone. What follows an empty line is a body: of an answer it is
// read, of a request it is passed over, as it may hold anything.
func (p *Pasted) readHTTP(text string) {
	into, body := "", false
	var rest []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(strings.TrimSuffix(line, "\r"))
		if m := requestLine.FindStringSubmatch(line); m != nil {
			into, body = "request", false
			p.Request = &Request{Method: m[1], URL: m[2]}
			continue
		}
		if m := statusLine.FindStringSubmatch(line); m != nil {
			into, body, rest = "answer", false, nil
			p.Answer = &Answer{Status: int(m[1][0]-'0')*100 + int(m[1][1]-'0')*10 + int(m[1][2]-'0')}
			continue
		}
		if line == "" || line == ">" || line == "<" {
			body = into != ""
			continue
		}
		if body {
			if into == "answer" {
				rest = append(rest, line)
			}
			continue
		}
		if m := fieldLine.FindStringSubmatch(line); m != nil {
			into = p.field(into, Field{m[1], strings.TrimSpace(m[2])})
		}
	}
	if p.Answer != nil {
		p.Answer.finish(strings.Join(rest, "\n"))
	}
	p.tokenOfRequest()
}

// field adds one header field where it belongs. Known fields begin a request or
// an answer where no first line did.
func (p *Pasted) field(into string, f Field) string {
	if kind := knownFields[strings.ToLower(f.Name)]; into == "" && kind != "" {
		into = kind
		if kind == "request" {
			p.Request = &Request{}
		} else {
			p.Answer = &Answer{}
		}
	}
	const maxFields = 100
	switch {
	case into == "request" && len(p.Request.Header) < maxFields:
		p.Request.Header = append(p.Request.Header, f)
	case into == "answer" && len(p.Answer.Header) < maxFields:
		p.Answer.Header = append(p.Answer.Header, f)
	}
	return into
}

// tokenOfRequest takes the token out of the Authorization field. How the field
// is written is looked at by the checks of the request.
func (p *Pasted) tokenOfRequest() {
	if p.Request == nil {
		return
	}
	for _, v := range p.Request.Get("Authorization") {
		scheme, token, _ := strings.Cut(v, " ")
		if strings.EqualFold(strings.TrimSuffix(scheme, ":"), "bearer") && p.Token == "" {
			p.Token = p.tidy(token)
		}
	}
	if p.Token == "" {
		p.Token = queryToken(p.Request.URL)
	}
}

// queryToken finds a token in an address, where none belongs (RFC 6750 §2.3).
func queryToken(address string) string {
	_, query, _ := strings.Cut(address, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	return q.Get("access_token")
}

// readJSON reads an answer of a token endpoint, or a problem of ours without
// its header.
func (p *Pasted) readJSON(text string) {
	if !strings.HasPrefix(text, "{") {
		return
	}
	var m struct {
		AccessToken string `json:"access_token"`
		Code        string `json:"code"`
		Detail      string `json:"detail"`
		Status      int    `json:"status"`
		Type        string `json:"type"`
		Message     string `json:"Message"` // all that the Workflow API says
	}
	if json.Unmarshal([]byte(text), &m) != nil { // members of other types make it somebody else's JSON
		return
	}
	switch {
	case m.AccessToken != "":
		p.note("the access_token of a token endpoint's answer was taken")
		p.Token = p.tidy(m.AccessToken)
	case m.Code != "" && strings.HasPrefix(m.Type, "/problems/"):
		p.Answer = &Answer{Status: m.Status, Code: m.Code, Detail: clip(m.Detail)}
	case m.Message != "" && m.Code == "" && m.Detail == "":
		p.note("the Message of the Workflow API was read")
		p.Answer = &Answer{Detail: clip(m.Message)}
	}
}

// readBare reads a token alone, or anything that was pasted for one.
func (p *Pasted) readBare(text string) {
	if strings.ContainsAny(text, "{}<>") || strings.Count(text, " ") > 20 {
		if m := jwtForm.FindString(text); m != "" {
			p.note("the token was found in other text")
			p.Token = m
		}
		return
	}
	p.Token = p.tidy(text)
}

var (
	jwtForm    = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*`)
	whitespace = regexp.MustCompile(`\s+`)
)

// tidy takes off what copying adds. A line break inside a token came from a
// terminal or a mail: it is taken out, and said.
func (p *Pasted) tidy(token string) string {
	token = strings.TrimSpace(token)
	token = strings.TrimRight(token, ",;")
	if len(token) > 1 && strings.ContainsRune(`"'`+"`", rune(token[0])) && token[len(token)-1] == token[0] {
		token = token[1 : len(token)-1]
		p.note("quotation marks around the token were taken off")
	}
	if scheme, rest, found := strings.Cut(token, " "); found && strings.EqualFold(strings.TrimSuffix(scheme, ":"), "bearer") {
		token = strings.TrimSpace(rest)
	}
	if joined := whitespace.ReplaceAllString(token, ""); joined != token && jwtForm.FindString(joined) == joined {
		p.note("spaces and line breaks inside the token were taken out; a request must carry it without them")
		token = joined
	}
	return token
}

// finish reads the challenge and the body of an answer.
func (a *Answer) finish(body string) {
	for _, v := range values(a.Header, "WWW-Authenticate") {
		if c := parseChallenge(v); c != nil {
			a.Challenge = c
			break
		}
	}
	if i := strings.IndexByte(body, '{'); i >= 0 {
		var m struct{ Code, Detail, Message string } // Message: of the Workflow API
		if json.Unmarshal([]byte(body[i:]), &m) == nil {
			a.Code, a.Detail = m.Code, clip(cmp.Or(m.Detail, m.Message))
		}
	}
}

var challengeParam = regexp.MustCompile(`([A-Za-z_]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))`)

// parseChallenge reads the parameters of a Bearer challenge, nil for another
// scheme.
func parseChallenge(v string) map[string]string {
	scheme, rest, _ := strings.Cut(v, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return nil
	}
	out := map[string]string{}
	for _, m := range challengeParam.FindAllStringSubmatch(rest, 30) {
		if name := strings.ToLower(m[1]); out[name] == "" {
			out[name] = strings.ReplaceAll(m[2]+m[3], `\`, "")
		}
	}
	return out
}

// clip shortens what was pasted for showing.
func clip(s string) string {
	const most = 300
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
