package oauth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/store"
)

var janes = oauth.Need{Resource: "office", Owner: "user:2"}

func TestWhoHasNotConnectedIsWantedToAndWhatWaitsIsWoken(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	_, err := k.Token(t.Context(), janes)
	m := missingOf(t, err)
	if key, who, why := m.ParksFor(); key != "office|user:2|" || who != "user:2" || why != "{user:2} has to connect their account to Office" {
		t.Errorf("%q %q %q", key, who, why)
	}
	if signoff.KindOf(err) != signoff.Unavailable || codeOf(err) != "not-connected" {
		t.Errorf("%v", err)
	}
	_, wants, err := k.Mine(t.Context(), jane)
	must(t, err)
	if len(wants) != 1 || wants[0].Name != janes.Name() || wants[0].Title != "Office" {
		t.Fatalf("%+v", wants)
	}
	if _, wants, _ := k.Mine(t.Context(), ana); len(wants) != 0 {
		t.Errorf("Ana is wanted, too: %+v", wants)
	}
	k.run()
	k.clock.add(2 * time.Minute)
	eventually(t, "Jane is told", func() bool { return len(k.post.all()) == 1 })
	if n := k.post.all()[0]; n.To != "user:2" || n.Path != "/connect/"+janes.Name() {
		t.Errorf("%+v", n)
	}
	k.connect(jane, oauth.Ask{Resource: "office"})
	if w := k.wakes(); len(w) != 1 || w[0] != janes.Key() {
		t.Errorf("woken: %v", w)
	}
	got, err := k.Token(t.Context(), janes)
	must(t, err)
	if !strings.HasPrefix(got.Text.Reveal(), "a0-") {
		t.Errorf("%s", got.Text.Reveal())
	}
	held, wants, err := k.Mine(t.Context(), jane)
	must(t, err)
	if len(held) != 1 || held[0].State != oauth.Valid || len(wants) != 0 {
		t.Errorf("%+v %+v", held, wants)
	}
}

func TestATokenIsRenewedBeforeItEndsAndByOneOfManyNodes(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	nodes := []*kit{k}
	for range 7 {
		nodes = append(nodes, kitOver(t, k.store, k.clock, k.key, nil))
	}
	k.clock.add(61 * time.Minute) // it has ended: all have to wait for the new one
	var wg sync.WaitGroup
	texts := make([]string, 8*4)
	for i := range texts {
		wg.Go(func() {
			got, err := nodes[i%8].Token(t.Context(), janes)
			if err != nil {
				t.Error(err)
			}
			texts[i] = got.Text.Reveal()
		})
	}
	wg.Wait()
	for _, text := range texts {
		if !strings.HasPrefix(text, "a1-") || text != texts[0] {
			t.Fatalf("%q and %q", text, texts[0])
		}
	}
	if n := p.count(); n != 2 {
		t.Errorf("the provider was asked %d times", n)
	}
	// While it is good, nobody waits; its end is near: it is renewed beside that.
	k.clock.add(55 * time.Minute)
	got, err := nodes[3].Token(t.Context(), janes)
	must(t, err)
	if got.Text.Reveal() != texts[0] {
		t.Error("somebody waited for a token that was good")
	}
	eventually(t, "it is renewed", func() bool { return p.count() == 3 })
}

func TestALostAnswerIsAskedForAgainWithTheOldToken(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	p.grace = time.Minute
	k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	lost := 0
	p.after = func(*grant) bool { lost++; return lost == 1 }
	k.clock.add(2 * time.Hour)
	got, err := k.Token(t.Context(), janes)
	must(t, err)
	if !strings.HasPrefix(got.Text.Reveal(), "a2-") || p.repeated != 1 {
		t.Errorf("%s after %d repetitions", got.Text.Reveal(), p.repeated)
	}
}

func TestAGrantThatIsGoneIsSaidAndAnnouncedNotPassedOver(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now) // no grace: a lost answer is the end
	k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	p.after = func(*grant) bool { return true }
	k.clock.add(2 * time.Hour)
	_, err := k.Token(t.Context(), janes)
	m := missingOf(t, err)
	if m.Ours || !strings.Contains(m.Reason, "does not take the sign-in any more") {
		t.Errorf("%+v", m)
	}
	before := p.count()
	if _, err := k.Token(t.Context(), janes); codeOf(err) != "not-connected" || p.count() != before {
		t.Errorf("the provider was asked again: %v", err)
	}
	held, wants, err := k.Mine(t.Context(), jane)
	must(t, err)
	if held[0].State != oauth.NeedsSignIn || held[0].Problem.Said != "it was used before: somebody stole it" || len(wants) != 1 {
		t.Errorf("%+v %+v", held, wants)
	}
	p.after = nil
	k.connect(jane, oauth.Ask{Resource: "office"})
	if _, err := k.Token(t.Context(), janes); err != nil {
		t.Error(err)
	}
}

func TestAProviderThatIsAwayIsAskedLessAndLess(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	p.answer = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true }
	k.clock.add(2 * time.Hour)
	for range 5 {
		if _, err := k.Token(t.Context(), janes); codeOf(err) != "oauth-unavailable" {
			t.Fatal(err)
		}
	}
	if n := p.count(); n != 2 {
		t.Errorf("asked %d times at once", n)
	}
	k.clock.add(6 * time.Second)
	_, _ = k.Token(t.Context(), janes)
	k.clock.add(6 * time.Second) // the second pause is longer
	_, _ = k.Token(t.Context(), janes)
	if n := p.count(); n != 3 {
		t.Errorf("asked %d times", n)
	}
	p.with(func() { p.answer = nil })
	k.clock.add(time.Minute)
	_, err := k.Token(t.Context(), janes)
	must(t, err)
	if w := k.wakes(); len(w) != 2 {
		t.Errorf("nobody was told that it works again: %v", w)
	}
}

func TestAnExpiredSecretIsTheAdministratorsAndParksForThem(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	kept := k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	p.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		answer(w, 401, map[string]any{"error": "invalid_client", "error_description": "AADSTS7000222: The provided client secret keys are expired. Trace ID: x"})
		return true
	}
	k.clock.add(2 * time.Hour)
	_, err := k.Token(t.Context(), janes)
	m := missingOf(t, err)
	if _, who, _ := m.ParksFor(); !m.Ours || who != "" {
		t.Errorf("%+v", m)
	}
	wants, err := k.Wants(t.Context(), root)
	must(t, err)
	if len(wants) != 1 || !wants[0].Need.App {
		t.Errorf("%+v", wants)
	}
	p.with(func() { p.answer = nil })
	r := kept.Resource
	r.Secret = "another"
	k.run()
	_, err = k.Save(t.Context(), root, r, kept.Rev)
	must(t, err)
	eventually(t, "what waited is woken", func() bool { return len(k.wakes()) == 2 })
	if wants, _ := k.Wants(t.Context(), root); len(wants) != 0 {
		t.Errorf("still wanted: %+v", wants)
	}
}

func TestTheApplicationsOwnTokenComesByItselfAndIsShared(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	n := oauth.Need{Resource: "office", App: true, Owner: "user:9", Audience: "https://mail.example.com"}
	got, err := k.Token(t.Context(), n)
	must(t, err)
	other := kitOver(t, k.store, k.clock, k.key, nil)
	same, err := other.Token(t.Context(), n)
	must(t, err)
	if got.Text != same.Text || p.count() != 1 {
		t.Errorf("asked %d times", p.count())
	}
	if form := p.forms[0]; form["resource"] != "https://mail.example.com" || form["client_secret"] != hush || form["scope"] != "openid mail" {
		t.Errorf("%v", form)
	}
	k.clock.add(2 * time.Hour)
	if next, err := k.Token(t.Context(), n); err != nil || next.Text == got.Text {
		t.Errorf("%v", err)
	}
}

func TestADeletedTokenIsGoneOnEveryNode(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	other := kitOver(t, k.store, k.clock, k.key, nil)
	_, err := other.Token(t.Context(), janes)
	must(t, err)
	held, _, err := k.Mine(t.Context(), jane)
	must(t, err)
	if err := k.DeleteMine(t.Context(), ana, held[0].ID); codeOf(err) != "oauth-token-not-found" {
		t.Errorf("Ana deletes Jane's: %v", err)
	}
	if err := k.Delete(t.Context(), ana, held[0].ID); codeOf(err) != "not-allowed" {
		t.Errorf("Ana deletes Jane's: %v", err)
	}
	must(t, k.DeleteMine(t.Context(), jane, held[0].ID))
	other.Heard(store.Hint{Topic: store.TopicOAuth, Payload: janes.Key()})
	for _, node := range []*kit{k, other} {
		if _, err := node.Token(t.Context(), janes); codeOf(err) != "not-connected" {
			t.Errorf("%v", err)
		}
	}
}

// api is a system that tokens are for.
func api(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, token string)) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(w, r, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}))
	t.Cleanup(s.Close)
	return s
}

func TestARequestIsMadeOnceMoreWithANewTokenWhenTheOldOneIsRefused(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	var seen []string
	s := api(t, func(w http.ResponseWriter, r *http.Request, token string) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, token[:3]+string(body))
		if len(seen) == 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="", error="invalid_token"`)
			w.WriteHeader(401)
		}
	})
	for name, body := range map[string]io.Reader{"one that can be read again": strings.NewReader("hello"), "one whose length is not known": io.NopCloser(strings.NewReader("hello"))} {
		seen = nil
		resp, err := k.Client(janes).Post(s.URL, "text/plain", body)
		must(t, err)
		_ = resp.Body.Close()
		if resp.StatusCode != 200 || len(seen) != 2 || seen[0][3:] != "hello" || seen[1][3:] != "hello" || seen[0][:3] == seen[1][:3] {
			t.Errorf("%s: %d %v", name, resp.StatusCode, seen)
		}
	}
	// One that is too long to be kept goes out whole, and once.
	seen = nil
	long := strings.Repeat("x", 9<<20)
	resp, err := k.Client(janes).Post(s.URL, "text/plain", io.NopCloser(strings.NewReader(long)))
	must(t, err)
	_ = resp.Body.Close()
	if resp.StatusCode != 401 || len(seen) != 1 || len(seen[0]) != 3+len(long) {
		t.Errorf("%d, sent %d times", resp.StatusCode, len(seen))
	}
}

func TestATokenIsNotTakenToAnotherHost(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	visited := false
	evil := api(t, func(w http.ResponseWriter, _ *http.Request, token string) { visited = true })
	s := api(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		http.Redirect(w, r, evil.URL, http.StatusFound)
	})
	_, err := k.Client(janes).Get(s.URL)
	if codeOf(err) != "oauth-sent-elsewhere" || visited {
		t.Errorf("%v, visited %v", err, visited)
	}
}

func TestNoSecretIsInLogsErrorsOrTheRecord(t *testing.T) {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	k.office(p)
	k.connect(jane, oauth.Ask{Resource: "office"})
	got, err := k.Token(t.Context(), janes)
	must(t, err)
	p.after = func(*grant) bool { return true }
	k.clock.add(2 * time.Hour)
	_, failed := k.Token(t.Context(), janes)
	changes, err := k.store.Changes(t.Context(), store.ChangeFilter{}, 0, 100)
	must(t, err)
	kept, err := k.Resources(t.Context(), root)
	must(t, err)
	dump, err := k.store.DumpText(t.Context())
	must(t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	secrets := []string{hush, got.Text.Reveal()}
	for text := range p.byRefresh {
		secrets = append(secrets, text)
	}
	for _, secret := range secrets {
		for where, text := range map[string]string{"log": k.log.String(), "error": failed.Error(), "record": spell(changes), "page": spell(kept), "database": dump} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in the %s", secret[:4], where)
			}
		}
	}
	if len(changes) < 2 || len(secrets) < 4 {
		t.Errorf("%d changes, %d secrets", len(changes), len(secrets))
	}
}

func TestWhatIsOnlyTriedAsksNobodyToConnect(t *testing.T) {
	k := newKit(t, nil)
	k.office(newStrict(t, k.clock.now))
	_, err := k.Token(oauth.Quietly(t.Context()), janes)
	missingOf(t, err)
	if _, wants, err := k.Mine(t.Context(), jane); err != nil || len(wants) != 0 {
		t.Errorf("wanted for a test: %+v %v", wants, err)
	}
	_, err = k.Token(t.Context(), janes) // work that waits asks all the same
	missingOf(t, err)
	if _, wants, err := k.Mine(t.Context(), jane); err != nil || len(wants) != 1 {
		t.Errorf("%+v %v", wants, err)
	}
}
