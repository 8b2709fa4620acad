package traffic

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

const (
	// UserAgent is what requests say they come from.
	UserAgent = "signoff"
	// MaxRefusal is how many bytes of a refusal are read.
	MaxRefusal = 64 << 10
	// LongestAsked bounds how long a server's wish to wait is believed.
	LongestAsked = 24 * time.Hour
)

// Mark gives a request its name, by which the server's owner finds it.
// https://learn.microsoft.com/graph/best-practices-concept
func Mark(r *http.Request) {
	r.Header.Set("User-Agent", UserAgent)
	r.Header.Set("client-request-id", GUID())
	r.Header.Set("return-client-request-id", "true")
}

// GUID is a random one: RFC 9562 §5.4.
func GUID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// RequestID is what the server's owner finds the request by, "" when the answer
// does not tell.
func RequestID(a *http.Response) string { return Cleaned(a.Header.Get("request-id"), 100) }

func request(id string) string {
	if id == "" {
		return ""
	}
	return " (request " + id + ")"
}

// Cleaned is text of a server as it may be shown.
func Cleaned(text string, limit int) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return strings.ToValidUTF8(text, "?")
}

// RetryAfter reads the header: seconds, or a moment (RFC 9110 §10.2.3).
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return Asked(n, time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), LongestAsked)
	}
	return 0
}

// Asked is how long a server asked to wait, n units of time.
func Asked(n int64, unit time.Duration) time.Duration {
	return time.Duration(min(max(0, n), int64(LongestAsked/unit))) * unit
}

// NotExchange is the error of an answer that Exchange cannot have given: a page
// of a proxy, a sign-in page, another server. what names the protocol with its
// verb ("which Microsoft Graph does not").
func NotExchange(doing, host, what, hint string, a *http.Response) error {
	kind := Cleaned(a.Header.Get("Content-Type"), 60)
	if a.Header.Get("Location") != "" {
		kind = "a redirection"
	}
	if kind == "" {
		kind = "something without a type"
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeNotExchange, Hint: "Something between here and there answered, as a proxy or a sign-in page, or the server address is " + hint,
		Detail: fmt.Sprintf("%s: %s answered HTTP %d with %s, %s%s.", doing, host, a.StatusCode, kind, what, request(RequestID(a)))}
}

// Drain closes a body so that its connection can be used again.
func Drain(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(body, MaxRefusal)) // nothing in it is needed
	_ = body.Close()
}

// Address reads the address of a server, with path where it has none. One
// without TLS has to be on this machine, as a sandbox's may be.
func Address(text, path string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Scheme != "https" && !Loopback(u) || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, false
	}
	if u.Path == "" {
		u.Path = path
	}
	return u, true
}

// Loopback tells whether an address without TLS is on this machine.
func Loopback(u *url.URL) bool {
	host := u.Hostname()
	return u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "::1")
}
