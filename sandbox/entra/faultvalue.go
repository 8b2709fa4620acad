package entra

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"strconv"
	"time"
)

// values says which switches need a value of a kind; the rest take any text or
// none.
var values = map[string]func(string) error{
	"token-version":      oneOf("1", "2"),
	"token-claims":       jsonObject,
	"id-token-claims":    jsonObject,
	"token-lifetime":     number(1, 1<<31, false),
	"token-audience":     needed,
	"token-kid":          needed,
	"clock":              number(-10*365*24*3600, 10*365*24*3600, false),
	"keys-many":          number(1, 100_000, true),
	"provider-slow":      number(0, 600, true),
	"provider-error":     number(400, 599, true),
	"provider-throttled": number(0, 86400, true),
	"provider-huge":      number(1, 4<<30, true),
}

func (s Switch) checkValue(value string) error {
	check := values[s.Name]
	if check == nil {
		return nil
	}
	if err := check(value); err != nil {
		return fmt.Errorf("the value of %q: %w", s.Name, err)
	}
	return nil
}

func oneOf(all ...string) func(string) error {
	return func(v string) error {
		for _, a := range all {
			if a == v {
				return nil
			}
		}
		return fmt.Errorf("must be one of %q", all)
	}
}

func needed(v string) error {
	if v == "" {
		return fmt.Errorf("is needed")
	}
	return nil
}

func number(low, high int64, optional bool) func(string) error {
	return func(v string) error {
		if v == "" && optional {
			return nil
		}
		if n, err := strconv.ParseInt(v, 10, 64); err != nil || n < low || n > high {
			return fmt.Errorf("must be a whole number from %d to %d", low, high)
		}
		return nil
	}
}

func jsonObject(v string) error {
	var m map[string]any
	if err := json.Unmarshal([]byte(v), &m); err != nil || m == nil {
		return fmt.Errorf("must be a JSON object")
	}
	return nil
}

func (f Fault) number(otherwise int64) int64 {
	n, err := strconv.ParseInt(f.Value, 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

func (f Fault) text(otherwise string) string {
	if f.Value == "" {
		return otherwise
	}
	return f.Value
}

func (x *faults) clockOffset() time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range x.on {
		if f.Name == "clock" {
			return time.Duration(f.number(0)) * time.Second
		}
	}
	return 0
}

// certificates lets the tls faults exchange the server's certificate.
func (x *faults) certificates(proper *tls.Config, now time.Time) *tls.Config {
	c := proper.Clone()
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		from, until := now.Add(-time.Hour), now.AddDate(1, 0, 0)
		switch {
		case x.isOn("tls-expired", "", nil):
			until = now.Add(-time.Minute)
		case !x.isOn("tls-untrusted", "", nil):
			return nil, nil // the proper one
		}
		cert, err := strangeCertificate(from, until)
		if err != nil {
			return nil, err
		}
		other := proper.Clone()
		other.Certificates = []tls.Certificate{cert}
		return other, nil
	}
	return c
}

func strangeCertificate(from, until time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(from.Unix()), Subject: pkix.Name{CommonName: "a proxy that looks inside"},
		NotBefore: from, NotAfter: until, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
