package pace

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// The server may count a mail at any moment between its beginning and its end.
func TestNoMinuteSeesMoreThanItsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(30, 4, Options{})
		var begun, ended []time.Time
		for range 100 {
			end, err := p.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			begun = append(begun, time.Now())
			time.Sleep(500 * time.Millisecond)
			end()
			ended = append(ended, time.Now())
		}
		for i := 30; i < len(begun); i++ {
			if d := begun[i].Sub(ended[i-30]); d < time.Minute {
				t.Fatalf("31 mails within %v", d)
			}
		}
		if took := begun[99].Sub(begun[0]); took > 4*time.Minute {
			t.Errorf("100 mails at 30 a minute took %v", took)
		}
	})
}

func TestNoMoreThanTheAgreedNumberRunAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(0, 2, Options{})
		end, err := p.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := p.Begin(ctx); err == nil {
			t.Error("a third one began")
		}
		end()
		end() // once more changes nothing
		if _, err := p.Begin(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := p.Begin(ctx); err == nil {
			t.Error("ending twice made two places")
		}
	})
}

func TestWhatOthersSentCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(2, 0, Options{})
		p.Resume([]time.Duration{10 * time.Second, 40 * time.Second, 2 * time.Minute})
		from := time.Now()
		if _, err := p.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(from); took != 20*time.Second {
			t.Errorf("the first waited %v", took)
		}
	})
}

func TestMailsThatDoNotEndHoldTheirPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(1, 0, Options{})
		end, err := p.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(3*time.Minute, end)
		from := time.Now()
		if _, err := p.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(from); took < 4*time.Minute || took > 4*time.Minute+time.Second {
			t.Errorf("the second began after %v", took)
		}
	})
}
