package movein

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/process"
)

// daily is a workflow of an engine that a timer starts.
func daily(cycle, space, word string) string {
	return `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x" xmlns:e="` + space + `">
<process id="p" isExecutable="true"><startEvent id="s" e:` + word + `="true"><timerEventDefinition><timeCycle>` + cycle + `</timeCycle></timerEventDefinition></startEvent>
<sequenceFlow id="f" sourceRef="s" targetRef="t"/><endEvent id="t"/></process></definitions>`
}

const camunda7 = "http://camunda.org/schema/1.0/bpmn"

func TestDaysOfTheWeekOfQuartzStayTheDaysTheyWere(t *testing.T) {
	for _, c := range []struct{ was, now, rings string }{
		{"0 0 9 ? * 2", "0 0 9 ? * MON", "Mon"},
		{"0 0 9 ? * 2-6", "0 0 9 ? * MON-FRI", "Mon Tue Wed Thu Fri"},
		{"0 0 9 ? * 1", "0 0 9 ? * SUN", "Sun"},
		{"0 0 9 ? * 7", "0 0 9 ? * SAT", "Sat"},
		{"0 0 9 ? * 2,4,6", "0 0 9 ? * MON,WED,FRI", "Mon Wed Fri"},
		{"0 0 9 ? * 2/2", "0 0 9 ? * MON,WED,FRI", "Mon Wed Fri"},
		{"0 0 9 ? * fri-mon", "0 0 9 ? * SUN,MON,FRI,SAT", "Mon Fri Sat Sun"},
		{"0 0 9 ? * 2 *", "0 0 9 ? * MON", "Mon"},
		{"0 0 9 ? * MON", "0 0 9 ? * MON", "Mon"},
		{"0 0 9 * * ? *", "0 0 9 * * ?", "Mon Tue Wed Thu Fri Sat Sun"},
		{"0 0 9 ? * */3", "0 0 9 ? * SUN,WED,SAT", "Wed Sat Sun"},
	} {
		out, report := Import(parsed(t, daily(c.was, camunda7, "asyncBefore")))
		text := written(t, out)
		if !strings.Contains(text, ">"+c.now+"</timeCycle>") {
			t.Errorf("%s: want %s in\n%s", c.was, c.now, text)
			continue
		}
		if changed := strings.Contains(told(report), "timer's cycle  "+c.was+"  ->  "+c.now); changed != (c.was != c.now) {
			t.Errorf("%s: told is\n%s", c.was, told(report))
		}
		cycle, err := process.ParseCycle(c.now)
		if err != nil {
			t.Fatal(c.now, err)
		}
		var days []string
		at, _ := cycle.First(time.Date(2026, 1, 4, 12, 0, 0, 0, time.UTC)) // a Sunday
		for ; at.Before(time.Date(2026, 1, 11, 12, 0, 0, 0, time.UTC)); at, _ = cycle.Next(at, at) {
			days = append(days, at.Weekday().String()[:3])
		}
		if got := strings.Join(days, " "); got != c.rings {
			t.Errorf("%s rings on %s, want %s", c.was, got, c.rings)
		}
		if again, _ := Import(out); written(t, again) != text {
			t.Errorf("%s: moved twice it is\n%s", c.was, written(t, again))
		}
	}
}

func TestCyclesThatAreNotOfQuartzStay(t *testing.T) {
	for _, d := range []string{
		daily("0 0 9 ? * 2", "http://camunda.org/schema/zeebe/1.0", "x"), // Camunda 8 counts as we do
		daily("0 0 9 ? * 2", "urn:nobody", "x"),
		daily("R/PT1H", camunda7, "asyncBefore"), daily("0 9 * * 2", camunda7, "asyncBefore"), // five fields are none of Quartz'
	} {
		out, report := Import(parsed(t, d))
		if text := written(t, out); !strings.Contains(text, ">0 0 9 ? * 2<") && !strings.Contains(text, ">R/PT1H<") && !strings.Contains(text, ">0 9 * * 2<") || strings.Contains(told(report), "timer's") {
			t.Errorf("%s\n%s", text, told(report))
		}
	}
}

func TestCyclesOfQuartzThatHaveNoEqualAreForAPerson(t *testing.T) {
	for cycle, what := range map[string]string{
		"0 0 9 ? * 2 2027": "timer's year", "0 0 9 ? * 6L *": "timer's cycle", "0 0 9 L * ? *": "timer's cycle", "0 0 22-2 ? * 2": "timer's cycle",
	} {
		out, report := Import(parsed(t, daily(cycle, camunda7, "asyncBefore")))
		told := slices.ContainsFunc(report.Findings, func(f Finding) bool {
			return f.Outcome == ByHand && f.Element == "s" && f.What == what && f.From == cycle && f.Advice != ""
		})
		if !told || !strings.Contains(written(t, out), ">"+cycle+"<") {
			t.Errorf("%s: told is %+v", cycle, report.Findings)
		}
	}
}
