package sandbox

import (
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// guard stands before an API that asks for no password. It answers only
// requests that name this machine as their host, which defeats a foreign site
// that points its own name here (DNS rebinding), and lets only our own pages
// and programs change anything.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackHost(r.Host) {
			refuse(w, http.StatusForbidden, "the sandbox answers on this machine only: use localhost or 127.0.0.1")
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if !sameOrigin(r) {
				refuse(w, http.StatusForbidden, "this request comes from a page of another site")
				return
			}
			if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.ContentLength != 0 && (err != nil || kind != "application/json") {
				refuse(w, http.StatusUnsupportedMediaType, "send the request body as application/json")
				return
			}
		}
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// sameOrigin believes what browsers add and scripts cannot change. A program
// that is no browser sends neither field.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write([]byte(`{"title":"` + http.StatusText(status) + `","detail":"` + detail + `"}`))
}
