// Package bench measures how fast this machine runs workflows, and how fast it
// could: beside signoff it runs a floor, the same durable rows written by hand
// with nothing decided, on the same disk and in the same minute. Machines
// differ; the ratio of the two is what can be compared.
//
//	W1  start → automatic step → end
//	W2  start → a person's task → approved → automatic step → end
//
// Start reading at Run.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// Options say what to measure. The zero value is a run of about a minute.
type Options struct {
	Dir        string        // where the data goes, and is removed afterwards; "": the system's temporary folder
	Clients    []int         // how many ask at the same time; nil: 1, 16 and 64
	Each       time.Duration // how long one measurement takes; 0: two seconds
	Rounds     int           // signoff and floor take turns this often, and the median counts; 0: 3
	Only       string        // "W1" or "W2"; "": both
	OnProgress func(string)  // told what is measured next; may be nil
}

func (o *Options) fill() error {
	if len(o.Clients) == 0 {
		o.Clients = []int{1, 16, 64}
	}
	if o.Each == 0 {
		o.Each = 2 * time.Second
	}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	if o.OnProgress == nil {
		o.OnProgress = func(string) {}
	}
	for _, n := range o.Clients {
		if n < 1 || n > 4096 {
			return fmt.Errorf("bench: %d clients: between 1 and 4096 are possible", n)
		}
	}
	if o.Rounds < 0 || o.Each < 0 {
		return errors.New("bench: rounds and duration cannot be negative")
	}
	if o.Only != "" && o.Only != "W1" && o.Only != "W2" {
		return fmt.Errorf("bench: there is no workload %q, only W1 and W2", o.Only)
	}
	return nil
}

// Report is what was measured.
type Report struct {
	At    time.Time `json:"at"`
	CPUs  int       `json:"cpus"`
	Go    string    `json:"go"`
	Store string    `json:"store"`
	Cases []Case    `json:"cases"`
}

// Case is one workload at one number of clients.
type Case struct {
	Workload string  `json:"workload"`
	Clients  int     `json:"clients"`
	Signoff  Figure  `json:"signoff"`
	Floor    Figure  `json:"floor"`
	Ratio    float64 `json:"ratio"` // of the rates; 1 would be as fast as bare SQL
}

// Figure is the median round of one subject.
type Figure struct {
	PerSecond float64       `json:"perSecond"` // whole cycles
	P50       time.Duration `json:"p50"`       // of a cycle, in nanoseconds
	P99       time.Duration `json:"p99"`
	CPU       time.Duration `json:"cpu,omitempty"` // processor time of a cycle, clients included; steadier than the rate on a busy machine
	Cycles    int           `json:"cycles"`
}

// subject is something a cycle can be run on.
type subject interface {
	cycle(ctx context.Context, client, n int) error
	// settle waits for what cycles left to be done behind their backs.
	settle(ctx context.Context) error
	close() error
}

// Run measures. Everything it writes goes into a folder of its own, which is
// removed however it ends.
func Run(ctx context.Context, o Options) (Report, error) {
	r := Report{At: time.Now(), CPUs: runtime.GOMAXPROCS(0), Go: runtime.Version(), Store: "SQLite, synchronous=full"}
	if err := o.fill(); err != nil {
		return r, err
	}
	dir, err := os.MkdirTemp(o.Dir, "signoff-bench-")
	if err != nil {
		return r, fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	for _, w := range []workload{w1, w2} {
		if o.Only != "" && o.Only != w.name {
			continue
		}
		for _, n := range o.Clients {
			c, err := compare(ctx, o, dir, w, n)
			if err != nil {
				return r, fmt.Errorf("bench %s with %d clients: %w", w.name, n, err)
			}
			r.Cases = append(r.Cases, c)
		}
	}
	return r, nil
}

// compare lets signoff and the floor take turns.
func compare(ctx context.Context, o Options, dir string, w workload, clients int) (Case, error) {
	c := Case{Workload: w.name, Clients: clients}
	var ours, floors []Figure
	for round := range o.Rounds {
		o.OnProgress(fmt.Sprintf("%s, %d at a time, round %d of %d", w.name, clients, round+1, o.Rounds))
		for _, s := range []struct {
			open func(context.Context, string, workload) (subject, error)
			into *[]Figure
		}{{openSignoff, &ours}, {openFloor, &floors}} {
			f, err := measureFresh(ctx, filepath.Join(dir, fmt.Sprintf("%d-%d.db", round, len(*s.into)+len(ours))), w, clients, o.Each, s.open)
			if err != nil {
				return c, err
			}
			*s.into = append(*s.into, f)
		}
	}
	c.Signoff, c.Floor = median(ours), median(floors)
	if c.Floor.PerSecond > 0 {
		c.Ratio = c.Signoff.PerSecond / c.Floor.PerSecond
	}
	return c, nil
}

// measureFresh measures a subject on a database of its own, so that neither
// inherits the other's pages.
func measureFresh(ctx context.Context, path string, w workload, clients int, each time.Duration,
	open func(context.Context, string, workload) (subject, error)) (f Figure, err error) {
	s, err := open(ctx, path, w)
	if err != nil {
		return f, err
	}
	defer func() {
		err = errors.Join(err, s.close())
		for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
			os.Remove(path + suffix) // best effort: the folder goes anyway
		}
	}()
	if _, err := measure(ctx, s, clients, each/5); err != nil { // warm up
		return f, err
	}
	runtime.GC()
	return measure(ctx, s, clients, each)
}

func median(fs []Figure) Figure {
	slices.SortFunc(fs, func(a, b Figure) int {
		if a.PerSecond < b.PerSecond {
			return -1
		}
		return 1
	})
	return fs[len(fs)/2]
}
