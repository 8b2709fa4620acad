package rest

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// New returns a client that reaches any address but this machine's own and
// link-local ones, where cloud machines keep their credentials, unless allow
// names their network. The address is judged when it is dialled, after names
// have been looked up, so that no name can stand for a forbidden one; for the
// same reason no proxy is used: it would be the address that is judged.
func New(allow []netip.Prefix) *Client {
	d := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, addr string, _ syscall.RawConn) error { return reachable(addr, allow) }}
	return &Client{http: &http.Client{Timeout: DefaultTimeout, CheckRedirect: sameHostOnly, Transport: &http.Transport{
		DialContext: d.DialContext, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second}}}
}

// errForbidden is an address that service steps must not reach.
var errForbidden = errors.New("this address is not to be called")

func reachable(addr string, allow []netip.Prefix) error {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	ip := ap.Addr().Unmap().WithZone("")
	for _, p := range allow {
		if p.Contains(ip) {
			return nil
		}
	}
	if ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() || ip == netip.MustParseAddr("fd00:ec2::254") {
		return errForbidden
	}
	return nil
}
