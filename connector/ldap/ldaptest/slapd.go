package ldaptest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Slapd runs OpenLDAP's server over the empty domain dc=example,dc=test.
func Slapd(t testing.TB) *Directory {
	t.Helper()
	program := tool(t, "slapd", "slapd")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	dir := t.TempDir()
	d := &Directory{t: t, Addr: addr, Base: "dc=example,dc=test", Admin: "cn=admin,dc=example,dc=test", Pass: "administer"}
	d.files(dir, "127.0.0.1", "localhost")
	d.must(os.Mkdir(filepath.Join(dir, "db"), 0o700))
	config := filepath.Join(dir, "slapd.conf")
	d.must(os.WriteFile(config, []byte(fmt.Sprintf(`include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile %[1]s/ca.pem
TLSCertificateFile %[1]s/cert.pem
TLSCertificateKeyFile %[1]s/key.pem
pidfile %[1]s/pid
database mdb
maxsize 67108864
suffix "%[2]s"
rootdn "%[3]s"
rootpw %[4]s
directory %[1]s/db
index objectClass,entryUUID eq
access to attrs=userPassword by self write by anonymous auth by * none
access to * by users read by anonymous auth
`, dir, d.Base, d.Admin, d.Pass)), 0o600))
	d.daemon(filepath.Join(dir, "out"), exec.Command(program, "-d", "0", "-f", config, "-h", "ldap://"+addr))
	d.Add("", "objectClass", "dcObject", "objectClass", "organization", "dc", "example", "o", "Example")
	return d
}
