package docs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/bpmn/movein"
)

const moving = "moving.md"

func movedIn(t *testing.T, src string) *movein.Report {
	t.Helper()
	doc, err := bpmn.Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	_, report := movein.Import(doc)
	return report
}

// The example is moved as the page says, and runs.
func TestTheExampleMovesInAsThePageSays(t *testing.T) {
	report := movedIn(t, fences(t, moving, "xml")[0].text)
	var b strings.Builder
	for _, f := range report.Findings {
		if f.Outcome == movein.AsIs {
			continue
		}
		fmt.Fprintf(&b, "leave.bpmn:%d: %s: %s: %s", f.Line, f.Outcome, f.Element, f.What)
		if f.From != "" {
			b.WriteString(": " + f.From)
		}
		fmt.Fprintf(&b, " → %s\n", f.To)
	}
	if want := fences(t, moving, "import")[0].text; b.String() != want {
		t.Errorf("the page says\n%s\nthe report\n%s", want, b.String())
	}
	if !report.Runs() {
		t.Errorf("the example does not run: %v", report.Problems)
	}
}

// Each expression of the table becomes what stands beside it: in a place where a
// value is wanted, or where a condition is.
func TestExpressionsMoveInAsThePageSays(t *testing.T) {
	all := rows(t, moving, "## Expressions")
	if len(all) < 8 {
		t.Errorf("the table has %d rows", len(all))
	}
	for _, row := range all {
		from, to := strings.Trim(row[0], "`"), strings.Trim(row[1], "`")
		escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;")
		src := fmt.Sprintf(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:c="http://camunda.org/schema/1.0/bpmn"><process id="p" isExecutable="true">
			<sequenceFlow id="f" sourceRef="a" targetRef="b"><conditionExpression>%[1]s</conditionExpression></sequenceFlow>
			<serviceTask id="s" c:expression="%[1]s" c:resultVariable="r"/></process></definitions>`, escape.Replace(from))
		var became []string
		for _, f := range movedIn(t, src).Findings {
			if f.What == "condition" {
				became = append(became, f.To)
			}
			if f.What == "expression" {
				became = append(became, strings.TrimPrefix(f.To, "r = "))
			}
		}
		if !strings.Contains(strings.Join(became, "\n")+"\n", to+"\n") {
			t.Errorf("%s becomes %q; the page says %s", from, became, to)
		}
	}
}
