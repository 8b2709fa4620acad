package scenario

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

const leave = `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="x">
<bpmn:process id="leave" name="Leave" isExecutable="true"><bpmn:extensionElements>
<signoff:variable name="days" type="number"/><signoff:variable name="File Id" type="json"/></bpmn:extensionElements>
<bpmn:startEvent id="start"/><bpmn:userTask id="ask" name="Approve"><bpmn:extensionElements>
<signoff:task><signoff:recipient person="jane"/><signoff:action name="Approve"/></signoff:task></bpmn:extensionElements></bpmn:userTask><bpmn:endEvent id="end"/>
<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="ask"/><bpmn:sequenceFlow id="b" sourceRef="ask" targetRef="end"/></bpmn:process></bpmn:definitions>`

func files(scenario string) fstest.MapFS {
	return fstest.MapFS{
		"dir/test.scenario": {Data: []byte(scenario)},
		"dir/leave.bpmn":    {Data: []byte(leave)},
		"dir/broken.bpmn":   {Data: []byte("<bpmn")},
		"dir/empty.bpmn":    {Data: []byte(strings.Replace(leave, `<bpmn:startEvent id="start"/>`, "", 1))},
	}
}

func TestAScenarioThatHappensIsOK(t *testing.T) {
	r, err := Run(files("# Title\r\nprocess leave.bpmn\r\n\r\nstart by=ana days=3 \"File Id\"=[1, {\"a\": \"b c\"}]\r\n----\r\n"+
		"fact  started            by=ana  \"Leave\"\r\nfact  task offered  t1   \"Approve\"  to=jane  outcomes=Approve\r\ndo    notify        t1   to=jane\r\n\r\n"+
		"state\r\n----\r\nis    running  \"Leave\"\r\nat    \"Approve\"\r\ntask  t1  \"Approve\"  to=jane\r\nvar   File Id=[1,{\"a\":\"b c\"}]\r\nvar   days=3\r\n"), "dir/test.scenario")
	if err != nil || !r.OK() || r.Commands != 3 {
		t.Fatalf("%v, %d commands\n%s", err, r.Commands, r)
	}
	if strings.Contains(string(r.Updated), "\r") {
		t.Error("the updated file has carriage returns")
	}
}

func TestADifferenceIsToldWithItsLineAndUpdateRepairsIt(t *testing.T) {
	fsys := files("process leave.bpmn\n\nstart by=ana\n----\nfact  started            by=ana  \"Leave\"\nfact  ended\n\n# after\ndecide t1 by=bob outcome=approve\n----\n")
	r, err := Run(fsys, "dir/test.scenario")
	if err != nil {
		t.Fatal(err)
	}
	told := r.String()
	for _, want := range []string{"dir/test.scenario:6:\n", "- fact  ended\n", "  fact  started", "+ do    notify", "dir/test.scenario:11:\n", "+ refused  task-not-found\n"} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is missing in\n%s", want, told)
		}
	}
	again := files(string(r.Updated))
	if r, err = Run(again, "dir/test.scenario"); err != nil || !r.OK() {
		t.Errorf("the updated file does not hold: %v\n%s", err, r)
	}
	if !strings.Contains(string(r.Updated), "\n\n# after\ndecide") {
		t.Errorf("the update lost something:\n%s", r.Updated)
	}
}

func TestUnusableFilesSayWhereAndWhy(t *testing.T) {
	const head = "process leave.bpmn\nstart by=ana\n"
	for name, c := range map[string]struct{ file, want string }{
		"nothing":              {"# only words\n", "dir/test.scenario: there is nothing"},
		"not text":             {"\xff", "not UTF-8"},
		"too many lines":       {strings.Repeat("\n", MaxLines+5) + "x", "more than 20000 lines"},
		"too large":            {strings.Repeat("#", MaxFile+1), "at most 1048576"},
		"unknown command":      {head + "approve t1", `:3: there is no command "approve"`},
		"mistyped command":     {head + "decid t1", "did you mean decide?"},
		"no process":           {"start by=ana", ":1: say first which process"},
		"no file":              {"process other.bpmn", ":1: "},
		"outside":              {"process ../../x.bpmn", ":1: "},
		"broken file":          {"process broken.bpmn", ":1: broken.bpmn: "},
		"cannot run":           {"process empty.bpmn", ":1: empty.bpmn cannot run:"},
		"second process":       {"process leave.bpmn\nprocess leave.bpmn", ":2: a scenario is about one process"},
		"dashes alone":         {"----\nfact", ":1: there is no command above"},
		"open quote":           {`start by="ana`, "a quotation mark is not closed"},
		"bad quote":            {`start by="\q"`, "is not text in quotation marks"},
		"open bracket":         {`start x=[1`, "a bracket is not closed"},
		"no key":               {`start =3`, "has no name before the equals sign"},
		"key first":            {`by=ana`, "a line begins with a command"},
		"nobody starts":        {"process leave.bpmn\nstart", ":2: say who does it"},
		"not a task":           {head + "claim e1 by=jane", `"e1" is no task`},
		"not a name":           {head + "claim tx by=jane", `"tx" is no task`},
		"kinds mixed up":       {head + "retry t1", `"t1" is no incident`},
		"no task":              {head + "claim by=jane", "say which task"},
		"something more":       {head + "claim t1 by=jane to=bob", "to= means nothing here"},
		"word too many":        {head + "claim t1 t2 by=jane", `"t2" is out of place`},
		"stray word":           {head + "decide t1 by=jane hm", `"hm" is out of place`},
		"twice":                {"process leave.bpmn\nstart by=ana x=1 x=2", "x is given twice"},
		"bad duration":         {head + "after tomorrow", `"tomorrow" is no duration`},
		"endless duration":     {head + "after P9999Y", "is no duration"},
		"no duration":          {head + "after", "say how long"},
		"bad time":             {"at noon", `"noon" is no time`},
		"clock too late":       {head + "at 2026-01-05T09:00:00Z", "the clock is set before the start"},
		"bad priority":         {"process leave.bpmn\nstart by=ana priority=high", "priority is a number"},
		"effect how":           {head + "effect lost e1", "an effect is done or failed, not lost"},
		"bad attempts":         {head + "effect failed e1 attempts=many", "attempts is a number"},
		"show what":            {"show everything", "only steps can be shown"},
		"refused unexpectedly": {head + "\nclaim t1 by=bob\n", ":4: this was refused, and there are no dashes that expect it: there is no such task, or it is not yours"},
		"refused with a hint": {head + "claim t1 by=jane\nredirect t1 by=jane to=group:Sales\n",
			"expect it: a task can be handed on to one person, not to a group; name a person"},
		"no message":             {"process leave.bpmn\nstart by=ana days=1\nmessage key=4", "say which message"},
		"no signal":              {"process leave.bpmn\nstart by=ana days=1\nsignal", "say which signal"},
		"no effect for an error": {"process leave.bpmn\nstart by=ana days=1\neffect failed error=x", "say which effect"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Run(files(c.file), "dir/test.scenario")
			if _, ok := errors.AsType[*Error](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
	if _, err := Run(files(""), "dir/missing"); err == nil {
		t.Error("a missing file was run")
	}
}

func TestAnEndlessRowOfTimersIsStopped(t *testing.T) {
	loop := strings.NewReplacer(`<bpmn:userTask id="ask" name="Approve">`, `<bpmn:intermediateCatchEvent id="ask">`,
		`<signoff:task><signoff:recipient person="jane"/><signoff:action name="Approve"/></signoff:task></bpmn:extensionElements></bpmn:userTask>`,
		`</bpmn:extensionElements><bpmn:timerEventDefinition><bpmn:timeDuration>PT1M</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>`+
			`<bpmn:exclusiveGateway id="g" default="c"/><bpmn:sequenceFlow id="c" sourceRef="g" targetRef="ask"/><bpmn:sequenceFlow id="back" sourceRef="g" targetRef="end">`+
			`<bpmn:conditionExpression>days = 1</bpmn:conditionExpression></bpmn:sequenceFlow>`,
		`sourceRef="ask" targetRef="end"`, `sourceRef="ask" targetRef="g"`).Replace(leave)
	fsys := files("process leave.bpmn\nstart by=ana days=0\nafter P1Y")
	fsys["dir/leave.bpmn"] = &fstest.MapFile{Data: []byte(loop)}
	if _, err := Run(fsys, "dir/test.scenario"); err == nil || !strings.Contains(err.Error(), "more than 1000 timers") {
		t.Errorf("got %v", err)
	}
}

func FuzzRun(f *testing.F) {
	f.Add("process leave.bpmn\ngroup g a b\n\nstart by=ana days=3\n----\n\nclaim t1 by=jane\n----\n\nafter P3D\n----\n")
	f.Add("at 2026-01-05T09:00:00Z\nperson a name=\"b\"\nprocess leave.bpmn\nstart by=a set by={\"x\":[1,2]}\nstate\n----\nx\n")
	f.Add("process leave.bpmn\nstart by=ana\nredirect t1 by=jane to=\"K2:D\\\\bob\"\nsleep t1 by=bob for=P1D\nwake t1 by=bob\ncancel\n----")
	f.Fuzz(func(t *testing.T, text string) {
		fsys := files(text)
		r, err := Run(fsys, "dir/test.scenario")
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("a bare error: %v", err)
			}
			return
		}
		again, err := Run(files(string(r.Updated)), "dir/test.scenario")
		if err != nil || !again.OK() || string(again.Updated) != string(r.Updated) {
			t.Fatalf("the updated file does not hold: %v\n%s\n%s", err, again, r.Updated)
		}
	})
}
