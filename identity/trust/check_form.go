package trust

import (
	"fmt"
	"strings"
)

func checkSize(x *exam) *fault {
	if len(x.token) > MaxTokenBytes {
		return &fault{advice: "have the issuer put less into the token: groups assigned to the application only, or as app roles"}
	}
	x.have |= sized
	return nil
}

func tellSize(x *exam) (string, string) {
	return fmt.Sprintf("at most %d bytes", MaxTokenBytes), fmt.Sprintf("%d bytes", len(x.token))
}

func checkForm(x *exam) *fault {
	c, why := split(x.token)
	if why == "" {
		x.compact = c
		x.have |= cut
		return nil
	}
	advice := "send the access token alone, as the token endpoint gave it in access_token"
	switch {
	case strings.HasPrefix(why, "five parts"):
		advice = "have the provider sign access tokens without encrypting them"
	case x.token != "" && !strings.Contains(x.token, "."):
		advice = "this may be an opaque token, a refresh token or a client secret; have the provider issue JWT access tokens for this API (name it as audience or resource when asking)"
	}
	return &fault{found: why, advice: advice}
}

func tellForm(*exam) (string, string) {
	return "three parts between dots: header.claims.signature", "three parts"
}

func checkEncoding(x *exam) *fault {
	if err := x.decode(x.token); err != nil {
		advice := "send the token exactly as it was issued"
		switch {
		case strings.ContainsAny(x.token, " \t\r\n"):
			advice = "take out the spaces and line breaks that came in by copying"
		case strings.ContainsAny(x.token, "+/="):
			advice = "the token was encoded anew on its way (+, / or =): send it exactly as it was issued"
		}
		return &fault{found: err.Error(), advice: advice}
	}
	x.have |= decoded
	return nil
}

func tellEncoding(*exam) (string, string) {
	return "base64url without padding", "base64url without padding"
}

func checkHeader(x *exam) *fault {
	var err error
	if x.head, err = parseObject(x.compact.header); err != nil {
		return &fault{found: err.Error(), advice: "whatever made this token does not write JWTs: look at the issuer's configuration"}
	}
	x.have |= hasHeader
	return nil
}

func tellHeader(x *exam) (string, string) {
	return "one JSON object, each member once", clip(x.compact.header)
}

func checkClaims(x *exam) *fault {
	var err error
	if x.body, err = parseObject(x.compact.claims); err != nil {
		return &fault{found: err.Error(), advice: "whatever made this token does not write JWTs: look at the issuer's configuration"}
	}
	x.have |= hasClaims
	return nil
}

func tellClaims(x *exam) (string, string) {
	return "one JSON object, each member once", fmt.Sprintf("an object with %d claims", len(x.body.members))
}

// checkCritical refuses every extension (RFC 7515 §4.1.11); b64 is the one that
// changes what is signed (RFC 7797).
func checkCritical(x *exam) *fault {
	for _, name := range [...]string{"crit", "b64"} {
		if v, there := x.head.get(name); there {
			found := name
			if list, ok := v.strings(); ok {
				found += " " + clip(strings.Join(list, ", "))
			}
			return &fault{found: found, advice: "have the issuer make plain JWTs"}
		}
	}
	return nil
}

func tellCritical(*exam) (string, string) { return "no crit and no b64 in the header", "none" }

// checkSigning refuses what proves nothing, whatever an entry allows.
func checkSigning(x *exam) *fault {
	name := x.head.str("alg")
	if x.algorithm = algorithmNamed(name); x.algorithm != nil {
		x.have |= hasAlg
		return nil
	}
	advice := "have the provider sign with RS256"
	switch low := strings.ToLower(name); {
	case strings.HasPrefix(low, "hs"):
		advice = "HMAC is signed with a secret that whoever checks it could sign with too: have the provider sign with RS256"
	case low == "none":
		advice = "the token is not signed: somebody may be trying whether that works"
	}
	return &fault{advice: advice}
}

func tellSigning(x *exam) (string, string) {
	return "alg is one of " + strings.Join(Algorithms(), ", "), foundMember(&x.head, "alg")
}

// foundMember shows a member for the checklist.
func foundMember(v *value, name string) string {
	m, there := v.get(name)
	if !there {
		return "no " + name
	}
	return name + " " + m.show()
}

// show writes a value for the checklist.
func (v *value) show() string {
	switch v.shape {
	case isString:
		if v.text == "" {
			return `""`
		}
		return clip(v.text)
	case isNumber, isBool:
		return clip(v.text)
	case isList:
		if list, ok := v.strings(); ok {
			return clip("[" + strings.Join(list, ", ") + "]")
		}
	}
	return v.shape.String()
}
