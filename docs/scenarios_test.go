package docs_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/signoffhq/signoff/scenario"
)

const scenarios = "scenarios.md"

// The examples of the page go as it says, over the workflow of the other page.
func TestScenariosOfThePageGoAsWritten(t *testing.T) {
	files := fstest.MapFS{"purchase.bpmn": {Data: []byte(fences(t, workflows, "xml")[0].text)}}
	all := fences(t, scenarios, "scenario")
	if len(all) < 3 {
		t.Fatalf("there are %d scenarios on the page", len(all))
	}
	for i, f := range all {
		name := fmt.Sprintf("%d.scenario", i)
		files[name] = &fstest.MapFile{Data: []byte(f.text)}
		res, err := scenario.Run(files, name)
		if err != nil {
			t.Errorf("%s:%d: %v", f.page, f.line, err)
		} else if !res.OK() {
			t.Errorf("%s:%d: %s", f.page, f.line, res)
		}
	}
}

// Every command of its tables is one that scenarios have.
func TestThePageNamesCommandsThereAre(t *testing.T) {
	for _, title := range []string{"## People", "## Services and mail"} {
		for _, row := range rows(t, scenarios, title) {
			for _, command := range strings.Split(row[0], "`, `") {
				command = strings.Trim(command, "`")
				files := fstest.MapFS{"x.scenario": {Data: []byte(command + "\n----\n")}}
				if _, err := scenario.Run(files, "x.scenario"); err != nil && strings.Contains(err.Error(), "there is no command") {
					t.Errorf("%s: %v", command, err)
				}
			}
		}
	}
}
