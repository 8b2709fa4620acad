package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity/trust"
)

// Limits of what the server asks of others by itself.
const (
	outsideDial = 10 * time.Second
	outsideCall = 30 * time.Second // whole calls; who needs less says so in the context
	maxCAFile   = 1 << 20
)

// outside is how the server reaches identity providers and directories. All of
// them go through it, so that one place says which addresses may be called and
// which certificates are believed.
type outside struct {
	client *http.Client // no proxy of the environment, no cookies
	dial   trust.Dial   // for what is not HTTP, such as LDAP
	roots  *x509.CertPool
	local  bool // this machine may be asked, also by plain http: for trying
}

// newOutside makes the server's one way out. In a sandbox this machine may be
// called and the sandbox's own authority, in cas, is believed besides the
// system's and what the configuration names.
func newOutside(cfg OutsideConfig, sandbox bool, cas ...string) (*outside, error) {
	allow, err := parseNetworks("outside.allow", cfg.Allow)
	if err != nil {
		return nil, err
	}
	if sandbox {
		allow = append(allow, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	}
	if cfg.CA != "" {
		cas = append(cas, cfg.CA)
	}
	o := &outside{local: sandbox}
	if o.roots, err = rootsWith(cas); err != nil {
		return nil, err
	}
	d := &net.Dialer{Timeout: outsideDial, Control: func(_, addr string, _ syscall.RawConn) error { return mayCall(addr, allow) }}
	o.dial = d.DialContext
	o.client = trust.NewClient(o.dial)
	o.client.Timeout = outsideCall
	if len(cas) > 0 {
		o.client.Transport.(*http.Transport).TLSClientConfig = o.tls("")
	}
	return o, nil
}

// tls is how a server of that name proves itself; "" where the caller fills it in.
func (o *outside) tls(name string) *tls.Config {
	return &tls.Config{RootCAs: o.roots, ServerName: name, MinVersion: tls.VersionTLS12}
}

// close gives up connections that are kept for later.
func (o *outside) close() {
	if o != nil {
		o.client.CloseIdleConnections()
	}
}

// rootsWith is the system's certificate authorities and those in the files.
func rootsWith(files []string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a container without any
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err == nil && info.Size() > maxCAFile {
			err = fmt.Errorf("it is larger than %d bytes", maxCAFile)
		}
		var pem []byte
		if err == nil {
			pem, err = os.ReadFile(name)
		}
		if err != nil {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-config",
				Detail: "the certificate authorities in " + name + " cannot be read", Hint: "see outside.ca in the configuration", Err: err}
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-config",
				Detail: name + " holds no certificate", Hint: "outside.ca wants a PEM file: it begins with -----BEGIN CERTIFICATE-----"}
		}
	}
	return pool, nil
}

// Where cloud machines keep their own credentials and settings, besides the
// link-local networks: an address somebody typed, or a name that leads there,
// must not reach them.
var machineServices = []netip.Prefix{
	netip.MustParsePrefix("fd00:ec2::/32"),      // Amazon, IPv6
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure
	netip.MustParsePrefix("0.0.0.0/8"),          // this machine, on some systems
}

// nat64 is the prefix behind which IPv6 networks show IPv4 addresses (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// mayCall judges an address at the moment it is dialled, after names have been
// looked up, so that no name can stand for a forbidden one.
func mayCall(addr string, allow []netip.Prefix) error {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	ip := ap.Addr().Unmap().WithZone("")
	if nat64.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if within(ip, allow) {
		return nil
	}
	if ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() || within(ip, machineServices) {
		return fmt.Errorf("%s is an address that this server does not call; outside.allow in its configuration can name its network", ip)
	}
	return nil
}

func within(ip netip.Addr, all []netip.Prefix) bool {
	for _, p := range all {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
