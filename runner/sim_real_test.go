package runner

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// TestTheSameGoesForARealStore runs some seeds over a database, where every row
// is held against the history in the end. There is one node at a time: what
// nodes say to each other comes over a wire, on which virtual time stands still.
func TestTheSameGoesForARealStore(t *testing.T) {
	dir := t.TempDir()
	books := workshop(t)
	var sum outcome
	for seed := range uint64(12) {
		inMemory := simulateOn(t, newMemory(false), books, seed, none, true)
		out := outcome{seed: seed}
		synctest.Test(t, func(t *testing.T) {
			s, err := store.Open(context.Background(), pgtest.Choose(t, filepath.Join(dir, fmt.Sprintf("%d.db", seed))), store.Options{})
			must(t, err)
			defer func() { must(t, s.Close()) }()
			books := library.New(s, time.Now) // the same as outside, of this store
			stock(t, books)
			out = (&simulation{weather: newWeather(seed), store: &alone{Store: s}, records: s, books: books}).play(true)
			if err := s.AuditCounts(context.Background()); err != nil {
				out.wrongs = append(out.wrongs, err.Error())
			}
		})
		out.report(t)
		if a, b := lines(out), lines(inMemory); !slices.Equal(a, b) {
			t.Errorf("seed %d goes another way in memory: %s", seed, parting(a, b))
		}
		sum.add(out)
	}
	t.Logf("%v in the simulated world, %d calls of the store, %v", sum.took.Round(time.Minute), sum.calls, sum.hits)
}

// alone is a database with one node at a time: whoever joins finds those before
// it gone.
type alone struct {
	*store.Store
	last string
}

func (a *alone) Shared() bool { return false }

func (a *alone) Join(ctx context.Context, n store.Node) error {
	if a.last != "" {
		if err := a.Leave(ctx, a.last, n.Renewed); err != nil {
			return err
		}
	}
	a.last = n.ID
	return a.Store.Join(ctx, n)
}
