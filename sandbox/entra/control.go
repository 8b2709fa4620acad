package entra

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
)

// control is the sandbox's own API and page, below /sandbox/entra/. It asks for
// no password, and so takes changes only from programs and its own pages.
//
//	GET    faults           what can be switched on, and what is
//	PUT    faults/{name}    {"app","user","endpoint","value","times"}: on
//	DELETE faults/{name}    off; DELETE faults: everything off
//	POST   keys/rollover    {"emergency":false}
//	POST   mint             {"header","claims"} or {"api","client","login","claims"}: a token with those claims
//	POST   workload/token   {"subject","audience"}: another provider's token
//	GET    signins          the sign-in log, newest first
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern string, h http.HandlerFunc) { mux.HandleFunc(pattern, h) }
	on("GET /sandbox/entra/faults", s.showFaults)
	on("PUT /sandbox/entra/faults/{name}", s.putFault)
	on("DELETE /sandbox/entra/faults/{name}", s.dropFault)
	on("DELETE /sandbox/entra/faults", s.dropFault)
	on("POST /sandbox/entra/keys/rollover", s.postRollover)
	on("POST /sandbox/entra/mint", s.postMint)
	on("POST /sandbox/entra/workload/token", s.postWorkload)
	on("GET /sandbox/entra/signins", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, s.SignIns()) })
	on("GET /sandbox/entra/about", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, s.Addresses()) })
	on("GET /sandbox/entra/workload/.well-known/openid-configuration", s.workloadMetadata)
	on("GET /sandbox/entra/workload/keys", s.workloadKeys)
	on("GET /sandbox/entra/{$}", s.console)
	on("GET /sandbox/entra/style.css", s.style)
	on("GET /sandbox/entra/apps/{id}", s.consoleApp)
	on("POST /sandbox/entra/apps", s.consoleAdd)
	on("POST /sandbox/entra/apps/{id}", s.consoleChange)
	on("POST /sandbox/entra/switch", s.consoleSwitch)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !sameOrigin(r) {
			problem(w, http.StatusForbidden, "this request comes from a page of another site")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func problem(w http.ResponseWriter, status int, detail string) {
	text, _ := json.Marshal(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write(text)
}

// readBody takes JSON only: a form of another site's page cannot send that.
func readBody(w http.ResponseWriter, r *http.Request, into any) bool {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		problem(w, http.StatusRequestEntityTooLarge, "the request is too large")
		return false
	}
	if len(text) == 0 {
		return true
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

func (s *Server) showFaults(w http.ResponseWriter, r *http.Request) {
	on := s.Faults()
	if on == nil {
		on = []Fault{}
	}
	writeJSON(w, http.StatusOK, map[string]any{"on": on, "switches": switches, "endpoints": Endpoints()})
}

func (s *Server) putFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !readBody(w, r, &f) {
		return
	}
	f.Name = r.PathValue("name")
	if err := s.Plant(f); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, f)
}

func (s *Server) dropFault(w http.ResponseWriter, r *http.Request) {
	if err := s.Heal(r.PathValue("name")); err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) postRollover(w http.ResponseWriter, r *http.Request) {
	var in struct{ Emergency bool }
	if !readBody(w, r, &in) {
		return
	}
	if err := s.Rollover(in.Emergency); err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"kid": s.keys.current().kid})
}

func (s *Server) postMint(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Header             map[string]any
		Claims             map[string]any
		API, Client, Login string
	}
	if !readBody(w, r, &in) {
		return
	}
	claims := map[string]any{}
	if in.API != "" {
		proper, err := s.Claims(in.API, in.Client, in.Login)
		if err != nil {
			problem(w, http.StatusBadRequest, err.Error())
			return
		}
		claims = proper
	}
	for name, v := range in.Claims {
		if v == nil {
			delete(claims, name)
			continue
		}
		claims[name] = v
	}
	token, err := s.Mint(in.Header, claims)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"token": token})
}

func (s *Server) postWorkload(w http.ResponseWriter, r *http.Request) {
	var in struct{ Subject, Audience string }
	if !readBody(w, r, &in) {
		return
	}
	token, err := s.WorkloadToken(in.Subject, in.Audience)
	if err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"token": token, "issuer": s.workloadIssuer()})
}
