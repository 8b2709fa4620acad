package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// acknowledged is what clients were told: which instances were started, and
// which tasks decided.
type acknowledged struct {
	mu      sync.Mutex
	started []signoff.InstanceID
	decided []signoff.Serial
}

func (a *acknowledged) start(id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.started = append(a.started, signoff.InstanceID(id))
}

func (a *acknowledged) decide(serial string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s, err := signoff.ParseSerial(serial); err == nil {
		a.decided = append(a.decided, s)
	}
}

// now is what has been acknowledged by now.
func (a *acknowledged) now() (started []signoff.InstanceID, decided []signoff.Serial) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.started[:len(a.started):len(a.started)], a.decided[:len(a.decided):len(a.decided)]
}

// load has clients start instances and decide most of their tasks until ctx ends.
func load(ctx context.Context, s *site, clients int, said *acknowledged) *sync.WaitGroup {
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			ana, jane := s.as("ana"), s.as("jane")
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%d-%d", n, i)
				started, err := ana.Start(ctx, "leave", api.StartBody{Folio: "Leave " + key, Variables: leaveVariables()}, "start-"+key)
				if err != nil {
					continue
				}
				said.start(started.ID)
				if i%4 == 3 {
					continue // waits
				}
				in, err := ana.Instance(ctx, started.ID)
				if err != nil || len(in.Waiting) == 0 {
					continue
				}
				if _, err := jane.Decide(ctx, in.Waiting[0].Task, api.Decide{Action: "Approve"}, "decide-"+key); err == nil {
					said.decide(in.Waiting[0].Task)
				}
			}
		})
	}
	return &wg
}

// TestABackupOfALoadedServerHoldsAllThatWasAcknowledgedBeforeItBegan runs the
// real server under load from clients, on either store, makes a backup of it
// meanwhile, and restores it into either.
func TestABackupOfALoadedServerHoldsAllThatWasAcknowledgedBeforeItBegan(t *testing.T) {
	enough := 400
	if testing.Short() {
		enough = 60
	}
	for _, from := range []string{"sqlite", "postgres"} {
		t.Run(from, func(t *testing.T) {
			post := runSandbox(t)
			s := newSite(t, post)
			if from == "postgres" {
				s.keepIn(pgtest.Empty(t))
			}
			s.up()
			s.furnish("../../samples/leave.bpmn")
			said := &acknowledged{}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			wg := load(ctx, s, 8, said)
			said.await(t, enough)

			started, decided := said.now()
			file := filepath.Join(t.TempDir(), "loaded.backup")
			runOK(t, "backup", "--config", s.config, "--with-key", file)
			later, _ := said.now()
			said.await(t, len(later)+20) // it goes on
			stop()
			wg.Wait()
			s.kill()
			runOK(t, "backup", "--check", file)
			for _, into := range []string{"sqlite", "postgres"} {
				to := newSite(t, post)
				if into == "postgres" {
					to.keepIn(pgtest.Empty(t))
				}
				report := runOK(t, "restore", "--config", to.config, file)
				n := to.holds(started, decided)
				t.Logf("%s into %s: %d starts and %d decisions acknowledged before it began, %d more starts while it was made; %d instances restored, all of the former among them\n%s",
					from, into, len(started), len(decided), len(later)-len(started), n, report)
				to.up()
				if _, err := to.as("admin").Instance(t.Context(), int64(started[0])); err != nil {
					t.Error(err)
				}
				to.kill()
			}
		})
	}
}

func (a *acknowledged) await(t *testing.T, starts int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	give := time.After(2 * time.Minute)
	for started, _ := a.now(); len(started) < starts; started, _ = a.now() {
		select {
		case <-give:
			t.Fatalf("only %d starts were acknowledged", len(started))
		case <-tick.C:
		}
	}
}

// keepIn has the site keep its data in a database.
func (s *site) keepIn(dsn string) {
	s.t.Helper()
	f, err := os.OpenFile(s.config, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(f, "store: %s\n", dsn)
		f.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// holds fails the test unless the site's data has all of these, and returns how
// many instances there are.
func (s *site) holds(started []signoff.InstanceID, decided []signoff.Serial) (instances int64) {
	s.t.Helper()
	ctx := s.t.Context()
	cfg, err := loadConfig(s.config, nil, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	st, err := store.Open(ctx, cfg.database(), store.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	lost := 0
	for _, id := range started {
		if _, err := st.Instance(ctx, id); err != nil {
			lost++
		}
	}
	for _, d := range decided {
		in, err := st.Instance(ctx, d.Instance)
		done := false
		for _, task := range in.State.Tasks {
			done = done || task.Seq == d.Seq && task.Outcome == "Approve"
		}
		if err != nil || !done {
			lost++
		}
	}
	if lost > 0 || len(started) == 0 || len(decided) == 0 {
		s.t.Errorf("%d of %d starts and %d decisions are not in the backup", lost, len(started), len(decided))
	}
	instances, differ, err := st.AuditAll(ctx, nil)
	if err != nil || len(differ) > 0 {
		s.t.Errorf("%v\n%s", err, strings.Join(differ, "\n"))
	}
	return instances
}

// runOK runs the program, which must succeed, and returns what it said.
func runOK(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(t.Context(), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("signoff %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestAMoveThatIsKilledIsMadeAgain kills the program in the middle of moving an
// installation, and then lets it.
func TestAMoveThatIsKilledIsMadeAgain(t *testing.T) {
	s := newSite(t, runSandbox(t))
	s.up()
	s.furnish("../../samples/leave.bpmn")
	said := &acknowledged{}
	ctx, stop := context.WithCancel(t.Context())
	wg := load(ctx, s, 8, said)
	said.await(t, 100)
	stop()
	wg.Wait()
	s.kill()
	cfg, err := loadConfig(s.config, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	dsn := pgtest.Empty(t)
	killed := 0
	for wait := 20 * time.Millisecond; ; wait += 20 * time.Millisecond {
		c := command(t.Context(), "move", "--data", cfg.Data, "--store", dsn)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(wait, func() { c.Process.Kill() }) // when it is killed is the experiment
		if c.Wait() == nil {
			break
		}
		killed++
	}
	if killed == 0 {
		t.Fatal("it was never killed")
	}
	runOK(t, "move", "--data", cfg.Data, "--store", dsn) // says the same again
	s.keepIn(dsn)
	n := s.holds(said.now())
	t.Logf("killed %d times; %d instances moved", killed, n)
	s.up()
}
