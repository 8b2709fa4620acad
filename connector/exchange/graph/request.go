package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

const (
	maxAnswer    = 64 << 20 // of JSON: a page of mails with their bodies
	mostPage     = 500
	maxIDBytes   = 2048
	immutableIDs = `IdType="ImmutableId"`
)

// request is one request about a mailbox.
type request struct {
	doing  string // for people: "Sending the mail"
	method string
	path   string     // below the mailbox, escaped; or from "//" below Graph itself
	query  url.Values // joined to path
	prefer []string   // beside immutable ids
	body   any        // JSON; text is sent as it is, as text/plain
	into   any        // what the answer is read into; *io.ReadCloser gets it unread; nil: nothing
	need   permission

	// once: when it is not known whether it was done, it is not repeated. Reading,
	// and whatever has the same end when it is done twice, may be repeated.
	once bool

	// goneIsDone: when a repeated request finds nothing, the one before it did it.
	goneIsDone bool
}

// do makes a request, again when that may help and harms nothing.
func (b *box) do(ctx context.Context, r request) error {
	target, err := b.target(r)
	if err != nil {
		return err
	}
	body, kind, err := r.encoded()
	if err != nil {
		return err
	}
	return traffic.Repeat(ctx, b.s.pause, func(n int) (error, bool) {
		err, again := b.attempt(ctx, r, target, body, kind)
		if n > 1 && r.goneIsDone && exchange.Gone(err) {
			return nil, false
		}
		return err, again
	})
}

func (b *box) target(r request) (string, error) {
	u := *b.s.base
	below, ok := strings.CutPrefix(r.path, "//")
	if ok {
		below = "/" + below
	} else {
		below = b.root() + r.path
	}
	raw := u.EscapedPath() + below
	path, err := url.PathUnescape(raw)
	if err != nil {
		return "", fmt.Errorf("path %q: %w", raw, err)
	}
	u.Path, u.RawPath = path, raw
	u.RawQuery = strings.ReplaceAll(r.query.Encode(), "+", "%20") // Graph wants spaces so
	return u.String(), nil
}

func (r request) encoded() (body []byte, kind string, err error) {
	switch v := r.body.(type) {
	case nil:
		return nil, "", nil
	case string:
		return []byte(v), "text/plain", nil
	}
	body, err = json.Marshal(r.body)
	return body, "application/json", err
}

// attempt makes a request once; again tells whether to repeat it.
func (b *box) attempt(ctx context.Context, r request, target string, body []byte, kind string) (err error, again bool) {
	done, err := b.lane.Turn(ctx, r.doing)
	if err != nil {
		return err, false
	}
	defer done()
	timed, stop := context.WithTimeout(ctx, b.s.timeout)
	defer func() {
		if _, streams := r.into.(*io.ReadCloser); !streams || err != nil {
			stop()
		}
	}()
	req, err := http.NewRequestWithContext(timed, r.method, target, bytes.NewReader(body))
	if err != nil {
		return err, false
	}
	head(req, r.prefer)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	answer, err := b.http.Do(req)
	if err != nil {
		return traffic.Unanswered(ctx, b.s.base.Host, r.doing, r.once, err)
	}
	if _, streams := r.into.(*io.ReadCloser); streams && answer.StatusCode == http.StatusOK {
		*r.into.(*io.ReadCloser) = &stream{answer.Body, stop}
		return nil, false
	}
	defer answer.Body.Close()
	return b.answered(r, answer)
}

// stream is a body that is read by the caller.
type stream struct {
	io.ReadCloser
	stop context.CancelFunc
}

func (s *stream) Close() error {
	defer s.stop()
	return s.ReadCloser.Close()
}

func head(req *http.Request, prefer []string) {
	req.Header.Set("Prefer", strings.Join(append([]string{immutableIDs}, prefer...), ", "))
	req.Header.Set("Accept", "application/json")
	traffic.Mark(req)
}

// answered reads an answer.
func (b *box) answered(r request, a *http.Response) (error, bool) {
	if a.StatusCode < 200 || a.StatusCode > 299 {
		return b.refused(r, a)
	}
	if r.into == nil || a.StatusCode == http.StatusNoContent {
		_, err := io.Copy(io.Discard, io.LimitReader(a.Body, traffic.MaxRefusal))
		_ = err // nothing in it is needed, and the status has said that it is done
		return nil, false
	}
	if !isJSON(a) {
		return b.notGraph(r, a), false
	}
	text, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		return traffic.TooLarge(r.doing, maxAnswer), false
	}
	if err == nil {
		err = json.Unmarshal(text, r.into)
	}
	if err == nil {
		return nil, false
	}
	if r.once { // it was done, and the answer that tells its id is lost
		return exchange.Doubt(r.doing, err), false
	}
	return traffic.HalfAnswered(b.s.base.Host, r.doing, traffic.RequestID(a), err), true
}

func isJSON(a *http.Response) bool {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// segment is an id as a part of a path. What cannot be one is refused before
// anything is asked.
func segment(id, what string) (string, error) {
	bad := strings.ContainsFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=+/", r))
	})
	if id == "" || len(id) > maxIDBytes || bad {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: exchange.CodeGone, Detail: fmt.Sprintf("The id of the %s is empty or not whole.", what),
			Hint: "Pass it on as it was returned: upper and lower case count."}
	}
	return url.PathEscape(id), nil
}
