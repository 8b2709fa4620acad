package identity

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

func away(clock *clock, days int, subs ...signoff.Principal) (a store.Absence) {
	a.From, a.To, a.Substitutes = clock.now().Add(24*time.Hour), clock.now().Add(time.Duration(days+1)*24*time.Hour), subs
	return a
}

func TestAnAbsenceBeginsAndEndsByItself(t *testing.T) {
	clock := newClock()
	w := newWorld(t, Options{Now: clock.now})
	jane, ben := w.user("jane"), w.user("ben")
	must(t, w.SetAbsence(t.Context(), jane, jane.Principal, away(clock, 7, ben.Principal)))
	stands := func() []signoff.Stand {
		t.Helper()
		c, err := w.Caller(t.Context(), ben.Principal, "test")
		must(t, err)
		return c.Stands
	}
	if s := stands(); len(s) != 0 {
		t.Errorf("before it begins ben stands in: %+v", s)
	}
	clock.advance(24 * time.Hour)
	if s := stands(); len(s) != 1 || s[0].Person.Name != "Name of jane" {
		t.Errorf("while it holds ben stands in for %+v", s)
	}
	subs, alone, until, err := w.InsteadOf(t.Context(), jane.Principal, 1)
	if err != nil || len(subs) != 1 || subs[0] != ben.Principal || alone || until.IsZero() {
		t.Errorf("told are %v, %v, %v, %v", subs, alone, until, err)
	}
	clock.advance(7 * 24 * time.Hour)
	if s := stands(); len(s) != 0 {
		t.Errorf("after its end ben stands in: %+v", s)
	}
	if a, err := w.Absence(t.Context(), jane, jane.Principal); err != nil || a.Who != "" || a.Rev != 1 {
		t.Errorf("told is one that is over: %+v, %v", a, err)
	}
}

func TestAnAbsenceIsEndedAtOnce(t *testing.T) {
	clock := newClock()
	w := newWorld(t, Options{Now: clock.now})
	jane, ben, root := w.user("jane"), w.user("ben"), w.user("root", func(u *NewUser) { u.Admin = true })
	a := away(clock, 7, ben.Principal)
	a.From, a.Instead = time.Time{}, true
	must(t, w.SetAbsence(t.Context(), root, jane.Principal, a))
	c, err := w.Caller(t.Context(), jane.Principal, "test")
	must(t, err)
	if c.HandsOn == nil || !c.HandsOn.In(5) {
		t.Errorf("jane has handed on %+v", c.HandsOn)
	}
	must(t, w.EndAbsence(t.Context(), jane, jane.Principal, 1))
	if c, err = w.Caller(t.Context(), jane.Principal, "test"); err != nil || c.HandsOn != nil {
		t.Errorf("back, jane has handed on %+v, %v", c.HandsOn, err)
	}
	changes, err := w.store.Changes(t.Context(), store.ChangeFilter{What: "absence", Subject: string(jane.Principal)}, 0, 10)
	if err != nil || len(changes) != 2 || changes[1].By != root.Principal || len(changes[0].After) != 0 || !strings.Contains(string(changes[1].After), string(ben.Principal)) {
		t.Errorf("on record: %+v, %v", changes, err)
	}
}

func TestAbsencesThatCannotBeAreRefused(t *testing.T) {
	clock := newClock()
	w := newWorld(t, Options{Now: clock.now})
	jane, ben, cara := w.user("jane"), w.user("ben"), w.user("cara")
	must(t, w.SetAbsence(t.Context(), ben, ben.Principal, away(clock, 7, jane.Principal)))
	id, _ := store.AccountID(cara.Principal)
	_, err := w.store.ChangeAccount(t.Context(), id, func(a *store.Account) error { a.Disabled = true; return nil })
	must(t, err)
	w.Changed(id)
	for what, c := range map[string]struct {
		change func(*store.Absence)
		field  string
		says   string
	}{
		"backwards":      {func(a *store.Absence) { a.To = a.From }, "to", "before it begins"},
		"over":           {func(a *store.Absence) { a.From, a.To = clock.now().Add(-2*time.Hour), clock.now().Add(-time.Hour) }, "to", "over already"},
		"far ahead":      {func(a *store.Absence) { a.To = clock.now().AddDate(4, 0, 0) }, "to", "three years"},
		"nobody":         {func(a *store.Absence) { a.Substitutes = nil }, "substitutes", "say who"},
		"oneself":        {func(a *store.Absence) { a.Substitutes[0] = jane.Principal }, "substitutes", "themselves"},
		"who left":       {func(a *store.Absence) { a.Substitutes[0] = cara.Principal }, "substitutes", "cannot stand in"},
		"nobody known":   {func(a *store.Absence) { a.Substitutes[0] = "user:4711" }, "substitutes", "cannot stand in"},
		"a group":        {func(a *store.Absence) { a.Substitutes[0] = "group:1" }, "substitutes", "cannot stand in"},
		"too many":       {func(a *store.Absence) { a.Substitutes = make([]signoff.Principal, 11) }, "substitutes", "at most 10"},
		"two exceptions": {func(a *store.Absence) { a.Except = []access.Exception{{Workflow: 1}, {Workflow: 1}} }, "except.1", "already"},
		"an exception": {func(a *store.Absence) {
			a.Except = []access.Exception{{Workflow: 1, Substitutes: []signoff.Principal{jane.Principal}}}
		}, "except.0", "themselves"},
		"exceptions": {func(a *store.Absence) { a.Except = make([]access.Exception, 101) }, "except", "more than 100"},
		"a circle":   {func(a *store.Absence) { a.Substitutes[0] = ben.Principal }, "substitutes", "come back"},
	} {
		a := away(clock, 7, jane.Principal)
		a.Substitutes = []signoff.Principal{"user:1"}
		if c.field != "substitutes" {
			a.Substitutes = nil
			a.Except = []access.Exception{{Workflow: 9, Substitutes: nil}}
		}
		c.change(&a)
		err := w.SetAbsence(t.Context(), jane, jane.Principal, a)
		if signoff.CodeOf(err) != "bad-absence" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := w.SetAbsence(t.Context(), jane, ben.Principal, away(clock, 7, jane.Principal)); signoff.KindOf(err) != signoff.Forbidden {
		t.Errorf("somebody else's: %v", err)
	}
	if _, err := w.Absence(t.Context(), jane, ben.Principal); signoff.KindOf(err) != signoff.Forbidden {
		t.Errorf("looking at somebody else's: %v", err)
	}
}

func TestOfAGroupNobodyIsThereWhenAllOfItAreAway(t *testing.T) {
	clock := newClock()
	w := newWorld(t, Options{Now: clock.now})
	jane, bob, ben, cara := w.user("jane"), w.user("bob"), w.user("ben"), w.user("cara")
	inner := w.group("Audit", bob)
	board, other := w.group("Board", jane), w.group("Other", jane, cara)
	must(t, w.SetMember(t.Context(), access.System, board, inner, true)) // a group in a group
	stands := func(who signoff.Caller) []signoff.Principal {
		t.Helper()
		var out []signoff.Principal
		for _, s := range w.caller(who.Principal).Stands {
			out = append(out, s.Groups...)
		}
		return out
	}
	set := func(who signoff.Caller, days int) {
		t.Helper()
		a := away(clock, days, ben.Principal)
		a.From = clock.now()
		must(t, w.SetAbsence(t.Context(), who, who.Principal, a))
	}
	set(jane, 9)
	if got := stands(ben); len(got) != 0 {
		t.Errorf("while bob is there ben stands in for %v", got)
	}
	set(bob, 5)
	if got := stands(ben); !slices.Equal(got, []signoff.Principal{board, inner, board}) && !slices.Equal(got, []signoff.Principal{board, board, inner}) {
		t.Errorf("with all of the board away ben stands in for %v, want %s for both and %s; not %s", got, board, inner, other)
	}
	if all, err := w.AllAway(t.Context(), board); err != nil || len(all) != 2 {
		t.Errorf("away of the board: %v, %v", all, err)
	}
	if all, err := w.AllAway(t.Context(), other); err != nil || len(all) != 0 {
		t.Errorf("away of a group somebody of which is there: %v, %v", all, err)
	}
	w.change(bob, UserChange{Disabled: new(bool)})
	off := true
	w.change(cara, UserChange{Disabled: &off}) // who cannot sign in is not there
	if got := stands(ben); !slices.Contains(got, other) {
		t.Errorf("with cara gone for good ben stands in for %v", got)
	}
	clock.advance(7 * 24 * time.Hour)
	if got := stands(ben); slices.Contains(got, board) || slices.Contains(got, inner) {
		t.Errorf("with bob back ben stands in for %v", got)
	}
}

func TestWhoCannotSignInStandsInForNobody(t *testing.T) {
	clock := newClock()
	w := newWorld(t, Options{Now: clock.now})
	jane, ben, cara := w.user("jane"), w.user("ben"), w.user("cara")
	a := away(clock, 7, ben.Principal)
	a.From, a.Instead, a.Except = clock.now(), true, []access.Exception{{Workflow: 3, Substitutes: []signoff.Principal{ben.Principal, cara.Principal}}}
	must(t, w.SetAbsence(t.Context(), jane, jane.Principal, a))
	if c := w.caller(jane.Principal); c.HandsOn == nil || !c.HandsOn.In(1) {
		t.Fatalf("with ben there jane hands on %+v", c.HandsOn)
	}
	off := true
	w.change(ben, UserChange{Disabled: &off})
	if c := w.caller(jane.Principal); c.HandsOn == nil || c.HandsOn.In(1) || !c.HandsOn.In(3) {
		t.Errorf("without ben jane hands on %+v, want what cara has", c.HandsOn)
	}
	if subs, alone, _, err := w.InsteadOf(t.Context(), jane.Principal, 1); err != nil || len(subs) != 0 || alone {
		t.Errorf("told are %v, alone %v, %v", subs, alone, err)
	}
	if subs, alone, _, err := w.InsteadOf(t.Context(), jane.Principal, 3); err != nil || !slices.Equal(subs, []signoff.Principal{cara.Principal}) || !alone {
		t.Errorf("told of workflow 3 are %v, alone %v, %v", subs, alone, err)
	}
}

func TestAnAbsenceLeavesWhatIsKnownOfPeople(t *testing.T) {
	clock := newClock()
	st := openStore(t)
	w, other := openWorld(t, st, Options{Now: clock.now}), openWorld(t, st, Options{Now: clock.now})
	jane, ben := w.user("jane"), w.user("ben")
	a := away(clock, 7, ben.Principal)
	a.From = clock.now()
	for _, x := range []world{w, other} {
		x.caller(ben.Principal)
	}
	must(t, w.SetAbsence(t.Context(), jane, jane.Principal, a))
	other.Heard(store.Hint{Topic: store.TopicPeople, Payload: "absences"})
	for _, x := range []world{w, other} {
		if x.members.len() == 0 {
			t.Error("everybody is forgotten because one is away")
		}
		if c := x.caller(ben.Principal); len(c.Stands) != 1 {
			t.Errorf("ben stands in for %+v", c.Stands)
		}
	}
}

func TestNobodyIsMadeToStandInForACrowd(t *testing.T) {
	clock := newClock()
	w := newWorld(t, Options{Now: clock.now})
	jane, ben, cara := w.user("jane"), w.user("ben"), w.user("cara")
	var all access.Absences
	for n := range access.MaxStands {
		all = append(all, access.Absence{Who: signoff.Principal("user:9" + strconv.Itoa(1000+n)), From: clock.now(), Substitutes: []signoff.Principal{ben.Principal}})
	}
	_, era, _ := w.absences.get(struct{}{})
	w.absences.put(struct{}{}, absent{roster: all.Roster()}, era)
	err := w.SetAbsence(t.Context(), jane, jane.Principal, away(clock, 7, ben.Principal))
	if signoff.CodeOf(err) != "bad-absence" || !strings.Contains(err.Error(), "more than 100 people") {
		t.Errorf("ben for one more: %v", err)
	}
	must(t, w.SetAbsence(t.Context(), jane, jane.Principal, away(clock, 7, cara.Principal)))
}
