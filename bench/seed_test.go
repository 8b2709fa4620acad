package bench

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

// TestSeededRowsAreThoseOfStartedInstances starts the very instances that are
// seeded elsewhere, one by one, and compares all rows.
func TestSeededRowsAreThoseOfStartedInstances(t *testing.T) {
	onBoth(t, func(t *testing.T, r *run) {
		const n = perMoment + 37
		copied, started := freshSite(t, r), freshSite(t, r)
		must(t, r.seed(t.Context(), copied, n))

		s, err := store.Open(t.Context(), started.dsn, store.Options{})
		must(t, err)
		from := seedStart(time.Now())
		var now atomic.Int64
		now.Store(from.UnixMicro())
		clock := func() time.Time { return time.UnixMicro(now.Load()).UTC() }
		o := &ours{store: s, lib: library.New(s, clock), ended: make(chan error, 1)}
		must(t, deployBoth(t.Context(), o.lib))
		o.run(t.Context(), crowd{}, "main", clock)
		for i := 1; i <= n; i++ {
			seed := seedFor(i, from)
			now.Store(seed.at.UnixMicro())
			must(t, startSeed(t.Context(), o.runner, seed))
		}
		must(t, o.settle(t.Context()))
		o.stop()
		must(t, <-o.ended)
		want := rowsOf(t, s)
		must(t, s.Close())
		s, err = store.Open(t.Context(), copied.dsn, store.Options{})
		must(t, err)
		got := rowsOf(t, s)
		must(t, s.Close())
		if len(got) != len(want) || len(got) < 5*n {
			t.Fatalf("%d rows are copied, %d were made", len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("copied  %s\nstarted %s", got[i], want[i])
			}
		}
	})
}

// rowsOf lists all rows that are about instances.
func rowsOf(t *testing.T, s *store.Store) []string {
	text, err := s.DumpText(t.Context())
	must(t, err)
	return slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
		table, _, _ := strings.Cut(line, " ")
		return table != "worklist_count" && table != "outbox" && !slices.Contains(seeded, table)
	})
}

func freshSite(t *testing.T, r *run) *site {
	at, err := r.place.fresh(t.Context())
	must(t, err)
	t.Cleanup(func() { must(t, at.remove()) })
	return at
}

// onBoth runs a test on both databases, PostgreSQL if it is installed.
func onBoth(t *testing.T, f func(*testing.T, *run)) {
	for _, where := range []string{SQLite, Postgres} {
		t.Run(where, func(t *testing.T) {
			if where == Postgres {
				where = postgres(t)
			}
			r := &run{Options: Options{Each: 20 * time.Millisecond, Rounds: 1, Clients: []int{2}, Tasks: []int{1000}, Waiting: 200, Stored: 200}}
			must(t, r.fill())
			var err error
			r.place, err = openPlace(t.Context(), where, t.TempDir(), "")
			must(t, err)
			t.Cleanup(r.place.close)
			f(t, r)
		})
	}
}
