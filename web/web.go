// Package web holds the pages: a TypeScript client of the API, built by Vite
// into dist and embedded here. It knows nothing of the rest of the program.
//
// The build is not committed. A binary built without it serves
// dist/placeholder.html, which says how to build the pages.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// policy keeps pages to their own origin. Styles may be inline because React
// Aria places its overlays that way; scripts may not.
const policy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
	"object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// Handler serves the pages: built files as they are, under assets/ to be kept
// forever because their names change with their content, and index.html for
// every other path, so that a link into the middle of the program opens there.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the embedded folder is named in this file
	}
	return pages{files}
}

// Dev returns a handler that passes pages on to a running Vite server, whose
// base address is target. Cookies and origins stay those of the real server.
func Dev(target string) (http.Handler, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("the address of the Vite server looks like http://localhost:5173, not %q", target)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}
	return proxy, nil
}

type pages struct{ files fs.FS }

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "pages are only read", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if strings.HasPrefix(name, "assets/") && !p.has(name) {
		// A page of an older build asks for a file that is gone: html would not help it.
		http.NotFound(w, r)
		return
	}
	if name == "" || strings.HasSuffix(name, ".gz") || !p.has(name) {
		name = p.index()
	}
	p.serve(w, r, name)
}

func (p pages) index() string {
	if p.has("index.html") {
		return "index.html"
	}
	return "placeholder.html"
}

func (p pages) has(name string) bool {
	info, err := fs.Stat(p.files, name)
	return err == nil && !info.IsDir()
}

func (p pages) serve(w http.ResponseWriter, r *http.Request, name string) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if kind := contentType(name); kind != "" {
		h.Set("Content-Type", kind)
	}
	read := name
	if p.has(name + ".gz") {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			read = name + ".gz"
		}
	}
	body, err := fs.ReadFile(p.files, read)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
}

// contentType names what a browser must be told whatever the machine's own
// tables say.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// takesGzip reads Accept-Encoding as far as it matters here: gzip named, and
// not with weight zero (RFC 9110 section 12.5.3).
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		weight := strings.TrimLeft(strings.TrimSpace(strings.ReplaceAll(params, " ", "")), "q=")
		return strings.Trim(weight, "0.") != "" || weight == ""
	}
	return false
}
