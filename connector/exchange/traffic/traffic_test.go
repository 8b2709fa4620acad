package traffic

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

func busy(wait time.Duration) error {
	return (&exchange.Refusal{Status: http.StatusTooManyRequests, Wait: wait}).Explain("Testing", "")
}

func TestTryingAgainEndsWithSuccessOrWithPatience(t *testing.T) {
	for name, c := range map[string]struct {
		errs   []error // of the tries
		again  bool
		tries  int
		paused time.Duration // at least
		ok     bool
	}{
		"at once":                    {[]error{nil}, true, 1, 0, true},
		"the second time":            {[]error{busy(7 * time.Second), nil}, true, 2, 7 * time.Second, true},
		"never":                      {[]error{busy(0), busy(0), busy(0), busy(0), busy(0), nil}, true, Tries, 5 * time.Second, false},
		"not to be repeated":         {[]error{busy(0), nil}, false, 1, 0, false},
		"longer than a request does": {[]error{busy(31 * time.Second), nil}, true, 1, 0, false},
		"too long in all":            {[]error{busy(29 * time.Second), busy(29 * time.Second), busy(29 * time.Second), nil}, true, 3, 58 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			tries, paused := 0, time.Duration(0)
			pause := func(_ context.Context, d time.Duration) error { paused += d; return nil }
			err := Repeat(t.Context(), pause, func(n int) (error, bool) {
				if tries++; n != tries {
					t.Errorf("try %d is told to be %d", tries, n)
				}
				return c.errs[n-1], c.again
			})
			if (err == nil) != c.ok || tries != c.tries || paused < c.paused || paused > patience {
				t.Errorf("%v after %d tries and %v", err, tries, paused)
			}
		})
	}
}

func TestWhatIsMadeOnceIsLookedForBeforeItIsMadeAgain(t *testing.T) {
	pause := func(context.Context, time.Duration) error { return nil }
	lost := exchange.Doubt("Making it", errors.New("cut"))
	there, made := "", 0
	find := func() (*string, error) {
		if there == "" {
			return nil, nil
		}
		return &there, nil
	}
	make := func() (string, error) { made++; there = "it"; return "", lost }
	if got, err := MakeOnce(t.Context(), pause, "c", find, make); got != "it" || err != nil || made != 1 {
		t.Errorf("%q %v, made %d times", got, err, made)
	}
	made = 0
	if _, err := MakeOnce(t.Context(), pause, "", find, make); !exchange.Doubtful(err) || made != 1 {
		t.Errorf("without a correlation: %v, made %d times", err, made)
	}
	none := func() (*string, error) { return nil, nil }
	made = 0
	if _, err := MakeOnce(t.Context(), pause, "c", none, make); !exchange.Doubtful(err) || made != makings {
		t.Errorf("never found: %v, made %d times", err, made)
	}
}

func TestAMailboxIsLeftAloneAsLongAsItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes := &Lanes{Pause: exchange.Sleep}
		lane := lanes.Of(exchange.Access{Who: "ana"}, "Jane@contoso.test")
		if lane != lanes.Of(exchange.Access{Who: "bob"}, "jane@contoso.test") || lane == lanes.Of(exchange.Access{Who: "ana"}, "") {
			t.Fatal("a lane is not that of its mailbox")
		}
		lane.Hold(20 * time.Second)
		lane.Hold(time.Second) // asks for less than before
		began := time.Now()
		done, err := lane.Turn(t.Context(), "Testing")
		if err != nil || time.Since(began) != 20*time.Second {
			t.Fatalf("waited %v: %v", time.Since(began), err)
		}
		done()
		lane.Hold(time.Minute)
		if _, err := lane.Turn(t.Context(), "Testing"); exchange.WaitOf(err) != time.Minute {
			t.Errorf("a pause of a minute: %v", err)
		}
		time.Sleep(time.Minute)
		for range atOnce { // the place of a turn that was refused is free again
			if _, err := lane.Turn(t.Context(), "Testing"); err != nil {
				t.Fatal(err)
			}
		}
		timed, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, err := lane.Turn(timed, "Testing"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one more than there may be: %v", err)
		}
	})
}

func TestNotesAreForgottenRatherThanGrow(t *testing.T) {
	lane := (&Lanes{}).Of(exchange.Access{}, "a@b.test")
	lane.Note("x", "1")
	if lane.Noted("x") != "1" {
		t.Error("nothing was noted")
	}
	if lane.Note("x", ""); lane.Noted("x") != "" {
		t.Error("it was not forgotten")
	}
	for i := range 2 * maxNotes {
		lane.Note(strings.Repeat("x", i+1), "1")
	}
	if len(lane.notes) > maxNotes {
		t.Errorf("%d notes", len(lane.notes))
	}
}

func TestHowLongAServerAsksToWaitIsReadWithinReason(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{"7": 7 * time.Second, " 7 ": 7 * time.Second, "": 0, "-7": 0, "soon": 0, "99999999999999": LongestAsked,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0} {
		if got := RetryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestWordsOfAServerAreShownInOneShortLine(t *testing.T) {
	if got := Cleaned("a\r\nb\x00c\x7fd\xff", 100); got != "a b c d?" {
		t.Errorf("%q", got)
	}
	if got := Cleaned(strings.Repeat("é", 100), 5); got != "éé…" {
		t.Errorf("%q", got)
	}
}

func TestATokenThatIsMissingComesThrough(t *testing.T) {
	own := &signoff.Error{Kind: signoff.Unavailable, Code: "not-connected"}
	if err, again := Unanswered(t.Context(), "a.test", "Testing", true, own); err != own || again {
		t.Errorf("%v", err)
	}
	if err, again := Unanswered(t.Context(), "a.test", "Testing", true, errors.New("cut")); !exchange.Doubtful(err) || again {
		t.Errorf("what must not be done twice: %v", err)
	}
	if err, again := Unanswered(t.Context(), "a.test", "Testing", false, errors.New("cut")); signoff.CodeOf(err) != exchange.CodeUnreachable || !again {
		t.Errorf("what may: %v", err)
	}
}
