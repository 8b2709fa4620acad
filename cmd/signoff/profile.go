package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/pprof"
)

// serveProfiler serves Go's profiler on an address of its own, so that it is
// never where people are, until ctx ends; "" serves none. That it cannot is a
// line in the log and no reason to stop the server.
func serveProfiler(ctx context.Context, addr string, log *slog.Logger) error {
	if addr == "" {
		return nil
	}
	ln, err := listenOn(addr)
	if err != nil {
		log.Warn("no profiler", "err", err)
		return nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	h := &http.Server{Handler: mux, ReadHeaderTimeout: headerWithin}
	stop := context.AfterFunc(ctx, func() { h.Close() })
	defer stop()
	if err := h.Serve(ln); err != http.ErrServerClosed {
		log.Warn("the profiler ended", "err", err)
	}
	return nil
}
