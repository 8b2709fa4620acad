package apitest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the answers in request scripts")

// A script is a page of requests and answers:
//
//	# Ana starts a request.
//	ana POST /api/v1/workflows/leave/instances
//	Idempotency-Key: k1
//	{"variables": {"days": 3}}
//	----
//	201
//	Location: /api/v1/instances/1
//	{
//	  "id": 1
//	}
//
// The first word says whose credentials are sent; "nobody" sends none, and
// "session" sends the cookie of the last answer that set one. $ETAG and $CSRF
// stand for what the last answers held, and @name for one of our files. A blank
// line ends an answer. Headers of the answer are shown when they matter. Every
// answer is also held against the OpenAPI document.
type script struct {
	t      *testing.T
	w      *World
	cookie string
	etag   string
	csrf   string
	page   bytes.Buffer // the script with the answers of this run

	promise *promise
}

// Play runs the script in a file and compares the answers; with -update it
// writes them.
func (w *World) Play(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	s := &script{t: t, w: w}
	s.promise, err = readPromise()
	must(t, err)
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		s.block(strings.Trim(block, "\n"))
	}
	got := strings.TrimSuffix(s.page.String(), "\n")
	if *update {
		must(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	if got != string(text) {
		t.Errorf("%s: %s", file, firstDifference(string(text), got))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d is\n%s\nand should be\n%s\naround:\n%s", i+1, g[i], w[i], strings.Join(g[max(0, i-12):min(len(g), i+8)], "\n"))
		}
	}
	return fmt.Sprintf("%d lines, and should be %d", len(g), len(w))
}

func (s *script) block(block string) {
	input, _, _ := strings.Cut(block, "\n----")
	var request []string
	for line := range strings.SplitSeq(input, "\n") {
		if !strings.HasPrefix(line, "#") && line != "" {
			request = append(request, line)
		}
	}
	s.page.WriteString(input + "\n")
	if len(request) > 0 {
		s.page.WriteString("----\n" + s.send(request))
	}
	s.page.WriteString("\n")
}

var headerLine = regexp.MustCompile(`^[A-Za-z-]+: `)

func (s *script) send(lines []string) string {
	words := strings.Fields(lines[0])
	if len(words) != 3 {
		s.t.Fatalf("a request is WHO METHOD PATH, not %q", lines[0])
	}
	rest := lines[1:]
	header := http.Header{}
	for len(rest) > 0 && headerLine.MatchString(rest[0]) {
		name, value, _ := strings.Cut(rest[0], ": ")
		header.Add(name, s.fill(value))
		rest = rest[1:]
	}
	body := s.fill(strings.Join(rest, "\n"))
	if name, isFile := strings.CutPrefix(body, "@"); isFile {
		body = string(File(name))
		header.Set("Content-Type", "application/xml")
	} else if body != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	return s.do(words[0], words[1], words[2], header, body)
}

func (s *script) fill(text string) string {
	return strings.NewReplacer("$ETAG", s.etag, "$CSRF", s.csrf).Replace(text)
}

func (s *script) do(who, method, path string, header http.Header, body string) string {
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.w.URL+path, strings.NewReader(body))
	must(s.t, err)
	r.Header = header
	switch who {
	case "nobody":
	case "session":
		r.Header.Set("Cookie", s.cookie)
	default:
		r.SetBasicAuth(who, Password)
	}
	answer, err := http.DefaultClient.Do(r)
	must(s.t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	must(s.t, err)
	s.remember(answer, content)
	if err := s.promise.check(method, path, answer.StatusCode, answer.Header.Get("Content-Type"), content); err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
	var out strings.Builder
	fmt.Fprintln(&out, answer.StatusCode)
	for _, name := range []string{"Location", "Allow", "Www-Authenticate", "Retry-After"} {
		if v := answer.Header.Get(name); v != "" {
			fmt.Fprintf(&out, "%s: %s\n", name, v)
		}
	}
	out.WriteString(steady(content))
	return out.String()
}

func (s *script) remember(answer *http.Response, content []byte) {
	if v := answer.Header.Get("ETag"); v != "" {
		s.etag = v
	}
	if v := answer.Header.Get("Set-Cookie"); v != "" {
		s.cookie, _, _ = strings.Cut(v, ";")
	}
	var me struct{ CSRF string }
	if json.Unmarshal(content, &me) == nil && me.CSRF != "" {
		s.csrf = me.CSRF
	}
}

var unsteady = []struct {
	is  *regexp.Regexp
	say string
}{
	{regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^"]*"`), `"(time)"`},
	{regexp.MustCompile(`\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d+ \w+ \d\d:\d\d \w+`), "(moment)"},
	{regexp.MustCompile(`"requestId": "[^"]*"`), `"requestId": "(id)"`},
	{regexp.MustCompile(`"csrf": "[^"]*"`), `"csrf": "(secret)"`},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "(host)"},
}

// steady lays JSON out and takes out what differs from run to run.
func steady(content []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, bytes.TrimSpace(content), "", "  ") != nil {
		out.Reset()
		out.Write(bytes.TrimSpace(content))
	}
	text := out.String()
	for _, u := range unsteady {
		text = u.is.ReplaceAllString(text, u.say)
	}
	if text = strings.ReplaceAll(text, "\n\n", "\n"); text != "" {
		text += "\n"
	}
	return text
}
