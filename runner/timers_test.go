package runner

import (
	"context"
	_ "embed"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff/engine"
)

//go:embed testdata/circle.bpmn
var circle []byte

func TestACircleOfTimersTurnsOnceASecondAndHoldsUpNobody(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		w.deploy(t, circle)
		late := w.start(t)
		began := time.Now()
		id, err := w.Start(t.Context(), ana, StartRequest{Workflow: "circle"})
		must(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		facts, err := w.Store.Facts(t.Context(), id, 0, 10_000)
		must(t, err)
		rounds := 0
		for _, f := range facts {
			if f.Kind == engine.TimerFired {
				rounds++
			}
		}
		if rounds < 55 || rounds > 62 {
			t.Errorf("%d rounds in a minute", rounds)
		}
		must(t, w.Store.Audit(t.Context(), id))
		_, err = w.Do(t.Context(), ana, id, engine.Cancel{}, "")
		must(t, err)
		time.Sleep(3*24*time.Hour - time.Since(began) + time.Minute)
		synctest.Wait()
		if st := w.state(t, late); len(st.Timers) != 0 {
			t.Errorf("the deadline of the other instance did not come: %+v", st.Timers)
		}
	})
}

// A context that has ended stands for a disk that is full: nothing is stored.
func TestTimersAreNotTriedWithoutAPauseWhileNothingCanBeStored(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "signoff.db"))
	defer w.Store.Close()
	w.deploy(t, approval)
	id := w.start(t)
	w.Now = func() time.Time { return time.Now().Add(4 * 24 * time.Hour) }
	full, end := context.WithCancel(t.Context())
	end()
	returned := make(chan error, 1)
	go func() {
		_, err := w.fireDue(t.Context(), full)
		returned <- err
	}()
	select {
	case err := <-returned:
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want why nothing could be stored", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on and on with a timer that can neither be taken in nor put off")
	}
	if st := w.state(t, id); len(st.Timers) != 1 {
		t.Fatalf("timers: %+v", st.Timers)
	}
	// There is room again, and the time others left the timer to us is over.
	w.Now = func() time.Time { return time.Now().Add(4*24*time.Hour + 2*time.Minute) }
	if _, err := w.fireDue(t.Context(), t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := w.state(t, id); len(st.Timers) != 0 {
		t.Fatalf("the timer was forgotten: %+v", st.Timers)
	}
}
