package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/mailroom/connections"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// vault is a type of service that shows what it is opened with.
type vault struct{ opened []broker.Instance }

func (v *vault) About() broker.About {
	return broker.About{Name: "vault", Title: "Vault", Modes: []broker.Mode{broker.Static}, Keys: []broker.Key{{Name: "token", Title: "Token", Kind: "secret"}}}
}

func (v *vault) Open(in broker.Instance) (broker.Provider, error) {
	v.opened = append(v.opened, in)
	return v, nil
}

func (v *vault) Objects(context.Context) ([]broker.Object, error) { return nil, nil }
func (v *vault) Call(context.Context, broker.Call) (broker.Result, error) {
	return broker.Result{}, nil
}
func (v *vault) Test(context.Context, broker.Principal) []broker.Step { return nil }
func (v *vault) Close() error                                         { return nil }

// treasure is data with secrets of every kind, and what opens them.
type treasure struct {
	dsn, dir string
	provider *httptest.Server
	secrets  []string // client secrets the provider was sent
	refresh  []string // refresh tokens, likewise
}

var overlord = signoff.Caller{Person: signoff.Person{Principal: "user:1"}, Admin: true, How: "session"}

func (tr *treasure) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	tr.secrets, tr.refresh = append(tr.secrets, r.PostForm.Get("client_secret")), append(tr.refresh, r.PostForm.Get("refresh_token"))
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"token_type":"Bearer","expires_in":3600,"access_token":"access-treasure","refresh_token":"refresh-treasure"}`))
}

func (tr *treasure) open(t *testing.T) (*store.Store, seal.Key) {
	t.Helper()
	st, err := store.Open(t.Context(), Config{Data: tr.dir, Store: seal.Secret(tr.dsn)}.database(), store.Options{})
	must(t, err)
	place, err := keyOf(tr.dir)
	must(t, err)
	key, err := place.load(t.Context(), st)
	must(t, err)
	return st, key
}

func (tr *treasure) oauth(t *testing.T, st *store.Store, key seal.Key, at func() time.Time) *oauth.Service {
	t.Helper()
	o, err := oauth.Open(oauth.Config{Store: st, Client: http.DefaultClient, Loopback: true, Seal: key, Public: "http://localhost:8080", Now: at})
	must(t, err)
	t.Cleanup(func() { must(t, o.Close()) })
	return o
}

func (tr *treasure) services(st *store.Store, key seal.Key) (*catalogue.Service, *vault) {
	v := &vault{}
	return catalogue.Open(catalogue.Options{Store: st, Key: key, Types: []broker.Type{v}, HTTP: func(catalogue.Credential) *http.Client { return http.DefaultClient }}), v
}

// fill puts secrets of every kind into the data.
func (tr *treasure) fill(t *testing.T) {
	t.Helper()
	st, key := tr.open(t)
	defer func() { must(t, st.Close()) }()
	o := tr.oauth(t, st, key, nil)
	set := oauth.Resource{Name: "office", Title: "Office", Type: "openid", TokenURL: tr.provider.URL + "/token", AuthorizationURL: tr.provider.URL + "/authorize", ClientID: "us",
		Auth: oauth.WithSecret, Secret: "client-treasure"}
	_, err := o.Save(t.Context(), overlord, set, 0)
	must(t, err)
	set.Name, set.Auth, set.Secret = "proven", oauth.WithCertificate, ""
	_, err = o.Save(t.Context(), overlord, set, 0)
	must(t, err)
	set.Name, set.Auth, set.Type, set.Tenant = "own", oauth.WithOwnIssuer, "entra-v2", "contoso.test"
	_, err = o.Save(t.Context(), overlord, set, 0)
	must(t, err)
	_, err = o.GetApp(t.Context(), overlord, "own", "")
	must(t, err)
	begun, err := o.Connect(t.Context(), overlord, oauth.Ask{Resource: "office"})
	must(t, err)
	_, err = o.Finish(t.Context(), oauth.Answer{Path: oauth.CallbackPath, By: overlord, Query: map[string][]string{"state": {begun.State}, "code": {"code"}}})
	must(t, err)
	_, err = o.Connect(t.Context(), overlord, oauth.Ask{Resource: "office", Service: true}) // under way
	must(t, err)

	services, _ := tr.services(st, key)
	password, token := seal.Secret("service-treasure"), seal.Secret("token-treasure")
	_, err = services.Create(t.Context(), overlord, catalogue.Settings{Name: "crm", Title: "CRM", Type: "vault", Mode: broker.Static, User: "svc", Password: &password,
		Secrets: map[string]*seal.Secret{"token": &token}})
	must(t, err)
	boxes, err := connections.New(t.Context(), connections.Options{Store: st, Key: key, Open: func(connections.Connection, seal.Secret) (connections.Opened, error) {
		return connections.Opened{}, nil
	}})
	must(t, err)
	mailbox := seal.Secret("mail-treasure")
	_, err = boxes.Save(t.Context(), overlord, 0, connections.Connection{Name: "office", Protocol: connections.SMTP, From: "x@contoso.test", User: "x", Off: true,
		SMTP: connections.Place{Address: "localhost:25", TLS: "starttls"}}, &mailbox)
	must(t, err)
	for name, body := range map[string]any{
		signin.SettingName:    map[string]any{"providers": []any{map[string]string{"id": "entra", "secret": key.Lock(signin.Purposes()[0], "sign-in treasure")}}},
		directory.SettingName: map[string]any{"directories": []any{map[string]any{"name": "hq", "type": "ldap", "ldap": map[string]string{"password": key.Lock("directories/ldap:hq", "directory treasure")}}}},
		"unrelated":           map[string]string{"note": key.Lock("nobody knows", "v1 looks alike")},
	} {
		text, err := json.Marshal(body)
		must(t, err)
		_, err = st.SaveSetting(t.Context(), store.Setting{Name: name, Body: text}, store.Change{What: name})
		must(t, err)
	}
}

var lockedLike = regexp.MustCompile(`v1:[A-Za-z0-9+/]{38,}={0,2}`)

// locked lists all that is locked in the data, wherever it is.
func locked(t *testing.T, st *store.Store) (list []string) {
	t.Helper()
	must(t, st.Dump(t.Context(), func(table string, columns []string, row []any) error {
		for i, v := range row {
			text, _ := v.(string)
			if b, ok := v.([]byte); ok {
				text = string(b)
			}
			if table == "setting" && row[slices.Index(columns, "name")] == "unrelated" {
				continue
			}
			for range lockedLike.FindAllString(text, -1) {
				list = append(list, table+"."+columns[i])
			}
			list = slices.Compact(list)
		}
		return nil
	}))
	slices.Sort(list)
	return slices.Compact(list)
}

// Everything that was sealed is sealed with the new key, on both databases, and
// nothing of the old one is needed for any of it.
func TestAfterARotationNothingOfTheOldKeyIsNeeded(t *testing.T) {
	for _, dsn := range []string{"", pgtest.Empty(t)} {
		tr := &treasure{dsn: dsn, dir: t.TempDir()}
		mux := http.NewServeMux()
		mux.HandleFunc("POST /token", tr.token)
		tr.provider = httptest.NewServer(mux)
		defer tr.provider.Close()
		tr.fill(t)
		st, _ := tr.open(t)
		places := []string{"oauth_connecting.body", "oauth_resource.body", "oauth_token.access", "oauth_token.refresh", "service.body", "setting.body"}
		if got := locked(t, st); !slices.Equal(got, places) {
			t.Errorf("locked texts are in %v", got)
		}
		must(t, st.Close())
		out, err := command(t.Context(), "key", "rotate", "--json", "--data", tr.dir, "--store", dsn).Output()
		must(t, err)
		var r rotation
		must(t, json.Unmarshal(out, &r))
		if r.Secrets != 14 || r.Dead != 0 || r.Before == r.Fingerprint {
			t.Errorf("%+v", r)
		}
		must(t, os.Remove(r.Old)) // nothing of it is needed
		tr.works(t)
	}
}

// works opens everything with the key that is there.
func (tr *treasure) works(t *testing.T) {
	t.Helper()
	later := func() time.Time { return time.Now().Add(2 * time.Hour) }
	st, key := tr.open(t)
	defer func() { must(t, st.Close()) }()
	o := tr.oauth(t, st, key, later)
	before := len(tr.secrets)
	got, err := o.Token(t.Context(), oauth.Need{Resource: "office", Owner: "user:1"})
	if err != nil || got.Text.Reveal() != "access-treasure" || len(tr.secrets) == before || tr.secrets[before] != "client-treasure" || tr.refresh[before] != "refresh-treasure" {
		t.Errorf("%v; the provider was sent %q and %q", err, tr.secrets[before:], tr.refresh[before:])
	}
	for _, name := range []string{"proven", "own"} {
		if held, err := o.GetApp(t.Context(), overlord, name, ""); err != nil || held.State != oauth.Valid {
			t.Errorf("%s: %+v %v", name, held, err)
		}
	}
	if keys, err := o.IssuerKeys(t.Context()); err != nil || len(keys) != 1 {
		t.Errorf("the issuer has %d keys: what it had could not be opened: %v", len(keys), err)
	}
	services, v := tr.services(st, key)
	if _, err := services.Test(t.Context(), overlord, "crm"); err != nil || len(v.opened) == 0 || v.opened[0].Password != "service-treasure" || v.opened[0].Keys["token"] != "token-treasure" {
		t.Errorf("%v", err)
	}
	for name, purpose := range map[string]string{signin.SettingName: signin.Purposes()[0], directory.SettingName: "directories/ldap:hq", connections.Setting: connections.Purposes()[0]} {
		kept, err := st.Setting(t.Context(), name)
		must(t, err)
		text := lockedLike.FindString(string(kept.Body))
		if secret, err := key.Unlock(purpose, text); err != nil || !strings.Contains(secret.Reveal(), "treasure") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A rotation that is cut short after its transaction is finished by the next
// start; one that is cut short before it begins again with the same new key.
func TestARotationThatWasCutShortIsFinished(t *testing.T) {
	dir := t.TempDir()
	runUntilReady(t, "", "--data", dir)
	file := filepath.Join(dir, "key")
	old, err := os.ReadFile(file)
	must(t, err)
	next := seal.NewKey()
	must(t, seal.WriteKey(file+".next", next.Text()))
	runUntilReady(t, "", "--data", dir) // it goes on with the old one
	out, err := command(t.Context(), "key", "rotate", "--json", "--data", dir).Output()
	must(t, err)
	if !strings.Contains(string(out), next.Fingerprint()) {
		t.Errorf("it took another key than the one it had made: %s", out)
	}
	must(t, os.Rename(file, file+".next")) // as it is before the last act
	must(t, os.WriteFile(file, old, 0o600))
	runUntilReady(t, "", "--data", dir)
	if is, err := seal.ReadKey(file, ""); err != nil || is != next {
		t.Errorf("the server did not take the new key: %v", err)
	}
}

func TestAKeyIsNotRotatedUnderAServerOrIntoNothing(t *testing.T) {
	dsn, dir := pgtest.Empty(t), t.TempDir()
	runUntilReady(t, dsn, "--data", dir)
	st, err := store.Open(t.Context(), dsn, store.Options{})
	must(t, err)
	now := time.Now()
	must(t, st.Join(t.Context(), store.Node{ID: "other", Name: "other", Started: now, Renewed: now, Until: now.Add(time.Minute)}))
	must(t, st.Close())
	rotate := func(env ...string) string {
		t.Helper()
		c := command(t.Context(), "key", "rotate", "--data", dir, "--store", dsn)
		c.Env = append(c.Env, env...)
		out, err := c.CombinedOutput()
		if err == nil {
			t.Errorf("it did: %s", out)
		}
		return string(out)
	}
	mentions(t, rotate(), "1 servers are at work on this data", "stop all of them first")
	mentions(t, rotate("SIGNOFF_KEY="+seal.NewKey().Text().Reveal()), "is not the one the data is sealed with")
	place, err := keyOf(dir)
	must(t, err)
	key, err := seal.ReadKey(place.file, "")
	must(t, err)
	mentions(t, rotate("SIGNOFF_KEY="+key.Text().Reveal()), "SIGNOFF_KEY_NEW", "signoff key new")
	mentions(t, rotate("SIGNOFF_KEY="+key.Text().Reveal(), "SIGNOFF_KEY_NEW="+key.Text().Reveal()), "already")
	if out, err := command(t.Context(), "key", "rotate", "--data", filepath.Join(dir, "none")).CombinedOutput(); err == nil {
		t.Errorf("%s", out)
	}
}

// Whoever locks something new has to say here what becomes of it: it is sealed
// anew by purposesOf, or not kept.
func TestEverySecretThatIsKeptIsKnownToTheRotation(t *testing.T) {
	known := map[string]string{
		"oauth": "purposesOf", "broker/catalogue": "purposesOf", "mailroom/connections": "purposesOf", "directory": "purposesOf", "identity/signin": "purposesOf; cookies are not kept",
	}
	locks := regexp.MustCompile(`\.Lock\([^)]`)
	must(t, filepath.WalkDir("../..", func(name string, d os.DirEntry, err error) error {
		pkg := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), "../../")
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || pkg == "seal" || strings.Contains(name, "node_modules") {
			return err
		}
		text, err := os.ReadFile(name)
		if locks.Match(text) && known[pkg] == "" {
			t.Errorf("%s locks something that `signoff key rotate` does not know of", name)
		}
		return err
	}))
}
