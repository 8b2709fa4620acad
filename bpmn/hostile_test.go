package bpmn

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/process"
)

// A hostile file is one that nobody's modeller writes.
type hostile struct {
	name string
	data []byte
}

// seeds are the files that the corpus is made from.
func seeds(t testing.TB) [][]byte {
	t.Helper()
	var out [][]byte
	for _, name := range []string{"leave", "expense", "onboarding"} {
		src, err := os.ReadFile("../samples/" + name + ".bpmn")
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, src)
	}
	return out
}

// corpus makes the same hostile files every time.
func corpus(t testing.TB) []hostile {
	t.Helper()
	var out []hostile
	add := func(name string, data []byte) { out = append(out, hostile{name, data}) }
	random := rand.New(rand.NewPCG(2026, 11))
	for _, seed := range seeds(t) {
		for i := range 30 {
			data := bytes.Clone(seed)
			for range 1 + i/3 {
				data[random.IntN(len(data))] ^= 1 << random.IntN(8)
			}
			add(fmt.Sprintf("bits flipped %d", i), data)
		}
		for i := range 15 {
			add(fmt.Sprintf("cut off %d", i), seed[:random.IntN(len(seed))])
		}
		for i := range 15 {
			a, b := random.IntN(len(seed)), random.IntN(len(seed))
			add(fmt.Sprintf("part missing %d", i), append(bytes.Clone(seed[:min(a, b)]), seed[max(a, b):]...))
			add(fmt.Sprintf("part twice %d", i), append(bytes.Clone(seed[:max(a, b)]), seed[min(a, b):]...))
		}
		for i := range 15 {
			add(fmt.Sprintf("lines shuffled %d", i), shuffled(seed, random))
		}
		for old, new := range replacements {
			add("replaced "+old, bytes.ReplaceAll(seed, []byte(old), []byte(new)))
		}
	}
	for name, src := range crafted() {
		add(name, []byte(src))
	}
	return out
}

// shuffled swaps a few lines of a file.
func shuffled(seed []byte, random *rand.Rand) []byte {
	lines := bytes.Split(seed, []byte("\n"))
	for range 4 {
		a, b := random.IntN(len(lines)), random.IntN(len(lines))
		lines[a], lines[b] = lines[b], lines[a]
	}
	return bytes.Join(lines, []byte("\n"))
}

// replacements break a file in one way throughout.
var replacements = map[string]string{
	"http://www.omg.org/spec/BPMN/20100524/MODEL": "http://www.omg.org/spec/BPMN/20110524/MODEL",
	ExtensionSpace:   "https://signoffhq.org/bpmn/2",
	"bpmn:userTask":  "bpmn:subProcess",
	"exclusive":      "inclusive",
	"targetRef":      "targetref",
	`sourceRef="`:    `sourceRef="x`,
	"id=":            "ID=",
	" id=\"":         " id=\"same\" old=\"",
	"signoff:":       "camunda:",
	"\"":             "'",
	">":              ">\x00",
	"\n":             "\r",
	"e":              "é",
	"outcome":        "outcome outcome",
	"{":              "${",
	"{starter":       "{",
	"=":              " = ",
	"<bpmn:incoming": "<bpmn:outgoing",
	"boundaryEvent":  "startEvent",
	"P":              "-P",
	"</":             "<//",
	"<?xml":          "<?XML",
	"&#":             "&",
}

// crafted are files made to hurt.
func crafted() map[string]string {
	huge := strings.Repeat("A", 1<<20)
	var cycle, wide, names, doubles strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&cycle, `<exclusiveGateway id="g%d"/><sequenceFlow id="c%d" sourceRef="g%d" targetRef="g%d"/>`, i, i, i, (i+1)%2000)
		fmt.Fprintf(&wide, `<sequenceFlow id="w%d" sourceRef="a" targetRef="a"/>`, i)
		fmt.Fprintf(&names, `<signoff:variable name="v%d" type="number" default="v%d + x%d"/>`, i%1500, i+1, i)
		doubles.WriteString(`<task id="a"/><sequenceFlow id="f1" sourceRef="a" targetRef="a"/>`)
	}
	bomb := "<!DOCTYPE lolz [<!ENTITY a 'lol'>"
	for c := 'b'; c <= 'j'; c++ {
		bomb += fmt.Sprintf("<!ENTITY %c '%s'>", c, strings.Repeat(fmt.Sprintf("&%c;", c-1), 10))
	}
	return map[string]string{
		"billion laughs":              "<?xml version='1.0'?>" + bomb + "]>" + wrap("<process id='p' name='&j;'/>"),
		"external entity":             "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" + wrap("<process id='p' name='&e;'/>"),
		"parameter entity":            "<!DOCTYPE x [<!ENTITY % e SYSTEM 'http://localhost/'> %e;]>" + wrap(""),
		"doctype inside":              wrap("<!DOCTYPE x>"),
		"deep":                        wrap(strings.Repeat("<subProcess id='x'>", 5000)),
		"deep and closed":             wrap(strings.Repeat("<a>", 90) + strings.Repeat("</a>", 90)),
		"deep sub-processes":          workflow("", plain, strings.Repeat("<subProcess>", 95)+strings.Repeat("</subProcess>", 95)),
		"huge attribute":              workflow("", `<task id="a" name="`+huge+`"/>`, ""),
		"huge id":                     workflow("", `<task id="`+huge+`"/>`, ""),
		"huge reference":              workflow("", plain, `<sequenceFlow id="x" sourceRef="`+huge+`" targetRef="`+huge+`"/>`),
		"huge condition":              workflow("", plain, `<sequenceFlow id="x" sourceRef="a" targetRef="e"><conditionExpression>`+strings.Repeat("(", 1<<18)+`</conditionExpression></sequenceFlow>`),
		"huge sum":                    workflow("", plain, `<sequenceFlow id="x" sourceRef="a" targetRef="e"><conditionExpression>1`+strings.Repeat("+1", 1<<18)+`</conditionExpression></sequenceFlow>`),
		"huge template":               workflow("", decide(`title="`+strings.Repeat("{1}", 1<<18)+`"`, ""), ""),
		"huge name of ours":           workflow("", decide(strings.Repeat("b", 900)+`="x"`, ""), ""),
		"many attributes":             wrap("<process id='p'" + strings.Repeat(" a='1'", 300) + "/>"),
		"many namespaces":             wrap(strings.Repeat("<x:a xmlns:x='u1'/>", 20000)),
		"many comments":               wrap(strings.Repeat("<!-- -->", 200000)),
		"many elements":               wrap(strings.Repeat("<a/>", maxElements+1)),
		"many problems":               workflow("", plain, strings.Repeat(`<inclusiveGateway id="i"/>`, 20000)),
		"many foreign things":         workflow("", `<task id="a"><extensionElements>`+strings.Repeat(`<c:taskListener xmlns:c="http://camunda.org/schema/1.0/bpmn"/>`, 20000)+`</extensionElements></task>`, ""),
		"cyclic flows":                workflow("", plain, cycle.String()+`<sequenceFlow id="in" sourceRef="a" targetRef="g0"/>`),
		"flows to itself":             workflow("", plain, wide.String()),
		"duplicate ids":               workflow("", plain, doubles.String()),
		"thousands of names":          workflow(names.String(), plain, ""),
		"boundary on itself":          workflow("", plain, `<boundaryEvent id="b" attachedToRef="b"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>`),
		"boundary on the start":       workflow("", plain, `<boundaryEvent id="b" attachedToRef="s"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>`),
		"boundaries on each other":    workflow("", plain, `<boundaryEvent id="b" attachedToRef="c"/><boundaryEvent id="c" attachedToRef="b"/>`),
		"definition refers to itself": workflow("", `<intermediateCatchEvent id="a"><eventDefinitionRef>a</eventDefinitionRef></intermediateCatchEvent>`, ""),
		"definition refers to root":   workflow("", `<intermediateCatchEvent id="a"><eventDefinitionRef>p</eventDefinitionRef></intermediateCatchEvent>`, ""),
		"extension in an extension":   workflow("", decide("", strings.Repeat("<signoff:task>", 90)+strings.Repeat("</signoff:task>", 90)), ""),
		"process in a process":        workflow("", plain, `<process id="q" isExecutable="true"/>`),
		"definitions in definitions":  wrap(workflow("", plain, "")),
		"only a mark":                 "\xef\xbb\xbf",
		"two marks":                   "\xef\xbb\xbf\xef\xbb\xbf" + wrap(""),
		"UTF-16 mark, UTF-8 text":     "\xff\xfe" + wrap(""),
		"UTF-8 mark, UTF-16 text":     "\xef\xbb\xbf" + string(utf16Bytes(wrap(""), "LE", false)),
		"UTF-16 both ways":            string(utf16Bytes(wrap(""), "LE", true)) + string(utf16Bytes(wrap(""), "BE", true)),
		"UTF-32":                      "\x00\x00\xfe\xff\x00\x00\x00<",
		"nothing but zeros":           strings.Repeat("\x00", 10000),
		"nothing but <":               strings.Repeat("<", 10000),
		"nothing but &":               wrap(strings.Repeat("&", 10000)),
		"nothing but ]]>":             wrap(strings.Repeat("]]>", 10000)),
		"surrogate in a reference":    wrap("<a b='&#xD800;'/>"),
		"reference beyond Unicode":    wrap("<a b='&#x110000;&#99999999999999999999;'/>"),
		"overlong UTF-8":              wrap("<a b='\xc0\xbc'/>"),
		"CDATA in CDATA":              wrap("<a><![CDATA[<![CDATA[x]]>]]></a>"),
		"xmlns rebinds BPMN":          wrap(`<process xmlns="u" id="p" isExecutable="true"/>`),
		"xml prefix of another":       `<xml:definitions xmlns:x="` + ModelSpace + `"/>`,
		"instruction with a style":    `<?xml-stylesheet href="javascript:alert(1)"?>` + workflow("", plain, ""),
		"endless default":             workflow(`<signoff:variable name="v" type="number" default="sum(for i in 1..100000000 return i)"/>`, plain, ""),
		"endless power":               workflow(`<signoff:variable name="v" type="number" default="9**9**9**9"/>`, plain, ""),
		"endless timer":               workflow("", timerAt("<timeDuration>duration(string(for i in 1..99999999 return i))</timeDuration>"), ""),
		"timer of a long number":      workflow("", timerAt("<timeDuration>P"+strings.Repeat("9", 100000)+"D</timeDuration>"), ""),
		"JUEL without end":            workflow("", timerAt("<timeDuration>${</timeDuration>"), ""),
		"JUEL of two signs":           workflow("", timerAt("<timeDuration>#{}</timeDuration>"), ""),
	}
}

// survives reads a file and does with it all that a deployment does. What is
// accepted has to be written back as it was read.
func survives(t *testing.T, data []byte) (accepted, runs bool) {
	t.Helper()
	d, err := Parse(data)
	if err != nil {
		return false, false
	}
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		t.Fatal(err)
	}
	again, err := Parse(out.Bytes())
	switch {
	case err != nil && out.Len() > maxBytes: // escapes and the change to UTF-8 can make a file longer
	case err != nil:
		t.Fatalf("accepted, but not when written: %v", err)
	case canonical(d) != canonical(again):
		t.Fatal("accepted, but read differently when written")
	}
	def, problems := d.Definition()
	if (def == nil) != (len(problems.Blocking()) > 0) {
		t.Fatalf("definition %v with %d blocking problems", def != nil, len(problems.Blocking()))
	}
	for _, p := range problems {
		if p.Reason == "" || len(p.String()) > 4000 {
			t.Fatalf("a problem of %d bytes: %.200s", len(p.String()), p)
		}
	}
	return true, def != nil
}

func TestHostileFilesCrashNothing(t *testing.T) {
	files := corpus(t)
	accepted, running := 0, 0
	for _, f := range files {
		start := time.Now()
		t.Run(f.name, func(t *testing.T) {
			ok, runs := survives(t, f.data)
			if ok {
				accepted++
			}
			if runs {
				running++
			}
		})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", f.name, took)
		}
	}
	t.Logf("%d files: %d read, %d of them run, %d refused as XML or BPMN", len(files), accepted, running, len(files)-accepted)
	if len(files) < 250 || accepted == 0 || accepted == len(files) {
		t.Errorf("%d files, %d of them read: the corpus is no good", len(files), accepted)
	}
}

// The largest workflow that may run is read in the time a person waits for a
// page; with work that grows as names times expressions it took minutes.
func TestTheLargestWorkflowIsReadInGoodTime(t *testing.T) {
	var vars, steps strings.Builder
	for i := range process.MaxVariables {
		fmt.Fprintf(&vars, `<signoff:variable name="variable number %d" type="number"/>`, i)
	}
	const last = process.MaxNodes - 3 // start, "a" and end are there
	for i := range last {
		fmt.Fprintf(&steps, `<scriptTask id="t%d">`+holding(`<signoff:assign variable="variable number 7" value="variable number 1 + variable number 999"/>`)+`</scriptTask>`, i)
		fmt.Fprintf(&steps, `<sequenceFlow id="u%d" sourceRef="t%d" targetRef="t%d"><conditionExpression>variable number 3 > 2</conditionExpression></sequenceFlow>`, i, i, (i+1)%last)
	}
	src := workflow(vars.String(), plain, steps.String()+`<sequenceFlow id="in" sourceRef="a" targetRef="t0"/><sequenceFlow id="out" sourceRef="t9" targetRef="e"/>`)
	start := time.Now()
	accepted(t, src)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzFile(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	for _, c := range complaints {
		f.Add([]byte(c.src))
	}
	f.Add(utf16Bytes(workflow("", plain, ""), "BE", true))
	f.Fuzz(func(t *testing.T, data []byte) { survives(t, data) })
}
