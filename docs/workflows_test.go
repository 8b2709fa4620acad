package docs_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/scenario"
)

const workflows = "workflows.md"

// Every example on the page deploys without a problem. A whole file stands for
// itself; a piece becomes a part of the first whole file, whose variables it
// uses.
func TestWorkflowExamplesDeploy(t *testing.T) {
	whole := ""
	for _, f := range fences(t, workflows, "xml") {
		file := f.text
		if strings.Contains(f.text, "<bpmn:definitions") {
			whole = f.text
		} else {
			var err error
			if file, err = complete(whole, f.text); err != nil {
				t.Errorf("%s:%d: %v", f.page, f.line, err)
				continue
			}
		}
		for _, p := range problemsOf(file) {
			t.Errorf("%s:%d: %s\n%s", f.page, f.line, p, file)
		}
	}
}

// problemsOf returns what is wrong with a file, but for the missing picture,
// which examples leave out.
func problemsOf(file string) []string {
	doc, err := bpmn.Parse([]byte(file))
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	_, problems := doc.Definition()
	for _, p := range problems {
		if !strings.Contains(p.Reason, "no diagram") {
			out = append(out, p.String())
		}
	}
	return out
}

// piece is a step or flow of an example.
type piece struct{ kind, id, attached, from string }

// complete makes a whole file of a piece of one: the head and the variables of
// whole, a start, the piece's steps one behind the other, and ends. Flows that
// the piece draws itself are kept.
func complete(whole, text string) (string, error) {
	head, _, found := strings.Cut(whole, "    <bpmn:startEvent")
	if !found {
		return "", errors.New("no whole file stands above this example")
	}
	defined, text := definitions(text)
	head = strings.Replace(head, "  <bpmn:process", defined+"  <bpmn:process", 1)
	all, err := piecesOf(text)
	if err != nil {
		return "", err
	}
	drawn := map[string]bool{}
	var chain, clocks []string
	for _, p := range all {
		switch {
		case p.kind == "sequenceFlow":
			drawn[p.from] = true
		case p.attached != "":
			clocks = append(clocks, p.id)
		case p.kind != "endEvent":
			chain = append(chain, p.id)
		}
	}
	var b strings.Builder
	flow := func(from, to string) {
		if !drawn[from] {
			fmt.Fprintf(&b, "<bpmn:sequenceFlow id=\"to_%s_%s\" sourceRef=%q targetRef=%q/>\n", from, to, from, to)
		}
	}
	b.WriteString(head + "<bpmn:startEvent id=\"begin\"/>\n" + text + "<bpmn:endEvent id=\"finish\"/>\n")
	flow("begin", chain[0])
	for i, id := range chain {
		next := "finish"
		if i+1 < len(chain) && len(drawn) == 0 {
			next = chain[i+1]
		}
		flow(id, next)
	}
	for _, id := range clocks {
		flow(id, "finish")
	}
	b.WriteString("</bpmn:process></bpmn:definitions>\n")
	return b.String(), nil
}

// definitions splits off the messages and the like that stand beside a process.
func definitions(text string) (defined, rest string) {
	for line := range strings.Lines(text) {
		for _, kind := range []string{"message", "signal", "error", "escalation"} {
			if strings.HasPrefix(line, "<bpmn:"+kind+" ") {
				defined, line = defined+line, ""
			}
		}
		rest += line
	}
	return defined, rest
}

// piecesOf lists the elements at the top of an example.
func piecesOf(text string) ([]piece, error) {
	var out []piece
	dec := xml.NewDecoder(strings.NewReader(text))
	for depth := 0; ; {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				p := piece{kind: e.Name.Local}
				for _, a := range e.Attr {
					switch a.Name.Local {
					case "id":
						p.id = a.Value
					case "attachedToRef":
						p.attached = a.Value
					case "sourceRef":
						p.from = a.Value
					}
				}
				out = append(out, p)
			}
		case xml.EndElement:
			depth--
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the example holds no element")
	}
	return out, nil
}

// The scenarios on the page go as they say.
func TestWorkflowScenariosGoAsWritten(t *testing.T) {
	files := fstest.MapFS{}
	for _, f := range fences(t, workflows, "xml") {
		if _, after, found := strings.Cut(f.text, "<bpmn:process id=\""); found {
			id, _, _ := strings.Cut(after, "\"")
			files[id+".bpmn"] = &fstest.MapFile{Data: []byte(f.text)}
		}
	}
	all := fences(t, workflows, "scenario")
	if len(all) == 0 {
		t.Error("there is no scenario on the page")
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
