package main

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
)

func TestALiftThatReleasesIsRefused(t *testing.T) {
	if err := wouldRelease(nil); err != nil {
		t.Errorf("nothing goes: %v", err)
	}
	err := wouldRelease([]api.Released{{Workflow: "leave", Go: 1}, {Workflow: "purchase", Go: 10000, AtLeast: true}})
	if err == nil || !strings.Contains(err.Error(), "1 ended instance of leave, 10000 ended instances or more of purchase") {
		t.Errorf("refused with %v", err)
	}
}
