package entra

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authenticate checks how the client proves itself. confidential: it has to;
// otherwise it must not, unless its registration holds credentials anyway.
func (s *Server) authenticate(q *tokenRequest, confidential bool) *oauthError {
	sent := q.form.Has("client_secret") || q.form.Has("client_assertion")
	if e := s.faults.strike(atClient, q.client.AppID, nil, map[int][]any{
		7000215: {q.client.AppID}, 7000222: {q.client.AppID}, 700027: {"the key was not found.", "unknown"}}); e != nil {
		return e
	}
	switch {
	case !sent && confidential:
		return aad(7000218)
	case !sent:
		return nil
	case !confidential:
		return aad(700025)
	case q.form.Has("client_secret"):
		q.acr = "1"
		return s.secret(q.client, q.form.Get("client_secret"))
	}
	if q.form.Get("client_assertion_type") != assertionType {
		return aad(900144, "client_assertion_type")
	}
	q.acr = "2"
	return s.assertion(q, q.form.Get("client_assertion"))
}

func (s *Server) secret(client *application, text string) *oauthError {
	sum := digest(text)
	for _, c := range client.PasswordCredentials {
		if subtle.ConstantTimeCompare([]byte(sum), []byte(c.Digest)) != 1 {
			continue
		}
		if c.EndDateTime != nil && s.now().After(*c.EndDateTime) {
			return aad(7000222, client.AppID)
		}
		return nil
	}
	return aad(7000215, client.AppID)
}

// assertion checks a JWT that the client signed with its certificate, or that
// another provider made for it.
func (s *Server) assertion(q *tokenRequest, text string) *oauthError {
	t, err := parseJWS(text)
	if err != nil {
		return aad(50027, err)
	}
	id := q.client.AppID
	if t.text("iss") != id && t.text("sub") != id && t.text("iss") != t.text("sub") {
		return s.federated(q, t)
	}
	if t.text("iss") != id || t.text("sub") != id {
		return aad(700021, t.text("sub"), id)
	}
	cert, e := s.certificate(q.client, t)
	if e != nil {
		return e
	}
	if t.verify(cert.PublicKey) != nil {
		return aad(700027, "the signature is not valid.", thumbprint(cert.Raw))
	}
	if s.now().After(cert.NotAfter) {
		return aad(700027, "the key used is expired.", thumbprint(cert.Raw))
	}
	if !s.audience(t) {
		aud, _ := t.claims["aud"].(string)
		return aad(700023, aud)
	}
	return s.inTime(t)
}

func (s *Server) inTime(t *jws) *oauthError {
	now, from, until := s.now(), time.Unix(t.seconds("nbf"), 0).UTC(), time.Unix(t.seconds("exp"), 0).UTC()
	if now.Add(assertionSkew).Before(from) || now.Add(-assertionSkew).After(until) || until.Sub(now) > assertionLongest {
		return aad(700024, now.Format(time.RFC3339), from.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	return nil
}

// audience accepts the names that Entra's token endpoints go by.
func (s *Server) audience(t *jws) bool {
	for _, tenant := range []string{TenantID, "contoso.test", "common", "organizations"} {
		for _, path := range []string{"/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/"} {
			if t.has("aud", s.base+"/"+tenant+path) {
				return true
			}
		}
	}
	return false
}

// certificate finds the registered certificate that the header points to.
func (s *Server) certificate(client *application, t *jws) (*x509.Certificate, *oauthError) {
	wanted := t.header.X5tS256 + t.header.X5t
	if wanted == "" {
		wanted = t.header.Kid
	}
	for _, k := range client.KeyCredentials {
		if names(k.Key, t.header) {
			if cert, err := x509.ParseCertificate(k.Key); err == nil {
				return cert, nil
			}
		}
	}
	if len(t.header.X5c) > 0 {
		der, err := base64.StdEncoding.DecodeString(t.header.X5c[0])
		if cert, err2 := x509.ParseCertificate(der); err == nil && err2 == nil {
			return nil, aad(700030, cert.Subject.String())
		}
	}
	return nil, aad(700027, "the key was not found.", wanted)
}

// names tells whether a header points to a certificate: by SHA-256, by SHA-1,
// or by its SHA-1 in hex as key id.
func names(der []byte, h jwsHeader) bool {
	if len(der) == 0 {
		return false
	}
	long, short := sha256.Sum256(der), sha1.Sum(der)
	switch {
	case h.X5tS256 != "":
		return h.X5tS256 == b64(long[:])
	case h.X5t != "":
		return h.X5t == b64(short[:])
	}
	return strings.EqualFold(h.Kid, hex.EncodeToString(short[:]))
}
