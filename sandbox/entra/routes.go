package entra

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern, endpoint string, h http.HandlerFunc) {
		if endpoint != "" {
			h = s.unreliable(endpoint, h)
		}
		mux.HandleFunc(pattern, h)
	}
	both := func(pattern, endpoint string, h func(version int) http.HandlerFunc) {
		on(strings.Replace(pattern, "VERSION/", "", 1), endpoint, h(1))
		on(strings.Replace(pattern, "VERSION/", "v2.0/", 1), endpoint, h(2))
	}
	both("/{tenant}/oauth2/VERSION/authorize", "authorize", s.authorize)
	both("/{tenant}/oauth2/VERSION/token", "token", s.token)
	both("/{tenant}/oauth2/VERSION/devicecode", "device", s.deviceCode)
	both("/{tenant}/oauth2/VERSION/logout", "logout", s.logout)
	both("GET /{tenant}/VERSION/.well-known/openid-configuration", "metadata", s.metadata)
	both("GET /{tenant}/discovery/VERSION/keys", "keys", s.keySet)
	both("/{tenant}/VERSION/adminconsent", "authorize", s.adminConsent)
	on("GET /{tenant}/FederationMetadata/2007-06/FederationMetadata.xml", "federation", s.federation)
	on("GET /{tenant}/discovery/instance", "instance", s.instance)
	on("/oidc/userinfo", "userinfo", s.userinfo)
	on("/{tenant}/openid/userinfo", "userinfo", s.userinfo)

	on("GET /devicelogin", "", s.devicePage)
	on("POST /devicelogin", "", s.devicePost)
	on("GET /login", "", s.flowPage)
	on("POST /login", "", s.flowPost)
	on("GET /error", "", s.errorPage)
	on("GET /{$}", "", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/sandbox/entra/", http.StatusFound) })

	graph, control := s.unreliable("graph", s.graph().ServeHTTP), s.control()
	return s.here(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := s.besides(r); h != nil {
			h.ServeHTTP(w, r)
			return
		}
		switch first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); first {
		case "v1.0":
			graph(w, r)
		case "beta": // its shapes are not those of v1.0
			refuseGraph(http.StatusBadRequest, "BadRequest", "Invalid version: beta").write(s, w)
		case "sandbox":
			control.ServeHTTP(w, r)
		default: // a tenant, or a page
			mux.ServeHTTP(w, r)
		}
	}))
}

// besides is the service beside the tenant that a request is for, or nil.
func (s *Server) besides(r *http.Request) http.Handler {
	for prefix, h := range s.beside {
		if strings.HasPrefix(strings.ToLower(r.URL.Path), prefix) {
			return h
		}
	}
	return nil
}

// firm tells whether a host is of the sandbox's mail domain, which nobody but
// this machine can lead anywhere: "autodiscover.contoso.test".
func firm(host string) bool {
	host = strings.ToLower(host)
	return host == sandbox.Domain || strings.HasSuffix(host, "."+sandbox.Domain)
}

// here lets through only requests that name this machine as their host, so
// that a foreign site which points its name here gets nothing (DNS rebinding),
// and gives every answer the headers that Entra's have. The services beside the
// tenant go by names of the firm, too.
func (s *Server) here(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		local := strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
		if !local && (!firm(host) || s.besides(r) == nil) {
			http.Error(w, "the sandbox answers on this machine only: use localhost", http.StatusMisdirectedRequest)
			return
		}
		if len(r.URL.RawQuery) > maxQueryBytes {
			http.Error(w, "the query is too long", http.StatusRequestURITooLong)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "no-store, no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("x-ms-request-id", newGUID())
		next.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(text)
}

// correlation is the id under which client and tenant speak of one request.
func correlation(w http.ResponseWriter, r *http.Request, form url.Values) string {
	for _, id := range []string{r.Header.Get("client-request-id"), r.URL.Query().Get("client-request-id"), form.Get("client-request-id")} {
		if isGUID(id) {
			w.Header().Set("client-request-id", id)
			return id
		}
	}
	return newGUID()
}

// The names under which a request can go to no particular tenant.
var sharedTenants = []string{"common", "organizations", "consumers"}

// tenant reads the first segment of a path. shared is common or organizations,
// the id of the partner's tenant, or "" for our own.
func tenant(name string) (shared string, e *oauthError) {
	name = strings.ToLower(name)
	switch {
	case name == TenantID, name == sandbox.Domain:
		return "", nil
	case name == "consumers", name == personalTenant:
		return "", aad(50059)
	case slices.Contains(sharedTenants, name):
		return name, nil
	case name == PartnerTenantID, name == partnerDomain:
		return PartnerTenantID, nil
	case !isGUID(name) && !strings.Contains(name, "."):
		return "", aad(50128, name)
	}
	return "", aad(90002, name)
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

// form reads a posted form within the bounds; each name once.
func form(w http.ResponseWriter, r *http.Request) (url.Values, *oauthError) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		return nil, aad(9002313)
	}
	return once(r.PostForm)
}

func once(values url.Values) (url.Values, *oauthError) {
	for _, v := range values {
		if len(v) > 1 {
			return nil, aad(9002313)
		}
	}
	return values, nil
}
