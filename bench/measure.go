package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// subject is something a cycle can be run on.
type subject interface {
	cycle(ctx context.Context, client, n int, l *lap) error
	// settle waits for what cycles left to be done behind their backs.
	settle(ctx context.Context) error
	close() error
}

// lap is how long the parts of one cycle took; 0: it had no such part.
type lap struct{ start, decide time.Duration }

// opener opens a subject on an empty database.
type opener func(ctx context.Context, at *site) (subject, error)

// takeTurns measures two subjects in turns, each time on a database of its own,
// so that neither inherits the other's pages or a quiet minute.
func (r *run) takeTurns(ctx context.Context, c Case, clients int, ours, other opener) error {
	rounds := map[bool][]sample{}
	for round := range r.Rounds {
		r.say("%s: round %d of %d", c.ID, round+1, r.Rounds)
		for _, isOurs := range []bool{true, false} {
			open, name := ours, c.ID
			if !isOurs {
				open, name = other, c.ID+" "+c.Against
			}
			s, err := r.measureFresh(ctx, name, clients, open)
			if err != nil {
				return fmt.Errorf("bench %s: %w", name, err)
			}
			rounds[isOurs] = append(rounds[isOurs], s)
		}
	}
	c.Signoff, c.Floor = figureOf(rounds[true]), figureOf(rounds[false])
	r.report.Cases = append(r.report.Cases, c.rated())
	return nil
}

func (r *run) measureFresh(ctx context.Context, name string, clients int, open opener) (out sample, err error) {
	at, err := r.place.fresh(ctx)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, at.remove()) }()
	s, err := open(ctx, at)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if _, err := r.measure(ctx, s, clients, r.Each/5); err != nil { // warm up
		return out, err
	}
	runtime.GC()
	stop, err := r.profile(name)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return r.measure(ctx, s, clients, r.Each)
}

// measure runs cycles from a number of clients, each beginning the next as soon
// as one is done, and counts those that ended in time. What a cycle left to be
// done behind its back counts too: the clock stops when that is done.
func (r *run) measure(ctx context.Context, s subject, clients int, each time.Duration) (sample, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	took := make([]laps, clients)
	var number atomic.Int64
	var failed atomic.Pointer[error]
	w := r.watch()
	begin := time.Now()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for ctx.Err() == nil && time.Since(begin) < each {
				var l lap
				from := time.Now()
				if err := s.cycle(ctx, c, int(number.Add(1)), &l); err != nil {
					failed.CompareAndSwap(nil, &err)
					cancel()
					return
				}
				took[c].add(time.Since(from), l)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return sample{}, *err
	}
	if err := s.settle(ctx); err != nil {
		return sample{}, err
	}
	return w.sample(joined(took), time.Since(begin)), ctx.Err()
}

// laps are the cycles of one client.
type laps struct{ whole, start, decide []time.Duration }

func (l *laps) add(whole time.Duration, parts lap) {
	l.whole = append(l.whole, whole)
	if parts.start > 0 {
		l.start = append(l.start, parts.start)
	}
	if parts.decide > 0 {
		l.decide = append(l.decide, parts.decide)
	}
}

func joined(clients []laps) map[string][]time.Duration {
	out := map[string][]time.Duration{}
	for _, l := range clients {
		out[whole] = append(out[whole], l.whole...)
		out[starting] = append(out[starting], l.start...)
		out[deciding] = append(out[deciding], l.decide...)
	}
	return out
}

// watch looks at the processors while something is measured.
type watch struct {
	ours func() time.Duration
	cpu  time.Duration
	busy time.Duration
	at   time.Time
}

func (r *run) watch() *watch {
	w := &watch{ours: func() time.Duration { return cpuTime() + r.place.cpu() }}
	w.cpu, w.busy, w.at = w.ours(), busyTime(), time.Now()
	return w
}

// sample is what took gives, measured in that time.
func (w *watch) sample(took map[string][]time.Duration, in time.Duration) sample {
	cpu, busy := w.ours()-w.cpu, busyTime()-w.busy
	n := 0
	for _, t := range took {
		n = max(n, len(t))
	}
	s := sample{count: n, perSecond: float64(n) / in.Seconds(), times: map[string][2]float64{}}
	if n > 0 {
		s.cpu = float64(cpu) / float64(n)
	}
	if busy > 0 {
		s.foreign = max(0, float64(busy-cpu)/float64(time.Since(w.at))/float64(runtime.NumCPU()))
	}
	for name, t := range took {
		if len(t) > 0 {
			s.times[name] = percentiles(slices.Clip(t))
		}
	}
	return s
}

// profile begins a processor profile, of the last round in the end.
func (r *run) profile(name string) (stop func() error, err error) {
	if r.Profiles == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(filepath.Join(r.Profiles, strings.ReplaceAll(name, " ", "-")+".pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}
