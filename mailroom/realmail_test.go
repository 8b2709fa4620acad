package mailroom

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/signoffhq/signoff/connector/mail"
)

const (
	postfixMaster = "/usr/lib/postfix/sbin/master"
	dovecot       = "/usr/sbin/dovecot"
)

// realMail runs a Postfix and a Dovecot of its own, on free loopback ports and
// in a folder of its own, and stops them afterwards.
type realMail struct {
	Dir, Domain      string
	SMTP, IMAP, User string
	UID, GID         string
	roots            *x509.CertPool
}

var mainCF = template.Must(template.New("").Parse(`compatibility_level = 3.6
queue_directory = {{.Dir}}/queue
data_directory = {{.Dir}}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = {{.Dir}}/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {{.Dir}}/queue/maillog
maillog_file_prefixes = {{.Dir}}
myhostname = mx.{{.Domain}}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
local_recipient_maps =
recipient_delimiter = +
virtual_mailbox_domains = {{.Domain}}
virtual_mailbox_base = {{.Dir}}/mail
virtual_mailbox_maps = inline:{ jane@{{.Domain}}=jane/, workflow@{{.Domain}}=workflow/ }
virtual_minimum_uid = 1
virtual_uid_maps = static:{{.UID}}
virtual_gid_maps = static:{{.GID}}
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_auth_enable = yes
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {{.Dir}}/cert.pem
smtpd_tls_key_file = {{.Dir}}/key.pem
smtpd_tls_auth_only = yes
smtpd_sender_login_maps = inline:{ jane@{{.Domain}}=jane, workflow@{{.Domain}}=workflow }
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_sender_login_mismatch,
  check_sender_access static:{PREPEND Authentication-Results: mx.{{.Domain}}; dmarc=pass header.from={{.Domain}}}, permit_sasl_authenticated, reject
`))

var masterCF = template.Must(template.New("").Parse(`{{.SMTP}} inet n - n - - smtpd
pickup    unix  n  -  n  60  1  pickup
cleanup   unix  n  -  n  -   0  cleanup
qmgr      unix  n  -  n  300 1  qmgr
rewrite   unix  -  -  n  -   -  trivial-rewrite
bounce    unix  -  -  n  -   0  bounce
defer     unix  -  -  n  -   0  bounce
trace     unix  -  -  n  -   0  bounce
proxymap  unix  -  -  n  -   -  proxymap
anvil     unix  -  -  n  -   1  anvil
tlsmgr    unix  -  -  n  1000? 1 tlsmgr
virtual   unix  -  n  n  -   -  virtual
error     unix  -  -  n  -   -  error
retry     unix  -  -  n  -   -  error
postlog   unix-dgram n - n - 1  postlogd
`))

var dovecotConf = template.Must(template.New("").Parse(`protocols = imap
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/run
instance_name = signoff-test
log_path = {{.Dir}}/dovecot.log
listen = 127.0.0.1
ssl = required
ssl_cert = <{{.Dir}}/cert.pem
ssl_key = <{{.Dir}}/key.pem
auth_mechanisms = plain login
auth_username_format = %Ln
mail_location = maildir:{{.Dir}}/mail/%n
first_valid_uid = 1
mail_uid = {{.UID}}
mail_gid = {{.GID}}
passdb {
  driver = passwd-file
  args = scheme=PLAIN {{.Dir}}/passwd
}
userdb {
  driver = static
  args = uid={{.UID}} gid={{.GID}} home={{.Dir}}/mail/%n
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = {{.IMAP}}
  }
  inet_listener imaps {
    port = 0
  }
}
service auth {
  unix_listener {{.Dir}}/queue/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
`))

func startRealMail(t *testing.T) *realMail {
	t.Helper()
	for _, program := range []string{postfixMaster, dovecot} {
		if _, err := os.Stat(program); err != nil {
			t.Skipf("%s is not installed: this test needs Debian's postfix and dovecot-imapd", program)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("only root can run a Postfix and a Dovecot")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "signoff-mail-") // not t.TempDir: others must be able to enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &realMail{Dir: dir, Domain: "contoso.test", SMTP: freeAddr(t), UID: nobody.Uid, GID: nobody.Gid, User: "nobody"}
	_, m.IMAP, _ = net.SplitHostPort(freeAddr(t))
	m.prepare(t)
	m.run(t, dovecot, "-F", "-c", dir+"/dovecot.conf")
	m.run(t, postfixMaster, "-c", dir+"/postfix", "-s")
	m.listens(t, m.SMTP)
	m.listens(t, "127.0.0.1:"+m.IMAP)
	return m
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func (m *realMail) prepare(t *testing.T) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Chmod(m.Dir, 0o755))
	for _, d := range []string{"postfix", "queue", "data", "mail", "run"} {
		check(os.Mkdir(filepath.Join(m.Dir, d), 0o755))
	}
	postfix, err := user.Lookup("postfix")
	check(err)
	for _, d := range strings.Fields("active bounce corrupt defer deferred flush hold incoming private maildrop public saved trace") {
		check(os.Mkdir(filepath.Join(m.Dir, "queue", d), 0o755))
		m.own(t, filepath.Join(m.Dir, "queue", d), postfix.Uid, postfix.Gid)
	}
	check(os.Mkdir(filepath.Join(m.Dir, "queue", "pid"), 0o755))
	m.own(t, filepath.Join(m.Dir, "data"), postfix.Uid, postfix.Gid)
	m.own(t, filepath.Join(m.Dir, "mail"), m.UID, m.GID)
	m.roots = writeCertificate(t, m.Dir)
	check(os.WriteFile(m.Dir+"/passwd", []byte("jane:{PLAIN}signoff\nworkflow:{PLAIN}signoff\n"), 0o644))
	for file, text := range map[string]*template.Template{"postfix/main.cf": mainCF, "postfix/master.cf": masterCF, "dovecot.conf": dovecotConf} {
		f, err := os.Create(filepath.Join(m.Dir, file))
		check(err)
		check(text.Execute(f, m))
		check(f.Close())
	}
}

func (m *realMail) own(t *testing.T, path, uid, gid string) {
	t.Helper()
	u, err1 := strconv.Atoi(uid)
	g, err2 := strconv.Atoi(gid)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := os.Chown(path, u, g); err != nil {
		t.Fatal(err)
	}
}

func writeCertificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.contoso.test"}, DNSNames: []string{"mx.contoso.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(dir+"/cert.pem", certPEM, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return pool
}

// run starts a server that stays in the foreground, and ends it with the test.
func (m *realMail) run(t *testing.T, program string, args ...string) {
	t.Helper()
	out, err := os.Create(filepath.Join(m.Dir, filepath.Base(program)+".out"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = out, out
	// Postfix makes a session of its own, which a leader of a process group cannot.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: program != postfixMaster}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		last := time.AfterFunc(10*time.Second, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		defer last.Stop()
		cmd.Wait() // "signal: terminated" is what was asked for
		out.Close()
		if t.Failed() {
			for _, f := range []string{out.Name(), m.Dir + "/dovecot.log", m.Dir + "/queue/maillog"} {
				text, _ := os.ReadFile(f)
				t.Logf("%s:\n%s", f, text)
			}
		}
	})
}

// listens waits until a server takes connections.
func (m *realMail) listens(t *testing.T, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		if !sleep(ctx, 20*time.Millisecond) {
			t.Fatalf("%s does not answer: %v", addr, err)
		}
	}
}

func (m *realMail) account(addr, who string) mail.Account {
	return mail.Account{Addr: addr, ServerName: "mx.contoso.test", Roots: m.roots, Username: who, Password: "signoff", Timeout: 20 * time.Second}
}

// await returns somebody's nth mail (from 1) as it lies in their mailbox.
func (m *realMail) await(t *testing.T, who string, n int) string {
	t.Helper()
	in := mail.NewMailbox(m.account("127.0.0.1:"+m.IMAP, who), mail.MailboxOptions{Poll: 5 * time.Second})
	defer in.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		v, uids, err := in.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(uids) >= n {
			raw, err := in.Read(ctx, v, uids[n-1], 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			return string(raw)
		}
		if err := in.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func headerLine(raw, name string) string {
	head, _, _ := strings.Cut(strings.ReplaceAll(raw, "\r\n\t", " "), "\r\n\r\n")
	head = strings.ReplaceAll(head, "\r\n ", " ")
	for line := range strings.Lines(head) {
		if rest, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

func TestTheStoryWithPostfixAndDovecot(t *testing.T) {
	m := startRealMail(t)
	o := &office{t: t, storePath: filepath.Join(t.TempDir(), "x.db"), people: contoso(), instances: &instances{once: map[string]bool{}},
		clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), authserv: "mx.contoso.test"}
	o.out = mail.NewSender(m.account(m.SMTP, "workflow"), mail.SenderOptions{})
	defer o.out.Close()
	o.in = mail.NewMailbox(m.account("127.0.0.1:"+m.IMAP, "workflow"), mail.MailboxOptions{Poll: 5 * time.Second})
	defer o.in.Close()
	o.open()
	o.room.Now = time.Now
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	stopped := make(chan error, 1)
	go func() { stopped <- o.room.Run(ctx, o.instances) }()

	o.ask("user:3")
	task := m.await(t, "jane", 1)
	answerTo := headerLine(task, "Reply-To")
	answerTo = strings.Trim(answerTo[strings.IndexByte(answerTo, '<'):], "<>")
	jane := mail.NewSender(m.account(m.SMTP, "jane"), mail.SenderOptions{})
	defer jane.Close()
	answer := fmt.Sprintf("From: Jane Doe <jane@contoso.test>\r\nTo: %s\r\nSubject: Re: Approve leave\r\nMessage-ID: <j1@contoso.test>\r\nIn-Reply-To: %s\r\n\r\nApprove\r\n\r\nFine.\r\n",
		answerTo, headerLine(task, "Message-ID"))
	start := time.Now()
	if err := jane.Send(ctx, "jane@contoso.test", answerTo, "", []byte(answer)); err != nil {
		t.Fatal(err)
	}
	confirmation := m.await(t, "jane", 2)
	t.Logf("from reply to confirmation in the mailbox: %v", time.Since(start))
	if !strings.Contains(confirmation, "was taken as your decision") || headerLine(confirmation, "In-Reply-To") != "<j1@contoso.test>" {
		t.Errorf("the confirmation:\n%s", confirmation)
	}
	if found, err := o.in.Find(ctx, headerLine(task, "Message-ID")); err != nil || !found {
		t.Errorf("our copy of the task's mail is not found: %v", err)
	}
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if !slices.Equal(o.instances.done, []string{`Approve 7_2 by jane comment="Fine."`}) {
		t.Errorf("done: %q", o.instances.done)
	}
	if rec := o.record(); rec.Verdict != "decided" || !strings.Contains(rec.Evidence, `"method":"dmarc"`) {
		t.Errorf("record: %+v", rec)
	}
}
