package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff"
)

const (
	headerWithin = 10 * time.Second
	answerWithin = 5 * time.Minute // for clients that do not read; event streams set their own
	idleFor      = 2 * time.Minute
	stopWithin   = 15 * time.Second // for requests under way, once no new ones come
)

// parting is how a server takes leave of its callers, so that none of them is
// refused: it says that it is not ready any more, goes on answering until a
// load balancer has noticed, and only then closes its door.
type parting struct {
	drain time.Duration
	begun atomic.Bool
	over  chan struct{} // closed when event streams are to end: their clients connect again, elsewhere
}

var errStopping = &signoff.Error{Kind: signoff.Unavailable, Code: "stopping", Detail: "this server is being stopped"}

// answers has next answer, and asks whoever keeps a connection open to come back
// on another one. Idle connections stay open meanwhile: to close one is to fail
// the request that is already on its way.
func (p *parting) answers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.begun.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// run serves until ctx ends, then stops in the order that loses nothing: new
// callers are turned away, requests under way are answered, and last what works
// behind them stops.
func (s *server) run(ctx context.Context, ln net.Listener) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	worked := s.start(work)

	h := &http.Server{Handler: s.parting.answers(s.handler), ReadHeaderTimeout: headerWithin, WriteTimeout: answerWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	served := make(chan error, 1)
	go func() { served <- h.Serve(ln) }()
	s.tellSystemd("READY=1")

	told := ctx.Done()
	var drained <-chan time.Time
	var err error
	for waiting := true; waiting; {
		waiting = false
		select {
		case err = <-served:
		case err = <-worked:
		case <-drained:
		case <-told:
			s.tellSystemd("STOPPING=1")
			s.log.Info("stopping", "drain", s.parting.drain)
			s.parting.begun.Store(true)
			told, drained, waiting = nil, time.After(s.parting.drain), true
		}
	}
	if e := s.closeDoor(h); err == nil {
		err = e
	}
	stopWork()
	if e := <-worked; e != nil && err == nil {
		err = e
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// closeDoor takes no new connection and waits for the requests under way.
func (s *server) closeDoor(h *http.Server) error {
	close(s.parting.over)
	grace, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	err := h.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests were cut off", "after", stopWithin)
		err = h.Close()
	}
	return err
}

// tellSystemd says how far the server is when systemd started it and wants to
// know (Type=notify).
func (s *server) tellSystemd(state string) {
	if err := notify(state); err != nil {
		s.log.Warn("systemd not told", "state", state, "err", err)
	}
}
