package main

import (
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
)

func TestAPreviewIsNotSaidToBeTheLastSync(t *testing.T) {
	d := api.Directory{Name: "contoso", Type: "ldap", On: true}
	run := api.DirectoryRun{State: "done", Began: time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC), Made: 2, GroupsMade: 3}
	for begin, st := range map[string]api.DirectoryStatus{
		"never; begin with":          {},
		"2026-05-04":                 {Agreed: true, Last: &run},
		"never; a preview 2026":      {Last: preview(run)},
		"since then a preview 2026-": {Agreed: true, Last: preview(run)},
	} {
		got := lastSync(d, st)
		if !strings.HasPrefix(got, begin) || st.Last != nil && st.Last.Preview != strings.Contains(got, "would be: 2 made") {
			t.Errorf("%q does not begin with %q", got, begin)
		}
	}
}

func preview(r api.DirectoryRun) *api.DirectoryRun {
	r.Preview = true
	return &r
}
