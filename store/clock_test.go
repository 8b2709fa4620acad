package store

import (
	"testing"
	"time"

	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store/pgtest"
)

func TestNodesWhoseClocksDifferAgreeOnTheTime(t *testing.T) {
	dsn := pgtest.Empty(t)
	ahead := openWith(t, dsn, Options{Now: func() time.Time { return time.Now().Add(7 * time.Minute) }})
	behind := openWith(t, dsn, Options{Now: func() time.Time { return time.Now().Add(-11 * time.Minute) }})
	if d := ahead.Now().Sub(behind.Now()).Abs(); d > time.Second {
		t.Fatalf("%v apart", d)
	}
	if d := ahead.Now().Sub(time.Now()).Abs(); d > time.Second {
		t.Fatalf("%v from the database's", d)
	}
	ctx := t.Context()
	join := func(s *Store, id string) {
		now := s.Now()
		must(t, s.Join(ctx, Node{ID: id, Renewed: now, Until: now.Add(time.Minute)}))
	}
	join(ahead, "ahead")
	join(behind, "behind")
	for _, s := range []*Store{ahead, behind} {
		if dead, err := s.Reap(ctx, s.Now()); err != nil || len(dead) > 0 {
			t.Fatalf("a living node was taken for dead: %+v, %v", dead, err)
		}
	}
	must(t, behind.write(ctx, func(tx *tx) error {
		_, err := tx.exec(`insert into outbox (key, instance, ref, workflow, version, kind, due, attempt, holder, last_error, body)
			values ('1_2/email', 1, 2, 1, 1, 'email', $1, 0, '', '', '{}')`, micros(behind.Now()))
		return err
	}))
	jobs, err := ahead.TakeJobs(ctx, "ahead", engine.DoEmail, ahead.Now().Add(time.Second), 5*time.Minute, 1)
	must(t, err)
	if len(jobs) != 1 {
		t.Fatal("not due for the other node")
	}
	if jobs, err := behind.TakeJobs(ctx, "behind", engine.DoEmail, behind.Now(), time.Minute, 1); err != nil || len(jobs) > 0 {
		t.Fatalf("its lease did not count: %+v, %v", jobs, err)
	}
	if _, mine, err := ahead.Acquire(ctx, "mailroom", "ahead", ahead.Now(), ahead.Now().Add(5*time.Minute)); !mine || err != nil {
		t.Fatal(mine, err)
	}
	if l, mine, err := behind.Acquire(ctx, "mailroom", "behind", behind.Now(), behind.Now().Add(time.Minute)); mine || err != nil {
		t.Fatalf("two hold it: %+v, %v", l, err)
	}
}

func TestTheClockFollowsTheDatabaseWhenOneOfThemJumps(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	look := func(ours, theirs, within time.Duration) *reading {
		return &reading{at.Add(ours), at.Add(theirs), within}
	}
	for _, c := range []struct {
		what   string
		first  *reading
		second *reading
		want   time.Duration // of the database, when ours stands at one hour
	}{
		{"nothing moved: the exact reading stays", look(0, 0, time.Millisecond), look(time.Minute, time.Minute+3*time.Millisecond, 5*time.Millisecond), time.Hour},
		{"a more exact one is better", look(0, 0, 5*time.Millisecond), look(time.Minute, time.Minute+3*time.Millisecond, time.Millisecond), time.Hour + 3*time.Millisecond},
		{"the database's was set back", look(0, 0, time.Millisecond), look(time.Minute, -time.Hour, time.Millisecond), -time.Minute},
		{"this machine slept", look(0, 0, time.Millisecond), look(time.Minute, 3*time.Hour, 2*time.Millisecond), 4*time.Hour - time.Minute},
		{"a slow answer says nothing of a small difference", look(0, 0, time.Millisecond), look(time.Minute, time.Minute+time.Second, 2*time.Second), time.Hour},
	} {
		var k clock
		k.take(c.first)
		k.take(c.second)
		if got := k.at.Load().now(at.Add(time.Hour)).Sub(at); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

// The machine slept, and its clock with it: how long the node is to count as
// living is meant from now on, and not from before it slept.
func TestARenewalAfterSleepLastsAsLongAsItSays(t *testing.T) {
	var behind time.Duration
	s := openWith(t, pgtest.Empty(t), Options{Now: func() time.Time { return time.Now().Add(-behind) }})
	now := s.Now()
	must(t, s.Join(t.Context(), Node{ID: "a", Renewed: now, Until: now.Add(20 * time.Second)}))
	_, mine, err := s.Acquire(t.Context(), MailLease, "a", now, now.Add(20*time.Second))
	if must(t, err); !mine {
		t.Fatal("not held")
	}
	behind = 15 * time.Second
	now = s.Now()
	if ok, err := s.Renew(t.Context(), "a", now, now.Add(20*time.Second)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	nodes, err := s.Nodes(t.Context())
	must(t, err)
	l, err := s.Lease(t.Context(), MailLease)
	must(t, err)
	for what, until := range map[string]time.Time{"node": nodes[0].Until, "lease": l.Until} {
		if left := until.Sub(s.Now()); left < 15*time.Second || left > 20*time.Second {
			t.Errorf("the %s has %v left", what, left)
		}
	}
}

func TestOnAFileTheMachinesClockIsTheTime(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := openWith(t, t.TempDir()+"/signoff.db", Options{Now: func() time.Time { return at }})
	s.measure(t.Context())
	if !s.Now().Equal(at) {
		t.Fatalf("%v", s.Now())
	}
}
