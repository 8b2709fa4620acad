package trust

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
)

// inBubble runs a test in virtual time, with a Verifier that trusts contoso's
// version 2.0 tokens only, so that one fetch is two requests.
func inBubble(t *testing.T, do func(t *testing.T, v *Verifier, w *web)) {
	synctest.Test(t, func(t *testing.T) {
		w := providers()
		v := New(Config{Client: w.client()})
		defer v.Close()
		must(t, v.Replace(t.Context(), []Issuer{onlyV2()}))
		do(t, v, w)
	})
}

func onlyV2() Issuer {
	e := entraEntry()
	e.Versions = []string{V2}
	return e
}

// newKid is a token with a key nobody knows; its signature is never reached.
func newKid(n int) string {
	return v2(time.Now()).head(obj{"kid": fmt.Sprintf("unknown-%d", n)}).by(nil).String()
}

func TestAFloodOfUnknownKeysFetchesOnceInFiveMinutes(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, w *web) {
		if code := codeFor(t, v, v2(time.Now()).String()); code != "" {
			t.Fatal(code)
		}
		for minute := range 60 {
			for n := range 40 {
				if code := codeFor(t, v, newKid(minute*100+n)); code != "token-key" {
					t.Fatal(code)
				}
			}
			time.Sleep(time.Minute)
		}
		if n := w.count(); n > 2*13 || n < 2*10 {
			t.Errorf("%d requests in an hour", n)
		}
	})
}

func TestAKeyThatAFetchDidNotFindIsNotLookedForAgainSoon(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, w *web) {
		token := newKid(1)
		for range 14 {
			codeFor(t, v, token)
			time.Sleep(time.Minute)
		}
		if n := w.count(); n != 2 {
			t.Errorf("%d requests in 14 minutes for one unknown key", n)
		}
		time.Sleep(2 * time.Minute)
		codeFor(t, v, token)
		if n := w.count(); n != 4 {
			t.Errorf("%d requests after a quarter of an hour", n)
		}
	})
}

func TestWrongSignaturesAndStrangersFetchNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, w *web) {
		if w.count() != 0 {
			t.Fatal("a new entry fetched at once, without Run")
		}
		stranger := oidcToken(time.Now()).String()
		for range 50 {
			codeFor(t, v, stranger)
			v.Explain(t.Context(), stranger)
			time.Sleep(10 * time.Minute)
		}
		if n := w.count(); n != 0 {
			t.Fatalf("%d requests for a stranger", n)
		}
		for range 50 {
			if code := codeFor(t, v, v2(time.Now()).by(rsaB).String()); code != "token-signature" {
				t.Fatal(code)
			}
			time.Sleep(10 * time.Minute)
		}
		if n := w.count(); n != 2 {
			t.Errorf("%d requests for wrong signatures", n)
		}
	})
}

func TestCallersWaitForOneFetchTogether(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, w *web) {
		w.before = func(*http.Request) error { time.Sleep(2 * time.Second); return nil }
		token := v2(time.Now()).String()
		var wg sync.WaitGroup
		codes := make([]string, maxWaiting+50)
		for i := range codes {
			wg.Go(func() { codes[i] = codeFor(t, v, token) })
		}
		wg.Wait()
		count := map[string]int{}
		for _, c := range codes {
			count[c]++
		}
		if count[""] != maxWaiting || count["token-keys-unavailable"] != 50 || w.count() != 2 {
			t.Errorf("%v, %d requests", count, w.count())
		}
	})
}

func TestACallerWhoLeavesDoesNotEndTheFetch(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, w *web) {
		w.before = func(*http.Request) error { time.Sleep(time.Second); return nil }
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := v.Verify(ctx, v2(time.Now()).String()); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if code := codeFor(t, v, v2(time.Now()).String()); code != "" || w.count() != 2 {
			t.Error(code, w.count())
		}
	})
}

type slowBody struct{ ctx context.Context }

func (b slowBody) Read(p []byte) (int, error) {
	select {
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	}
}
func (slowBody) Close() error { return nil }

// endless is a body of a gigabyte of spaces; it tells how much was taken.
type endless struct{ taken *int64 }

func (e endless) Read(p []byte) (int, error) {
	if *e.taken > 1<<30 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = ' '
	}
	*e.taken += int64(len(p))
	return len(p), nil
}
func (endless) Close() error { return nil }

// A misbehaviour is what a provider does, at its metadata or its keys.
var misbehaviours = map[string]struct {
	page func(r *http.Request) *http.Response
	want string // in the problem that administrators see
}{
	"down":        {answer(503, "down"), "503"},
	"not found":   {answer(404, "no"), "404"},
	"empty":       {answer(200, ""), "ends in the middle"},
	"html":        {answer(200, "<!DOCTYPE html><html><body>Sign in"), "web page"},
	"garbage":     {answer(200, "\x00\xff\xfe garbage"), "UTF-8"},
	"a list":      {answer(200, "[]"), "begins with {"},
	"twice a key": {answer(200, `{"keys":[],"keys":[]}`), "twice"},
	"deep":        {answer(200, `{"keys":`+strings.Repeat("[", 1000)), "deeper"},
	"no keys":     {answer(200, `{"keys":[]}`), "no"},
	"too many":    {answer(200, `{"keys":[`+strings.Repeat("1,", 300)+`1]}`), ""},
	"no content":  {answer(204, ""), "204"},
	"to another host": {func(*http.Request) *http.Response {
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"https://evil.test/keys"}}, Body: http.NoBody}
	}, "another place"},
	"to http": {func(r *http.Request) *http.Response {
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"http://" + r.URL.Host + r.URL.Path}}, Body: http.NoBody}
	}, "another place"},
	"in circles": {func(r *http.Request) *http.Response {
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {r.URL.String()}}, Body: http.NoBody}
	}, "more than 3 times"},
	"only in drops": {func(r *http.Request) *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: slowBody{r.Context()}}
	}, "did not answer within 10s"},
	"a panic page": {answer(500, strings.Repeat("x", 5000)), "500"},
}

func TestNoProviderMakesUsHangOrForgetOrHammer(t *testing.T) {
	for name, m := range misbehaviours {
		for _, address := range []string{metaV2, keysV2} {
			t.Run(name+" at "+address[len(address)-12:], func(t *testing.T) {
				inBubble(t, func(t *testing.T, v *Verifier, w *web) { misbehave(t, v, w, address, m.page, m.want) })
			})
		}
	}
	for _, address := range []string{metaV2, keysV2} {
		t.Run("silent at "+address[len(address)-12:], func(t *testing.T) {
			inBubble(t, func(t *testing.T, v *Verifier, w *web) {
				misbehave(t, v, w, address, func(r *http.Request) *http.Response {
					return &http.Response{StatusCode: 200, Header: http.Header{}, Body: slowBody{r.Context()}}
				}, "did not answer")
			})
		})
	}
}

// misbehave lets a provider be good first, then bad for a day, then good again
// with other keys.
func misbehave(t *testing.T, v *Verifier, w *web, address string, page func(*http.Request) *http.Response, want string) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go v.Run(ctx)
	synctest.Wait()
	w.mu.Lock()
	good := w.pages[address]
	w.mu.Unlock()
	w.set(address, page)
	before := w.count()
	for hour := range 24 {
		began := time.Now()
		if code := codeFor(t, v, v2(time.Now()).String()); code != "" {
			t.Fatalf("a good token is refused in hour %d: %s", hour, code)
		}
		if code := codeFor(t, v, newKid(hour)); code != "token-key" {
			t.Fatal(code)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("a caller waited %s", took)
		}
		time.Sleep(time.Hour)
	}
	if st := v.Keys()[0]; !strings.Contains(st.Problem, want) || st.Problem == "" || st.Age(time.Now()) < 23*time.Hour || len(st.Keys) != 3 {
		t.Errorf("%q, age %s, %d keys", st.Problem, st.Age(time.Now()), len(st.Keys))
	}
	if n := w.count() - before; n > 24*2*2*5 {
		t.Errorf("%d requests in a bad day", n)
	}
	w.set(address, good)
	w.set(keysV2, answer(200, jwks(jwkOf("new", rsaB))))
	time.Sleep(90 * time.Minute)
	if code := codeFor(t, v, v2(time.Now()).head(obj{"kid": "new"}).by(rsaB).String()); code != "" {
		t.Error("the provider is well again, and its new key is not known: " + code)
	}
	if code := codeFor(t, v, v2(time.Now()).String()); code != "token-key" {
		t.Error("a key that was taken back is still believed: " + code)
	}
}

func TestAGigabyteIsNotRead(t *testing.T) {
	for _, address := range []string{metaV2, keysV2} {
		inBubble(t, func(t *testing.T, v *Verifier, w *web) {
			var taken int64
			w.set(address, func(*http.Request) *http.Response {
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: endless{&taken}}
			})
			if code := codeFor(t, v, v2(time.Now()).String()); code != "token-keys-unavailable" {
				t.Error(code)
			}
			if taken > 3<<20 {
				t.Errorf("%d bytes were read", taken)
			}
			if st := v.Keys()[0]; !strings.Contains(st.Problem, "more than") {
				t.Error(st.Problem)
			}
		})
	}
}

func TestWithoutAnyKeyTheProviderIsAskedEverMoreSeldom(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, w *web) {
		w.set(metaV2, answer(500, ""))
		for range 3600 {
			if code := codeFor(t, v, newKid(0)); code != "token-keys-unavailable" {
				t.Fatal(code)
			}
			time.Sleep(time.Second)
		}
		if n := w.count(); n < 10 || n > 20 {
			t.Errorf("%d requests in an hour", n)
		}
		_, err := v.Verify(t.Context(), v2(time.Now()).String())
		if r, _ := errors.AsType[*Refusal](err); r == nil || r.Status != 503 || signoff.KindOf(err) != signoff.Unavailable || r.Challenge("x", "") != "" {
			t.Errorf("%+v", err)
		}
	})
}

func TestMetadataOfAnotherIssuerBringsNoKeys(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"another":       {metadata("https://login.microsoftonline.com/"+tenantB+"/v2.0", keysV2), tenantB},
		"with a slash":  {metadata("https://login.microsoftonline.com/"+tenantA+"/v2.0/", keysV2), "slash at its end"},
		"the template":  {metadata("https://login.microsoftonline.com/{tenantid}/v2.0", keysV2), "{tenantid}"},
		"none":          {mustJSON(obj{"jwks_uri": keysV2}), `no "issuer"`},
		"no keys":       {mustJSON(obj{"issuer": "https://login.microsoftonline.com/" + tenantA + "/v2.0"}), "jwks_uri"},
		"keys by http":  {metadata("https://login.microsoftonline.com/"+tenantA+"/v2.0", "http://login.microsoftonline.com/keys"), "not https"},
		"keys in files": {metadata("https://login.microsoftonline.com/"+tenantA+"/v2.0", "file:///etc/passwd"), "no address"},
		"local keys":    {metadata("https://login.microsoftonline.com/"+tenantA+"/v2.0", "http://127.0.0.1/keys"), "not https"},
	} {
		w := providers()
		w.set(metaV2, answer(200, c.body))
		v, _ := verifier(t, w, onlyV2())
		if code := codeFor(t, v, v2(start).String()); code != "token-keys-unavailable" {
			t.Errorf("%s: %s", name, code)
		}
		if st := v.Keys()[0]; !strings.Contains(st.Problem, c.want) {
			t.Errorf("%s: %q", name, st.Problem)
		}
		if w.asked[keysV2] != 0 {
			t.Errorf("%s: the keys were asked for", name)
		}
	}
}

func TestPlainHTTPIsForThisMachineAndOnlyIfAllowed(t *testing.T) {
	e := Issuer{Name: "local", Profile: OIDC, URL: "http://localhost:9000", Audiences: []string{apiURI}}
	if !strings.Contains(fmt.Sprint(e.Check()), "not https") {
		t.Error("plain http is not refused")
	}
	w := newWeb()
	w.set("http://localhost:9000/.well-known/openid-configuration", answer(200, metadata(e.URL, "http://localhost:9000/keys")))
	w.set("http://localhost:9000/keys", answer(200, jwks(jwkOf("f1", rsaB))))
	c := &clock{t: start}
	v := New(Config{Client: w.client(), Now: c.now, Loopback: true})
	defer v.Close()
	must(t, v.Replace(t.Context(), []Issuer{e}))
	if code := codeFor(t, v, oidcToken(start).but(obj{"iss": e.URL}).String()); code != "" {
		t.Error(code)
	}
	for _, bad := range []string{"http://login.example.com", "http://10.0.0.1", "http://localhost.evil.test", "http://169.254.169.254/latest"} {
		e.URL = bad
		if err := v.Replace(t.Context(), []Issuer{e}); signoff.CodeOf(err) != "bad-issuer" {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestRunRefreshesHourlyAndAPulledKeyGoes(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, w *web) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- v.Run(ctx) }()
		synctest.Wait()
		if n := w.count(); n != 2 {
			t.Fatalf("%d requests at the start", n)
		}
		time.Sleep(24*time.Hour + time.Minute)
		if n := w.count(); n < 2*22 || n > 2*28 {
			t.Errorf("%d requests in a day", n)
		}
		token := v2(time.Now()).String()
		if code := codeFor(t, v, token); code != "" {
			t.Fatal(code)
		}
		w.set(keysV2, answer(200, jwks(jwkOf("b1", rsaB))))
		must(t, v.Refresh(t.Context(), "contoso"))
		if code := codeFor(t, v, token); code != "token-key" {
			t.Errorf("a token verified before is still believed after its key was pulled: %q", code)
		}
		w.set(keysV2, answer(200, jwks(jwkOf("a1", rsaB))))
		must(t, v.Refresh(t.Context(), "contoso"))
		if code := codeFor(t, v, token); code != "token-signature" {
			t.Errorf("another key of the same name: %q", code)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestKeysRotatedBetweenTwoReadsAreTakenAsTheyCome(t *testing.T) {
	inBubble(t, func(t *testing.T, v *Verifier, w *web) {
		n := 0
		w.set(keysV2, func(r *http.Request) *http.Response { // other keys at each read
			n++
			if n%2 == 1 {
				return answer(200, jwks(jwkOf("a1", rsaA)))(r)
			}
			return answer(200, jwks(jwkOf("a1", rsaA), jwkOf("b1", rsaB)))(r)
		})
		if code := codeFor(t, v, v2(time.Now()).String()); code != "" {
			t.Fatal(code)
		}
		rotated := func() string { return v2(time.Now()).head(obj{"kid": "b1"}).by(rsaB).String() }
		if code := codeFor(t, v, rotated()); code != "token-key" { // the pause since the first read
			t.Error(code)
		}
		time.Sleep(unknownEvery)
		if code := codeFor(t, v, rotated()); code != "" {
			t.Error(code)
		}
	})
}

type memory struct {
	mu   sync.Mutex
	kept map[string][]byte
	err  error
}

func (m *memory) LoadKeys(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[name], m.err
}

func (m *memory) SaveKeys(_ context.Context, name string, keys []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.kept[name] = keys
	}
	return m.err
}

func TestARestartDuringAnOutageStillKnowsTheKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{kept: map[string][]byte{}}, providers()
		before := New(Config{Client: w.client(), Keeper: m})
		must(t, before.Replace(t.Context(), []Issuer{onlyV2()}))
		if code := codeFor(t, before, v2(time.Now()).String()); code != "" {
			t.Fatal(code)
		}
		must(t, before.Close())
		if len(m.kept) != 1 {
			t.Fatalf("%d kept", len(m.kept))
		}
		time.Sleep(10 * time.Hour)
		w.set(metaV2, answer(503, ""))
		after := New(Config{Client: w.client(), Keeper: m})
		defer after.Close()
		must(t, after.Replace(t.Context(), []Issuer{onlyV2()}))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go after.Run(ctx)
		synctest.Wait()
		if code := codeFor(t, after, v2(time.Now()).String()); code != "" {
			t.Error(code)
		}
		if st := after.Keys()[0]; !st.Kept || st.Age(time.Now()) < 10*time.Hour || !strings.Contains(st.Problem, "503") {
			t.Errorf("%+v", st)
		}
	})
}

func TestWhatWasKeptIsReadAsStrictlyAsWhatIsFetched(t *testing.T) {
	w := providers()
	w.set(metaV2, answer(503, ""))
	private := jwkOf("a1", rsaA)
	private["d"] = "x"
	for name, m := range map[string]*memory{
		"garbage":        {kept: map[string][]byte{"": []byte("garbage")}},
		"other issuer":   {kept: map[string][]byte{"": []byte(mustJSON(keptKeys{Issuer: "x", Keys: []byte(jwks(jwkOf("a1", rsaA)))}))}},
		"private":        {kept: map[string][]byte{"": []byte(mustJSON(keptKeys{Issuer: issOf(onlyV2()), Keys: []byte(jwks(private))}))}},
		"keeper is down": {err: errors.New("disk")},
	} {
		v := New(Config{Client: w.client(), Keeper: anyName{m}, Now: (&clock{t: start}).now})
		must(t, v.Replace(t.Context(), []Issuer{onlyV2()}))
		if code := codeFor(t, v, v2(start).String()); code != "token-keys-unavailable" {
			t.Errorf("%s: %q", name, code)
		}
		must(t, v.Close())
	}
}

type anyName struct{ *memory }

func (a anyName) LoadKeys(ctx context.Context, _ string) ([]byte, error) {
	return a.memory.LoadKeys(ctx, "")
}

func TestAServerThatCannotKeepKeysStillVerifies(t *testing.T) {
	v := New(Config{Client: providers().client(), Keeper: &memory{err: errors.New("disk full")}, Now: (&clock{t: start}).now})
	defer v.Close()
	must(t, v.Replace(t.Context(), []Issuer{onlyV2()}))
	if code := codeFor(t, v, v2(start).String()); code != "" {
		t.Error(code)
	}
}

func TestRefreshIsForAnEntryThatIsThereAndTellsWhatFailed(t *testing.T) {
	w := providers()
	v, _ := verifier(t, w, onlyV2())
	if err := v.Refresh(t.Context(), "nobody"); signoff.CodeOf(err) != "issuer-not-found" {
		t.Error(err)
	}
	w.set(keysV2, answer(200, "<html>"))
	if err := v.Refresh(t.Context(), "contoso"); signoff.CodeOf(err) != "keys-not-fetched" || !strings.Contains(err.Error(), "web page") {
		t.Error(err)
	}
}

func TestAClosedVerifierKeepsNobodyWaiting(t *testing.T) {
	v := New(Config{Client: providers().client(), Now: (&clock{t: start}).now})
	must(t, v.Replace(t.Context(), []Issuer{onlyV2()}))
	must(t, v.Close())
	if code := codeFor(t, v, v2(start).String()); code != "token-keys-unavailable" {
		t.Error(code)
	}
	none := New(Config{Now: (&clock{t: start}).now})
	defer none.Close()
	must(t, none.Replace(t.Context(), []Issuer{onlyV2()}))
	if code := codeFor(t, none, v2(start).String()); code != "token-keys-unavailable" {
		t.Error(code)
	}
}

func issOf(is Issuer) string { return is.issTexts()[0] }
