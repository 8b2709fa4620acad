package trust

import (
	"bytes"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Federation is what WS-Federation metadata says of an issuer: the file that
// older products are set up with (FederationMetadata.xml).
type Federation struct {
	EntityID     string        `json:"entityId"` // of Entra, what tokens of version 1.0 name as their issuer
	Certificates []Certificate `json:"certificates"`
}

// Certificate is one that an issuer signs with. Here it only shows people what
// they know from other products: keys come from the JWK set.
type Certificate struct {
	Subject    string    `json:"subject"`
	Thumbprint string    `json:"thumbprint"` // SHA-1 in hexadecimal, as Windows and Entra show it
	NotAfter   time.Time `json:"notAfter"`

	parsed *x509.Certificate
}

// Limits of federation metadata. Entra's has about 60 KiB and ten certificates.
const (
	maxFederationBytes = 1 << 20
	maxXMLDepth        = 40
	maxCertificates    = 100
)

const metadataSpace = "urn:oasis:names:tc:SAML:2.0:metadata"

// ParseFederation reads federation metadata. Its signature is not checked: it
// proposes, and what it proposes is confirmed from the issuer's own address.
func ParseFederation(raw []byte) (Federation, error) {
	if len(raw) > maxFederationBytes {
		return Federation{}, fmt.Errorf("the metadata has more than %d KiB", maxFederationBytes>>10)
	}
	r := federationReader{dec: xml.NewDecoder(bytes.NewReader(raw))}
	for {
		token, err := r.dec.Token()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = r.take(token)
		}
		if err != nil {
			return Federation{}, fmt.Errorf("the metadata cannot be read: %w%s", err, webPage(raw))
		}
	}
	if r.found.EntityID == "" {
		return Federation{}, errors.New("the metadata names no entityID")
	}
	if len(r.found.Certificates) == 0 {
		return Federation{}, errors.New("the metadata has no certificate for signing")
	}
	return r.found, nil
}

type federationReader struct {
	dec     *xml.Decoder
	found   Federation
	path    []string
	signing int // depth of the KeyDescriptor for signing, 0 outside
	text    strings.Builder
}

func (r *federationReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("it has a document type, which metadata never has")
	case xml.StartElement:
		return r.open(t)
	case xml.CharData:
		if r.inCertificate() {
			r.text.Write(t)
		}
	case xml.EndElement:
		return r.shut()
	}
	return nil
}

func (r *federationReader) open(e xml.StartElement) error {
	if len(r.path) == maxXMLDepth {
		return fmt.Errorf("it is nested deeper than %d", maxXMLDepth)
	}
	if len(r.path) == 0 {
		if r.found.EntityID != "" || e.Name.Local != "EntityDescriptor" || e.Name.Space != metadataSpace {
			return fmt.Errorf("it begins with %s, not with one EntityDescriptor", clip(e.Name.Local))
		}
		r.found.EntityID = attribute(e, "entityID")
	}
	r.path = append(r.path, e.Name.Local)
	// Without use, a key is for both (SAML metadata §2.4.1.1).
	if use := attribute(e, "use"); e.Name.Local == "KeyDescriptor" && (use == "signing" || use == "") {
		r.signing = len(r.path)
	}
	r.text.Reset()
	return nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func (r *federationReader) inCertificate() bool {
	return r.signing > 0 && r.path[len(r.path)-1] == "X509Certificate"
}

func (r *federationReader) shut() error {
	var err error
	if r.inCertificate() {
		err = r.certificate(r.text.String())
	}
	if len(r.path) == r.signing {
		r.signing = 0
	}
	r.path = r.path[:len(r.path)-1]
	return err
}

func (r *federationReader) certificate(text string) error {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return errors.New("a certificate is not base64")
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("a certificate cannot be read: %w", err)
	}
	sum := sha1.Sum(der)
	thumb := strings.ToUpper(hex.EncodeToString(sum[:]))
	if slices.ContainsFunc(r.found.Certificates, func(c Certificate) bool { return c.Thumbprint == thumb }) {
		return nil
	}
	if len(r.found.Certificates) == maxCertificates {
		return fmt.Errorf("it has more than %d certificates", maxCertificates)
	}
	r.found.Certificates = append(r.found.Certificates, Certificate{Subject: clip(c.Subject.String()), Thumbprint: thumb, NotAfter: c.NotAfter.UTC(), parsed: c})
	return nil
}
