package trust

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// checkIssuer chooses the trust entry. Nothing is fetched for an issuer that
// has none.
func checkIssuer(x *exam) *fault {
	iss := x.body.str("iss")
	x.aud = audiences(&x.body)
	if iss != "" {
		x.entry, x.source, x.tenant, x.version = x.trusted.choose(iss, x.aud)
	}
	if x.entry == nil {
		return &fault{advice: x.issuerAdvice(iss)}
	}
	x.have |= hasEntry
	if x.source != nil {
		x.have |= hasSource
	}
	return nil
}

func tellIssuer(x *exam) (string, string) {
	var all []string
	for _, e := range x.trusted.entries {
		for _, s := range e.sources {
			all = append(all, s.iss)
		}
	}
	if len(all) == 0 {
		return "one of the trusted issuers, of which there are none yet", foundMember(&x.body, "iss")
	}
	return "iss is one of " + someOf(all), foundMember(&x.body, "iss")
}

// someOf lists the first of many.
func someOf(all []string) string {
	const most = 6
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
	}
	return strings.Join(all, ", ")
}

func (x *exam) issuerAdvice(iss string) string {
	if iss == "" {
		return "the token names no issuer: have the provider put iss into its access tokens"
	}
	for _, e := range x.trusted.entries {
		for _, s := range e.sources {
			switch {
			case strings.TrimSuffix(s.iss, "/") == strings.TrimSuffix(iss, "/"):
				return fmt.Sprintf("only the slash at the end differs from the entry %q: set its “%s” to %s", e.Name, Label("url"), clip(iss))
			case strings.EqualFold(s.iss, iss):
				return fmt.Sprintf("only letter case differs from the entry %q: set its “%s” to %s", e.Name, Label("url"), clip(iss))
			}
		}
	}
	if strings.Contains(iss, "{tenant") {
		return "the issuer of a real token names the tenant's id: this one was made by hand or by a test"
	}
	for cloud := range clouds {
		is := Issuer{Cloud: cloud}
		if tenant, version, ok := is.issForm(iss); ok {
			return fmt.Sprintf("if %s is a tenant of yours (Entra, cloud %s, versions %s), add it: %s", tenant, cloud, version, Page("", "add"))
		}
	}
	if tid := x.body.str("tid"); signoff.IsGUID(tid) && strings.Contains(iss, tid) {
		return fmt.Sprintf("if %s is a tenant of yours, of an Entra that is not Microsoft's, add it: %s", tid, Page("", "add"))
	}
	return fmt.Sprintf("if you trust it, add it: %s", Page("", "add"))
}

func checkTenant(x *exam) *fault {
	tid, there := x.body.get("tid")
	if !there || tid.shape != isString || tid.text != x.tenant {
		return &fault{advice: "tid and iss name different tenants: no Entra issues such a token"}
	}
	if !x.entry.AnyTenant && !slices.Contains(x.entry.Tenants, x.tenant) {
		return &fault{advice: fmt.Sprintf("if %s is a tenant of yours, add it to “%s” of the entry %q; else have the client sign in at %s/%s instead of its own tenant or /common",
			x.tenant, Label("tenants"), x.entry.Name, x.entry.authority(), x.entry.Tenants[0])}
	}
	return nil
}

func tellTenant(x *exam) (string, string) {
	expected := "tid is the tenant in iss, " + x.tenant
	if x.entry.AnyTenant {
		expected += "; any tenant may call"
	} else {
		expected += "; it is one of " + someOf(x.entry.Tenants)
	}
	return expected, foundMember(&x.body, "tid")
}

func checkVersion(x *exam) *fault {
	if ver := x.body.str("ver"); ver != x.version {
		return &fault{advice: "ver and iss are of different token versions: no Entra issues such a token"}
	}
	if slices.Contains(x.entry.Versions, x.version) {
		return nil
	}
	app := "the API"
	if len(x.aud) == 1 {
		app = clip(x.aud[0])
	}
	set, value := `"requestedAccessTokenVersion": 2`, "2"
	if x.version == V2 {
		set, value = `"requestedAccessTokenVersion": null`, "null or 1"
	}
	return &fault{found: fmt.Sprintf("issuer %s, which belongs to token version %s", clip(x.body.str("iss")), x.version),
		advice: fmt.Sprintf("either add %q to “%s” of the entry %q, or set requestedAccessTokenVersion to %s in the manifest of the app %s (%s); the endpoint that the client uses does not decide it",
			x.version, Label("versions"), x.entry.Name, value, app, set)}
}

func tellVersion(x *exam) (string, string) {
	return "token version " + strings.Join(x.entry.Versions, " or "), "version " + x.version + ", " + foundMember(&x.body, "ver")
}

func checkAlgorithm(x *exam) *fault {
	if slices.Contains(x.entry.algs, x.algorithm.name) {
		return nil
	}
	return &fault{advice: fmt.Sprintf("if this provider signs with %s, add it to “%s” of the entry %q", x.algorithm.name, Label("algorithms"), x.entry.Name)}
}

func tellAlgorithm(x *exam) (string, string) {
	return "alg is " + strings.Join(x.entry.algs, " or "), foundMember(&x.head, "alg")
}

// types a token of a profile may have in its header, without "application/" and
// in lower case; "" for none given. RFC 9068 §4 demands its own, Entra never
// uses that.
var types = map[Profile][]string{
	Entra:      {"", "jwt"},
	OIDC:       {"", "jwt", "at+jwt"},
	Strict9068: {"at+jwt"},
}

func (x *exam) typ() string {
	typ := x.head.str("typ")
	if typ == "JWT" { // as nearly always
		return "jwt"
	}
	return strings.TrimPrefix(strings.ToLower(typ), "application/")
}

func checkType(x *exam) *fault {
	v, there := x.head.get("typ")
	odd := there && (v.shape != isString || v.text == "")
	if !odd && slices.Contains(types[x.entry.Profile], x.typ()) {
		return nil
	}
	advice := "send the access token, not another token of the same issuer"
	if x.entry.Profile == Strict9068 && !odd && (x.typ() == "" || x.typ() == "jwt") {
		advice = fmt.Sprintf("if this issuer does not follow RFC 9068, set profile of the entry %q to oidc", x.entry.Name)
	}
	return &fault{advice: advice}
}

func tellType(x *exam) (string, string) {
	var names []string
	for _, t := range types[x.entry.Profile] {
		if t != "" {
			names = append(names, strings.Replace(t, "jwt", "JWT", 1))
		}
	}
	return "typ is " + strings.Join(names, " or "), foundMember(&x.head, "typ")
}

func checkKey(x *exam) *fault {
	kid, there := x.head.get("kid")
	if !there {
		return &fault{advice: "have the issuer name its key with kid: trying all keys is not done"}
	}
	if kid.shape != isString || kid.text == "" || len(kid.text) > maxKeyIDBytes {
		return &fault{advice: "whatever made this token does not name a key: look at the issuer's configuration"}
	}
	key, err := x.source.keys.find(x.ctx, kid.text)
	if err != nil {
		x.keyErr = err
		return x.keyFault(err)
	}
	if why := key.fits(x.algorithm); why != "" {
		return &fault{found: why, advice: "no honest issuer signs with a key of another kind: somebody may be trying whether that works"}
	}
	if !x.mayUse(key) {
		return &fault{found: fmt.Sprintf("key %s is for tokens of %s", clip(key.ID), clip(strings.Join(key.Issuers, ", "))),
			advice: "the key belongs to another issuer of the same provider: no honest token is signed with it"}
	}
	x.key = key
	x.have |= hasKey
	return nil
}

// mayUse holds a key to the issuers it names. Those of version 1.0 name none,
// or that of version 2.0.
func (x *exam) mayUse(k *Key) bool {
	if len(k.Issuers) == 0 || x.entry.Profile != Entra {
		return true
	}
	return slices.ContainsFunc(k.Issuers, func(named string) bool {
		return x.isTenants(named, x.body.str("iss")) || x.version == V1 && x.isTenants(named, x.entry.issText(x.tenant, V2))
	})
}

// isTenants tells whether named, with the tenant put in, is iss.
func (x *exam) isTenants(named, iss string) bool {
	before, after, found := strings.Cut(named, tenantTemplate)
	if !found {
		return named == iss
	}
	return len(iss) == len(before)+len(x.tenant)+len(after) && strings.HasPrefix(iss, before) && strings.HasSuffix(iss, after) &&
		iss[len(before):len(iss)-len(after)] == x.tenant
}

func (x *exam) keyFault(err error) *fault {
	st := x.source.keys.state()
	where := clip(cmp.Or(st.MetadataURL, st.KeysURL))
	if errors.Is(err, errKeyUnknown) {
		f := &fault{found: fmt.Sprintf("key %s; the issuer has %s", clip(x.head.str("kid")), someOf(keyNames(st.Keys)))}
		f.advice = fmt.Sprintf("get a new token, as this one may be from before the issuer changed its keys; keys are those of %s, read %s",
			where, st.Fetched.Format("2006-01-02 15:04 MST"))
		if x.entry.Profile == Entra && x.entry.AppID == "" {
			f.advice += "; if the API's registration has a claims mapping policy, it has keys of its own: set appId of the entry to its Application (client) ID"
		}
		if st.Problem != "" {
			f.advice += "; the last try to read them failed: " + st.Problem
		}
		return f
	}
	advice := "try again in a moment"
	if st.Problem != "" {
		advice = fmt.Sprintf("this server must reach %s, and could not: %s", where, st.Problem)
	}
	return &fault{code: "token-keys-unavailable", found: err.Error(), advice: advice}
}

func keyNames(keys []Key) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = clip(k.ID)
	}
	return out
}

func tellKey(x *exam) (string, string) {
	return "kid names a key of the issuer that fits alg", foundMember(&x.head, "kid")
}

func checkSignature(x *exam) *fault {
	if x.algorithm.verify(x.key, x.signed, x.signature) == nil {
		x.verified = true
		return nil
	}
	advice := "the token was changed after it was signed, cut short in copying, or made by somebody else"
	if _, there := x.head.get("nonce"); there && x.entry.Profile == Entra {
		advice = "tokens for Microsoft's own APIs (they have a nonce in the header) can be checked by nobody else: ask for a token of this API"
	}
	return &fault{found: errSignature.Error(), advice: advice}
}

func tellSignature(x *exam) (string, string) {
	return "signed with key " + clip(x.key.ID), "signed with it"
}
