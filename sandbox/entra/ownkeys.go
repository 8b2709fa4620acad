package entra

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An application with claims of its own making (a claims mapping policy, or
// acceptMappedClaims) has signing keys of its own: its tokens are signed with
// those, and they are published only to who asks for them, with ?appid= at the
// metadata or the keys.
// https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signature

// ofApp returns the keys of an application alone, the newest first.
func (k *keyring) ofApp(appID string) []*signingKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var out []*signingKey
	for _, key := range slices.Backward(k.own) {
		if appID != "" && strings.EqualFold(key.App, appID) {
			out = append(out, key)
		}
	}
	return out
}

func (k *keyring) addOwn(appID string) (*signingKey, error) {
	key, err := newKey(k.now())
	if err != nil {
		return nil, err
	}
	key.App = appID
	k.mu.Lock()
	defer k.mu.Unlock()
	k.own = append(slices.Clone(k.own), key)
	return key, k.save(slices.Concat(k.keys, k.own))
}

// signing is the key that signs an application's tokens: its own if it was
// given one and told to prefer it, or else the tenant's.
func (s *Server) signing(appID string) *signingKey {
	prefers := look(s.dir, func(t *tables) string {
		if p := t.spByAppID(appID); p != nil {
			return deref(p.PreferredTokenSigningKeyThumbprint)
		}
		return ""
	})
	for _, key := range s.keys.ofApp(appID) {
		if prefers != "" && strings.EqualFold(key.thumbprint(), prefers) {
			return key
		}
	}
	return s.keys.current()
}

// thumbprint is as Windows and Graph show it.
func (k *signingKey) thumbprint() string {
	raw, err := base64.RawURLEncoding.DecodeString(k.kid)
	if err != nil {
		panic(err) // thumbprint made it
	}
	return strings.ToUpper(hex.EncodeToString(raw))
}

// addSigningCertificate is Graph's servicePrincipal: addTokenSigningCertificate.
func addSigningCertificate(c *graphCall) (answer, *graphError) {
	p := look(c.s.dir, func(t *tables) *servicePrincipal { return t.sp(c.id("id")) })
	name, _ := c.body["displayName"].(string)
	switch {
	case p == nil:
		return answer{}, missing(c.id("id"))
	case !strings.HasPrefix(name, "CN="):
		return answer{}, badRequest("Property displayName must begin with CN=.")
	case len(c.s.keys.ofApp(p.AppID)) >= maxCredentials:
		return answer{}, badRequest("At most %d signing certificates are possible.", maxCredentials)
	}
	key, err := c.s.keys.addOwn(p.AppID)
	if err != nil {
		return answer{}, graphFailure(nil, err)
	}
	return c.one(http.StatusOK, "selfSignedCertificate", map[string]any{"customKeyIdentifier": key.kid, "displayName": name, "keyId": newGUID(), "type": "AsymmetricX509Cert",
		"usage": "Verify", "key": base64.StdEncoding.EncodeToString(key.Cert), "thumbprint": key.thumbprint(), "startDateTime": c.s.now().Format(time.RFC3339),
		"endDateTime": c.s.now().AddDate(5, 0, 0).Format(time.RFC3339)})
}
