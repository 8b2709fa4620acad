package runner

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

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
	if _, err := w.fireDue(t.Context(), t.Context()); err != nil { // there is room again
		t.Fatal(err)
	}
	if st := w.state(t, id); len(st.Timers) != 0 {
		t.Fatalf("the timer was forgotten: %+v", st.Timers)
	}
}
