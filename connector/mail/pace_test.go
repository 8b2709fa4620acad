package mail

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestNoMinuteSeesMoreThanItsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(30, 4)
		var starts []time.Time
		for range 100 {
			if err := p.begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			starts = append(starts, time.Now())
			time.Sleep(500 * time.Millisecond)
			p.end()
		}
		for i := 30; i < len(starts); i++ {
			if d := starts[i].Sub(starts[i-30]); d < time.Minute {
				t.Fatalf("31 starts within %v", d)
			}
		}
		if took := starts[99].Sub(starts[0]); took > 4*time.Minute {
			t.Errorf("100 mails at 30 a minute took %v", took)
		}
	})
}

func TestNoMoreThanTheAgreedNumberRunAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(0, 2)
		for range 2 {
			if err := p.begin(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := p.begin(ctx); err == nil {
			t.Error("a third one began")
		}
		p.end()
		if err := p.begin(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
