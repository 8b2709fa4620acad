package rest

import (
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"
)

// New returns a client that reaches the addresses that may is nil for. They are
// judged as IP and port when they are dialled, after names have been looked up,
// so that no name can stand for a forbidden one; for the same reason no proxy is
// used: it would be the address that is judged.
func New(may func(addr string) error) *Client {
	d := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, addr string, _ syscall.RawConn) error {
		if may(addr) != nil {
			return errForbidden
		}
		return nil
	}}
	return &Client{http: &http.Client{Timeout: DefaultTimeout, CheckRedirect: sameHostOnly, Transport: &http.Transport{
		DialContext: d.DialContext, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second}}}
}

// errForbidden is an address that service steps must not reach.
var errForbidden = errors.New("this address is not to be called")
