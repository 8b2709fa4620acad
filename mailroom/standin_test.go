package mailroom

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

// onLeave is somebody's absence from all workflows but one.
type onLeave struct {
	who, sub signoff.Principal
	alone    bool
	until    time.Time

	deserted signoff.Principal // a group of nobody else
}

func (l onLeave) AllAway(_ context.Context, group signoff.Principal) ([]signoff.Principal, error) {
	if group == l.deserted && group != "" {
		return []signoff.Principal{l.who}, nil
	}
	return nil, nil
}

func (l onLeave) InsteadOf(_ context.Context, who signoff.Principal, wf signoff.WorkflowID) ([]signoff.Principal, bool, time.Time, error) {
	if who != l.who || wf == 99 {
		return nil, false, time.Time{}, nil
	}
	return []signoff.Principal{l.sub}, l.alone, l.until, nil
}

func TestWhoStandsInIsToldOfATask(t *testing.T) {
	o := openOffice(t)
	until := time.Date(2026, 8, 15, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		what  string
		alone bool
		on    signoff.WorkflowID
		to    []signoff.Principal
		want  []signoff.Principal
		gone  signoff.Principal
	}{
		{"both, where both have it", false, 1, []signoff.Principal{"user:3"}, []signoff.Principal{"user:3", "user:4"}, ""},
		{"only who stands in", true, 1, []signoff.Principal{"user:3"}, []signoff.Principal{"user:4"}, ""},
		{"nobody else for another workflow", true, 99, []signoff.Principal{"user:3"}, []signoff.Principal{"user:3"}, ""},
		{"nobody twice", false, 1, []signoff.Principal{"user:3", "user:4"}, []signoff.Principal{"user:3", "user:4"}, ""},
		{"nobody else of a group of which somebody is there", true, 1, []signoff.Principal{"group:3"}, []signoff.Principal{"user:3", "user:4"}, ""},
		{"who stands in where nobody of a group is there", true, 1, []signoff.Principal{"group:3"}, []signoff.Principal{"user:4", "user:1"}, "group:3"},
	} {
		sub := signoff.Principal("user:4")
		if c.gone != "" {
			sub = "user:1" // not one of the group
		}
		o.room.Absences = onLeave{"user:3", sub, c.alone, until, c.gone}
		job := o.job(c.to...)
		job.On = c.on
		list, err := o.room.readers(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		var got []signoff.Principal
		for _, one := range list {
			got = append(got, one.Principal)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: told are %v, want %v", c.what, got, c.want)
		}
	}
}

func TestAMailSaysForWhomSomebodyStandsIn(t *testing.T) {
	r := &Room{}
	r.Location = time.UTC
	p := page{Facts: []fact{{"Days", "3"}}}
	r.inPlace(&p, reader{Person: signoff.Person{Name: "Ben"}, For: signoff.Person{Principal: "user:3", Name: "Jane"}, Until: time.Date(2026, 8, 15, 0, 0, 0, 0, time.UTC)})
	if len(p.Facts) != 2 || p.Facts[0] != (fact{"For", "Jane, who is away until Saturday 15 August 2026, 00:00 UTC"}) {
		t.Errorf("the facts are %+v", p.Facts)
	}
	if !strings.Contains(strings.Join(p.Footer, " "), "you stand in for Jane") {
		t.Errorf("the footer is %q", p.Footer)
	}
	own := page{}
	if r.inPlace(&own, reader{}); len(own.Facts)+len(own.Footer) > 0 {
		t.Errorf("one's own task says %+v", own)
	}
}
