package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func site() pages {
	return pages{fstest.MapFS{
		"index.html":       {Data: []byte("<title>signoff</title>")},
		"theme.js":         {Data: []byte("theme")},
		"assets/a-1.js":    {Data: []byte("plain")},
		"assets/a-1.js.gz": {Data: []byte("zipped")},
		"placeholder.html": {Data: []byte("build me")},
	}}
}

func get(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEveryPathThatIsNoFileOpensThePage(t *testing.T) {
	for _, path := range []string{"/", "/inbox/12_3", "/start/leave", "/../../etc/passwd", "/theme.js/x", "/assets", "/index.html.gz"} {
		r := get(t, site(), "GET", path)
		if r.StatusCode != 200 || !strings.Contains(body(t, r), "<title>signoff") {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
		if got := r.Header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
		if !strings.Contains(r.Header.Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("%s: no content security policy", path)
		}
	}
}

func TestAssetsAreKeptForeverAndSentZippedWhereTaken(t *testing.T) {
	for _, c := range []struct{ accept, want, encoding string }{
		{"", "plain", ""},
		{"br, gzip", "zipped", "gzip"},
		{"GZIP;q=0.5", "zipped", "gzip"},
		{"gzip;q=0", "plain", ""},
		{"gzip; q=0.000", "plain", ""},
		{"br", "plain", ""},
	} {
		r := get(t, site(), "GET", "/assets/a-1.js", "Accept-Encoding", c.accept)
		if got := body(t, r); got != c.want || r.Header.Get("Content-Encoding") != c.encoding {
			t.Errorf("accept %q: got %q, encoding %q", c.accept, got, r.Header.Get("Content-Encoding"))
		}
		if !strings.Contains(r.Header.Get("Cache-Control"), "immutable") || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("accept %q: headers %v", c.accept, r.Header)
		}
		if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/javascript") {
			t.Errorf("type %q", got)
		}
	}
}

func TestAMissingAssetIsNotAnsweredWithAPage(t *testing.T) {
	if r := get(t, site(), "GET", "/assets/old-9.js"); r.StatusCode != 404 {
		t.Errorf("status %d", r.StatusCode)
	}
}

func TestPagesAreOnlyRead(t *testing.T) {
	if r := get(t, site(), "POST", "/inbox"); r.StatusCode != 405 || r.Header.Get("Allow") == "" {
		t.Errorf("status %d", r.StatusCode)
	}
}

func TestWithoutABuildThePlaceholderSaysHowToBuild(t *testing.T) {
	r := get(t, pages{fstest.MapFS{"placeholder.html": {Data: []byte("build me")}}}, "GET", "/inbox")
	if r.StatusCode != 200 || body(t, r) != "build me" {
		t.Errorf("status %d", r.StatusCode)
	}
	if r := get(t, Handler(), "GET", "/"); r.StatusCode != 200 || !strings.Contains(body(t, r), "signoff") {
		t.Errorf("the embedded pages: status %d", r.StatusCode)
	}
}

func TestDevPassesPagesOnToVite(t *testing.T) {
	vite := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "vite "+r.URL.Path)
	}))
	defer vite.Close()
	h, err := Dev(vite.URL)
	if err != nil {
		t.Fatal(err)
	}
	if got := body(t, get(t, h, "GET", "/src/main.tsx")); got != "vite /src/main.tsx" {
		t.Errorf("got %q", got)
	}
	for _, bad := range []string{"", "localhost:5173", "ftp://x", "http://"} {
		if _, err := Dev(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
