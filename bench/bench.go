// Package bench measures how fast this machine runs workflows, and how fast it
// could: beside each figure stands a floor, the same rows written or read by
// hand with nothing decided, on the same database and in the same minute.
// Machines differ; the ratio of the two is what can be compared.
//
//	W1  start → automatic step → end
//	W2  start → a person's task → approved → automatic step → end
//
// Start reading at Run; cycles.go, lists.go and child.go hold what is measured.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// Parts are what can be measured, in the order it is.
var Parts = []string{"W1", "W2", "rest", "bearer", "nodes", "worklist", "memory", "ready"}

// Stores that can be named besides the address of a PostgreSQL database.
const (
	SQLite   = "sqlite"
	Postgres = "postgres" // a server that is started for it
)

// Options say what to measure. The zero value is everything on SQLite, about
// five minutes.
type Options struct {
	Dir      string        // where the data goes, and is removed afterwards; "": the system's temporary folder
	Stores   []string      // SQLite, Postgres, or addresses of empty PostgreSQL databases; nil: SQLite
	Only     []string      // some of Parts; nil: all
	Clients  []int         // how many ask at the same time; nil: 1, 16 and 64
	Each     time.Duration // how long one measurement takes; 0: two seconds
	Rounds   int           // signoff and floor take turns this often, and the median counts; 0: 3
	Tasks    []int         // how many tasks are open while lists are read; nil: 10,000, 100,000 and a million
	Waiting  int           // instances that wait while memory is looked at; 0: 100,000
	Stored   int           // instances in the store a server is started on; 0: a million
	Profiles string        // folder for a processor profile of each measurement; "": none

	Committers int // connections that write to PostgreSQL; 0: the server's own choice

	// Server makes a command that runs this program with arguments, for memory
	// and start-up, which are measured on processes. nil: these parts are left out.
	Server func(ctx context.Context, args ...string) *exec.Cmd

	Version    string // of this program, for the report
	OnProgress func(string)

	restPeople int // how many people the REST clients are; 0: 32
	goRound    int // tokens that are checked in turn; 0: 2,000
}

// Limits of options.
const (
	maxClients = 4096
	maxTasks   = 20_000_000
	maxRounds  = 1000
)

func (o *Options) fill() error {
	setTo(&o.Each, 2*time.Second)
	setTo(&o.Rounds, 3)
	setTo(&o.Waiting, 100_000)
	setTo(&o.Stored, 1_000_000)
	// Each password is hashed once before the clock starts, which takes its time.
	setTo(&o.restPeople, 32)
	setTo(&o.goRound, 2000)
	if len(o.Stores) == 0 {
		o.Stores = []string{SQLite}
	}
	if len(o.Clients) == 0 {
		o.Clients = []int{1, 16, 64}
	}
	if len(o.Tasks) == 0 {
		o.Tasks = []int{10_000, 100_000, 1_000_000}
	}
	if o.OnProgress == nil {
		o.OnProgress = func(string) {}
	}
	if len(o.Only) == 0 {
		o.Only = Parts
	}
	return o.check()
}

func setTo[T comparable](p *T, standard T) {
	var zero T
	if *p == zero {
		*p = standard
	}
}

func (o *Options) check() error {
	for _, n := range o.Clients {
		if n < 1 || n > maxClients {
			return refuse(fmt.Sprintf("between 1 and %d clients are possible, not %d", maxClients, n))
		}
	}
	for _, n := range append([]int{o.Waiting, o.Stored}, o.Tasks...) {
		if n < 1 || n > maxTasks {
			return refuse(fmt.Sprintf("between 1 and %d tasks are possible, not %d", maxTasks, n))
		}
	}
	if o.Rounds < 0 || o.Rounds > maxRounds || o.Each < 0 || o.Committers < 0 {
		return refuse("rounds and durations are positive numbers")
	}
	for i, part := range o.Only {
		at := slices.IndexFunc(Parts, func(p string) bool { return strings.EqualFold(p, part) })
		if at < 0 {
			return refuse(fmt.Sprintf("there is nothing called %q to measure, only %s", part, strings.Join(Parts, ", ")))
		}
		o.Only[i] = Parts[at]
	}
	return nil
}

func refuse(detail string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-bench", Detail: detail}
}

// run is a run under way.
type run struct {
	Options
	dir    string // of its own
	place  place  // the database measured now
	report Report
}

func (r *run) wants(part string) bool { return slices.Contains(r.Only, part) }

func (r *run) say(format string, args ...any) { r.OnProgress(fmt.Sprintf(format, args...)) }

// Run measures. What it writes goes into a folder, or into schemas of the
// database, of its own, which are removed however it ends. When something goes
// wrong the report holds what was measured before.
func Run(ctx context.Context, o Options) (Report, error) {
	if err := o.fill(); err != nil {
		return Report{}, err
	}
	dir, err := os.MkdirTemp(o.Dir, "signoff-bench-")
	if err != nil {
		return Report{}, fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	if o.Profiles != "" {
		if err := os.MkdirAll(o.Profiles, 0o755); err != nil {
			return Report{}, fmt.Errorf("bench: %w", err)
		}
	}
	r := &run{Options: o, dir: dir, report: newReport(o)}
	for _, where := range o.Stores {
		if err = r.on(ctx, where); err != nil {
			break
		}
	}
	r.report.Goals = goals(r.report.Cases)
	return r.report, errors.Join(err, ctx.Err())
}

// on measures everything on one database.
func (r *run) on(ctx context.Context, where string) (err error) {
	if r.place, err = openPlace(ctx, where, r.dir, r.Dir); err != nil {
		return err
	}
	defer r.place.close()
	r.report.Stores = append(r.report.Stores, r.place.describe())
	for _, part := range []func(context.Context) error{r.cycles, r.rest, r.bearer, r.nodes, r.lists, r.memory, r.ready} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}
