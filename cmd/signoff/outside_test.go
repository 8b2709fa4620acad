package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

func TestTheServerDoesNotCallWhereItsSecretsAre(t *testing.T) {
	allow := []netip.Prefix{netip.MustParsePrefix("169.254.7.0/24"), netip.MustParsePrefix("::1/128")}
	for addr, may := range map[string]bool{
		"20.190.160.1:443": true, "[2603:1006:2000::1]:443": true, "10.0.0.7:443": true, "192.168.1.1:636": true,
		"127.0.0.1:443": false, "127.9.9.9:80": false, "[::1]:443": true, "[::ffff:127.0.0.1]:443": false, "0.0.0.0:80": false, "0.1.2.3:80": false, "[::]:80": false,
		"169.254.169.254:80": false, "169.254.7.7:80": true, "[::ffff:169.254.169.254]:80": false, "[fe80::1%eth0]:80": false, "[fd00:ec2::254]:80": false,
		"[64:ff9b::a9fe:a9fe]:80": false, "[64:ff9b::7f00:1]:80": false, "[64:ff9b::808:808]:80": true, "100.100.100.200:80": false, "168.63.129.16:80": false, "224.0.0.1:80": false,
		"nonsense": false,
	} {
		if err := mayCall(addr, allow); (err == nil) != may {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestTheWayOutIsJudgedWhenItIsTaken(t *testing.T) {
	there := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer there.Close()
	byName := strings.Replace(there.URL, "127.0.0.1", "localhost", 1)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: there.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		cfg     OutsideConfig
		sandbox bool
		url     string
		want    string // of the error
	}{
		{"an ordinary server", OutsideConfig{CA: ca}, false, there.URL, "127.0.0.1 is an address that this server does not call"},
		{"a name that leads here", OutsideConfig{CA: ca}, false, byName, "is an address that this server does not call"},
		{"allowed and believed", OutsideConfig{CA: ca, Allow: "127.0.0.0/8"}, false, there.URL, ""},
		{"allowed and not believed", OutsideConfig{Allow: "127.0.0.0/8"}, false, there.URL, "certificate"},
		{"a sandbox", OutsideConfig{CA: ca}, true, there.URL, ""},
		{"a sandbox and a stranger", OutsideConfig{}, true, there.URL, "certificate"},
	} {
		o, err := newOutside(c.cfg, c.sandbox)
		if err != nil {
			t.Fatal(err)
		}
		res, err := o.client.Get(c.url)
		if err == nil {
			res.Body.Close()
		}
		o.close()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAWayOutThatCannotBeIsRefusedAtTheStart(t *testing.T) {
	empty, huge := filepath.Join(t.TempDir(), "empty"), filepath.Join(t.TempDir(), "huge")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(huge, make([]byte, maxCAFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		cfg  OutsideConfig
		want string
	}{
		{OutsideConfig{CA: empty}, "holds no certificate"},
		{OutsideConfig{CA: huge}, "cannot be read"},
		{OutsideConfig{CA: empty + "-not"}, "cannot be read"},
		{OutsideConfig{Allow: "localhost"}, "outside.allow"},
	} {
		_, err := newOutside(c.cfg, false)
		e, ok := err.(*signoff.Error)
		if !ok || e.Code != "bad-config" || !strings.Contains(e.Detail, c.want) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}
