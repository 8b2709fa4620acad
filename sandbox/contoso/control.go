package contoso

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"github.com/signoffhq/signoff/sandbox/exchange"
	"github.com/signoffhq/signoff/sandbox/exchange/ews"
)

const maxControlBytes = 256 << 10

// controls is the API of exchange.Control and, beside it, of its protocols:
//
//	POST   lifecycle            {"event"}: a lifecycle notification to every subscription in Graph
//	GET    ews/faults           what can be switched on, and what is
//	PUT    ews/faults/{name}    {"app","mailbox","operation","value","times"}: on
//	DELETE ews/faults/{name}    off; DELETE ews/faults: everything off
//	GET    ews/policy           whether the organisation lets EWS be used, and by whom
//	PUT    ews/policy           likewise
func (f *Firm) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sandbox/exchange/lifecycle", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Event string }
		if !read(w, r, &in) {
			return
		}
		done(w, nil, f.Graph.TellLifecycle(r.Context(), in.Event))
	})
	mux.HandleFunc("GET /sandbox/exchange/ews/faults", func(w http.ResponseWriter, _ *http.Request) {
		done(w, map[string]any{"on": append([]ews.Fault{}, f.EWS.Planted()...), "switches": ews.Switches()}, nil)
	})
	mux.HandleFunc("PUT /sandbox/exchange/ews/faults/{name}", func(w http.ResponseWriter, r *http.Request) {
		var fault ews.Fault
		if !read(w, r, &fault) {
			return
		}
		fault.Name = r.PathValue("name")
		done(w, fault, f.EWS.Plant(fault))
	})
	clear := func(w http.ResponseWriter, r *http.Request) {
		f.EWS.Clear(r.PathValue("name"))
		done(w, nil, nil)
	}
	mux.HandleFunc("DELETE /sandbox/exchange/ews/faults", clear)
	mux.HandleFunc("DELETE /sandbox/exchange/ews/faults/{name}", clear)
	mux.HandleFunc("GET /sandbox/exchange/ews/policy", func(w http.ResponseWriter, _ *http.Request) { done(w, f.EWS.Policy(), nil) })
	mux.HandleFunc("PUT /sandbox/exchange/ews/policy", func(w http.ResponseWriter, r *http.Request) {
		var p ews.Policy
		if !read(w, r, &p) {
			return
		}
		f.EWS.SetPolicy(p)
		done(w, p, nil)
	})
	mux.Handle("/sandbox/exchange/", f.Exchange.Control())
	return exchange.ControlGuard(mux)
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControlBytes))
	if err != nil {
		problem(w, http.StatusRequestEntityTooLarge, "the request is too large, or was cut off")
		return false
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		problem(w, http.StatusUnsupportedMediaType, "send the request body as application/json")
		return false
	}
	if err := json.Unmarshal(text, into); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return false
	}
	return true
}

// done answers with v, or with what is wrong.
func done(w http.ResponseWriter, v any, err error) {
	switch {
	case err != nil:
		problem(w, http.StatusBadRequest, err.Error())
	case v == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		write(w, http.StatusOK, "application/json; charset=utf-8", v)
	}
}

func problem(w http.ResponseWriter, status int, detail string) {
	write(w, status, "application/problem+json", map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
}

func write(w http.ResponseWriter, status int, kind string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	w.Write(text)
}
