package main

import (
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
)

func TestAnAbsenceIsToldWithItsLastDayAndItsExceptions(t *testing.T) {
	from := time.Date(2026, 8, 1, 9, 30, 0, 0, time.Local)
	to, err := dayFlag("to", "2026-08-15", true)
	if err != nil {
		t.Fatal(err)
	}
	a := api.Absence{From: &from, To: to, Tasks: "go", Substitutes: []api.Person{{Name: "Ben"}},
		Except: []api.AbsenceException{{Workflow: "expense", Substitutes: []api.Person{{Name: "Ana"}, {Name: "Cara"}}}, {Workflow: "leave"}}}
	want := "away from 2026-08-01 09:30 to 2026-08-15; have the tasks instead: Ben\nexcept expense: Ana, Cara\nexcept leave: its tasks stay"
	if got := absenceInWords(a); got != want {
		t.Errorf("told\n%s\nnot\n%s", got, want)
	}
	noon := time.Date(2026, 8, 15, 12, 0, 0, 0, time.Local)
	if got := untilDay(noon); got != "2026-08-15 12:00" {
		t.Errorf("one that ends at noon ends %s", got)
	}
}
