package access

import (
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

var july = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// gone is somebody who is away all of July.
func gone(who string, subs ...string) Absence {
	return Absence{Who: signoff.Principal("user:" + who), From: july, To: july.AddDate(0, 1, 0), Substitutes: users(subs...)}
}

func users(names ...string) (out []signoff.Principal) {
	for _, n := range names {
		out = append(out, signoff.Principal("user:"+n))
	}
	return out
}

func instead(a Absence) Absence { a.Instead = true; return a }

func except(a Absence, wf signoff.WorkflowID, subs ...string) Absence {
	a.Except = append(a.Except, Exception{wf, users(subs...)})
	return a
}

func TestWhoHasTheTasksOfSomebodyWhoIsAway(t *testing.T) {
	mid := july.AddDate(0, 0, 10)
	for _, c := range []struct {
		what string
		all  Absences
		wf   signoff.WorkflowID
		at   time.Time
		want []string
	}{
		{"nobody for who is there", Absences{gone("ben", "cara")}, 0, mid, nil},
		{"the substitute", Absences{gone("jane", "ben")}, 0, mid, []string{"ben"}},
		{"several", Absences{gone("jane", "ben", "cara")}, 0, mid, []string{"ben", "cara"}},
		{"not before it begins", Absences{gone("jane", "ben")}, 0, july.Add(-1), nil},
		{"from its first moment", Absences{gone("jane", "ben")}, 0, july, []string{"ben"}},
		{"not from its end on", Absences{gone("jane", "ben")}, 0, july.AddDate(0, 1, 0), nil},
		{"without an end", Absences{{Who: "user:jane", From: july, Substitutes: users("ben")}}, 0, mid.AddDate(5, 0, 0), []string{"ben"}},
		{"another for one workflow", Absences{except(gone("jane", "ben"), 3, "cara")}, 3, mid, []string{"cara"}},
		{"the others as usual", Absences{except(gone("jane", "ben"), 3, "cara")}, 4, mid, []string{"ben"}},
		{"nobody for one workflow", Absences{except(gone("jane", "ben"), 3)}, 3, mid, nil},
		{"only one workflow", Absences{except(gone("jane"), 3, "cara")}, 0, mid, nil},
		{"on from a substitute who shares", Absences{gone("jane", "ben"), gone("ben", "cara")}, 0, mid, []string{"cara", "ben"}},
		{"on from a substitute who hands on", Absences{gone("jane", "ben"), instead(gone("ben", "cara"))}, 0, mid, []string{"cara"}},
		{"by the exception of the substitute", Absences{gone("jane", "ben"), instead(except(gone("ben", "cara"), 3, "dan"))}, 3, mid, []string{"dan"}},
		{"a substitute nobody stands in for", Absences{gone("jane", "ben"), instead(except(gone("ben", "cara"), 3))}, 3, mid, []string{"ben"}},
		{"in a circle they stay where they are", Absences{gone("jane", "ben"), instead(gone("ben", "jane"))}, 0, mid, nil},
		{"in a longer circle, too", Absences{gone("jane", "ben"), instead(gone("ben", "cara")), instead(gone("cara", "jane"))}, 0, mid, nil},
		{"beside a circle of others", Absences{gone("jane", "ben", "dan"), instead(gone("ben", "cara")), instead(gone("cara", "ben"))}, 0, mid, []string{"dan"}},
		{"one who comes twice", Absences{gone("jane", "ben", "cara"), gone("ben", "cara")}, 0, mid, []string{"cara", "ben"}},
	} {
		if got := c.all.Substitutes("user:jane", c.wf, c.at); !slices.Equal(got, users(c.want...)) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestForWhichWorkflowsSomebodyStandsIn(t *testing.T) {
	mid := july.AddDate(0, 0, 10)
	all := Absences{except(except(gone("jane", "ben"), 3, "cara"), 4), instead(except(gone("dan"), 7, "ben"))}
	in := all.StandsIn("user:ben", mid)
	if len(in) != 2 || in[0].Person.Principal != "user:jane" || !in[0].Until.Equal(july.AddDate(0, 1, 0)) {
		t.Fatalf("ben stands in for %+v", in)
	}
	for wf, want := range map[signoff.WorkflowID]bool{1: true, 3: false, 4: false, 7: true} {
		if in[0].In(wf) != want {
			t.Errorf("workflow %d for jane: %v", wf, !want)
		}
	}
	if in[1].In(1) || !in[1].In(7) {
		t.Errorf("for dan: %+v", in[1])
	}
	if got := all.StandsIn("user:jane", mid); got != nil {
		t.Errorf("jane stands in for %+v", got)
	}
	if all.HandsOn("user:jane", mid) != nil {
		t.Error("jane shares, and has nothing handed on")
	}
	if h := all.HandsOn("user:dan", mid); h == nil || h.In(1) || !h.In(7) {
		t.Errorf("dan has handed on %+v", h)
	}
}

func TestACircleIsFoundBeforeItIsClosed(t *testing.T) {
	later := gone("ben", "jane")
	later.From, later.To = later.To, later.To.AddDate(0, 1, 0)
	for _, c := range []struct {
		what string
		all  Absences
		is   Absence
		want []string
	}{
		{"none", Absences{gone("ben", "cara")}, gone("jane", "ben"), nil},
		{"of two", Absences{gone("ben", "jane")}, gone("jane", "ben"), []string{"jane", "ben"}},
		{"of three", Absences{gone("ben", "cara"), gone("cara", "jane")}, gone("jane", "ben"), []string{"jane", "ben", "cara"}},
		{"not at the same time", Absences{later}, gone("jane", "ben"), nil},
		{"in one workflow", Absences{except(gone("ben", "cara"), 3, "jane")}, gone("jane", "ben"), []string{"jane", "ben"}},
		{"in different workflows", Absences{except(gone("ben", "cara"), 3, "jane")}, except(gone("jane", "ben"), 3, "dan"), nil},
		{"one's own of before", Absences{gone("jane", "ben"), gone("ben", "cara")}, gone("jane", "ben"), nil},
	} {
		if got := c.all.Circle(c.is); !slices.Equal(got, users(c.want...)) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
