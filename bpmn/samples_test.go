package bpmn

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/signoffhq/signoff/process"
)

func TestTheSamplesHaveNoProblems(t *testing.T) {
	files, err := filepath.Glob("../samples/*.bpmn")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no samples", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		def, problems := definition(t, string(src))
		for _, p := range problems { // warnings too: people learn from samples
			t.Errorf("%s: %s", filepath.Base(file), p)
		}
		if def != nil && len(process.Check(def)) > 0 {
			t.Errorf("%s: process.Check sees what Definition does not tell", file)
		}
		if d := mustParse(t, string(src)); canonical(d) != canonical(mustParse(t, written(t, d))) {
			t.Errorf("%s is not written back as it was read", file)
		}
	}
}
