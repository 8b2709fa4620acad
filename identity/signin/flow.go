package signin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
)

// How long a person may take to sign in at the provider, and how many sign-ins
// one browser may have under way.
const (
	flowFor  = 15 * time.Minute
	maxFlows = 5
)

// A flow is a sign-in that was begun, as the browser keeps it for us.
type flow struct {
	State    string            `json:"s"`
	Provider string            `json:"p"`
	Issuer   string            `json:"i"` // of the provider then
	Client   string            `json:"c"`
	Nonce    string            `json:"n"`
	Verifier string            `json:"v"` // of PKCE (RFC 7636)
	Return   string            `json:"r,omitempty"`
	Test     signoff.Principal `json:"t,omitempty"` // the administrator who tries the provider
	At       int64             `json:"a"`           // Unix seconds
}

const flowPurpose = "sign-in under way"

// cookieBase begins the name of every sign-in's cookie; the rest is the
// beginning of its state, so that several windows do not disturb each other.
const cookieBase = "signoff-signin-"

const stateInName = 10

func (s *Service) cookieName(state string) string {
	name := cookieBase + state[:min(stateInName, len(state))]
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// cookie keeps f in the browser. Lax, because the browser comes back from
// another site; it is of use for one sign-in only.
func (s *Service) cookie(f flow) (*http.Cookie, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return &http.Cookie{Name: s.cookieName(f.State), Value: s.cfg.Seal.Lock(flowPurpose, seal.Secret(text)), Path: "/",
		MaxAge: int(flowFor / time.Second), Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}, nil
}

func (s *Service) removed(name string) *http.Cookie {
	return &http.Cookie{Name: name, Path: "/", MaxAge: -1, Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// surplus lists cookies of sign-ins to be forgotten, so that many begun and
// never finished do not fill the browser's requests.
func (s *Service) surplus(cookies []*http.Cookie) (out []*http.Cookie) {
	for _, c := range cookies {
		if strings.HasPrefix(strings.TrimPrefix(c.Name, "__Host-"), cookieBase) {
			out = append(out, s.removed(c.Name))
		}
	}
	if len(out) < maxFlows {
		return nil
	}
	return out
}

// opened finds the sign-in that an answer with this state belongs to: one that
// this very browser began, not long ago. nil if there is none.
func (s *Service) opened(state string, cookies []*http.Cookie) *flow {
	if state == "" || len(state) > 100 {
		return nil
	}
	name := s.cookieName(state)
	i := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == name })
	if i < 0 || len(cookies[i].Value) > 4000 {
		return nil
	}
	text, err := s.cfg.Seal.Unlock(flowPurpose, cookies[i].Value)
	if err != nil {
		return nil
	}
	var f flow
	if json.Unmarshal([]byte(text.Reveal()), &f) != nil || subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1 {
		return nil
	}
	if age := s.now().Sub(time.Unix(f.At, 0)); age < -time.Minute || age > flowFor {
		return nil
	}
	return &f
}

// hashed names something secret in the store.
func hashed(kind string, parts ...string) string {
	sum := sha256.New()
	for _, p := range parts {
		sum.Write([]byte(p))
		sum.Write([]byte{0})
	}
	return kind + ":" + hex.EncodeToString(sum.Sum(nil))
}
