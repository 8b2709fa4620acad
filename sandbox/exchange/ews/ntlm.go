package ews

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //lint:ignore SA1019 NTLM is made of it
)

// NTLM over HTTP, as Exchange Server speaks it ([MS-NLMP], [MS-NTHT]): version
// 2 only, no signing, no sealing. A connection that has signed in is asked
// again at its next request, as IIS does with authPersistSingleRequest.

const (
	maxNTLMBytes     = 4 << 10
	maxNTLMPending   = 1000
	ntlmPendingFor   = time.Minute
	ntlmSignature    = "NTLMSSP\x00"
	ntlmNegotiate    = 1
	ntlmChallenge    = 2
	ntlmAuthenticate = 3
	// unicode, request target, NTLM, always sign, target is a domain,
	// extended session security, target info, 128 and 56 bits
	ntlmFlags = 0x1 | 0x4 | 0x200 | 0x8000 | 0x10000 | 0x80000 | 0x800000 | 0x20000000 | 0x80000000
)

var errNTLM = errors.New("no NTLM message")

// ntlmState is the challenges that wait for their answer, by connection.
type ntlmState struct {
	mu      sync.Mutex
	pending map[string]ntlmPending
}

type ntlmPending struct {
	challenge [8]byte
	since     time.Time
}

// put remembers a connection's challenge. Old ones are forgotten, and when
// there are too many of them, all.
func (s *ntlmState) put(connection string, challenge [8]byte, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, p := range s.pending {
		if now.Sub(p.since) > ntlmPendingFor {
			delete(s.pending, k)
		}
	}
	if s.pending == nil || len(s.pending) >= maxNTLMPending {
		s.pending = map[string]ntlmPending{}
	}
	s.pending[connection] = ntlmPending{challenge, now}
}

// take returns a connection's challenge, once.
func (s *ntlmState) take(connection string, now time.Time) (challenge [8]byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pending[connection]
	delete(s.pending, connection)
	return p.challenge, ok && now.Sub(p.since) <= ntlmPendingFor
}

// ntlm carries out one step: a challenge is a refusal that goes on.
func (s *Server) ntlm(r *http.Request, token string) (Caller, *httpRefusal) {
	raw, err := decodeBase64(token)
	if err != nil || len(raw) > maxNTLMBytes {
		return Caller{}, s.challenge(nil)
	}
	switch kind, _ := ntlmKind(raw); kind {
	case ntlmNegotiate:
		var challenge [8]byte
		rand.Read(challenge[:])
		s.negotiations.put(r.RemoteAddr, challenge, s.Now())
		h := http.Header{"Www-Authenticate": {"NTLM " + base64.StdEncoding.EncodeToString(ntlmChallengeMessage(challenge))}}
		return Caller{}, &httpRefusal{status: http.StatusUnauthorized, header: h}
	case ntlmAuthenticate:
		challenge, ok := s.negotiations.take(r.RemoteAddr, s.Now())
		a, err := readNTLMAnswer(raw)
		if err != nil || !ok {
			break
		}
		if address, password, ok := passwordOf(a.user); ok && a.proves(challenge, password) {
			return Caller{Address: address}, nil
		}
	}
	return Caller{}, s.challenge(nil)
}

func ntlmKind(raw []byte) (uint32, error) {
	if len(raw) < 12 || string(raw[:8]) != ntlmSignature {
		return 0, errNTLM
	}
	return binary.LittleEndian.Uint32(raw[8:]), nil
}

// ntlmChallengeMessage is a CHALLENGE_MESSAGE ([MS-NLMP] §2.2.1.2). It tells no
// time, so that answers carry no MIC.
func ntlmChallengeMessage(challenge [8]byte) []byte {
	target := utf16Bytes("CONTOSO")
	var info bytes.Buffer
	for _, av := range []struct {
		id   uint16
		text string
	}{{2, "CONTOSO"}, {1, "SANDBOXBE01"}, {4, "contoso.test"}, {3, "sandboxbe01.contoso.test"}, {0, ""}} {
		text := utf16Bytes(av.text)
		info.Write(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, av.id), uint16(len(text))))
		info.Write(text)
	}
	const head = 56
	b := []byte(ntlmSignature)
	b = binary.LittleEndian.AppendUint32(b, ntlmChallenge)
	b = ntlmField(b, len(target), head)
	b = binary.LittleEndian.AppendUint32(b, ntlmFlags)
	b = append(b, challenge[:]...)
	b = append(b, make([]byte, 8)...)
	b = ntlmField(b, info.Len(), head+len(target))
	b = append(b, make([]byte, 8)...) // version: none
	return append(append(b, target...), info.Bytes()...)
}

func ntlmField(b []byte, size, at int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(size))
	b = binary.LittleEndian.AppendUint16(b, uint16(size))
	return binary.LittleEndian.AppendUint32(b, uint32(at))
}

// ntlmAnswer is what an AUTHENTICATE_MESSAGE says (§2.2.1.3).
type ntlmAnswer struct {
	user, domain string
	proof        []byte // NTProofStr
	rest         []byte // what it was made over, besides the challenge
}

func readNTLMAnswer(raw []byte) (ntlmAnswer, error) {
	var a ntlmAnswer
	if kind, err := ntlmKind(raw); err != nil || kind != ntlmAuthenticate || len(raw) < 64 {
		return a, errNTLM
	}
	field := func(at int) []byte {
		size, from := int(binary.LittleEndian.Uint16(raw[at:])), int(binary.LittleEndian.Uint32(raw[at+4:]))
		if from < 0 || from > len(raw) || size > len(raw)-from {
			return nil
		}
		return raw[from : from+size]
	}
	response, flags := field(20), binary.LittleEndian.Uint32(raw[60:])
	if len(response) <= 24 || flags&1 == 0 { // version 1, or not in Unicode
		return a, errNTLM
	}
	var ok, ok2 bool
	a.domain, ok = utf16Text(field(28))
	a.user, ok2 = utf16Text(field(36))
	if !ok || !ok2 || a.user == "" {
		return a, errNTLM
	}
	a.proof, a.rest = response[:16], response[16:]
	return a, nil
}

// proves tells whether the answer was made with a password (§3.3.2).
func (a ntlmAnswer) proves(challenge [8]byte, password string) bool {
	key := hmacMD5(ntHash(password), utf16Bytes(strings.ToUpper(a.user)+a.domain))
	return hmac.Equal(a.proof, hmacMD5(key, append(challenge[:], a.rest...)))
}

func ntHash(password string) []byte {
	h := md4.New()
	h.Write(utf16Bytes(password))
	return h.Sum(nil)
}

func hmacMD5(key, data []byte) []byte {
	h := hmac.New(md5.New, key)
	h.Write(data)
	return h.Sum(nil)
}

func utf16Bytes(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func utf16Text(b []byte) (string, bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units)), true
}
