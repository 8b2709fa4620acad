package runner

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// crashDir makes the test binary the process that is going to be killed.
const crashDir = "SIGNOFF_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := serveUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	pgtest.Prepare()
	os.Exit(m.Run())
}

// serveUntilKilled does full cycles from many clients and writes a line for
// everything that was acknowledged, after it was.
func serveUntilKilled(dir string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, filepath.Join(dir, "signoff.db"), store.Options{})
	if err != nil {
		return err
	}
	lib := library.New(s, time.Now)
	if _, err := lib.Deploy(ctx, access.System, approval); err != nil {
		return err
	}
	tell := func(what string, x any) { _, _ = fmt.Fprintf(os.Stdout, "%s %v\n", what, x) }
	handle := func(_ context.Context, j Job) (Result, error) { tell("did", j.Key); return Done(nil), nil }
	r := New(Config{Store: s, Library: lib, Directory: town{},
		Handlers: map[engine.CommandKind]Handler{engine.DoNotify: handle, engine.DoEmail: handle}})
	go func() { _ = r.Run(ctx) }()
	tell("ready", 0)
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() {
			for {
				id, err := r.Start(ctx, ana, StartRequest{Workflow: "approval", Vars: map[string]any{"amount": 1}})
				if err != nil {
					panic(err)
				}
				tell("started", id)
				if i%4 == 0 {
					continue // nobody decides it: who it is for has to be told
				}
				if _, err := r.Do(ctx, jane, id, engine.Act{Task: 2, Action: "Approve"}, ""); err != nil {
					panic(err)
				}
				tell("decided", id)
			}
		})
	}
	clients.Wait()
	return nil
}

// acknowledged is what a process said before it was killed.
type acknowledged struct {
	started, decided []signoff.InstanceID
	did              map[string]int
}

func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	dir := t.TempDir()
	ack := acknowledged{did: map[string]int{}}
	const kills = 5
	for n := range kills {
		ack.readFrom(t, killAfter(t, dir, time.Duration(50+rand.IntN(250))*time.Millisecond), n)
	}
	s, err := store.Open(t.Context(), filepath.Join(dir, "signoff.db"), store.Options{})
	must(t, err)
	defer s.Close()
	lib := library.New(s, time.Now)
	w := &world{Runner: New(Config{Store: s, Library: lib, Directory: town{}}), post: &post{}}
	w.Handlers = map[engine.CommandKind]Handler{engine.DoNotify: w.post.handle, engine.DoEmail: w.post.handle}
	w.Runner = New(w.Config)
	stop := w.run(t)
	w.untilIdle(t)
	stop()
	for _, id := range ack.started {
		must(t, s.Audit(t.Context(), id))
	}
	for _, id := range ack.decided {
		st := w.state(t, id)
		if st.Status != engine.Completed || st.Tasks[0].Outcome != "Approve" {
			t.Errorf("instance %d was decided and is %s", id, st.Status)
		}
	}
	must(t, s.AuditCounts(t.Context()))
	again := 0
	for _, j := range w.post.jobs {
		ack.did[j.Key]++
	}
	for _, n := range ack.did {
		again += n - 1
	}
	waiting := 0
	for _, id := range ack.started {
		if !w.state(t, id).Tasks[0].Open() {
			continue // decided before anybody was told: then nobody need be
		}
		if waiting++; ack.did[fmt.Sprintf("%d_2/notify", id)] == 0 {
			t.Errorf("nobody was told of instance %d", id)
		}
	}
	t.Logf("%d kills, %d starts and %d decisions acknowledged, %d wait, %d commands, %d of them handed out again",
		kills, len(ack.started), len(ack.decided), waiting, len(ack.did), again)
	if len(ack.decided) < kills || waiting < kills {
		t.Fatal("too little was done for this test to show anything")
	}
}

// untilIdle waits until nothing is left in the outbox.
func (w *world) untilIdle(t *testing.T) {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		var busy bool
		for _, kind := range []engine.CommandKind{engine.DoNotify, engine.DoEmail} {
			due, err := w.Store.NextJob(t.Context(), kind)
			must(t, err)
			busy = busy || !due.IsZero()
		}
		if !busy {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the outbox is not empty after 20 seconds")
}

// killAfter runs the process, kills it the hard way a while after it is ready,
// and returns what it said.
func killAfter(t *testing.T, dir string, d time.Duration) []byte {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	pipe, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	out := bufio.NewReader(pipe)
	if line, err := out.ReadString('\n'); line != "ready 0\n" {
		_ = cmd.Wait()
		t.Fatalf("the process said %q, %v: %s", line, err, errs.String())
	}
	time.AfterFunc(d, func() { _ = cmd.Process.Kill() })
	said, err := io.ReadAll(out)
	must(t, err)
	_ = cmd.Wait() // killed: always an error
	if errs.Len() > 0 {
		t.Fatalf("before it was killed: %s", errs.String())
	}
	return said
}

// readFrom takes in whole lines; the last may have been cut off.
func (a *acknowledged) readFrom(t *testing.T, said []byte, n int) {
	lines := bytes.Split(said, []byte("\n"))
	for _, line := range lines[:len(lines)-1] {
		var id signoff.InstanceID
		var key string
		switch {
		case scan(line, "started %d", &id):
			a.started = append(a.started, id)
		case scan(line, "decided %d", &id):
			a.decided = append(a.decided, id)
		case scan(line, "did %s", &key):
			a.did[key]++
		default:
			t.Fatalf("life %d: said %q", n, line)
		}
	}
}

func scan(line []byte, format string, into any) bool {
	n, err := fmt.Sscanf(string(line), format, into)
	return err == nil && n == 1
}
