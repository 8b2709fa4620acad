package mailroom

import (
	"testing"
	"time"

	"github.com/signoffhq/signoff/store"
)

func TestMailThatNobodyHasTakenOverIsTroubleOnlyAfterAWhile(t *testing.T) {
	made := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	now := made
	r := New(Options{Now: func() time.Time { return now }})
	if h := r.nobodys(store.Lease{}); h.Out != "" {
		t.Errorf("just started: %q", h.Out)
	}
	now = made.Add(time.Hour)
	if h := r.nobodys(store.Lease{Until: now.Add(10 * time.Second)}); h.Out != "" {
		t.Errorf("just released by another node: %q", h.Out)
	}
	if h := r.nobodys(store.Lease{Until: made.Add(50 * time.Minute)}); h.Out == "" || !h.OutSince.Equal(made.Add(50*time.Minute)) {
		t.Errorf("ten minutes after the last one: %q since %v", h.Out, h.OutSince)
	}
}
