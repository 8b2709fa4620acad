package trust

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

func certOf(t testing.TB, key crypto.Signer) string {
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "accounts.accesscontrol.windows.net"}, NotAfter: start.Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	must(t, err)
	b := base64.StdEncoding.EncodeToString(der)
	return b[:60] + "\n   " + b[60:]
}

// federationXML is metadata in the shape of Entra's: certificates below the
// signature, the WS-Federation role and the SAML role.
func federationXML(entity, signature string, signing ...string) string {
	keys := ""
	for _, c := range signing {
		keys += `<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + c + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`
	}
	return `<?xml version="1.0" encoding="utf-8"?><EntityDescriptor ID="_1" entityID="` + entity + `" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">` +
		`<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><KeyInfo><X509Data><X509Certificate>` + signature + `</X509Certificate></X509Data></KeyInfo></Signature>` +
		`<RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="fed:SecurityTokenServiceType" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">` + keys +
		`<KeyDescriptor use="encryption"><KeyInfo><X509Data><X509Certificate>` + signature + `</X509Certificate></X509Data></KeyInfo></KeyDescriptor></RoleDescriptor>` +
		`<IDPSSODescriptor>` + keys + `</IDPSSODescriptor></EntityDescriptor>`
}

const xmlAddress = "https://login.microsoftonline.com/" + tenantA + "/FederationMetadata/2007-06/FederationMetadata.xml"

func TestFederationMetadataIsReadForItsSigningCertificates(t *testing.T) {
	f, err := ParseFederation([]byte(federationXML("https://sts.windows.net/"+tenantA+"/", certOf(t, p256), certOf(t, rsaA), certOf(t, rsaB))))
	must(t, err)
	if f.EntityID != "https://sts.windows.net/"+tenantA+"/" || len(f.Certificates) != 2 || !rsaA.PublicKey.Equal(f.Certificates[0].parsed.PublicKey) ||
		len(f.Certificates[0].Thumbprint) != 40 || !strings.Contains(f.Certificates[0].Subject, "accesscontrol") || !f.Certificates[0].NotAfter.Equal(start.Add(24*time.Hour)) {
		t.Errorf("%+v", f)
	}
}

func TestBadFederationMetadataIsRefused(t *testing.T) {
	good := federationXML("https://sts.windows.net/"+tenantA+"/", "", certOf(t, rsaA))
	many := make([]string, maxCertificates+1)
	for i := range many {
		many[i] = certOf(t, p256)
	}
	for why, text := range map[string]string{
		"names no entityID": "", "web page": "<!DOCTYPE html><html></html>", "document type": `<!DOCTYPE x [<!ENTITY a "b">]>` + good, "begins with a": "<a/>",
		"deeper":           strings.Replace(good, "<IDPSSODescriptor>", strings.Repeat("<a>", 100), 1),
		"syntax":           good[:len(good)-5],
		"not with one":     good + good,
		"not base64":       federationXML("x", "", "!!!"),
		"cannot be read: ": federationXML("x", "", "AAAA"),
		"no certificate":   federationXML("x", certOf(t, rsaA)),
		"more than 100":    federationXML("x", "", many...),
		"more than 1024":   strings.Repeat(" ", maxFederationBytes+1),
		"entity":           strings.Replace(good, "<IDPSSODescriptor>", "<a>&lol;</a><IDPSSODescriptor>", 1),
	} {
		if _, err := ParseFederation([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %q", err, why)
		}
	}
}

func FuzzFederation(f *testing.F) {
	f.Add([]byte(federationXML("https://sts.windows.net/"+tenantA+"/", "", certOf(f, p256))))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got, err := ParseFederation(raw); err == nil && (got.EntityID == "" || len(got.Certificates) == 0) {
			t.Fatalf("%+v", got)
		}
	})
}

func TestAnEntryIsProposedFromWhateverPeopleHave(t *testing.T) {
	w := providers()
	w.set("https://login.microsoftonline.com/contoso.test/v2.0/.well-known/openid-configuration", w.pages[metaV2])
	w.set(xmlAddress, answer(200, federationXML("https://sts.windows.net/"+tenantA+"/", "", certOf(t, rsaA), certOf(t, rsaB))))
	v, _ := verifier(t, w)
	for _, text := range []string{tenantA, strings.ToUpper(tenantA), " contoso.test ", xmlAddress, metaV2, metaV1, "https://sts.windows.net/" + tenantA + "/",
		"https://login.microsoftonline.com/" + tenantA + "/v2.0"} {
		p, err := v.Propose(t.Context(), text, Issuer{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if p.Issuer.Profile != Entra || len(p.Issuer.Tenants) != 1 || p.Issuer.Tenants[0] != tenantA || len(p.Keys) != 3 || p.Issuer.Name == "" {
			t.Errorf("%s: %+v", text, p)
		}
		if text == xmlAddress && (len(p.Certificates) != 2 || !strings.Contains(strings.Join(p.Notes, "; "), p.Certificates[1].Thumbprint) ||
			strings.Contains(strings.Join(p.Notes, "; "), p.Certificates[0].Thumbprint)) {
			t.Errorf("%+v", p)
		}
		// What is missing is the audience, and nothing else.
		p.Issuer.Audiences = []string{apiID}
		p.Issuer.SlashVariants = false
		if problems := p.Issuer.Check(); len(problems) != 0 {
			t.Errorf("%s: %v", text, problems)
		}
	}
	for _, text := range []string{oidcURL, oidcURL + "/", metaF} {
		p, err := v.Propose(t.Context(), text, Issuer{})
		must(t, err)
		if p.Issuer.Profile != OIDC || p.Issuer.URL != oidcURL || fmt.Sprint(p.Issuer.Algorithms) != "[RS256 ES256 ES384]" || p.Issuer.MetadataURL != "" || p.Issuer.Name != "login.fabrikam.test" {
			t.Errorf("%s: %+v", text, p.Issuer)
		}
	}
}

func TestAProviderThatCallsItselfOtherwiseIsPointedOut(t *testing.T) {
	w := providers()
	w.set("https://cdn.fabrikam.test"+discoveryPath, answer(200, metadata(oidcURL, keysF)))
	v, _ := verifier(t, w)
	p, err := v.Propose(t.Context(), "https://cdn.fabrikam.test", Issuer{})
	must(t, err)
	if p.Issuer.URL != oidcURL || p.Issuer.MetadataURL == "" || !strings.Contains(p.Notes[0], "make sure") {
		t.Errorf("%+v", p)
	}
}

func TestNothingIsProposedFromNothing(t *testing.T) {
	w := providers()
	w.set("https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration", answer(200, metadata("https://login.microsoftonline.com/{tenantid}/v2.0", keysV2)))
	w.set("https://adfs.test/FederationMetadata.xml", answer(200, federationXML("http://adfs.test/adfs/services/trust", "", certOf(t, rsaA))))
	w.set("https://html.test"+discoveryPath, answer(200, "<html>"))
	v, _ := verifier(t, w)
	for text, why := range map[string]string{"": "1 to", "common": "no single tenant", tenantB: "no such tenant", "a b": "neither", "../x": "neither", "http://login.fabrikam.test": "not https",
		"https://adfs.test/FederationMetadata.xml": "OpenID metadata", "https://html.test": "web page", "https://nobody.test": "404", "file:///etc/passwd": "no address",
		strings.Repeat("a", maxText+1): "1 to", "https://a:b@login.test": "name or password", "https://[": "missing"} {
		if _, err := v.Propose(t.Context(), text, Issuer{}); signoff.CodeOf(err) != "issuer-not-found" || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40s: %v, want %q", text, err, why)
		}
	}
}
