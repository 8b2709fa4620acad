package exchange

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// maxControlBytes bounds what is sent to the control.
const maxControlBytes = 2 << 20

// Control is the sandbox's own API of Exchange, below /sandbox/exchange/, and a
// page that shows it. It asks for no password, and so answers on this machine
// only, and takes changes only from programs.
//
//	GET    faults           what can be switched on, and what is
//	PUT    faults/{name}    {"mailbox","app","value","times"}: on
//	DELETE faults/{name}    off; DELETE faults: everything off
//	GET    grants           rights on mailboxes, of people and of applications
//	PUT    grants           {"right","mailbox","to"}: given
//	DELETE grants           {"right","mailbox","to"}: taken away
//	GET    limits           {"concurrent","requestsPer10Min","messagesPerMinute"}
//	PUT    limits           likewise; a negative one is none
//	POST   forge            {"from","envelope","to","subject","text","inReplyTo","headers"}: a forged mail
func (x *Exchange) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sandbox/exchange/{$}", x.console)
	mux.HandleFunc("POST /sandbox/exchange/switch", x.consoleSwitch)
	mux.HandleFunc("GET /sandbox/exchange/faults", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[string]any{"on": append([]Fault{}, x.Faults()...), "switches": Switches()})
	})
	mux.HandleFunc("PUT /sandbox/exchange/faults/{name}", taking(func(r *http.Request, f Fault) (any, error) {
		f.Name = r.PathValue("name")
		return f, x.Plant(f)
	}))
	mux.HandleFunc("DELETE /sandbox/exchange/faults", x.heal)
	mux.HandleFunc("DELETE /sandbox/exchange/faults/{name}", x.heal)
	mux.HandleFunc("GET /sandbox/exchange/grants", func(w http.ResponseWriter, _ *http.Request) { say(w, append([]Grant{}, x.Grants()...)) })
	mux.HandleFunc("PUT /sandbox/exchange/grants", taking(func(_ *http.Request, g Grant) (any, error) { return g, x.Grant(g) }))
	mux.HandleFunc("DELETE /sandbox/exchange/grants", taking(func(_ *http.Request, g Grant) (any, error) {
		x.Revoke(g)
		return nil, nil
	}))
	mux.HandleFunc("GET /sandbox/exchange/limits", func(w http.ResponseWriter, _ *http.Request) { say(w, x.CurrentLimits()) })
	mux.HandleFunc("PUT /sandbox/exchange/limits", func(w http.ResponseWriter, r *http.Request) {
		l := x.CurrentLimits()
		if !readControl(w, r, &l) {
			return
		}
		x.SetLimits(l)
		say(w, l)
	})
	mux.HandleFunc("POST /sandbox/exchange/forge", taking(func(_ *http.Request, f Forgery) (any, error) { return nil, x.Forge(f) }))
	return ControlGuard(mux)
}

func (x *Exchange) heal(w http.ResponseWriter, r *http.Request) {
	x.Heal(r.PathValue("name"))
	w.WriteHeader(http.StatusNoContent)
}

// taking answers requests that bring a JSON value.
func taking[T any](do func(*http.Request, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		if !readControl(w, r, &in) {
			return
		}
		switch out, err := do(r, in); {
		case err != nil:
			wrong(w, http.StatusBadRequest, err.Error())
		case out == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			say(w, out)
		}
	}
}

func readControl(w http.ResponseWriter, r *http.Request, into any) bool {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControlBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		wrong(w, http.StatusRequestEntityTooLarge, "the request is too large")
		return false
	}
	if err != nil {
		wrong(w, http.StatusBadRequest, "the request was cut off")
		return false
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); len(text) > 0 && (err != nil || kind != "application/json") {
		wrong(w, http.StatusUnsupportedMediaType, "send the request body as application/json")
		return false
	}
	if len(text) == 0 {
		return true
	}
	if err := json.Unmarshal(text, into); err != nil {
		wrong(w, http.StatusBadRequest, err.Error())
		return false
	}
	return true
}

func say(w http.ResponseWriter, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		wrong(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(text)
}

func wrong(w http.ResponseWriter, status int, detail string) {
	text, _ := json.Marshal(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail}) // strings
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write(text)
}

// ControlGuard lets through requests that name this machine as their host, and
// changes that no other site's page sends.
func ControlGuard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if !strings.EqualFold(host, "localhost") && (ip == nil || !ip.IsLoopback()) {
			wrong(w, http.StatusMisdirectedRequest, "the sandbox answers on this machine only: use localhost")
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !sameOrigin(r) {
			wrong(w, http.StatusForbidden, "this request comes from a page of another site")
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	u, err := url.Parse(origin)
	return origin == "" || err == nil && strings.EqualFold(u.Host, r.Host)
}
