package entra

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

//go:embed pages
var pageFiles embed.FS

// view is what a page shows.
type view map[string]any

// pages are plain html that needs nothing from elsewhere and no script, except
// where a form has to send itself.
type pages struct {
	all   map[string]*template.Template
	style []byte
}

func newPages() *pages {
	p := &pages{all: map[string]*template.Template{}}
	for _, name := range []string{"accounts", "password", "factor", "consent", "error", "device", "done", "post", "signedout", "console", "app"} {
		p.all[name] = template.Must(template.ParseFS(pageFiles, "pages/frame.html", "pages/"+name+".html"))
	}
	p.style, _ = pageFiles.ReadFile("pages/style.css")
	return p
}

// Each page may load our style sheet, and only what policy adds.
const pagePolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, name string, v view) {
	p.write(w, status, name, pagePolicy, v)
}

func (p *pages) write(w http.ResponseWriter, status int, name, policy string, v view) {
	var b bytes.Buffer
	if err := p.all[name].ExecuteTemplate(&b, "frame", v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "DENY")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

type field struct{ Name, Value string }

// post answers the client with a form that sends itself (OAuth 2.0 Form Post
// Response Mode).
func (p *pages) post(w http.ResponseWriter, r *http.Request, to string, values url.Values) {
	var fields []field
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fields = append(fields, field{name, values.Get(name)})
	}
	nonce := newToken(16)
	p.write(w, http.StatusOK, "post", pagePolicy+"; script-src 'nonce-"+nonce+"'",
		view{"To": template.URL(to), "Fields": fields, "Nonce": nonce}) // a registered redirect URI
}

// signedOut tells the applications in frames, and then goes back.
func (p *pages) signedOut(w http.ResponseWriter, r *http.Request, frames []string, target string) {
	if len(frames) == 0 && target != "" {
		http.Redirect(w, r, target, http.StatusSeeOther)
		return
	}
	nonce := newToken(16)
	p.write(w, http.StatusOK, "signedout", pagePolicy+"; frame-src https: http://localhost:* http://127.0.0.1:*; script-src 'nonce-"+nonce+"'",
		view{"Frames": frames, "Target": target, "Nonce": nonce})
}

func (s *Server) style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Write(s.pages.style)
}

func (s *Server) errorURI(e *oauthError) string {
	return fmt.Sprintf("%s/error?code=%d", s.base, e.code)
}

func (s *Server) errorView(e *oauthError, correlation string) view {
	title := "Sorry, but we are having trouble signing you in."
	switch e.code {
	case 90094, 90095:
		title = "Need admin approval"
	case 53003, 53000, 53001, 53002, 53004, 530032, 50105:
		title = "You cannot access this right now"
	}
	return view{"Title": title, "Code": e.code, "Text": e.text, "Trace": newGUID(), "Correlation": correlation,
		"Time": s.now().Format("2006-01-02 15:04:05Z")}
}

// errorPage says what a code means: error_uri points here.
func (s *Server) errorPage(w http.ResponseWriter, r *http.Request) {
	code, _ := strconv.Atoi(r.URL.Query().Get("code"))
	row, ok := refusal(code)
	if !ok {
		s.pages.show(w, r, http.StatusNotFound, "done", view{"Title": "Unknown code", "Text": "This sandbox has no such AADSTS code."})
		return
	}
	text := strings.NewReplacer("'%s'", "…", "(%s)", "", "%s", "…").Replace(row.text)
	s.pages.show(w, r, http.StatusOK, "done", view{"Title": fmt.Sprintf("AADSTS%d", code), "Text": text + " OAuth error: " + row.kind + "."})
}
