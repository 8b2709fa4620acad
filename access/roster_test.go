package access

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

func user(n int) signoff.Principal { return signoff.Principal(fmt.Sprintf("user:%d", n)) }

// someAbsences are some of a few people, who name each other.
func someAbsences(r *rand.Rand) (all Absences) {
	few := func() (out []signoff.Principal) {
		for _, p := range r.Perm(7)[:r.IntN(3)] {
			out = append(out, user(p))
		}
		return out
	}
	for n := range 1 + r.IntN(7) {
		a := Absence{Who: user(n), From: july.AddDate(0, 0, r.IntN(10)), Instead: r.IntN(2) == 0, Substitutes: few()}
		if r.IntN(3) > 0 {
			a.To = a.From.AddDate(0, 0, 1+r.IntN(10))
		}
		for _, wf := range r.Perm(3)[:r.IntN(3)] {
			a.Except = append(a.Except, Exception{signoff.WorkflowID(wf + 1), few()})
		}
		a.Substitutes = slices.DeleteFunc(a.Substitutes, func(p signoff.Principal) bool { return p == a.Who })
		all = append(all, a)
	}
	return all
}

func TestWhoHasTasksAndWhoStandsInAreTheSame(t *testing.T) {
	for seed := range uint64(2_000) {
		r := rand.New(rand.NewPCG(seed, 1))
		all := someAbsences(r)
		roster, at := all.Roster(), july.AddDate(0, 0, r.IntN(20))
		for who := range 7 {
			has := map[signoff.WorkflowID][]signoff.Principal{}
			for wf := range signoff.WorkflowID(4) {
				has[wf] = roster.Substitutes(user(who), wf, at)
				h := roster.HandsOn(user(who), at)
				if a := roster.Away(user(who), at); (h != nil && h.In(wf)) != (a != nil && a.Instead && len(has[wf]) > 0) {
					t.Fatalf("seed %d: user %d hands on %+v, workflow %d goes to %v", seed, who, h, wf, has[wf])
				}
			}
			for me := range 7 {
				in := roster.StandsIn(user(me), at)
				i := slices.IndexFunc(in, func(s signoff.Stand) bool { return s.Person.Principal == user(who) })
				for wf, list := range has {
					if want := slices.Contains(list, user(me)); want != (i >= 0 && in[i].In(wf)) {
						t.Fatalf("seed %d: user %d of user %d in workflow %d: %v; stands in %+v\n%+v", seed, me, who, wf, want, in, all)
					}
				}
			}
		}
	}
}

// circles tells in the plainest way whether some way leads back.
func circles(all Absences, a Absence, wf signoff.WorkflowID, who signoff.Principal, been []signoff.Principal) bool {
	for _, p := range a.For(wf) {
		if p == who {
			return true
		}
		for _, b := range all {
			if b.Who == p && !slices.Contains(been, p) && overlap(&a, &b) && circles(all, b, wf, who, append(slices.Clone(been), p)) {
				return true
			}
		}
	}
	return false
}

func TestACircleIsFoundWheneverThereIsOne(t *testing.T) {
	found := 0
	for seed := range uint64(3_000) {
		all := someAbsences(rand.New(rand.NewPCG(seed, 2)))
		a := all[len(all)-1]
		rest := slices.DeleteFunc(slices.Clone(all[:len(all)-1]), func(b Absence) bool { return !overlap(&a, &b) })
		want := false
		for wf := range signoff.WorkflowID(4) {
			want = want || circles(rest, a, wf, a.Who, []signoff.Principal{a.Who})
		}
		got := all[:len(all)-1].Roster().Circle(a)
		if want != (got != nil) || got != nil && got[0] != a.Who {
			t.Fatalf("seed %d: a circle: %v, found %v\n%+v", seed, want, got, all)
		}
		if want {
			found++
		}
	}
	if found < 100 {
		t.Errorf("only %d circles were tried", found)
	}
}

// inTime fails when something takes so long that it cannot be linear.
func inTime(t *testing.T, what string, do func()) {
	t.Helper()
	began := time.Now()
	if do(); time.Since(began) > 2*time.Second {
		t.Errorf("%s took %v", what, time.Since(began))
	}
}

func TestThousandsWhoAreAwayCostNobodyTime(t *testing.T) {
	var all Absences
	for n := range 5_000 {
		a := Absence{Who: user(n), From: july, Substitutes: []signoff.Principal{user(5_000 + n)}}
		if n < 50 {
			for wf := range 100 {
				a.Except = append(a.Except, Exception{Workflow: signoff.WorkflowID(100*n + wf + 1)})
			}
		}
		all = append(all, a)
	}
	roster := all.Roster()
	inTime(t, "asking for everybody", func() {
		for n := range 10_000 {
			if got := len(roster.StandsIn(user(n), july)); got != n/5_000 {
				t.Fatalf("user %d stands in for %d", n, got)
			}
		}
	})
}

func TestLayersOfSubstitutesAreSearchedOnce(t *testing.T) {
	layers := func(n int) (all Absences) {
		for l := range n {
			for i := range 9 {
				a := Absence{Who: user(10*l + i), From: july}
				for k := range 9 {
					a.Substitutes = append(a.Substitutes, user(10*(l+1)+k))
				}
				all = append(all, a)
			}
		}
		return all
	}
	new := Absence{Who: "user:new", From: july, Substitutes: []signoff.Principal{user(0)}}
	inTime(t, "looking for a circle that is not there", func() {
		if roster := layers(9).Roster(); roster.Crowd(new) != "" || roster.Circle(new) != nil {
			t.Errorf("crowd %s, circle %v", roster.Crowd(new), roster.Circle(new))
		}
	})
	inTime(t, "refusing what goes too far", func() {
		if got := layers(500).Roster().Crowd(new); got != new.Who {
			t.Errorf("crowd %s", got)
		}
	})
}

func TestNobodyStandsInForACrowd(t *testing.T) {
	var all Absences
	for n := range MaxStands {
		all = append(all, Absence{Who: user(n), From: july, To: july.AddDate(0, 1, 0), Substitutes: users("ben")})
	}
	roster := all.Roster()
	one := gone("jane", "ben")
	if got := roster.Crowd(one); got != "user:ben" {
		t.Errorf("the %dth: %q", MaxStands+1, got)
	}
	if got := roster.Crowd(gone("jane", "cara")); got != "" {
		t.Errorf("somebody else: %q", got)
	}
	again := all[3]
	if again.Instead = true; roster.Crowd(again) != "" {
		t.Error("one's own of before counts")
	}
	one.From, one.To = one.To, one.To.AddDate(0, 1, 0)
	if got := roster.Crowd(one); got != "" {
		t.Errorf("at another time: %q", got)
	}
	if got := roster.Crowd(gone("ben", "cara")); got != "user:cara" {
		t.Errorf("all of them by way of ben: %q", got)
	}
	aside := gone("jane", "cara")
	for wf := range MaxAside + 1 {
		aside = except(aside, signoff.WorkflowID(wf+1))
	}
	if got := roster.Crowd(aside); got != "user:jane" {
		t.Errorf("more than %d exceptions: %q", MaxAside, got)
	}
}

func TestTheNextTurnIsWhenSomethingBeginsOrEnds(t *testing.T) {
	end := july.AddDate(0, 1, 0)
	roster := Absences{gone("jane", "ben"), {Who: "user:dan", From: july.AddDate(0, 0, 3), Substitutes: users("ben")}}.Roster()
	for at, want := range map[time.Time]time.Time{
		july.Add(-1): july, july: july.AddDate(0, 0, 3), july.AddDate(0, 0, 3): end, end.Add(-1): end, end: {},
	} {
		if got := roster.Turn(at); !got.Equal(want) {
			t.Errorf("after %v: %v, want %v", at, got, want)
		}
	}
}
