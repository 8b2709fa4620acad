package trust

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func TestStrictJSONRefusesWhatTwoReadersCouldReadDifferently(t *testing.T) {
	for text, why := range map[string]string{
		``: "ends", ` `: "ends", `{`: "ends", `{"a"`: "ends", `{"a":`: "ends", `{"a":1`: "ends", `{"a":1,`: "ends", `{"a":1,}`: "name", `{,}`: "name",
		`{"a" 1}`: "colon", `{"a":1 "b":2}`: "comma", `{"a":[1 2]}`: "comma", `{"a":[1,]}`: "no JSON value", `[]`: "begins", `1`: "begins", `null`: "begins",
		`{}{}`: "follows", `{}x`: "follows", "{}\x00": "follows", "\ufeff{}": "begins", "{\"a\":\"\xff\"}": "UTF-8", `{"a":1,"a":1}`: "twice",
		`{"a":1,"\u0061":1}`: "twice", `{"x":{"y":[{"a":1,"a":1}]}}`: "twice", `{"a":"\u0000"}`: "NUL", "{\"a\":\"\x00\"}": "control", "{\"a\":\"\n\"}": "control",
		"{\"a\":\"\\n\n\"}": "control", `{"a":"\ud800"}`: "surrogate", `{"a":"\udc00"}`: "surrogate", `{"a":"\ud800\u0041"}`: "surrogate", `{"a":"\x41"}`: "escape",
		`{"a":"\u00g1"}`: "escape", `{"a":"\u+001"}`: "escape", `{"a":"\`: "ends", `{"a":"\u00`: "ends", `{"a":"b`: "ends", `{"a":01}`: "number", `{"a":-}`: "number",
		`{"a":1.}`: "number", `{"a":1e}`: "number", `{"a":.5}`: "value", `{"a":+1}`: "value", `{"a":NaN}`: "value", `{"a":Infinity}`: "value", `{"a":True}`: "value",
		`{'a':1}`: "name", `{a:1}`: "name", `{"a":1}//x`: "follows", `{"a":` + strings.Repeat("9", 40) + `}`: "characters", `{"a":0x1}`: "comma",
		`{"a":` + strings.Repeat("[", 11) + strings.Repeat("]", 11) + `}`: "deeper",
		`{"a":[` + strings.Repeat("1,", maxValues) + `1]}`:                "values",
	} {
		if _, err := parseObject(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v, want %q", text, err, why)
		}
	}
	var wide strings.Builder
	for i := range maxMembers + 1 {
		wide.WriteString(`,"` + strings.Repeat("a", i+1) + `":1`)
	}
	if _, err := parseObject("{" + wide.String()[1:] + "}"); err == nil || !strings.Contains(err.Error(), "members") {
		t.Error(err)
	}
}

func TestStrictJSONReadsTheRest(t *testing.T) {
	for _, text := range []string{`{}`, " {\t\"a\" :\r\n[ ] } ", `{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀","b":[1,-0.5e+3,true,false,null,{"c":{}}],"":""}`} {
		v, err := parseObject(text)
		must(t, err)
		sameAsStandard(t, text, &v)
	}
}

// plain turns a value into what the standard library makes of it.
func plain(v *value) any {
	switch v.shape {
	case isBool:
		return v.text == "true"
	case isNumber:
		return json.Number(v.text)
	case isString:
		return v.text
	case isList:
		out := make([]any, len(v.members))
		for i := range v.members {
			out[i] = plain(&v.members[i].value)
		}
		return out
	case isObject:
		out := map[string]any{}
		for i := range v.members {
			out[v.members[i].name] = plain(&v.members[i].value)
		}
		return out
	}
	return nil
}

func sameAsStandard(t *testing.T, text string, v *value) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatalf("%q: the standard library refuses it: %v", text, err)
	}
	if got := plain(v); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q: %#v, want %#v", text, got, want)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"a":[1,"\u00e9",{"b":null}],"c":-1.5e3}`)
	f.Add(`{"a":"\ud83d\ude00","a\u0000":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > MaxTokenBytes {
			return
		}
		if v, err := parseObject(text); err == nil {
			sameAsStandard(t, text, &v)
		}
	})
}

func FuzzToken(f *testing.F) {
	f.Add(v2(start).String())
	f.Add(oidcToken(start).String())
	f.Add("a.b.c")
	f.Add(`{"access_token":"x"}`)
	v, _ := verifier(f, providers(), entraEntry(), oidcEntry())
	good := map[string]bool{v2(start).String(): true, oidcToken(start).String(): true}
	f.Fuzz(func(t *testing.T, token string) {
		a, err := v.Verify(t.Context(), token)
		if (a == nil) == (err == nil) || a != nil && !good[token] {
			t.Fatalf("%+v %v", a, err)
		}
		checkFuzzed(t, v, token, err == nil)
	})
}

// FuzzClaims signs whatever header and claims come, so that the checks behind
// the signature see them.
func FuzzClaims(f *testing.F) {
	for _, good := range []tok{v2(start), v1(start), app(start), oidcToken(start)} {
		f.Add(mustJSON(good.header), mustJSON(good.claims))
	}
	v, _ := verifier(f, providers(), entraEntry(), oidcEntry())
	f.Fuzz(func(t *testing.T, header, claims string) {
		token := signRaw("RS256", header, claims, rsaA)
		_, err := v.Verify(t.Context(), token)
		checkFuzzed(t, v, token, err == nil)
	})
}

func checkFuzzed(t *testing.T, v *Verifier, token string, accepted bool) {
	e := v.Explain(t.Context(), token)
	if (e.Accepted != nil) != accepted {
		t.Fatalf("Verify and Explain differ: %+v", e.Checks)
	}
	if !accepted {
		checkChecklist(t, e)
		e.Refusal.Challenge("r", "m")
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add([]byte(jwks(jwkOf("a1", rsaA), jwkOf("e1", p256), jwkOf("d1", edKey1))))
	f.Add([]byte(metadata(oidcURL, keysF)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if d, err := parseDocument(raw); err == nil && (d.issuer == "" || d.keysURL == "") {
			t.Fatal(d)
		}
		ring, err := parseKeyring(raw)
		if err != nil {
			return
		}
		for id, k := range ring.keys {
			if k.ID != id || k.public == nil || k.Size < 256 {
				t.Fatalf("%+v", k)
			}
		}
	})
}

// TestOneFlippedBitIsEnough changes each byte of a token, one at a time.
func TestOneFlippedBitIsEnough(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry())
	token := []byte(v2(start).String())
	for i := range token {
		changed := []byte(string(token))
		changed[i] ^= 1 << rand.N(7)
		if code := codeFor(t, v, string(changed)); code == "" {
			t.Errorf("byte %d may be %q instead of %q", i, changed[i], token[i])
		}
	}
}
