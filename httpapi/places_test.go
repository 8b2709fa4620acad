package httpapi_test

import (
	"slices"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi/apitest"
)

func TestWhoAdministersIsToldWhereAnInstanceCanBe(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	id := int64(w.Begin(t, "ana", "leave", map[string]any{"days": 1}))
	if d, err := as(w, "ana").Instance(ctx, id); err != nil || d.Places != nil {
		t.Errorf("who started it: %+v, %v", d.Places, err)
	}
	d, err := as(w, "admin").Instance(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	var enter, outcomes []string
	for _, p := range d.Places {
		if p.Enter {
			enter = append(enter, p.Element)
		}
		if p.Kind == "userTask" {
			outcomes = p.Outcomes
		}
	}
	starts := slices.ContainsFunc(d.Places, func(p api.Place) bool { return p.Kind == "startEvent" && !p.Enter })
	if !starts || len(enter) == 0 || !slices.Contains(outcomes, "Approve") {
		t.Errorf("places %+v", d.Places)
	}
	for _, to := range enter { // what is said to be possible is
		move := api.MoveBody{Reason: "a try", To: to, All: true}
		if err := as(w, "admin").Move(ctx, id, move); err != nil {
			t.Errorf("to %s: %v", to, err)
			break
		}
		if now, err := as(w, "admin").Instance(ctx, id); err != nil || now.Status != "running" {
			break // it came to its end
		}
	}
}
