package samples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/samples"
	"github.com/signoffhq/signoff/scenario"
)

func TestTheSamplesHaveNoProblems(t *testing.T) {
	names := matching(t, samples.Files, "*.bpmn")
	if len(names) < 3 {
		t.Fatalf("only %d samples are embedded", len(names))
	}
	for _, name := range names {
		xml, err := fs.ReadFile(samples.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := bpmn.Parse(xml)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, problems := doc.Definition(); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestTheSamplesDoWhatTheirScenariosSay(t *testing.T) {
	fsys := os.DirFS(".")
	stories := map[string]int{}
	for _, name := range matching(t, fsys, "*.scenario") {
		t.Run(name, func(t *testing.T) {
			res, err := scenario.Run(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			if !res.OK() {
				t.Error(res.String())
			}
		})
		sample, _, _ := strings.Cut(strings.TrimSuffix(name, ".scenario"), "-")
		stories[sample+".bpmn"]++
	}
	for _, name := range matching(t, samples.Files, "*.bpmn") {
		if stories[name] < 2 {
			t.Errorf("%s has %d scenarios: one for each way it can go, two at least", name, stories[name])
		}
	}
}

// The page about the samples names every file there is, and no other.
func TestTheSamplesAreListed(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	here := os.DirFS(".")
	for _, name := range append(matching(t, here, "*.bpmn"), matching(t, here, "*.scenario")...) {
		if !strings.Contains(string(page), "| `"+name+"` |") {
			t.Errorf("README.md does not list %s", name)
		}
	}
	for line := range strings.Lines(string(page)) {
		name, _, row := strings.Cut(strings.TrimPrefix(line, "| `"), "` |")
		if row && strings.HasPrefix(line, "| `") {
			if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
				t.Errorf("README.md lists %s, which is not there", name)
			}
		}
	}
}

func matching(t *testing.T, fsys fs.FS, pattern string) []string {
	t.Helper()
	names, err := fs.Glob(fsys, pattern)
	if err != nil {
		t.Fatal(err)
	}
	return names
}
