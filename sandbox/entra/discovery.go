package entra

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"math/big"
	"net/http"
	"strings"
)

// metadata is the OpenID configuration of a tenant, or of /common, where the
// issuer is a pattern.
func (s *Server) metadata(version int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		shared, e := tenant(r.PathValue("tenant"))
		if e != nil {
			s.writeError(w, e, correlation(w, r, nil))
			return
		}
		cors(w)
		m := s.configuration(version, shared)
		if app := r.URL.Query().Get("appid"); isGUID(app) {
			m["jwks_uri"] = m["jwks_uri"].(string) + "?appid=" + strings.ToLower(app)
		}
		writeJSON(w, http.StatusOK, m)
	}
}

func cors(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "*") }

func (s *Server) configuration(version int, shared string) map[string]any {
	path, issuer, v := TenantID, s.issuer(version, TenantID), ""
	if shared == PartnerTenantID {
		path, issuer = shared, s.issuer(version, shared)
	} else if shared != "" {
		path, issuer = shared, s.issuer(version, "{tenantid}")
	}
	if version == 2 {
		v = "v2.0/"
	}
	if f, on := s.faults.take("metadata-issuer", "", nil); on {
		issuer = f.text(s.issuer(version, seedID(0, 404)))
	}
	t := s.base + "/" + path
	m := map[string]any{
		"issuer":                                issuer,
		"authorization_endpoint":                t + "/oauth2/" + v + "authorize",
		"token_endpoint":                        t + "/oauth2/" + v + "token",
		"device_authorization_endpoint":         t + "/oauth2/" + v + "devicecode",
		"end_session_endpoint":                  t + "/oauth2/" + v + "logout",
		"jwks_uri":                              t + "/discovery/" + v + "keys",
		"userinfo_endpoint":                     s.base + "/oidc/userinfo",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"claims_supported": []string{"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud",
			"exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email"},
		"request_uri_parameter_supported": false,
		"frontchannel_logout_supported":   true,
		"http_logout_supported":           true,
		"tenant_region_scope":             "EU",
		"cloud_instance_name":             strings.TrimPrefix(s.base, "https://"),
		"cloud_graph_host_name":           strings.TrimPrefix(s.base, "https://"),
		"msgraph_host":                    strings.TrimPrefix(s.base, "https://"),
	}
	if version == 1 {
		m["userinfo_endpoint"] = t + "/openid/userinfo"
		m["check_session_iframe"] = nil
		m["scopes_supported"] = []string{"openid"}
	}
	return m
}

// keySet publishes the public keys (RFC 7517), without alg, as Entra does.
func (s *Server) keySet(version int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, e := tenant(r.PathValue("tenant")); e != nil {
			s.writeError(w, e, correlation(w, r, nil))
			return
		}
		cors(w)
		writeJSON(w, http.StatusOK, map[string]any{"keys": s.publicKeys(version, r.URL.Query().Get("appid"))})
	}
}

// publicKeys are the tenant's, or those of an application that has its own.
func (s *Server) publicKeys(version int, app string) []map[string]any {
	list := []map[string]any{}
	_, empty := s.faults.take("keys-empty", "", nil)
	_, stale := s.faults.take("keys-stale", "", nil)
	_, weak := s.faults.take("keys-weak", "", nil)
	_, encryption := s.faults.take("keys-encryption", "", nil)
	issuer, _ := s.faults.take("keys-issuer", "", nil)
	keys := s.keys.ofApp(app)
	if len(keys) == 0 {
		keys = s.keys.published()
	}
	for i, k := range keys {
		if empty || stale && i == 0 {
			continue
		}
		m := map[string]any{"kty": "RSA", "use": "sig", "kid": k.kid, "x5t": k.kid, "n": b64(k.private.N.Bytes()),
			"e": b64(big.NewInt(int64(k.private.E)).Bytes()), "x5c": []string{base64.StdEncoding.EncodeToString(k.Cert)}}
		if version == 2 {
			m["issuer"] = s.issuer(2, "{tenantid}")
		}
		if encryption {
			m["use"] = "enc"
		}
		if issuer.Name != "" {
			m["issuer"] = issuer.text(s.issuer(2, personalTenant))
		}
		if weak {
			m["n"] = b64(weakModulus)
			delete(m, "x5c")
		}
		list = append(list, m)
	}
	if f, on := s.faults.take("keys-many", "", nil); on {
		for i := range f.number(5000) {
			list = append(list, map[string]any{"kty": "RSA", "use": "sig", "kid": fmt.Sprintf("filler-%d", i), "n": b64(weakModulus), "e": "AQAB"})
		}
	}
	return list
}

// weakModulus stands for an RSA key of 512 bits.
var weakModulus = func() []byte {
	b := make([]byte, 64)
	for i := range b {
		b[i] = byte(0xc1 + i*7)
	}
	return b
}()

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func publicOf(k *signingKey) *rsa.PublicKey { return &k.private.PublicKey }

// instance is what MSAL asks before it believes an authority.
func (s *Server) instance(w http.ResponseWriter, r *http.Request) {
	host := strings.TrimPrefix(s.base, "https://")
	cors(w)
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": s.base + "/" + TenantID + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  []map[string]any{{"preferred_network": host, "preferred_cache": host, "aliases": []string{host}}},
	})
}

// federation is the same keys once more, for those who know WS-Federation and
// SAML only.
func (s *Server) federation(w http.ResponseWriter, r *http.Request) {
	shared, e := tenant(r.PathValue("tenant"))
	if e != nil {
		s.writeError(w, e, correlation(w, r, nil))
		return
	}
	at, entity := TenantID, s.issuer(1, TenantID)
	if shared == PartnerTenantID {
		at, entity = shared, s.issuer(1, shared)
	} else if shared != "" {
		entity = s.issuer(1, "{tenant}")
	}
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>` + "\n")
	fmt.Fprintf(&b, `<EntityDescriptor ID="_%s" entityID="%s" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">`, newGUID(), escape(entity))
	keys := ""
	for _, k := range s.keys.published() {
		keys += `<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` +
			base64.StdEncoding.EncodeToString(k.Cert) + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`
	}
	endpoint := escape(s.base + "/" + at + "/wsfed")
	b.WriteString(`<RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706"` +
		` xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706">` + keys +
		`<fed:PassiveRequestorEndpoint><wsa:EndpointReference xmlns:wsa="http://www.w3.org/2005/08/addressing"><wsa:Address>` + endpoint +
		`</wsa:Address></wsa:EndpointReference></fed:PassiveRequestorEndpoint></RoleDescriptor>`)
	saml := escape(s.base + "/" + at + "/saml2")
	b.WriteString(`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` + keys +
		`<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="` + saml + `"/>` +
		`<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="` + saml + `"/></IDPSSODescriptor></EntityDescriptor>`)
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.Write([]byte(b.String()))
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
