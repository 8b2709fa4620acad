//go:build linux

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"embed"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// Where Debian puts the programs.
const (
	postfixProgram = "/usr/sbin/postfix"
	postfixMaster  = "/usr/lib/postfix/sbin/master"
	dovecotProgram = "/usr/sbin/dovecot"
)

//go:embed testdata/postfix
var postfixTemplates embed.FS

// corp is the mail system of corp.test: a Postfix and a Dovecot of our own, with
// everything they need in one folder. The machine's own are not touched.
type corp struct {
	t    *testing.T
	Dir  string
	Mark string // what Postfix marks a mail with that was handed in by its sender

	Owner    int // of all mailboxes
	Accounts []string
	Password string

	PlainPort                 string // takes mail for corp.test from anybody
	SubmissionPort, SMTPSPort string // take mail from people who sign in, with STARTTLS or TLS
	IMAPPort, IMAPSPort       string // the same for reading

	trust                    *tls.Config
	stopDovecot, stopPostfix func()
}

// runCorp starts both servers. Where they are not installed the test is skipped.
func runCorp(t *testing.T) *corp {
	t.Helper()
	for _, program := range []string{postfixProgram, postfixMaster, dovecotProgram} {
		if _, err := os.Stat(program); err != nil {
			t.Skipf("needs Postfix and Dovecot (apt-get install postfix dovecot-imapd): %v", err)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root: Postfix and Dovecot give each part of themselves another account")
	}
	// Both servers' accounts must reach the folder, which t.TempDir hides, and
	// the path of a socket has 107 characters at most.
	dir, err := os.MkdirTemp("", "corp-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &corp{t: t, Dir: dir, Mark: rand.Text(), Owner: 5000, Password: rand.Text(),
		Accounts: []string{"workflow", "ana", "jane", "bob", "rita"}}
	for _, port := range []*string{&m.PlainPort, &m.SubmissionPort, &m.SMTPSPort, &m.IMAPPort, &m.IMAPSPort} {
		_, *port, _ = net.SplitHostPort(freePort(t))
	}
	m.furnish()
	t.Cleanup(m.showLogs) // after the servers have ended
	m.startDovecot()
	// This makes Postfix's folders, and says what is wrong with its configuration.
	if out, err := exec.Command(postfixProgram, "-c", filepath.Join(dir, "etc"), "check").CombinedOutput(); err != nil {
		t.Fatalf("postfix check: %v\n%s", err, out)
	}
	m.startPostfix()
	return m
}

func (m *corp) startDovecot() {
	m.t.Helper()
	m.stopDovecot = m.run("Dovecot", []string{m.IMAPPort}, dovecotProgram, "-F", "-c", filepath.Join(m.Dir, "etc/dovecot.conf"))
}

func (m *corp) startPostfix() {
	m.t.Helper()
	m.stopPostfix = m.run("Postfix", []string{m.PlainPort, m.SubmissionPort}, postfixMaster, "-c", filepath.Join(m.Dir, "etc"))
}

// furnish writes the certificate, the configuration and empty mailboxes.
func (m *corp) furnish() {
	must := func(err error) {
		m.t.Helper()
		if err != nil {
			m.t.Fatal(err)
		}
	}
	must(os.Chmod(m.Dir, 0o755))
	for _, sub := range []string{"etc", "log", "mail", "run", "spool", "tls"} {
		must(os.Mkdir(filepath.Join(m.Dir, sub), 0o755))
	}
	for _, a := range m.Accounts {
		home := filepath.Join(m.Dir, "mail", a)
		must(os.Mkdir(home, 0o700))
		must(os.Chown(home, m.Owner, m.Owner))
	}
	all := template.Must(template.New("").ParseFS(postfixTemplates, "testdata/postfix/etc/*"))
	files, err := postfixTemplates.ReadDir("testdata/postfix/etc")
	must(err)
	for _, f := range files {
		var b bytes.Buffer
		must(all.ExecuteTemplate(&b, f.Name(), m))
		must(os.WriteFile(filepath.Join(m.Dir, "etc", f.Name()), b.Bytes(), 0o644))
	}
	must(m.certify())
}

func (m *corp) caFile() string { return filepath.Join(m.Dir, "tls", "ca.pem") }

// certify makes an authority that lives for a day, and a certificate by it.
func (m *corp) certify() error {
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Corp test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	server := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "mx.corp.test"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, DNSNames: []string{"mx.corp.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, server, ca, &key.PublicKey, caKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	for _, f := range []struct {
		name, kind string
		der        []byte
	}{{"ca.pem", "CERTIFICATE", caDER}, {"server.pem", "CERTIFICATE", der}, {"server.key", "PRIVATE KEY", keyDER}} {
		text := pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der})
		if err := os.WriteFile(filepath.Join(m.Dir, "tls", f.name), text, 0o600); err != nil {
			return err
		}
		if f.name == "ca.pem" {
			roots.AppendCertsFromPEM(text)
		}
	}
	m.trust = &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
	return nil
}

// keep runs a server until its own standard input ends, which it does however
// this process dies. (A death signal from the kernel would not do: it is
// forgotten when a program changes its user, as both of these do.)
const keep = `exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ read -r _ <&3; kill -TERM $server; } &
keeper=$!
wait $server
code=$?
kill $keeper
exit $code`

// run starts a server in the foreground and waits until it greets on its ports.
// It ends when stop is called, at the latest with the test.
func (m *corp) run(name string, ports []string, program string, args ...string) (stop func()) {
	m.t.Helper()
	c := exec.Command("/bin/sh", append([]string{"-c", keep, name, program}, args...)...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	life, err := c.StdinPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	// A file: Wait would wait for everybody who holds the end of a pipe.
	out, err := os.OpenFile(filepath.Join(m.Dir, "log", name+".out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Close()
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		m.t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- c.Wait() }()
	stop = sync.OnceFunc(func() { end(m.t, name, c, life, gone) })
	m.t.Cleanup(stop)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	give := time.After(30 * time.Second)
	for _, port := range ports {
		for !greets(port) {
			select {
			case err := <-gone:
				gone <- err
				m.t.Fatalf("%s ended: %v", name, err)
			case <-give:
				m.t.Fatalf("%s does not answer", name)
			case <-tick.C:
			}
		}
	}
	return stop
}

func greets(port string) bool {
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	n, err := conn.Read(make([]byte, 1))
	return n == 1 && err == nil
}

// end stops a server, and then whatever it started that still works.
func end(t *testing.T, name string, c *exec.Cmd, life io.Closer, gone chan error) {
	life.Close()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Errorf("%s did not end when asked", name)
	}
	syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
}

// showLogs prints what the servers logged when the test failed.
func (m *corp) showLogs() {
	if !m.t.Failed() {
		return
	}
	for _, name := range []string{"Postfix.out", "postfix.log", "Dovecot.out", "dovecot.log"} {
		text, err := os.ReadFile(filepath.Join(m.Dir, "log", name))
		if err != nil {
			m.t.Logf("%s: %v", name, err)
			continue
		}
		m.t.Log(fmt.Sprintf("%s:\n%s", name, text[max(0, len(text)-20000):]))
	}
}
