package oauth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/signoffhq/signoff/seal"
)

// Limits of what a provider answers.
const (
	maxAnswer = 1 << 20
	maxToken  = 128 << 10 // of one token; a header cannot carry more anyway
	maxSaid   = 600
)

// granted is what a provider answered that gives a token (RFC 6749 §5.1).
type granted struct {
	Access  seal.Secret
	Refresh seal.Secret // "" it gave none
	Type    string
	Scope   string
	Account string
	Life    time.Duration // 0: not said
}

// readGranted reads a token endpoint's answer. Entra's v1.0 writes numbers as
// texts.
func readGranted(text []byte) (granted, error) {
	var in struct {
		Access  string          `json:"access_token"`
		Refresh string          `json:"refresh_token"`
		Type    string          `json:"token_type"`
		Scope   json.RawMessage `json:"scope"`
		Seconds json.RawMessage `json:"expires_in"`
		ID      string          `json:"id_token"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return granted{}, badAnswer("its answer is not the JSON it should be")
	}
	switch {
	case in.Access == "":
		return granted{}, badAnswer("its answer holds no access token")
	case !printable(in.Access) || !printable(in.Refresh):
		return granted{}, badAnswer("its answer holds a token that cannot be one")
	case in.Type != "" && !strings.EqualFold(in.Type, "Bearer"):
		return granted{}, badAnswer("its token is of the type " + strconv.Quote(clip(in.Type, 40)) + ", not Bearer")
	}
	g := granted{Access: seal.Secret(in.Access), Refresh: seal.Secret(in.Refresh), Type: "Bearer", Account: accountIn(in.ID), Life: seconds(in.Seconds)}
	_ = json.Unmarshal(in.Scope, &g.Scope) // a list, as some write it, is not kept
	g.Scope = clip(g.Scope, 4000)
	return g, nil
}

// printable is what a header can carry (RFC 6750 §2.1), if it is not too long.
func printable(token string) bool {
	return len(token) <= maxToken && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// seconds reads a number that may be written as a text; what is none, or out of
// all reason, is not said.
func seconds(raw json.RawMessage) time.Duration {
	n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || math.IsNaN(n) || n <= 0 {
		return 0
	}
	return time.Duration(min(n, 10*365*86_400)) * time.Second
}

// accountIn reads what a provider calls somebody from the id token that came with
// their token. It came from the provider itself over TLS, so its signature needs
// no look (OpenID Connect Core §3.1.3.7), and it is for showing only.
func accountIn(id string) string {
	parts := strings.Split(id, ".")
	if len(parts) != 3 || len(id) > maxToken {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var c struct {
		Username string `json:"preferred_username"`
		UPN      string `json:"upn"`
		Email    string `json:"email"`
		Unique   string `json:"unique_name"`
		Subject  string `json:"sub"`
	}
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return ""
	}
	for _, name := range []string{c.Username, c.UPN, c.Email, c.Unique, c.Subject} {
		if name != "" {
			return clip(name, 200)
		}
	}
	return ""
}

// A ProviderError is what a provider refused, or that it could not be asked.
type ProviderError struct {
	Status     int    // of HTTP; 0: there was no answer
	Code       string // OAuth's
	Sub        string // Entra's suberror
	Number     int    // AADSTS
	Said       string // in the provider's words
	Trace      string // under which its support finds the request
	Claims     string // what it wants a new sign-in to prove
	RetryAfter time.Duration

	lost bool // it may have been carried out: no answer came
	err  error
}

func (e *ProviderError) Error() string {
	var b strings.Builder
	b.WriteString("oauth provider: ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	if e.Code != "" {
		b.WriteString(e.Code + " ")
	}
	b.WriteString(e.Said)
	if e.Trace != "" {
		b.WriteString(" (trace " + e.Trace + ")")
	}
	if e.err != nil {
		b.WriteString(": " + e.err.Error())
	}
	return b.String()
}

func (e *ProviderError) Unwrap() error { return e.err }

// transient tells whether asking again may help.
func (e *ProviderError) transient() bool {
	return e.lost || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status >= 500 ||
		e.Code == "temporarily_unavailable" || e.Code == "server_error" || slices.Contains([]int{90033, 90006, 90055, 50196}, e.Number)
}

func badAnswer(text string) error { return &ProviderError{Code: noAnswer, Said: text} }

// readRefused reads an answer that is no success (RFC 6749 §5.2, with what Entra
// adds). What is no such JSON is not shown: a proxy's page can say anything.
func readRefused(status int, header http.Header, text []byte, now time.Time) *ProviderError {
	e := &ProviderError{Status: status, RetryAfter: retryAfter(header.Get("Retry-After"), now)}
	var in struct {
		Code   string `json:"error"`
		Text   string `json:"error_description"`
		Sub    string `json:"suberror"`
		Codes  []int  `json:"error_codes"`
		Trace  string `json:"trace_id"`
		Claims string `json:"claims"`
	}
	if json.Unmarshal(text, &in) == nil && in.Code != "" {
		words, _, _ := strings.Cut(in.Text, " Trace ID:")
		e.Code, e.Sub, e.Said, e.Trace = clip(in.Code, 100), clip(in.Sub, 100), clip(words, maxSaid), clip(in.Trace, 64)
		if len(in.Codes) > 0 {
			e.Number = in.Codes[0]
		}
		if len(in.Claims) <= maxClaims && json.Valid([]byte(in.Claims)) {
			e.Claims = in.Claims
		}
	}
	if e.Number == 0 {
		e.Number = numberIn(e.Said)
	}
	if e.Said == "" {
		e.Said = "it answered " + strconv.Itoa(status) + " " + http.StatusText(status)
	}
	return e
}

// numberIn finds AADSTS and a number in a text.
func numberIn(text string) int {
	_, rest, ok := strings.Cut(text, "AADSTS")
	end := 0
	for end < len(rest) && end < 9 && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(rest[:end])
	if !ok || err != nil {
		return 0
	}
	return n
}

// retryAfter reads seconds or a date; 0 is not said.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(0, min(n, 86_400))) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, min(t.Sub(now), 24*time.Hour))
	}
	return 0
}

// clip is a provider's words without what could steer a page or a log.
func clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

var errNotJSON = errors.New("it is no JSON object")

// maxClaims bounds a claims parameter.
const maxClaims = 4 << 10

// withClaims lays what a challenge wants over what this server can do: it can be
// challenged (cp1), so that tokens live longer and are taken back at once.
func withClaims(challenge string) (string, error) {
	out := map[string]json.RawMessage{}
	if challenge != "" {
		if len(challenge) > maxClaims || json.Unmarshal([]byte(challenge), &out) != nil || out == nil {
			return "", errNotJSON
		}
	}
	access := map[string]json.RawMessage{}
	if raw := out["access_token"]; raw != nil {
		if json.Unmarshal(raw, &access) != nil || access == nil {
			return "", errNotJSON
		}
	}
	access["xms_cc"] = json.RawMessage(`{"values":["cp1"]}`)
	text, err := json.Marshal(access)
	if err != nil {
		return "", err
	}
	out["access_token"] = text
	all, err := json.Marshal(out)
	return string(all), err
}
