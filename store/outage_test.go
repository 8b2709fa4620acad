package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgtest"
)

func TestAServerThatGoesAwayAndComesBackLosesNothing(t *testing.T) {
	server := pgtest.Start(t)
	dsn := server.Database(t)
	s, err := Open(t.Context(), dsn, Options{Committers: 2})
	must(t, err)
	defer s.Close()
	scratch(t, s)
	var next, said atomic.Int64
	var kept sync.Map
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := int(next.Add(1))
				switch err := s.write(context.Background(), put(n)); {
				case err == nil:
					kept.Store(n, true)
					said.Add(1)
				case signoff.KindOf(err) != signoff.Unavailable:
					t.Errorf("%v", err)
				}
			}
		})
	}
	await := func(more int64) {
		for goal := said.Load() + more; said.Load() < goal; {
			time.Sleep(time.Millisecond)
		}
	}
	await(20)
	server.Halt()
	if err := s.Ping(t.Context()); signoff.KindOf(err) != signoff.Unavailable {
		t.Errorf("while it is away: %v", err)
	}
	must(t, server.Run())
	await(20)
	server.Kill()
	must(t, server.Run())
	await(20)
	close(stop)
	clients.Wait()
	must(t, s.Ping(t.Context())) // which also looks whether it can be written again
	lost := 0
	kept.Range(func(n, _ any) bool {
		var one int
		if err := s.row(t.Context(), `select n from scratch where n = $1`, n).Scan(&one); err != nil {
			lost++
		}
		return true
	})
	if lost > 0 {
		t.Fatalf("%d of %d that were acknowledged are gone", lost, said.Load())
	}
	must(t, s.Close())
	server.Halt()
	must(t, os.WriteFile(filepath.Join(server.Dir, "data", "standby.signal"), nil, 0o644))
	must(t, server.Run())
	refusedWith(t, dsn, "data-unusable", "read-only standby")
}

// wire stands between a store and its server, and breaks when told to.
type wire struct {
	net.Listener
	to string

	mu    sync.Mutex
	when  string // what must be on its way to the server
	after bool   // the server still gets it, and its answer is lost
	broke chan struct{}
}

func newWire(t *testing.T, dsn string) (*wire, string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	at := strings.Index(dsn, "@") + 1
	end := strings.LastIndex(dsn, "/")
	w := &wire{Listener: l, to: dsn[at:end]}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return w, dsn[:at] + l.Addr().String() + dsn[end:]
}

// breakAt makes the next connection that carries the words break, once.
func (w *wire) breakAt(words string, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.when, w.after, w.broke = words, after, make(chan struct{})
}

func (w *wire) breaks(b []byte) (breaks, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.when == "" || !strings.Contains(string(b), w.when) {
		return false, false
	}
	w.when = ""
	close(w.broke)
	return true, w.after
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer server.Close()
	var deaf atomic.Bool
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		b := make([]byte, 64<<10)
		for {
			n, err := server.Read(b)
			if deaf.Load() || err != nil {
				return
			}
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := client.Read(b)
		if err != nil {
			return
		}
		breaks, after := w.breaks(b[:n])
		if breaks && !after {
			return
		}
		if breaks {
			deaf.Store(true)
		}
		if _, err := server.Write(b[:n]); err != nil {
			return
		}
		if breaks {
			<-answered
			return
		}
	}
}

// named writes a row whose statement carries a name the wire can see, through
// the path that steps take.
func named(n int) func(*tx) error {
	return func(t *tx) error {
		return t.send(`insert into scratch (n, word) values ($1, $2)`, n, fmt.Sprintf("word-%d-", n))
	}
}

func TestAWriteWhoseConnectionBreaksBeforeItsCommitIsMadeAgainOnce(t *testing.T) {
	w, dsn := newWire(t, pgtest.Database(t))
	s := openAt(t, dsn)
	scratch(t, s)
	must(t, s.write(t.Context(), func(t *tx) error { _, err := t.exec(`alter table scratch add column word text`); return err }))
	must(t, s.write(t.Context(), named(1)))
	w.breakAt("word-2-", true)
	must(t, s.write(t.Context(), named(2)))
	<-w.broke
	w.breakAt("word-3-", false)
	must(t, s.write(t.Context(), named(3)))
	<-w.broke
	if n := count(t, s); n != 3 {
		t.Fatalf("%d rows", n)
	}
}

func TestACommitThatIsNotAnsweredIsSaidToBeInDoubtAndItsKeySettlesIt(t *testing.T) {
	w, dsn := newWire(t, pgtest.Database(t))
	s := openAt(t, dsn)
	key := Once{Key: "k", Digest: "d", At: time.Unix(1, 0)}
	do := func(t *tx) error { return key.put(t, 7) }
	for _, key.Key = range []string{"b", "c"} {
		w.breakAt(runs("commit"), true)
		err := s.write(t.Context(), do)
		<-w.broke
		if signoff.CodeOf(err) != "data-outcome-unknown" || signoff.KindOf(err) != signoff.Unavailable {
			t.Fatalf("got %v", err)
		}
		done, ok := errors.AsType[*OnceDone](s.write(t.Context(), do))
		if !ok || done.Instance != 7 {
			t.Fatal("it was done, and nobody says so")
		}
	}
}

// runs is what stands in a message that executes a statement the driver has
// prepared: its name between two zeros.
func runs(statement string) string {
	sum := sha256.Sum256([]byte(statement))
	return "\x00stmtcache_" + hex.EncodeToString(sum[:24]) + "\x00"
}

func TestAWriteThatMetAnotherIsMadeAgain(t *testing.T) {
	s := openAt(t, pgtest.Database(t))
	scratch(t, s)
	for code, want := range map[string]int{"40001": 3, "40P01": 3, "22012": 2} {
		runs := 0
		err := s.write(t.Context(), func(tx *tx) error {
			runs++
			if runs < 3 {
				_, err := tx.exec(`do $$ begin raise exception 'met' using errcode = '` + code + `'; end $$`)
				return err
			}
			return nil
		})
		if runs != want || (err == nil) != (want == 3) {
			t.Errorf("%s: ran %d times, %v", code, runs, err)
		}
	}
}

// A server whose machine sleeps in the middle of a transaction holds a row that
// others need. They get it after a moment, and what it was about to do is done
// when it wakes.
func TestAServerThatStandsStillHoldsNobodyUpForLong(t *testing.T) {
	dsn := pgtest.Database(t)
	a, b := openAt(t, dsn+"?idle_in_transaction_session_timeout=200"), openAt(t, dsn)
	if ms := b.pg.write.RuntimeParams["idle_in_transaction_session_timeout"]; ms != "5000" {
		t.Errorf("a server may stand still for %s ms", ms)
	}
	scratch(t, a)
	must(t, a.write(t.Context(), func(tx *tx) error { _, err := tx.exec(`insert into scratch (n) values (0)`); return err }))
	add := func(n int) func(*tx) error {
		return func(tx *tx) error { _, err := tx.exec(`update scratch set n = n + $1`, n); return err }
	}
	asleep, woken := make(chan struct{}), make(chan struct{})
	var once sync.Once
	done := make(chan error)
	go func() {
		done <- a.write(t.Context(), func(tx *tx) error {
			err := add(1)(tx)
			once.Do(func() { close(asleep); <-woken })
			return err
		})
	}()
	<-asleep
	began := time.Now()
	must(t, b.write(t.Context(), add(10)))
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("another waited %v", took)
	}
	close(woken)
	must(t, <-done)
	var n int
	must(t, b.row(t.Context(), `select n from scratch`).Scan(&n))
	if n != 11 {
		t.Errorf("n is %d", n)
	}
}

func TestTheNextHostIsTriedWhenOneIsNotThere(t *testing.T) {
	dsn := pgtest.Database(t)
	s := openAt(t, strings.Replace(dsn, "@", "@127.0.0.1:1,", 1))
	must(t, s.Ping(t.Context()))
}

func TestASilentServerIsGivenUp(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	c := &impatientConn{Conn: client, silence: time.Millisecond}
	if _, err := c.Read(make([]byte, 1)); !lostConnection(err) {
		t.Fatalf("got %v", err)
	}
	must(t, c.SetReadDeadline(time.Now().Add(time.Hour)))
	go server.Write([]byte("x"))
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatalf("a deadline the driver has set was changed: %v", err)
	}
}
