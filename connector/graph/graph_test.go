package graph_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/graph"
	"github.com/signoffhq/signoff/sandbox/entra"
)

// tenant is the sandbox's Entra ID with a client that may read it.
type tenant struct {
	*entra.Server
	t      *testing.T
	http   *http.Client
	client *graph.Client
	waited []time.Duration
	ahead  atomic.Int64 // how far its clock is before ours
}

func registration(t *testing.T, name string) entra.Registration {
	t.Helper()
	for _, r := range entra.Registrations() {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("the sandbox has no %s", name)
	panic("unreachable")
}

func open(t *testing.T) *tenant {
	t.Helper()
	x := &tenant{t: t}
	s, err := entra.Open(t.Context(), entra.Options{Dir: t.TempDir(), Now: func() time.Time { return time.Now().Add(time.Duration(x.ahead.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ca, err := os.ReadFile(s.Addresses().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true} // net/http asks again by itself on a connection it kept
	t.Cleanup(transport.CloseIdleConnections)
	x.Server, x.http = s, &http.Client{Transport: transport}
	r := registration(t, "Contoso Directory Reader")
	x.client = &graph.Client{HTTP: x.http, Authority: s.URL(), Graph: s.URL(), Tenant: entra.TenantID, ClientID: r.ClientID, Secret: graph.Secret(r.Secret), PageSize: 2,
		Wait: func(_ context.Context, d time.Duration) error { x.waited = append(x.waited, d); return nil }}
	return x
}

// script changes the tenant as an administrator's script does.
func (x *tenant) script(method, path string, body any) map[string]any {
	x.t.Helper()
	r := registration(x.t, "Contoso Setup Script")
	admin := &graph.Client{HTTP: x.http, Authority: x.URL(), Graph: x.URL(), Tenant: entra.TenantID, ClientID: r.ClientID, Secret: graph.Secret(r.Secret)}
	tok, err := graph.TokenFor(x.t.Context(), admin)
	if err != nil {
		x.t.Fatal(err)
	}
	text, _ := json.Marshal(body)
	req, _ := http.NewRequest(method, x.URL()+"/v1.0"+path, bytes.NewReader(text))
	req.Header.Set("Authorization", "Bearer "+tok)
	req.Header.Set("Content-Type", "application/json")
	resp, err := x.http.Do(req)
	if err != nil {
		x.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	if resp.StatusCode/100 != 2 {
		x.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, raw)
	}
	var out map[string]any
	json.Unmarshal(raw, &out)
	return out
}

// all follows pages to the end.
func all[T any](t *testing.T, ask func(context.Context, string) (graph.Page[T], error), link string) (items []T, gone []string, next string, pages int) {
	t.Helper()
	for {
		p, err := ask(t.Context(), link)
		if err != nil {
			t.Fatal(err)
		}
		items, gone, link = append(items, p.Items...), append(gone, p.Gone...), p.Link
		if pages++; p.Done {
			return items, gone, link, pages
		}
	}
}

func byUPN(list []graph.User, upn string) graph.User {
	i := slices.IndexFunc(list, func(u graph.User) bool { return u.UPN == upn })
	if i < 0 {
		return graph.User{}
	}
	return list[i]
}

func byName(list []graph.Group, name string) graph.Group {
	i := slices.IndexFunc(list, func(g graph.Group) bool { return g.Name == name })
	if i < 0 {
		return graph.Group{}
	}
	return list[i]
}

func TestPeopleAndGroupsAndWhatChanges(t *testing.T) {
	x := open(t)
	users, _, next, pages := all(t, x.client.Users, "")
	jane, bob, ana := byUPN(users, "jane@contoso.test"), byUPN(users, "bob@contoso.test"), byUPN(users, "ana@contoso.test")
	if len(users) != 5 || pages != 3 || !jane.Whole || !jane.Enabled || jane.Guest || jane.Name == "" || jane.Nickname != "jane" ||
		len(jane.Addresses) != 1 || jane.Addresses[0] != "jane@contoso.test" || jane.Manager == nil || *jane.Manager != bob.ID || bob.Manager != nil {
		t.Fatalf("%d pages, %+v", pages, users)
	}
	groups, _, nextGroups, _ := all(t, x.client.Groups, "")
	staff, finance := byName(groups, "All Staff"), byName(groups, "Finance")
	if len(groups) != 5 || !slices.Contains(staff.Came, finance.ID) || !slices.Contains(finance.Came, ana.ID) || !finance.Whole {
		t.Fatalf("%+v", groups)
	}
	x.script("PATCH", "/users/"+jane.ID, map[string]any{"accountEnabled": false, "displayName": "Jane Roe"})
	x.script("PUT", "/users/"+ana.ID+"/manager/$ref", map[string]any{"@odata.id": x.URL() + "/v1.0/users/" + bob.ID})
	x.script("DELETE", "/users/"+bob.ID, nil)
	x.script("POST", "/groups/"+finance.ID+"/members/$ref", map[string]any{"@odata.id": "x/" + jane.ID})
	users, gone, _, _ := all(t, x.client.Users, next)
	jane = byUPN(users, "jane@contoso.test")
	if len(users) != 2 || jane.Enabled || jane.Name != "Jane Roe" || jane.Manager == nil || *jane.Manager != "" || !slices.Equal(gone, []string{bob.ID}) {
		t.Errorf("%+v, gone %v", users, gone)
	}
	groups, _, _, _ = all(t, x.client.Groups, nextGroups)
	if f := byName(groups, "Finance"); !slices.Equal(f.Came, []string{jane.ID}) || len(f.Left) != 0 {
		t.Errorf("%+v", groups)
	}
	if a := byName(groups, "Approvers"); !slices.Equal(a.Left, []string{bob.ID}) {
		t.Errorf("%+v", groups)
	}
}

func TestOnePersonAndTheirGroups(t *testing.T) {
	x := open(t)
	users, _, _, _ := all(t, x.client.Users, "")
	ana, jane := byUPN(users, "ana@contoso.test"), byUPN(users, "jane@contoso.test")
	if u, ok, err := x.client.User(t.Context(), ana.ID); err != nil || !ok || u.UPN != "ana@contoso.test" || !u.Enabled {
		t.Errorf("%+v %v %v", u, ok, err)
	}
	if m, err := x.client.Manager(t.Context(), ana.ID); err != nil || m != jane.ID {
		t.Errorf("%q %v", m, err)
	}
	if m, err := x.client.Manager(t.Context(), byUPN(users, "bob@contoso.test").ID); err != nil || m != "" {
		t.Errorf("%q %v", m, err)
	}
	groups, _, _, _ := all(t, x.client.Groups, "")
	ids, ok, err := x.client.GroupsOf(t.Context(), ana.ID)
	if err != nil || !ok || len(ids) != 3 || !slices.Contains(ids, byName(groups, "All Staff").ID) { // through Finance
		t.Errorf("%v %v %v", ids, ok, err)
	}
	if g, ok, err := x.client.Group(t.Context(), ids[0]); err != nil || !ok || g.Name == "" {
		t.Errorf("%+v %v %v", g, ok, err)
	}
	for _, id := range []string{"00000000-0000-0000-0000-00000000dead", "../groups", "", "a b", strings.Repeat("a", 65)} {
		if _, ok, err := x.client.User(t.Context(), id); ok || err != nil {
			t.Errorf("%q: %v %v", id, ok, err)
		}
		if _, ok, err := x.client.GroupsOf(t.Context(), id); ok || err != nil {
			t.Errorf("%q: %v %v", id, ok, err)
		}
	}
	if err := x.client.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// certificate makes a key and a certificate in PEM.
func certificate(t *testing.T, bits int) (text, der []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signoff"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err = x509.CreateCertificate(rand.Reader, leaf, leaf, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := x509.MarshalPKCS8PrivateKey(key)
	text = append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})...)
	return text, der
}

func TestACertificateInsteadOfASecret(t *testing.T) {
	x := open(t)
	text, der := certificate(t, 2048)
	app := x.script("GET", "/applications(appId='"+x.client.ClientID+"')", nil)
	x.script("PATCH", "/applications/"+app["id"].(string), map[string]any{"keyCredentials": []map[string]any{
		{"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.StdEncoding.EncodeToString(der)}}})
	key, err := graph.ReadCertificate(text)
	if err != nil || key.Until.Before(time.Now()) {
		t.Fatal(err)
	}
	x.client.Secret, x.client.Key = "", key
	if err := x.client.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, _ := certificate(t, 2048)
	key, _ = graph.ReadCertificate(other)
	strange := &graph.Client{HTTP: x.http, Authority: x.URL(), Graph: x.URL(), Tenant: entra.TenantID, ClientID: x.client.ClientID, Key: key}
	err = strange.Check(t.Context())
	if e, ok := errors.AsType[*graph.Error](err); !ok || e.Code != "AADSTS700027" {
		t.Errorf("a certificate nobody uploaded: %v", err)
	}
	weak, _ := certificate(t, 1024)
	for _, bad := range [][]byte{nil, []byte("x"), weak, text[:len(text)/2], []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")} {
		if _, err := graph.ReadCertificate(bad); err == nil {
			t.Errorf("%.40q was taken", bad)
		}
	}
}
