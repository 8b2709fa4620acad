package movein

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/signoffhq/signoff/scenario"
)

// What a report calls as it is or changed runs: beside each model with a story
// stands what comes of it (go test -update rewrites that).
func TestMovedModelsDoWhatTheirStoriesSay(t *testing.T) {
	stories, err := filepath.Glob("testdata/*.scenario")
	if err != nil || len(stories) < 16 {
		t.Fatal(err, len(stories))
	}
	for _, file := range stories {
		t.Run(filepath.Base(file), func(t *testing.T) {
			out, report := Import(read(t, strings.TrimSuffix(file, ".scenario")+".bpmn"))
			if !report.Runs() {
				t.Fatalf("it cannot be deployed: %v", report.Problems.Blocking())
			}
			story, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			res, err := scenario.Run(fstest.MapFS{"moved.bpmn": {Data: []byte(written(t, out))}, "story.scenario": {Data: story}}, "story.scenario")
			if err != nil {
				t.Fatal(err)
			}
			if *update && !res.OK() {
				if err := os.WriteFile(file, res.Updated, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !res.OK() {
				t.Error(strings.TrimSpace(res.String()))
			}
		})
	}
}
