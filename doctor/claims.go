package doctor

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/identity/trust"
)

// claims is what a token says, unproven: for wording what package trust found,
// and for nothing else.
type claims struct {
	head, body map[string]any
}

// readClaims reads what can be read; a token that is none gives empty claims.
func readClaims(token string) claims {
	c := claims{map[string]any{}, map[string]any{}}
	parts := strings.Split(token, ".")
	if len(token) > 4*trust.MaxTokenBytes || len(parts) < 2 {
		return c
	}
	for i, into := range []*map[string]any{&c.head, &c.body} {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[i], "="))
		if err != nil {
			continue
		}
		var m map[string]any
		if json.Unmarshal(raw, &m) == nil && m != nil {
			*into = m
		}
	}
	return c
}

func (c claims) text(name string) string {
	s, _ := c.body[name].(string)
	return clip(s)
}

// audience is the first that is named.
func (c claims) audience() string {
	if list, ok := c.body["aud"].([]any); ok && len(list) > 0 {
		s, _ := list[0].(string)
		return clip(s)
	}
	return c.text("aud")
}

// client is the application that got the token.
func (c claims) client() string {
	for _, name := range []string{"azp", "appid", "client_id", "cid"} {
		if s := c.text(name); s != "" {
			return s
		}
	}
	return ""
}

// who is the person or application, as people call them.
func (c claims) who() string {
	for _, name := range []string{"preferred_username", "upn", "unique_name", "email", "name", "oid", "sub"} {
		if s := c.text(name); s != "" {
			return s
		}
	}
	return "somebody unnamed"
}

func (c claims) time(name string) (time.Time, bool) {
	n, ok := c.body[name].(float64)
	if !ok || n < 0 || n > 253402300799 {
		return time.Time{}, false
	}
	return time.Unix(int64(n), 0).UTC(), true
}

// shown are the claims that people compare with their registrations, and what
// each means.
var shown = []string{"iss", "aud", "ver", "tid", "appid", "azp", "client_id", "scp", "scope", "roles", "idtyp", "name", "preferred_username", "upn",
	"oid", "sub", "acct", "groups", "hasgroups", "iat", "nbf", "exp"}

// facts lists them.
func (c claims) facts() []Fact {
	var out []Fact
	for _, name := range []string{"alg", "kid"} {
		if s, ok := c.head[name].(string); ok {
			out = append(out, Fact{name, clip(s)})
		}
	}
	for _, name := range shown {
		v, there := c.body[name]
		if !there {
			continue
		}
		out = append(out, Fact{name, c.show(name, v)})
	}
	return out
}

func (c claims) show(name string, v any) string {
	switch v := v.(type) {
	case string:
		return clip(v)
	case float64:
		if at, ok := c.time(name); ok && (name == "iat" || name == "nbf" || name == "exp") {
			return at.Format("2006-01-02 15:04:05 MST")
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var parts []string
		for i, e := range v {
			if i == 10 {
				parts = append(parts, fmt.Sprintf("and %d more", len(v)-i))
				break
			}
			parts = append(parts, clip(fmt.Sprint(e)))
		}
		return strings.Join(parts, ", ")
	}
	return clip(fmt.Sprint(v))
}
