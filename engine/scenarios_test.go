package engine_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/signoffhq/signoff/scenario"
)

var update = flag.Bool("update", false, "rewrite what stands under the dashes in testdata/*.scenario")

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.scenario")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d scenario files, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			// From the top, because some are about the samples.
			result, err := scenario.Run(os.DirFS(".."), "engine/testdata/"+name)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(file, result.Updated, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !result.OK() {
				t.Error(result)
			}
		})
	}
}
