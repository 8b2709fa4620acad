package entra

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestServicesBesideTheTenantGoByNamesOfTheFirm(t *testing.T) {
	s := open(t, func(o *Options) {
		o.Beside = map[string]http.Handler{"/autodiscover/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(r.Host)) })}
	})
	address := strings.TrimPrefix(s.URL(), "https://")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}}}
	t.Cleanup(client.CloseIdleConnections)
	for url, want := range map[string]int{"https://autodiscover.contoso.test/autodiscover/autodiscover.xml": 200, "https://contoso.test/Autodiscover/Autodiscover.xml": 200,
		"https://mail.contoso.test/common/discovery/keys": 421} {
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		if r := read(t, resp); r.status != want {
			t.Errorf("%s: %d", url, r.status)
		}
	}
	req, err := http.NewRequest("GET", s.URL()+"/autodiscover/autodiscover.xml", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evilcontoso.test"
	resp, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if r := read(t, resp); r.status != http.StatusMisdirectedRequest {
		t.Errorf("another's name: %d", r.status)
	}
}
