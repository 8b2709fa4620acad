package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/scenario"
)

const tasks = "tasks.md"

// ticked lists what stands between backticks.
func ticked(cell string) (out []string) {
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			out = append(out, part)
		}
	}
	return out
}

// played runs a scenario of the engine, which must go as written, and returns it
// with the workflow it is about.
func played(t *testing.T, name string) string {
	t.Helper()
	res, err := scenario.Run(os.DirFS(".."), "engine/testdata/"+name+".scenario")
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return ""
	}
	if !res.OK() {
		t.Errorf("%s: %s", name, res)
	}
	text, err := os.ReadFile("../engine/testdata/" + name + ".scenario")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut("\n"+string(text), "\nprocess ")
	file, _, _ := strings.Cut(after, "\n")
	workflow, err := os.ReadFile(filepath.Join("../engine/testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + string(workflow)
}

// Each line has a scenario that goes as written, and in it or its workflow stands
// what the line is about.
func TestEveryLineAboutTasksIsShownByAScenario(t *testing.T) {
	lines := rows(t, tasks, "## What a task can do")
	if len(lines) < 48 {
		t.Errorf("the table has lost something: %d lines", len(lines))
	}
	for _, row := range lines {
		for _, name := range ticked(row[2]) {
			text := played(t, name)
			for _, written := range ticked(row[1]) {
				if !strings.Contains(text, written) {
					t.Errorf("%s: %s has no %s", row[0], name, written)
				}
			}
		}
	}
}

// Each of the 13 is there, and no scenario of K2's is left out.
func TestEachOfK2sScenariosIsOne(t *testing.T) {
	shown := map[string]bool{}
	for i, row := range rows(t, tasks, "## What K2 documents") {
		if row[0] != []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"}[i] {
			t.Errorf("line %d is %s", i+1, row[0])
		}
		for _, name := range ticked(row[2]) {
			played(t, name)
			shown[name] = true
		}
	}
	files, err := filepath.Glob("../engine/testdata/k2-*.scenario")
	if err != nil || len(files) < 17 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".scenario"); !shown[name] {
			t.Errorf("%s stands in no line", name)
		}
	}
}

func TestLimitsOfFilesAreThoseOfTheCode(t *testing.T) {
	checkLimits(t, tasks, "## Files", map[string]string{
		"one file, bytes":                 "engine/limits.go MaxFileBytes",
		"all files of an instance, bytes": "engine/limits.go MaxFilesBytes",
		"files of an instance":            "engine/limits.go MaxFiles",
		"name, characters":                "engine/filetypes.go MaxFileName",
	})
	if list := strings.Join(engine.FileEndings(), ", "); !strings.Contains(read(t, tasks), ": "+list+".") {
		t.Errorf("the page does not list %s", list)
	}
}
