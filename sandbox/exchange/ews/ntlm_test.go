package ews

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of [MS-NLMP] §4.2.4.
func TestNTLMv2ProvesThePassword(t *testing.T) {
	temp := unhex(t, "0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000 02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000 00000000")
	a := ntlmAnswer{user: "User", domain: "Domain", proof: unhex(t, "68cd0ab851e51c96aabc927bebef6a1c"), rest: temp}
	challenge := [8]byte(unhex(t, "0123456789abcdef"))
	if !a.proves(challenge, "Password") {
		t.Error("the example is refused")
	}
	if a.proves(challenge, "password") || a.proves([8]byte{}, "Password") {
		t.Error("another password, or another challenge, is taken")
	}
}

// signIn makes an AUTHENTICATE_MESSAGE for a challenge, as a client would.
func signIn(user, domain, password string, challenge []byte) []byte {
	a := ntlmAnswer{user: user, domain: domain, rest: append([]byte{1, 1}, make([]byte, 42)...)}
	proof := hmacMD5(hmacMD5(ntHash(password), utf16Bytes(strings.ToUpper(user)+domain)), append(bytes.Clone(challenge), a.rest...))
	parts := [][]byte{nil, append(proof, a.rest...), utf16Bytes(domain), utf16Bytes(user), nil, nil}
	b, payload := binary.LittleEndian.AppendUint32([]byte(ntlmSignature), ntlmAuthenticate), []byte(nil)
	for _, p := range parts {
		b = ntlmField(b, len(p), 64+len(payload))
		payload = append(payload, p...)
	}
	return append(binary.LittleEndian.AppendUint32(b, ntlmFlags), payload...)
}

func TestNTLMSignsInOverOneConnection(t *testing.T) {
	o := open(t)
	o.s.SetPolicy(Policy{OnPremises: true})
	ahead := newClock(o)
	step := func(message []byte) (int, []byte) {
		status, h, _ := o.send("", wrapped("", getInbox), func(r *http.Request) {
			r.Header.Set("Authorization", "NTLM "+base64.StdEncoding.EncodeToString(message))
		})
		token, _ := strings.CutPrefix(h.Get("WWW-Authenticate"), "NTLM ")
		raw, _ := base64.StdEncoding.DecodeString(token)
		return status, raw
	}
	hello := append([]byte(ntlmSignature), 1, 0, 0, 0, 7, 0x82, 8, 0xa2)
	begin := func() []byte {
		status, challenge := step(hello)
		if kind, err := ntlmKind(challenge); status != 401 || err != nil || kind != ntlmChallenge || len(challenge) < 56 {
			t.Fatalf("%d %x", status, challenge)
		}
		return challenge[24:32]
	}
	for name, c := range map[string]struct {
		user, domain, password string
		want                   int
	}{"right": {"jane", "CONTOSO", "signoff", 200}, "a UPN": {"jane@contoso.test", "", "signoff", 200}, "wrong": {"jane", "CONTOSO", "other", 401}, "nobody": {"eve", "CONTOSO", "signoff", 401}} {
		if status, _ := step(signIn(c.user, c.domain, c.password, begin())); status != c.want {
			t.Errorf("%s: %d", name, status)
		}
	}
	old := begin()
	if status, _ := step(signIn("jane", "", "signoff", old)); status != 200 {
		t.Errorf("%d", status)
	}
	if status, _ := step(signIn("jane", "", "signoff", old)); status != 401 {
		t.Error("a challenge is good twice")
	}
	late := begin()
	ahead.Store(int64(2 * ntlmPendingFor))
	if status, _ := step(signIn("jane", "", "signoff", late)); status != 401 {
		t.Error("a challenge is good for ever")
	}
	for _, bad := range [][]byte{nil, []byte("hello"), hello[:11], signIn("jane", "", "signoff", old)[:70], bytes.Repeat([]byte{1}, maxNTLMBytes+1)} {
		if status, _ := step(bad); status != 401 {
			t.Errorf("%x: %d", bad[:min(len(bad), 20)], status)
		}
	}
}

func TestPendingChallengesAreBounded(t *testing.T) {
	var s ntlmState
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for i := range 2 * maxNTLMPending {
		s.put(fmt.Sprint(i), [8]byte{}, now)
	}
	if len(s.pending) > maxNTLMPending {
		t.Errorf("%d wait", len(s.pending))
	}
	s.put("last", [8]byte{}, now.Add(2*ntlmPendingFor))
	if len(s.pending) != 1 {
		t.Errorf("%d wait that are too old", len(s.pending)-1)
	}
}

func FuzzReadNTLMAnswer(f *testing.F) {
	f.Add(signIn("jane", "CONTOSO", "signoff", make([]byte, 8)))
	f.Add([]byte(ntlmSignature))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, err := readNTLMAnswer(raw); err == nil && (a.user == "" || len(a.proof) != 16) {
			t.Errorf("%+v", a)
		}
	})
}
