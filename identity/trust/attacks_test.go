package trust

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// An attack is a token that must be refused, and why. Apart from what its name
// says it is right: signed by the issuer's key wherever that is not the point.
type attack struct{ name, code, token string }

func raw(alg, header, claims string) string { return signRaw(alg, header, claims, rsaA) }

func hs256(t tok, secret []byte) string {
	signed := b64([]byte(mustJSON(t.head(obj{"alg": "HS256"}).header))) + "." + b64([]byte(mustJSON(t.claims)))
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(signed))
	return signed + "." + b64(h.Sum(nil))
}

// parts of a good token.
func parts(t tok) (header, claims, sig string) {
	p := strings.Split(t.String(), ".")
	return p[0], p[1], p[2]
}

func headerAttacks() []attack {
	good := v2(start)
	h, c, s := parts(good)
	claims, header := mustJSON(good.claims), mustJSON(good.header)
	der, _ := x509.MarshalPKIXPublicKey(rsaA.Public())
	pemText := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	mallory := obj{"jwk": jwkOf("a1", rsaB), "jku": "https://evil.test/keys", "x5u": "https://evil.test/cert", "x5c": []string{"MIIC"}}
	ps := good.head(obj{"alg": "PS256"})
	psh, _, _ := parts(ps)
	saltless, _ := rsa.SignPSS(zeroes{}, rsaA, crypto.SHA256, sum256(psh+"."+c), &rsa.PSSOptions{SaltLength: 20})
	unsigned := func(alg any) string {
		return b64([]byte(mustJSON(changed(good.header, obj{"alg": alg})))) + "." + c + "." + s
	}
	esHead := b64([]byte(mustJSON(obj{"typ": "JWT", "alg": "ES256", "kid": "e1"})))
	order := p256.Params().N.FillBytes(make([]byte, 32))
	one := new(big.Int).SetInt64(1).FillBytes(make([]byte, 32))
	return []attack{
		{"alg none", "token-unsigned", unsigned("none")},
		{"alg None", "token-unsigned", unsigned("None")},
		{"alg nOnE", "token-unsigned", unsigned("nOnE")},
		{"alg missing", "token-unsigned", unsigned(nil)},
		{"alg empty", "token-unsigned", unsigned("")},
		{"alg a number", "token-unsigned", unsigned(256)},
		{"alg a list", "token-unsigned", unsigned([]string{"RS256"})},
		{"alg in lower case", "token-unsigned", unsigned("rs256")},
		{"alg of encryption", "token-unsigned", unsigned("RSA-OAEP")},
		{"alg none without a signature", "token-form", b64([]byte(`{"alg":"none"}`)) + "." + c + "."},
		{"empty signature", "token-form", h + "." + c + "."},
		{"HS256 with the public key as PEM", "token-unsigned", hs256(good, pemText)},
		{"HS256 with the public key as DER", "token-unsigned", hs256(good, der)},
		{"HS256 with the modulus", "token-unsigned", hs256(good, rsaA.N.Bytes())},
		{"ES256 under the name of an RSA key", "token-key", good.head(obj{"alg": "ES256"}).by(p256).String()},
		{"RS256 under the name of an EC key", "token-key", good.head(obj{"kid": "e1"}).String()},
		{"EdDSA under the name of an RSA key", "token-key", good.head(obj{"alg": "EdDSA"}).by(edKey1).String()},
		{"an RS256 signature called PS256", "token-signature", psh + "." + c + "." + b64(signature("RS256", psh+"."+c, rsaA))},
		{"a PS256 signature called RS256", "token-signature", h + "." + c + "." + b64(signature("PS256", h+"."+c, rsaA))},
		{"PS256 with a salt of 20", "token-signature", psh + "." + c + "." + b64(saltless)},
		{"a key of its own in the header", "token-signature", good.head(mallory).by(rsaB).String()},
		{"a key of its own and its name", "token-key", good.head(mallory).head(obj{"kid": "mallory"}).by(rsaB).String()},
		{"kid with a path", "token-key", good.head(obj{"kid": "../../../../dev/null"}).String()},
		{"kid with SQL", "token-key", good.head(obj{"kid": "x' union select 'secret'--"}).String()},
		{"kid with NUL", "token-header", good.head(obj{"kid": "a1\x00"}).String()},
		{"kid too long", "token-key", good.head(obj{"kid": strings.Repeat("a", maxKeyIDBytes+1)}).String()},
		{"kid of a megabyte", "token-too-large", good.head(obj{"kid": strings.Repeat("a", 1<<20)}).String()},
		{"kid a list", "token-key", good.head(obj{"kid": []string{"a1"}}).String()},
		{"kid a number", "token-key", good.head(obj{"kid": 1}).String()},
		{"kid empty", "token-key", good.head(obj{"kid": ""}).String()},
		{"kid absent where there are several keys", "token-key", good.head(obj{"kid": nil}).String()},
		{"kid absent where there is one key", "token-key", v1(start).head(obj{"kid": nil}).String()},
		{"crit unknown", "token-critical", good.head(obj{"crit": []string{"exp"}}).String()},
		{"crit empty", "token-critical", good.head(obj{"crit": []string{}}).String()},
		{"crit b64", "token-critical", good.head(obj{"crit": []string{"b64"}, "b64": false}).String()},
		{"b64 without crit", "token-critical", good.head(obj{"b64": false}).String()},
		{"typ of a DPoP proof", "token-type", good.head(obj{"typ": "dpop+jwt"}).String()},
		{"typ of a logout token", "token-type", good.head(obj{"typ": "logout+jwt"}).String()},
		{"typ of an event", "token-type", good.head(obj{"typ": "secevent+jwt"}).String()},
		{"typ at+jwt, which Entra never writes", "token-type", good.head(obj{"typ": "at+jwt"}).String()},
		{"typ a number", "token-type", good.head(obj{"typ": 7}).String()},
		{"typ empty", "token-type", good.head(obj{"typ": ""}).String()},
		{"JWE", "token-form", h + "." + c + "." + s + "." + s + "." + s},
		{"JSON serialisation", "token-form", fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, h, c, s)},
		{"two parts", "token-form", h + "." + c},
		{"four parts", "token-form", h + "." + c + "." + s + "." + s},
		{"a dot before", "token-form", "." + h + "." + c + "." + s},
		{"a dot behind", "token-form", h + "." + c + "." + s + "."},
		{"no claims", "token-form", h + ".." + s},
		{"nothing", "token-form", ""},
		{"an opaque token", "token-form", "0.AAAAbcdef"},
		{"garbage behind", "token-encoding", h + "." + c + "." + s + "!!"},
		{"padding", "token-encoding", h + "==." + c + "." + s},
		{"padding of the signature", "token-encoding", h + "." + c + "." + s + "=="},
		{"plus and slash", "token-encoding", h + "." + c + "." + "+/" + s[2:]},
		{"a space", "token-encoding", h + "." + c + ". " + s},
		{"a line break inside", "token-encoding", h + "." + c[:8] + "\n" + c[8:] + "." + s},
		{"a line break at the end", "token-encoding", h + "." + c + "." + s + "\r\n"},
		{"spare bits", "token-encoding", h + "." + c + "." + spareBits(s)},
		{"signature cut short", "token-signature", h + "." + c + "." + b64(signature("RS256", h+"."+c, rsaA)[:255])},
		{"signature one byte longer", "token-signature", h + "." + c + "." + b64(append(signature("RS256", h+"."+c, rsaA), 0))},
		{"signature changed", "token-signature", h + "." + c + "." + b64(flipped(signature("RS256", h+"."+c, rsaA)))},
		{"signature of zeroes", "token-signature", h + "." + c + "." + b64(make([]byte, 256))},
		{"signature of another key", "token-signature", good.by(rsaB).String()},
		{"claims changed", "token-signature", h + "." + b64([]byte(strings.Replace(claims, "user_impersonation", "user_impersonatioN", 1))) + "." + s},
		{"header a list", "token-header", raw("RS256", `["RS256"]`, claims)},
		{"header text", "token-header", raw("RS256", `"RS256"`, claims)},
		{"header twice alg", "token-header", raw("RS256", `{"alg":"none","alg":"RS256","kid":"a1"}`, claims)},
		{"header twice alg, once escaped", "token-header", raw("RS256", `{"\u0061lg":"none","alg":"RS256","kid":"a1"}`, claims)},
		{"header with a BOM", "token-header", raw("RS256", "\ufeff"+header, claims)},
		{"header and more", "token-header", raw("RS256", header+"{}", claims)},
		{"header of bad UTF-8", "token-header", raw("RS256", "{\"alg\":\"RS256\",\"kid\":\"a1\xff\"}", claims)},
		{"ECDSA r=s=0", "token-signature", esHead + "." + c + "." + b64(make([]byte, 64))},
		{"ECDSA r=n", "token-signature", esHead + "." + c + "." + b64(slices.Concat(order, one))},
		{"ECDSA s=n", "token-signature", esHead + "." + c + "." + b64(slices.Concat(one, order))},
		{"ECDSA as ASN.1", "token-signature", esHead + "." + c + "." + b64(append([]byte{0x30, 0x44}, make([]byte, 68)...))},
		{"ECDSA empty", "token-form", esHead + "." + c + "."},
	}
}

// zeroes stands in for randomness where none is wanted.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func flipped(b []byte) []byte { b[len(b)-1] ^= 1; return b }

// spareBits sets a bit of the last character that stands for nothing.
func spareBits(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[last|1])
}

func claimAttacks() []attack {
	good := v2(start)
	claims, header := mustJSON(good.claims), mustJSON(good.header)
	with := func(o obj) string { return good.but(o).String() }
	text := func(from, to string) string {
		if !strings.Contains(claims, from) {
			panic("no " + from)
		}
		return raw("RS256", header, strings.Replace(claims, from, to, 1))
	}
	exp := fmt.Sprintf(`"exp":%d`, start.Unix()+3600)
	other := "77777777-1111-4111-8111-777777777777"
	return []attack{
		{"twice aud", "token-claims", text(`"aud":`, `"aud":"x","aud":`)},
		{"twice in an object inside", "token-claims", text(`"aud":`, `"x":{"a":1,"a":2},"aud":`)},
		{"NaN", "token-claims", text(exp, `"exp":NaN`)},
		{"a huge integer", "token-times", text(exp, `"exp":99999999999999999999`)},
		{"1e999", "token-times", text(exp, `"exp":1e999`)},
		{"a number of 100 digits", "token-claims", text(exp, `"exp":`+strings.Repeat("9", 100))},
		{"NUL in a string", "token-claims", text(`"aud":`, `"x":"a\u0000b","aud":`)},
		{"half a character", "token-claims", text(`"aud":`, `"x":"\ud800","aud":`)},
		{"bad UTF-8", "token-claims", text(`"Jane Doe"`, "\"Jane\xff\"")},
		{"BOM", "token-claims", raw("RS256", header, "\ufeff"+claims)},
		{"nested without end", "token-claims", text(`"aud":`, `"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`,"aud":`)},
		{"claims a list", "token-claims", raw("RS256", header, `[1]`)},
		{"claims cut short", "token-claims", raw("RS256", header, claims[:len(claims)-5])},
		{"claims and more", "token-claims", raw("RS256", header, claims+claims)},

		{"exp missing", "token-times", with(obj{"exp": nil})},
		{"exp a string", "token-times", with(obj{"exp": fmt.Sprint(start.Unix() + 3600)})},
		{"exp with a fraction", "token-times", text(exp, exp+".5")},
		{"exp with an exponent", "token-times", text(exp, `"exp":4e9`)},
		{"exp negative", "token-times", with(obj{"exp": -1})},
		{"exp null", "token-times", text(exp, `"exp":null`)},
		{"exp far out", "token-times", with(obj{"exp": int64(1) << 60})},
		{"exp past", "token-expired", with(obj{"exp": start.Unix() - 3600})},
		{"exp 300 s ago", "token-expired", with(obj{"exp": start.Unix() - 300})},
		{"nbf 301 s ahead", "token-not-yet", with(obj{"nbf": start.Unix() + 301})},
		{"nbf far ahead", "token-not-yet", with(obj{"nbf": start.Unix() + 3000})},
		{"nbf a string", "token-times", with(obj{"nbf": "0"})},
		{"iat 301 s ahead", "token-issued-later", with(obj{"iat": start.Unix() + 301})},
		{"iat after exp", "token-issued-later", with(obj{"iat": start.Unix() + 200, "exp": start.Unix() + 100})},
		{"iat missing", "token-times", with(obj{"iat": nil})},
		{"iat a string", "token-times", with(obj{"iat": "1"})},

		{"aud missing", "token-audience", with(obj{"aud": nil})},
		{"aud empty", "token-audience", with(obj{"aud": ""})},
		{"aud an empty list", "token-audience", with(obj{"aud": []string{}})},
		{"aud a list with ours, from Entra", "token-audience", with(obj{"aud": []string{apiID, "api://other"}})},
		{"aud a list with a number", "token-audience", with(obj{"aud": []any{apiID, 1}})},
		{"aud in upper case", "token-audience", with(obj{"aud": strings.ToUpper(apiID)})},
		{"aud with a slash", "token-audience", with(obj{"aud": apiURI + "/"})},
		{"aud that begins like ours", "token-audience", with(obj{"aud": apiURI + "y"})},
		{"aud that is the beginning of ours", "token-audience", with(obj{"aud": apiURI[:len(apiURI)-1]})},
		{"aud below ours", "token-audience", with(obj{"aud": apiURI + "/api"})},
		{"aud with a space", "token-audience", with(obj{"aud": apiURI + " "})},
		{"aud of another app", "token-audience", with(obj{"aud": other})},
		{"aud of the client", "token-audience", with(obj{"aud": caller})},
		{"a token for Graph", "token-audience", with(obj{"aud": "00000003-0000-0000-c000-000000000000"})},
		{"a token for EWS", "token-audience", v1(start).but(obj{"aud": "https://outlook.office365.com/"}).String()},

		{"iss missing", "token-issuer", with(obj{"iss": nil})},
		{"iss a list", "token-issuer", with(obj{"iss": []string{"https://login.microsoftonline.com/" + tenantA + "/v2.0"}})},
		{"iss of v2 with a slash", "token-issuer", with(obj{"iss": "https://login.microsoftonline.com/" + tenantA + "/v2.0/"})},
		{"iss of v1 without its slash", "token-issuer", v1(start).but(obj{"iss": "https://sts.windows.net/" + tenantA}).String()},
		{"iss by http", "token-issuer", with(obj{"iss": "http://login.microsoftonline.com/" + tenantA + "/v2.0"})},
		{"iss of a host that looks alike", "token-issuer", with(obj{"iss": "https://login.micros0ftonline.com/" + tenantA + "/v2.0"})},
		{"iss of a host that begins alike", "token-issuer", with(obj{"iss": "https://login.microsoftonline.com.evil.test/" + tenantA + "/v2.0"})},
		{"iss with a user", "token-issuer", with(obj{"iss": "https://login.microsoftonline.com@evil.test/" + tenantA + "/v2.0"})},
		{"iss with the template", "token-issuer", with(obj{"iss": "https://login.microsoftonline.com/{tenantid}/v2.0"})},
		{"iss with a tenant in upper case", "token-issuer", with(obj{"iss": "https://login.microsoftonline.com/" + strings.ToUpper(tenantA) + "/v2.0"})},
		{"iss of another tenant", "token-tenant", with(obj{"iss": "https://login.microsoftonline.com/" + tenantB + "/v2.0", "tid": tenantB})},
		{"tid of another tenant", "token-tenant", with(obj{"tid": tenantB})},
		{"tid missing", "token-tenant", with(obj{"tid": nil})},
		{"tid a list", "token-tenant", with(obj{"tid": []string{tenantA}})},
		{"v1 issuer, ver 2.0", "token-version", v1(start).but(obj{"ver": "2.0"}).String()},
		{"v2 issuer, ver 1.0", "token-version", with(obj{"ver": "1.0"})},
		{"ver missing", "token-version", with(obj{"ver": nil})},
		{"ver a number", "token-version", with(obj{"ver": 2.0})},

		{"an id token", "token-kind", with(obj{"azp": nil, "azpacr": nil, "scp": nil, "nonce": "n"})},
		{"an id token without nonce", "token-kind", with(obj{"azp": nil, "azpacr": nil, "scp": nil})},
		{"an id token that claims a client", "token-kind", with(obj{"at_hash": "x"})},
		{"a logout token", "token-kind", with(obj{"events": obj{"http://schemas.openid.net/event/backchannel-logout": obj{}}})},
		{"bound to a key", "token-bound", with(obj{"cnf": obj{"jkt": "x"}})},
		{"client a number", "token-kind", with(obj{"azp": 1})},
		{"client of the other version's name", "token-kind", with(obj{"azp": nil, "appid": caller})},

		{"scp a list", "token-rights", with(obj{"scp": []string{"user_impersonation"}})},
		{"scp that begins like ours", "token-scope", with(obj{"scp": "user_impersonation2"})},
		{"scp that ends like ours", "token-scope", with(obj{"scp": "xuser_impersonation"})},
		{"scp in other letter case", "token-scope", with(obj{"scp": "User_Impersonation"})},
		{"scp with a comma", "token-scope", with(obj{"scp": "x,user_impersonation"})},
		{"scp of another right", "token-scope", with(obj{"scp": "Tasks.Read"})},
		{"scp missing, of a person", "token-scope", with(obj{"scp": nil})},
		{"scp missing, idtyp user, subject the object", "token-scope", with(obj{"scp": nil, "idtyp": "user", "sub": jane, "roles": []string{"Workflow.Start"}})},
		{"a person's role instead of a scope", "token-scope", with(obj{"scp": nil, "roles": []string{"Workflow.Start"}})},
		{"roles text", "token-rights", app(start).but(obj{"roles": "Workflow.Start"}).String()},
		{"roles with a number", "token-rights", app(start).but(obj{"roles": []any{"Workflow.Start", 1}}).String()},
		{"roles with the application's scope", "token-rights", app(start).but(obj{"scp": "user_impersonation"}).String()},
		{"idtyp of a device", "token-rights", app(start).but(obj{"idtyp": "device"}).String()},
		{"idtyp a list", "token-rights", app(start).but(obj{"idtyp": []string{"app"}}).String()},
		{"an application without a role", "token-role", app(start).but(obj{"roles": nil}).String()},
		{"an application with another role", "token-role", app(start).but(obj{"roles": []string{"Workflow.Start2"}}).String()},

		{"oid missing", "token-person", with(obj{"oid": nil})},
		{"oid no GUID", "token-person", with(obj{"oid": "jane"})},
		{"sub missing", "token-person", with(obj{"sub": nil})},
		{"sub empty", "token-person", with(obj{"sub": ""})},
		{"sub a number", "token-person", with(obj{"sub": 7})},
		{"a guest", "token-guest", with(obj{"acct": 1})},
		{"a guest, acct as text", "token-guest", with(obj{"acct": "1"})},
		{"a guest by idp", "token-guest", with(obj{"idp": "https://sts.windows.net/" + tenantB + "/"})},
		{"acct of no sense", "token-guest", with(obj{"acct": []int{0}})},
	}
}

func TestEveryAttackIsRefusedForItsOwnReason(t *testing.T) {
	w := providers()
	psEntry := entraEntry()
	psEntry.Algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}
	v, _ := verifier(t, w, psEntry)
	for _, good := range []tok{v2(start), v1(start), app(start), v2(start).head(obj{"alg": "PS256"}), v2(start).head(obj{"alg": "ES256", "kid": "e1"}).by(p256),
		v2(start).head(obj{"alg": "EdDSA", "kid": "d1"}).by(edKey1), v2(start).head(obj{"jku": "https://evil.test/keys", "x5c": []string{"MIIC"}, "jwk": obj{}, "x5u": "x"})} {
		if code := codeFor(t, v, good.String()); code != "" {
			t.Fatalf("a good token is refused: %s %v", code, good.header)
		}
	}
	before := w.count()
	seen := map[string]bool{}
	for _, a := range slices.Concat(headerAttacks(), claimAttacks()) {
		t.Run(a.name, func(t *testing.T) {
			if got := codeFor(t, v, a.token); got != a.code {
				t.Errorf("%q, want %q", got, a.code)
			}
			e := v.Explain(t.Context(), a.token)
			if e.Refusal == nil || e.Refusal.Code.Code != a.code {
				t.Errorf("explained as %+v", e.Refusal)
			}
			checkChecklist(t, e)
		})
		if seen[a.name] {
			t.Errorf("two attacks are called %q", a.name)
		}
		seen[a.name] = true
	}
	if n := w.count() - before; n > 4 {
		t.Errorf("%d requests for attacks, at most one fetch for each of two key sets is allowed", n)
	}
	for address := range w.asked {
		if strings.Contains(address, "evil") {
			t.Errorf("asked %s", address)
		}
	}
	t.Log(len(seen), "attacks")
}

// checkChecklist holds a checklist to what it promises: one failure at least,
// each with advice and what was found.
func checkChecklist(t *testing.T, e Explanation) {
	t.Helper()
	failed := false
	for _, c := range e.Checks {
		switch c.Result {
		case Failed:
			if !failed && c.Name != e.Refusal.Check {
				t.Errorf("the first failure is %s, the refusal says %s", c.Name, e.Refusal.Check)
			}
			failed = true
			if c.Advice == "" || c.Found == "" || c.Expected == "" {
				t.Errorf("%+v", c)
			}
		case Passed:
			if c.Found == "" || c.Expected == "" {
				t.Errorf("%+v", c)
			}
		}
		if strings.ContainsFunc(c.Found+c.Expected+c.Advice, func(r rune) bool { return r < ' ' }) || len(c.Found) > 700 {
			t.Errorf("unfit to show: %+v", c)
		}
	}
	if !failed {
		t.Error("nothing failed")
	}
}
