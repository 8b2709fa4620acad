package ldaptest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// Samba provisions the domain CONTOSO (contoso.test) and runs its controller. It
// listens on the ports of LDAP, which it cannot be told to change, at a loopback
// address of its own.
func Samba(t testing.TB) *Directory {
	t.Helper()
	program, provision := tool(t, "samba", "samba samba-ad-dc"), tool(t, "samba-tool", "samba-ad-provision")
	if os.Getuid() != 0 {
		t.Skip("Samba's domain controller runs as root only")
	}
	host := freeLoopback(t)
	dir, err := os.MkdirTemp("", "signoff-samba") // short: the paths of sockets are bounded
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &Directory{t: t, Addr: host + ":389", LDAPS: host + ":636", Base: "DC=contoso,DC=test",
		Admin: "Administrator@contoso.test", Pass: "Adm1n.Passw0rd"}
	out, err := exec.Command(provision, "domain", "provision", "--realm=CONTOSO.TEST", "--domain=CONTOSO", "--server-role=dc",
		"--dns-backend=NONE", "--adminpass="+d.Pass, "--targetdir="+dir, "--host-name=dc1", "--host-ip="+host).CombinedOutput()
	if err != nil {
		t.Skipf("a domain cannot be provisioned here (Debian: apt-get install samba-ad-provision samba-dsdb-modules): %v\n%s", err, out[max(0, len(out)-1000):])
	}
	d.files(dir, "dc1.contoso.test", host)
	args := []string{"-F", "-M", "single", "--debug-stdout", "-s", filepath.Join(dir, "etc", "smb.conf")}
	for _, option := range []string{"server services=ldap", "interfaces=" + host + "/8", "bind interfaces only=yes", "log file=" + filepath.Join(dir, "log"),
		"pid directory=" + dir, "ncalrpc dir=" + filepath.Join(dir, "rpc"), "ntp signd socket directory=" + filepath.Join(dir, "ntp"),
		"winbindd socket directory=" + filepath.Join(dir, "wb"), "tls keyfile=" + filepath.Join(dir, "key.pem"),
		"tls certfile=" + filepath.Join(dir, "cert.pem"), "tls cafile=" + filepath.Join(dir, "ca.pem")} {
		args = append(args, "--option="+option)
	}
	d.daemon(filepath.Join(dir, "out"), exec.Command(program, args...))
	return d
}

// freeLoopback finds a loopback address nobody listens at for LDAP.
func freeLoopback(t testing.TB) string {
	for range 50 {
		host := fmt.Sprintf("127.%d.%d.%d", 10+rand.IntN(200), rand.IntN(250), 2+rand.IntN(250))
		free := true
		for _, port := range []string{"389", "636"} {
			ln, err := net.Listen("tcp", net.JoinHostPort(host, port))
			if err != nil {
				free = false
				continue
			}
			ln.Close()
		}
		if free {
			return host
		}
	}
	t.Skip("the ports of LDAP cannot be had on any loopback address")
	return ""
}

// Person makes a user with a password: Person("Ana Lopez", "OU=Staff", "ana", …).
func (d *Directory) Person(name, below, login, password string, pairs ...string) string {
	d.t.Helper()
	rdn := "CN=" + ldap.EscapeDN(name)
	if below != "" {
		rdn += "," + below
	}
	return d.Add(rdn, append([]string{"objectClass", "user", "sAMAccountName", login, "userPrincipalName", login + "@contoso.test",
		"displayName", name, "unicodePwd", WindowsPassword(password), "userAccountControl", "512"}, pairs...)...)
}
