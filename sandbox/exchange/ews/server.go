package ews

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// Server answers EWS and Autodiscover for the mailboxes of an Exchange. Set its
// fields, then serve it; Close ends the streams that hang.
type Server struct {
	Exchange *exchange.Exchange

	// Bearer says whom an access token stands for. Its refusal may be a
	// *TokenError. nil: no token is good.
	Bearer func(ctx context.Context, token string) (Caller, error)

	// URL is where clients reach this server from outside, without a path:
	// "https://mail.contoso.test". "" takes the request's own host.
	URL string

	Log *slog.Logger     // nil: says nothing
	Now func() time.Time // nil: the machine's clock

	start        sync.Once
	mux          *http.ServeMux
	switches     switchboard
	limits       throttle
	policy       policyBox
	negotiations ntlmState
	subs         subscriptions
	misrouted    atomic.Int64
	shortMinute  time.Duration // of tests
	ending       context.Context
	end          context.CancelFunc
}

// Caller is who has shown that they may ask.
type Caller struct {
	App     string   // client id of the program; "" with a password
	Address string   // of the person; "" for a program by itself
	Scopes  []string // of a token for a person
	Roles   []string // of a token for a program
}

// key tells callers apart for budgets and subscriptions.
func (c Caller) key() string { return c.App + "|" + strings.ToLower(c.Address) }

func (s *Server) open() {
	s.ending, s.end = context.WithCancel(context.Background())
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	s.mux = http.NewServeMux()
	s.routes()
}

func (s *Server) routes() {
	for _, path := range []string{"/EWS/Exchange.asmx", "/ews/exchange.asmx", "/ews/Exchange.asmx", "/EWS/exchange.asmx"} {
		s.mux.HandleFunc(path, s.serveEWS)
	}
	for _, dir := range []string{"/autodiscover/", "/Autodiscover/"} {
		for _, xml := range []string{"autodiscover.xml", "Autodiscover.xml"} {
			s.mux.HandleFunc(dir+xml, s.servePOX)
		}
		for _, svc := range []string{"autodiscover.svc", "Autodiscover.svc"} {
			s.mux.HandleFunc(dir+svc, s.serveDiscoverSOAP)
		}
		for _, json := range []string{"autodiscover.json", "Autodiscover.json"} {
			s.mux.HandleFunc("GET "+dir+json, s.serveJSON)
			s.mux.HandleFunc("GET "+dir+json+"/v1.0/{address}", s.serveJSON)
		}
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.start.Do(s.open)
	id := r.Header.Get("client-request-id")
	if id != "" && len(id) <= 64 && strings.EqualFold(r.Header.Get("return-client-request-id"), "true") {
		w.Header().Set("client-request-id", id)
	}
	w.Header().Set("request-id", newGUID())
	w.Header().Set("X-FEServer", "SANDBOXFE01")
	w.Header().Set("X-CalculatedBETarget", "sandboxbe01.contoso.test")
	s.mux.ServeHTTP(w, r)
}

// Close ends every stream. The server answers nothing sensible afterwards.
func (s *Server) Close() {
	s.start.Do(s.open)
	s.end()
	s.subs.wait()
}

// serveEWS is the way of one request: gates, budget, shape, person, operation.
func (s *Server) serveEWS(w http.ResponseWriter, r *http.Request) {
	if s.brokenFrontEnd(w, r) {
		return
	}
	who, no := s.identify(r)
	if no == nil {
		no = s.gate(who, r.UserAgent())
	}
	if no != nil {
		// The next step of NTLM comes over the same connection: it must not break.
		io.CopyN(io.Discard, r.Body, maxRequestBytes)
		no.write(w)
		return
	}
	if r.Method != http.MethodPost {
		serviceDescription(w, r)
		return
	}
	preferAffinity(w, r)
	e, f := readEnvelope(r.Body)
	if f != nil {
		s.writeSOAP(w, f.httpStatus(), f.soap())
		return
	}
	c, f := s.begin(r, who, e)
	if f != nil {
		s.writeSOAP(w, f.httpStatus(), f.soap())
		return
	}
	defer c.done()
	if c.box != nil {
		if no := s.mailboxGate(c.box); no != nil {
			no.write(w)
			return
		}
	}
	s.perform(w, c, e.op)
}

// perform carries out an operation and writes its answer.
func (s *Server) perform(w http.ResponseWriter, c *call, op *node) {
	name := op.local()
	s.slow(c, name)
	if v, on := s.switches.struck("fault-soap12", c, name); on {
		bareFault(w, coded(v))
		return
	}
	if f := s.struck(c, name); f != nil {
		s.writeSOAP(w, f.httpStatus(), f.soap())
		return
	}
	if name == "GetStreamingEvents" {
		s.stream(w, c, op)
		return
	}
	body, err := operations[name](c, op)
	if err != nil {
		f := asFault(err)
		if f.code == "ErrorInternalServerError" {
			s.Log.Error("ews operation", "operation", name, "err", err)
		}
		s.writeSOAP(w, f.httpStatus(), f.soap())
		return
	}
	if _, on := s.switches.struck("half-answer", c, name); on {
		halfAnswer(w, s.wrap(body))
	}
	named := func(f exchange.Fault) bool { return strings.Contains("POST /EWS/Exchange.asmx/"+name, f.Value) }
	if _, on := s.Exchange.SwitchedIf("answer-lost", c.account(), c.who.App, named); on {
		panic(http.ErrAbortHandler)
	}
	if _, on := s.Exchange.SwitchedIf("answer-error", c.account(), c.who.App, named); on {
		http.Error(w, "The service is unavailable.", http.StatusServiceUnavailable)
		return
	}
	s.writeSOAP(w, http.StatusOK, body)
}

// halfAnswer promises all and sends a half, as when a proxy gives up.
func halfAnswer(w http.ResponseWriter, data []byte) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data[:len(data)/2])
	panic(http.ErrAbortHandler)
}

// serviceDescription is what a browser shows that opens the address.
func serviceDescription(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "Only POST does something here.", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte("<html><head><title>Service</title></head><body><h1>Service</h1><p>You have created a service.</p></body></html>"))
}
