package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/store"
)

// TestEverythingInProcessIsMeasured runs every part that needs no process of
// its own, for a moment each. How fast it is plays no part.
func TestEverythingInProcessIsMeasured(t *testing.T) {
	dir := t.TempDir()
	o := Options{Dir: dir, Stores: []string{SQLite}, Clients: []int{3}, Each: 20 * time.Millisecond, Rounds: 1, Tasks: []int{1000}, restPeople: 2, goRound: 200}
	if address, ok := postgresOr(t); ok {
		o.Stores = append(o.Stores, address)
	}
	r, err := Run(t.Context(), o)
	must(t, err)
	var got []string
	for _, c := range r.Cases {
		got = append(got, c.ID)
		ours, floor := c.Signoff.value(c.Kind), c.Floor.value(c.Kind)
		if ours.Min <= 0 || ours.Min > ours.Median || ours.Median > ours.Max || floor.Median <= 0 || c.Ratio <= 0 || c.Signoff.Count < 1 {
			t.Errorf("%+v", c)
		}
		if strings.HasPrefix(c.Part, "W2") && (c.Signoff.Times[starting].P50.Median <= 0 || c.Signoff.Times[deciding].P99.Median <= 0) {
			t.Errorf("%s says nothing of start and decide: %+v", c.ID, c.Signoff.Times)
		}
	}
	for i, where := range o.Stores {
		name := SQLite
		if i > 0 {
			name = Postgres
		}
		for _, id := range []string{"W1 3", "W2 3", "W1-rest 3", "W2-rest 3", "W2-rest-bearer 3", "bearer-first 3", "bearer-again 3", "worklist first page 1000", "worklist sorted by due time 1000"} {
			if !slices.Contains(got, name+" "+id) {
				t.Errorf("%s is missing on %s: %q", id, where, got)
			}
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	writesItself(t, r)
}

func TestProfilesAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profiles")
	_, err := Run(t.Context(), Options{Dir: t.TempDir(), Only: []string{"w2"}, Clients: []int{2}, Each: 20 * time.Millisecond, Rounds: 1, Profiles: dir})
	must(t, err)
	for _, name := range []string{"sqlite-W2-2.pprof", "sqlite-W2-2-floor.pprof"} {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func writesItself(t *testing.T, r Report) {
	var text strings.Builder
	must(t, r.WriteText(&text))
	for _, word := range []string{"of floor", "of in process", "█", "decide", "3 at a time"} {
		if !strings.Contains(text.String(), word) {
			t.Errorf("the text does not say %q:\n%s", word, text.String())
		}
	}
	written, err := json.Marshal(r)
	must(t, err)
	back, err := Read(written)
	must(t, err)
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(written) {
		t.Errorf("%v\n%s\n%s", err, written, again)
	}
}

func postgresOr(t *testing.T) (address string, ok bool) {
	t.Run("a database", func(t *testing.T) { address = postgres(t) })
	return address, address != ""
}

// TestTheFloorWritesTheRowsOfSignoff keeps the comparison honest when what is
// stored changes.
func TestTheFloorWritesTheRowsOfSignoff(t *testing.T) {
	onBoth(t, func(t *testing.T, r *run) {
		for _, w := range []workload{w1, w2} {
			ours, floor := afterCycles(t, r, w, r.inProcess(w)), afterCycles(t, r, w, r.byHand(w))
			for table, rows := range ours {
				f := floor[table]
				if len(rows) != len(f) {
					t.Errorf("%s: signoff has %d rows in %s, the floor %d", w.name, len(rows), table, len(f))
					continue
				}
				for column, size := range sizesOf(rows) {
					if other := sizesOf(f)[column]; size*10 > other*11+20*len(rows) || other*10 > size*11+20*len(rows) {
						t.Errorf("%s: signoff stores %d bytes in %s.%s, the floor %d", w.name, size, table, column, other)
					}
				}
			}
			if len(ours["instance"]) == 0 || len(ours["fact"]) == 0 {
				t.Errorf("%s: %v", w.name, ours)
			}
		}
	})
}

// afterCycles returns the rows that some cycles leave, by table.
func afterCycles(t *testing.T, r *run, w workload, open opener) map[string][]map[string]any {
	at := freshSite(t, r)
	s, err := open(t.Context(), at)
	must(t, err)
	for n := range 20 {
		must(t, s.cycle(t.Context(), 1, n+1, &lap{}))
	}
	must(t, s.settle(t.Context()))
	must(t, s.close())
	return rowsByTable(t, at)
}

func rowsByTable(t *testing.T, at *site) map[string][]map[string]any {
	st, err := store.Open(context.Background(), at.dsn, store.Options{})
	must(t, err)
	defer st.Close()
	out := map[string][]map[string]any{}
	must(t, st.Dump(t.Context(), func(table string, columns []string, row []any) error {
		if table != "worklist_count" && table != "outbox" && !slices.Contains(seeded, table) {
			return nil
		}
		values := map[string]any{}
		for i, c := range columns {
			values[c] = row[i]
		}
		out[table] = append(out[table], values)
		return nil
	}))
	return out
}

// sizesOf is how many bytes each column holds.
func sizesOf(rows []map[string]any) map[string]int {
	out := map[string]int{}
	for _, row := range rows {
		for c, v := range row {
			switch v := v.(type) {
			case []byte:
				out[c] += len(v)
			case string:
				out[c] += len(v)
			case int64:
				out[c] += len(fmt.Sprint(v))
			}
		}
	}
	return out
}

// TestAListByHandHoldsTheSameTasks compares the pages that are measured.
func TestAListByHandHoldsTheSameTasks(t *testing.T) {
	onBoth(t, func(t *testing.T, r *run) {
		at := freshSite(t, r)
		must(t, r.seed(t.Context(), at, 12_000))
		list, err := openList(t.Context(), at)
		must(t, err)
		defer func() { must(t, list.Store.Close()) }()
		hand, err := r.openReader(t.Context(), at)
		must(t, err)
		defer hand.Close()
		for _, l := range listings {
			ours, err := l.asked(t.Context(), list)
			must(t, err)
			floor, err := l.byHand(t.Context(), hand, r.place.name() == Postgres, list)
			must(t, err)
			for _, n := range []int{1, readers} {
				got, err := ours(t.Context(), n)
				must(t, err)
				want, err := floor(t.Context(), n)
				must(t, err)
				if len(got) != pageSize || !slices.Equal(got, want) {
					t.Errorf("%s of reader %d:\n%v by signoff\n%v by hand", l.what, n, got, want)
				}
			}
		}
	})
}
