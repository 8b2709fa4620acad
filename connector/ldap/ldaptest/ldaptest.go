// Package ldaptest runs directories that others wrote, for tests: Samba's Active
// Directory domain controller and OpenLDAP's slapd, each in a folder of its own
// and on this machine only. A test that needs one which is not installed is
// skipped with a word.
package ldaptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/go-ldap/ldap/v3"
)

// Directory is a directory that runs until its test ends.
type Directory struct {
	Addr  string // host:port for StartTLS, and in the clear
	LDAPS string // host:port for LDAPS; "" none
	CA    []byte // PEM of the authority that signed its certificate
	Base  string
	Admin string // who may change everything
	Pass  string

	t    testing.TB
	conn *ldap.Conn
}

// Roots is CA as a pool.
func (d *Directory) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(d.CA)
	return pool
}

// Do runs fn on a connection of the administrator's and fails the test with what
// goes wrong.
func (d *Directory) Do(what string, fn func(*ldap.Conn) error) {
	d.t.Helper()
	if err := d.admin(); err != nil {
		d.t.Fatalf("administrator of the directory: %v", err)
	}
	if err := fn(d.conn); err != nil {
		d.t.Fatalf("%s: %v", what, err)
	}
}

func (d *Directory) admin() error {
	if d.conn != nil {
		return nil
	}
	conn, err := ldap.DialURL("ldap://" + d.Addr)
	if err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(d.Addr)
	if err = conn.StartTLS(&tls.Config{RootCAs: d.Roots(), ServerName: host}); err == nil {
		err = conn.Bind(d.Admin, d.Pass)
	}
	if err != nil {
		conn.Close()
		return err
	}
	d.conn = conn
	d.t.Cleanup(func() { conn.Close() })
	return nil
}

// Add makes an entry below Base: Add("CN=Ana,OU=Staff", "objectClass", "user", …).
// An attribute given twice has two values.
func (d *Directory) Add(rdn string, pairs ...string) string {
	d.t.Helper()
	dn := d.DN(rdn)
	d.Do("add "+dn, func(c *ldap.Conn) error {
		req := ldap.NewAddRequest(dn, nil)
		var order []string
		values := map[string][]string{}
		for i := 0; i+1 < len(pairs); i += 2 {
			if values[pairs[i]] == nil {
				order = append(order, pairs[i])
			}
			values[pairs[i]] = append(values[pairs[i]], pairs[i+1])
		}
		for _, name := range order {
			req.Attribute(name, values[name])
		}
		return c.Add(req)
	})
	return dn
}

// Set replaces an attribute; without values it is taken away.
func (d *Directory) Set(rdn, attr string, values ...string) {
	d.t.Helper()
	dn := d.DN(rdn)
	d.Do("change "+dn, func(c *ldap.Conn) error {
		req := ldap.NewModifyRequest(dn, nil)
		req.Replace(attr, values)
		return c.Modify(req)
	})
}

// Move puts an entry elsewhere.
func (d *Directory) Move(rdn, name, below string) {
	d.t.Helper()
	d.Do("move "+rdn, func(c *ldap.Conn) error {
		return c.ModifyDN(ldap.NewModifyDNRequest(d.DN(rdn), name, true, d.DN(below)))
	})
}

// Delete removes an entry.
func (d *Directory) Delete(rdn string) {
	d.t.Helper()
	d.Do("delete "+rdn, func(c *ldap.Conn) error { return c.Del(ldap.NewDelRequest(d.DN(rdn), nil)) })
}

// DN is where something stands.
func (d *Directory) DN(rdn string) string {
	if rdn == "" {
		return d.Base
	}
	return rdn + "," + d.Base
}

// WindowsPassword is a password as unicodePwd takes it ([MS-ADTS] section 3.1.1.3.1.5.1).
func WindowsPassword(text string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(`"` + text + `"`)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

// tool finds a program, skipping the test when it is not there.
func tool(t testing.TB, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	for _, dir := range []string{"/usr/sbin/", "/usr/local/sbin/"} {
		if err != nil {
			path, err = exec.LookPath(dir + name)
		}
	}
	if err != nil {
		t.Skipf("%s is not installed (Debian: apt-get install %s)", name, pkg)
	}
	return path
}

// files writes a certificate for names and its authority into a folder.
func (d *Directory) files(dir string, names ...string) {
	d.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	d.must(err)
	from := time.Now().Add(-time.Hour)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotBefore: from, NotAfter: from.Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	caRaw, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	d.must(err)
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]}, NotBefore: from, NotAfter: from.Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, n)
		}
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	d.must(err)
	leafRaw, err := x509.CreateCertificate(rand.Reader, leaf, ca, &leafKey.PublicKey, key)
	d.must(err)
	keyRaw, err := x509.MarshalPKCS8PrivateKey(leafKey)
	d.must(err)
	d.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caRaw})
	for name, text := range map[string][]byte{"ca.pem": d.CA,
		"cert.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafRaw}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyRaw})} {
		d.must(os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
}

func (d *Directory) must(err error) {
	if err != nil {
		d.t.Helper()
		d.t.Fatal(err)
	}
}

// daemon runs a program until the test ends and waits until it answers.
func (d *Directory) daemon(log string, c *exec.Cmd) {
	d.t.Helper()
	out, err := os.Create(log)
	d.must(err)
	c.Stdout, c.Stderr = out, out
	d.must(c.Start())
	ended := make(chan struct{})
	go func() { c.Wait(); close(ended) }()
	d.t.Cleanup(func() {
		c.Process.Kill()
		<-ended
		out.Close()
	})
	for until := time.Now().Add(time.Minute); ; {
		err := d.admin()
		if err == nil {
			return
		}
		select {
		case <-ended:
		case <-time.After(50 * time.Millisecond):
			if time.Now().Before(until) {
				continue
			}
		}
		text, _ := os.ReadFile(log)
		d.t.Fatalf("%s does not run: %v\n%s", c.Path, err, text[max(0, len(text)-2000):])
	}
}
