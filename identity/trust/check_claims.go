package trust

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxUnix is the end of the year 9999, the last that times can be shown of.
const maxUnix = 253402300799

// checkTimes reads exp, nbf and iat: whole seconds, and exp always
// (RFC 7519 §4.1.4; RFC 9068 §2.2 and Entra have iat always too).
func checkTimes(x *exam) *fault {
	for _, c := range [...]struct {
		name   string
		needed bool
		into   *time.Time
	}{{"exp", true, &x.exp}, {"nbf", false, &x.nbf}, {"iat", x.entry.Profile != OIDC, &x.iat}} {
		v, there := x.body.get(c.name)
		if !there && !c.needed {
			continue
		}
		if !there {
			return &fault{found: "no " + c.name, advice: "have the issuer put " + c.name + " into its access tokens"}
		}
		n, ok := v.integer()
		if !ok || n < 0 || n > maxUnix {
			return &fault{found: c.name + " " + v.show(), advice: "times in tokens are whole seconds since 1970: look at the issuer's configuration"}
		}
		*c.into = time.Unix(n, 0).UTC()
	}
	x.have |= hasTimes
	return nil
}

func tellTimes(x *exam) (string, string) {
	return "exp, and nbf and iat where they are given, in whole seconds", strings.Join([]string{foundMember(&x.body, "exp"), foundMember(&x.body, "nbf"), foundMember(&x.body, "iat")}, ", ")
}

const timeForm = "2006-01-02 15:04:05 MST"

func checkExpiry(x *exam) *fault {
	if x.now.Before(x.exp.Add(x.entry.skew())) {
		return nil
	}
	return &fault{found: fmt.Sprintf("exp %s, %s ago", x.exp.Format(timeForm), x.now.Sub(x.exp).Round(time.Second)),
		advice: "get a new token; clients get one by themselves when they ask their library each time instead of keeping it"}
}

func tellExpiry(x *exam) (string, string) {
	return fmt.Sprintf("exp is later than %s, give or take %s", x.now.Format(timeForm), x.entry.skew()), "exp " + x.exp.Format(timeForm)
}

func checkStart(x *exam) *fault {
	if x.nbf.IsZero() || !x.now.Before(x.nbf.Add(-x.entry.skew())) {
		return nil
	}
	return x.clockFault("nbf", x.nbf)
}

// clockFault is for a time that should not lie in the future.
func (x *exam) clockFault(name string, at time.Time) *fault {
	return &fault{found: fmt.Sprintf("%s %s, in %s", name, at.Format(timeForm), at.Sub(x.now).Round(time.Second)),
		advice: fmt.Sprintf("compare this server's clock, %s, with the true time: it probably runs behind; set it by NTP", x.now.Format(timeForm))}
}

func tellStart(x *exam) (string, string) {
	found := "no nbf"
	if !x.nbf.IsZero() {
		found = "nbf " + x.nbf.Format(timeForm)
	}
	return fmt.Sprintf("nbf is not later than %s, give or take %s", x.now.Format(timeForm), x.entry.skew()), found
}

func checkIssue(x *exam) *fault {
	switch {
	case x.iat.IsZero():
		return nil
	case x.iat.After(x.exp):
		return &fault{found: fmt.Sprintf("iat %s, after exp %s", x.iat.Format(timeForm), x.exp.Format(timeForm)),
			advice: "no honest issuer makes a token that expired before it was made"}
	case x.iat.After(x.now.Add(x.entry.skew())):
		return x.clockFault("iat", x.iat)
	}
	return nil
}

func tellIssue(x *exam) (string, string) {
	found := "no iat"
	if !x.iat.IsZero() {
		found = "iat " + x.iat.Format(timeForm)
	}
	return "iat is not in the future and not after exp", found
}

// maxAudiences a token may name.
const maxAudiences = 50

// checkAudience compares to the letter. Entra names one audience; others may
// name several (RFC 7519 §4.1.3).
func checkAudience(x *exam) *fault {
	v, _ := x.body.get("aud")
	list := x.aud
	switch {
	case len(list) == 0 || len(list) > maxAudiences || slices.Contains(list, ""):
		return &fault{advice: "the token does not say which API it is for: have the client name this API when it asks (scope, resource or audience)"}
	case v.shape == isList && x.entry.Profile == Entra:
		return &fault{advice: "Entra writes one audience as text, never a list: this token is not from Entra"}
	case x.entry.accepts(list):
		return nil
	}
	return &fault{advice: x.audienceAdvice(list)}
}

func tellAudience(x *exam) (string, string) {
	expected := "aud is one of " + someOf(x.entry.Audiences)
	if x.entry.SlashVariants {
		expected += ", URIs with or without a slash at the end"
	}
	return expected, foundMember(&x.body, "aud")
}

// audienceAdvice says how the setting or the request for the token would have
// to change, with the value to use.
func (x *exam) audienceAdvice(list []string) string {
	add := fmt.Sprintf("add %s to “%s” of the entry %q", clip(list[0]), Label("audiences"), x.entry.Name)
	for _, aud := range list {
		if api := wellKnownAPIs[strings.TrimSuffix(strings.ToLower(aud), "/")]; api != "" {
			return fmt.Sprintf("the token is for %s: have the client ask for the scope %s instead", api, x.wantedScope())
		}
		for _, ours := range x.entry.Audiences {
			switch {
			case strings.TrimSuffix(ours, "/") == strings.TrimSuffix(aud, "/") && isURI(ours):
				return fmt.Sprintf("only the slash at the end differs from %s: switch “%s” on in the entry %q, or %s", clip(ours), Label("slashVariants"), x.entry.Name, add)
			case strings.EqualFold(ours, aud):
				return fmt.Sprintf("only letter case differs from %s: %s", clip(ours), add)
			case strings.HasPrefix(aud, strings.TrimSuffix(ours, "/")+"/"):
				return fmt.Sprintf("the client asked for something below %s: %s, or have it ask for the scope %s", clip(ours), add, x.wantedScope())
			}
		}
	}
	if client := x.clientClaim(); client != "" && slices.Contains(list, client) {
		return "the token is for the client itself, so it is an id token or one the client asked for itself: send the access token for the scope " + x.wantedScope()
	}
	if guid, ok := strings.CutPrefix(strings.TrimSuffix(list[0], "/"), "api://"); ok && x.entry.audience[guid] {
		return "that is the Application ID URI of this API: " + add
	}
	return fmt.Sprintf("if it names this API's registration, %s; if not, have the client ask for the scope %s", add, x.wantedScope())
}

// wantedScope is what a client should ask for, as far as the entry tells.
func (x *exam) wantedScope() string {
	if x.entry.Profile != Entra || len(x.entry.Audiences) == 0 {
		return "of this API"
	}
	api := x.entry.Audiences[0]
	if i := slices.IndexFunc(x.entry.Audiences, isURI); i >= 0 {
		api = x.entry.Audiences[i] // with its own slash: Entra cuts at the last one
	}
	if len(x.entry.Scopes) == 0 || x.entry.NoPeople {
		return clip(api + "/.default")
	}
	return clip(api + "/" + x.entry.Scopes[0])
}

// Claims that only tokens of other kinds have: ID tokens (OpenID Connect Core
// §2, §3.3.2.11), logout tokens and other security events (RFC 8417 §2.2).
var foreignClaims = []string{"nonce", "at_hash", "c_hash", "s_hash", "events"}

// checkKind tells access tokens from others of the same issuer for the same
// audience. An Entra registration that is both client and API gets ID tokens
// that are right in everything else. What is of type at+jwt says so itself.
func checkKind(x *exam) *fault {
	if x.typ() == "at+jwt" {
		return nil
	}
	for _, name := range foreignClaims {
		if _, there := x.body.get(name); there {
			return kindFault("a token with " + name)
		}
	}
	// Keycloak and Cognito say it in the claims.
	for _, c := range [...]struct{ name, good string }{{"typ", "bearer"}, {"token_use", "access"}} {
		if v, there := x.body.get(c.name); there && !strings.EqualFold(v.text, c.good) {
			return kindFault(c.name + " " + v.show())
		}
	}
	if x.entry.Profile == Entra && x.clientClaim() == "" {
		return kindFault("a token that names no client (no azp or appid)")
	}
	return nil
}

func kindFault(found string) *fault {
	return &fault{found: found, advice: "send the access token (access_token in the answer of the token endpoint), not the id token"}
}

func tellKind(*exam) (string, string) { return "an access token", "an access token" }

// checkBearer refuses tokens bound to a key (RFC 7800): whoever sends one
// without the proof may have stolen it.
func checkBearer(x *exam) *fault {
	if _, there := x.body.get("cnf"); there {
		return &fault{found: "cnf, which binds the token to a key", advice: "have the client ask for a plain bearer token, without DPoP, PoP or a client certificate"}
	}
	return nil
}

func tellBearer(*exam) (string, string) { return "a token that needs no proof (no cnf)", "none needed" }
