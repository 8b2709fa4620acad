package runner

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// TestWhateverHappensTheRowsAreWhatTheHistorySays lets people do anything they
// can think of, in any order, allowed or not, and time pass in between; then
// everything stored must be what folding the facts gives.
func TestWhateverHappensTheRowsAreWhatTheHistorySays(t *testing.T) {
	dir := t.TempDir()
	files := 0
	rapid.Check(t, func(rt *rapid.T) {
		if files++; files > 12 && os.Getenv(pgtest.Variable) != "" {
			return // making a database takes longer than living in it
		}
		n := rapid.IntRange(5, 40).Draw(rt, "deeds")
		path := filepath.Join(dir, fmt.Sprintf("%d.db", files))
		var failed error
		deeds := make([]deed, n)
		for i := range deeds {
			deeds[i] = drawDeed(rt)
		}
		synctest.Test(t, func(t *testing.T) { failed = live(t, path, deeds, nil) })
		if failed != nil {
			rt.Fatal(failed)
		}
	})
}

type deed struct {
	by     int
	inst   int
	what   int
	pause  int
	action string
}

func drawDeed(rt *rapid.T) deed {
	return deed{by: rapid.IntRange(0, 3).Draw(rt, "by"), inst: rapid.IntRange(1, 3).Draw(rt, "instance"),
		what: rapid.IntRange(0, 14).Draw(rt, "what"), pause: rapid.IntRange(0, 3).Draw(rt, "pause"),
		action: rapid.SampledFrom([]string{"Approve", "Reject", "approve", "Fly"}).Draw(rt, "action")}
}

func (d deed) event(task int, now time.Time) engine.Event {
	switch d.what {
	case 0, 1:
		return engine.Claim{Task: task}
	case 2, 3:
		return engine.Release{Task: task}
	case 4:
		return engine.Redirect{Task: task, To: []string{"eve", "jane", "group:Finance", "nobody"}[d.pause]}
	case 5, 6:
		return engine.Sleep{Task: task, Until: now.Add(time.Duration(d.pause) * 20 * time.Hour)}
	case 7:
		return engine.Wake{Task: task}
	case 8:
		return engine.Comment{Task: task, Text: "hm"}
	case 9:
		return engine.Cancel{Reason: "enough"}
	}
	return engine.Act{Task: task, Action: d.action, Comment: "so"}
}

// rules is where the deeds begin that are about what is kept.
const rules = 12

// rule places a hold on an instance, lifts one, or removes what is not kept.
func (w *world) rule(d deed) (err error) {
	ctx := context.Background()
	switch d.what {
	case rules:
		_, err = w.Store.PlaceHold(ctx, store.LegalHold{Instance: signoff.InstanceID(d.inst), Reason: "court", Placed: time.Now(), PlacedBy: "user:1"})
	case rules + 1:
		_, err = w.Store.LiftHold(ctx, int64(d.inst), "user:1", "over", time.Now())
	default:
		_, err = w.Store.Retain(ctx, time.Now())
	}
	if signoff.KindOf(err) == signoff.NotFound || signoff.KindOf(err) == signoff.Conflict {
		return nil
	}
	return err
}

// live carries the deeds out, and hands over the rows they lead to. Refusals are fine; internal errors are not.
func live(t *testing.T, path string, deeds []deed, rows *string) (err error) {
	ctx := context.Background()
	w := newWorld(t, path)
	w.deploy(t, approval)
	// The second instance's mail fails once, the third's twice: what a call does
	// must not hang on what was called before, for a notification is not handed
	// out when somebody is quicker.
	w.post.does = func(j Job) (Result, error) {
		if j.Kind == engine.DoEmail && j.Attempt < int(j.Instance) {
			return Result{}, &signoff.Error{Kind: signoff.Unavailable, Code: "x", Detail: "away"}
		}
		return Done(nil), nil
	}
	stop := w.run(t)
	defer func() { stop(); must(t, w.Store.Close()) }()
	for range 3 {
		w.start(t)
	}
	people := []signoff.Caller{ana, jane, bob, eve}
	people[3].Admin = true
	must(t, w.Store.SetKeepDays(ctx, 1, 3))
	for _, d := range deeds {
		id := signoff.InstanceID(d.inst)
		if d.what >= rules {
			if err := w.rule(d); err != nil {
				return err
			}
			time.Sleep(time.Hour)
			continue
		}
		in, err := w.Store.Instance(ctx, id)
		if signoff.KindOf(err) == signoff.NotFound {
			continue // its time was up
		}
		must(t, err)
		_, err = w.Do(ctx, people[d.by], id, d.event(in.State.Tasks[0].Seq, time.Now()), "")
		if signoff.KindOf(err) == signoff.Internal && err != nil {
			return fmt.Errorf("%T: %w", d.event(0, time.Now()), err)
		}
		time.Sleep([]time.Duration{0, time.Second, time.Hour, 30 * time.Hour}[d.pause])
		synctest.Wait()
		if err := w.Store.Audit(ctx, id); err != nil {
			return err
		}
	}
	if rows != nil {
		if *rows, err = w.epitaph(); err != nil {
			return err
		}
	}
	return w.Store.AuditCounts(ctx)
}

// epitaph is all rows, and again when days later what has ended is removed.
func (w *world) epitaph() (string, error) {
	ctx := context.Background()
	alive, err := w.Store.DumpText(ctx)
	if err != nil {
		return "", err
	}
	time.Sleep(8 * 24 * time.Hour)
	synctest.Wait()
	if _, err := w.Store.Retain(ctx, time.Now()); err != nil {
		return "", err
	}
	left, err := w.Store.DumpText(ctx)
	return alive + left, err
}

// TestTheSameHistoryGivesTheSameRowsOnBothDatabases lives the same life on
// SQLite and on PostgreSQL; every row of every table must be the same.
func TestTheSameHistoryGivesTheSameRowsOnBothDatabases(t *testing.T) {
	if os.Getenv(pgtest.Variable) != "" {
		t.Skip("it uses both databases whichever is chosen")
	}
	pgtest.Database(t) // starts the server, or skips
	dir := t.TempDir()
	lives, removals := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		if lives++; lives > 12 {
			return
		}
		deeds := rapid.SliceOfN(rapid.Custom(drawDeed), 5, 30).Draw(rt, "deeds")
		var rows [2]string
		for i, dsn := range []string{filepath.Join(dir, fmt.Sprintf("same%d.db", lives)), pgtest.Database(t)} {
			var failed error
			synctest.Test(t, func(t *testing.T) { failed = live(t, dsn, deeds, &rows[i]) })
			if failed != nil {
				rt.Fatal(failed)
			}
		}
		removals += strings.Count(rows[0], "\nremoved ")
		if rows[0] != rows[1] {
			a, b := strings.Split(rows[0], "\n"), strings.Split(rows[1], "\n")
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					rt.Fatalf("SQLite has\n%s\nand PostgreSQL\n%s", a[i], b[i])
				}
			}
			rt.Fatalf("SQLite has %d rows, PostgreSQL %d", len(a), len(b))
		}
	})
	t.Logf("%d lives, %d lines about what was removed", min(lives, 12), removals)
	if removals == 0 {
		t.Error("nothing was ever removed")
	}
}
