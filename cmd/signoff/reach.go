package main

import (
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"syscall"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity/trust"
)

// reach is how the systems of services are reached whose addresses are typed:
// databases and HTTP APIs. What steps may call is its bound, calls.allow; the
// certificates that are believed are those the server believes elsewhere.
type reach struct {
	client *http.Client
	dial   trust.Dial
}

const reachCall = 3 * time.Minute // whole calls; services say less in the context

func newReach(cfg CallsConfig, o *outside) (*reach, error) {
	allow, err := parseNetworks("calls.allow", cfg.Allow)
	if err != nil {
		return nil, err
	}
	d := &net.Dialer{Timeout: outsideDial, Control: func(_, addr string, _ syscall.RawConn) error { return mayReach(addr, allow) }}
	return &reach{dial: d.DialContext, client: &http.Client{Timeout: reachCall, Transport: &http.Transport{
		DialContext: d.DialContext, TLSClientConfig: o.tls(""), ForceAttemptHTTP2: true, TLSHandshakeTimeout: outsideDial,
		MaxResponseHeaderBytes: 256 << 10, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}}}, nil
}

// mayReach judges an address when it is dialled, as mayCall does.
func mayReach(addr string, allow []netip.Prefix) error {
	if mayCall(addr, allow) == nil {
		return nil
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "service-forbidden", Detail: "services may not call " + addr + ", which is this machine or a network kept from them",
		Hint: "an administrator can allow its network with the setting calls.allow"}
}

// filesOf is the folder of SQLite files for services, "" none. The server's own
// data must not lie in it: a service could read everybody's.
func filesOf(cfg Config) (string, error) {
	if cfg.Calls.Files == "" {
		return "", nil
	}
	refuse := func(detail string, err error) error {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-config", Detail: detail, Hint: "see calls.files in the configuration", Err: err}
	}
	files, err := whole(cfg.Calls.Files)
	if err != nil {
		return "", refuse("calls.files names a folder that cannot be opened", err)
	}
	data, err := whole(cfg.Data)
	if err != nil {
		return "", refuse("the data folder cannot be opened", err)
	}
	inside, err := filepath.Rel(files, data)
	if err == nil && filepath.IsLocal(inside) {
		return "", refuse("calls.files is the data folder, or one around it", nil)
	}
	return files, nil
}

// whole is a path from the root, without links.
func whole(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// close gives up connections that are kept for later.
func (r *reach) close() {
	if r != nil {
		r.client.CloseIdleConnections()
	}
}
