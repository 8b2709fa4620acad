package probe

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/doctor"
)

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"issuer":"x","jwks_uri":"y"}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","key_ops":["sign"]},{"kty":"EC","kid":"a"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if d := readDocument(body); d.Problem == "" && (d.Issuer == "" || d.KeysURL == "") {
			t.Errorf("%q: %+v", body, d)
		}
		if k := readKeys(body, false); k.Problem == "" && len(k.Usable)+len(k.Weak)+len(k.Foreign) > maxKeys {
			t.Errorf("%d keys", len(k.Usable))
		}
		isPage("", body)
	})
}

func TestAddressesThatAreNoneAreNotAsked(t *testing.T) {
	asked := 0
	h := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(h.Close)
	p := &Prober{Client: h.Client()}
	for _, address := range []string{h.URL, "ftp://x", "https://", "https://user:password@localhost/", "x", "https://" + strings.Repeat("a", 3000)} {
		got := p.Ask(t.Context(), doctor.Provider{Metadata: doctor.Fetch{URL: address}})
		if got.Metadata.Stopped != doctor.StageAddress || got.Metadata.Problem == "" {
			t.Errorf("%s: %+v", address, got.Metadata)
		}
	}
	if asked != 0 {
		t.Errorf("asked %d times", asked)
	}
	p.Loopback = true
	if got := p.Ask(t.Context(), doctor.Provider{Metadata: doctor.Fetch{URL: h.URL}}); asked != 1 || got.Metadata.Stopped != doctor.StageDone {
		t.Errorf("plain http on this machine where it is allowed: %+v", got.Metadata)
	}
}

func TestARedirectWithinTheHostIsFollowedAndNoFurther(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was asked") }))
	t.Cleanup(other.Close)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a":
			http.Redirect(w, r, "/b", http.StatusFound)
		case "/elsewhere":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		default:
			_, _ = w.Write([]byte(`{"issuer":"x","jwks_uri":""}`))
		}
	}))
	t.Cleanup(h.Close)
	p := &Prober{Client: h.Client(), Loopback: true}
	for path, want := range map[string]string{"/a": "", "/elsewhere": "redirect", "/round": "redirect"} {
		if got := p.Ask(t.Context(), doctor.Provider{Metadata: doctor.Fetch{URL: h.URL + path}}); got.Metadata.Cause != want {
			t.Errorf("%s: %+v", path, got.Metadata)
		}
	}
}

func TestAllAreAskedInTheirOrderAndGivenUpTogether(t *testing.T) {
	begun := make(chan struct{}, 10)
	h := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(h.Close)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	start := time.Now()
	got := (&Prober{Client: h.Client(), Loopback: true}).All(ctx, []doctor.Provider{
		{Name: "a", Metadata: doctor.Fetch{URL: h.URL}}, {Name: "b", Metadata: doctor.Fetch{URL: h.URL}}, {Name: "c", Metadata: doctor.Fetch{URL: "x"}}})
	if time.Since(start) > 5*time.Second || len(got) != 3 || got[0].Name != "a" || got[1].Name != "b" || got[2].Name != "c" || got[0].Metadata.Stopped == doctor.StageDone {
		t.Errorf("%+v", got)
	}
}
