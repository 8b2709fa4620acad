package movein

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/bpmn"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func read(t testing.TB, file string) *bpmn.Document {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parsed(t, string(data))
}

func parsed(t testing.TB, src string) *bpmn.Document {
	t.Helper()
	d, err := bpmn.Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func written(t testing.TB, d *bpmn.Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// models are files as people have them: three workflows in the words of four
// engines.
func models(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.bpmn")
	if err != nil || len(files) < 10 {
		t.Fatal(err, len(files))
	}
	return files
}

// told writes a report down, a line for each finding.
func told(r *Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", strings.Join(r.Engines, ", "))
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%-7s  %3d %s  %s", f.Outcome, f.Line, f.Element, f.What)
		if f.From != "" {
			fmt.Fprintf(&b, "  %s", f.From)
		}
		if f.To != "" {
			fmt.Fprintf(&b, "  ->  %s", f.To)
		}
		b.WriteByte('\n')
		if f.Outcome == ByHand {
			fmt.Fprintf(&b, "             %s\n", f.Advice)
		}
	}
	for _, p := range r.Problems.Blocking() {
		fmt.Fprintf(&b, "left     %s\n", p)
	}
	return b.String()
}

// What is told of each model stands in testdata, and what was written besides.
func TestEveryModelIsMovedAsTheGoldenFilesSay(t *testing.T) {
	for _, file := range models(t) {
		out, report := Import(read(t, file))
		golden(t, strings.TrimSuffix(file, ".bpmn")+".report", told(report))
		golden(t, strings.TrimSuffix(file, ".bpmn")+".moved", written(t, out))
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update rewrites it):\n%s", file, got)
	}
}

// restored undoes what was written: signoff's elements go, and what was kept
// stands again where it stood.
func restored(e *bpmn.Element) {
	back := map[string]string{}
	for _, c := range extensionsIn(e) {
		if c.Space == movedSpace {
			back[c.Get("of")] = c.Content()
		}
	}
	if was, ok := back["element"]; ok {
		e.Local = was
	}
	for c := range e.Descendants() {
		if was, ok := back[c.Local]; ok && c != e && c.Space == bpmn.ModelSpace {
			setText(c, was)
			if lang, ok := back[c.Local+" language"]; ok {
				set(c, "language", lang)
			}
		}
	}
	if was, ok := back["script"]; ok {
		s := &bpmn.Element{Prefix: e.Prefix, Local: "script", Space: bpmn.ModelSpace}
		setText(s, was)
		e.Children = append(e.Children, s)
	}
	if was, ok := back["name"]; ok {
		set(e, "name", was)
	}
	if was, ok := back["calledElement"]; ok {
		if unset(e, "calledElement"); was != "" {
			set(e, "calledElement", was)
		}
	}
	var left []bpmn.Node
	for _, n := range e.Children {
		c, is := n.(*bpmn.Element)
		if !is {
			left = append(left, n)
			continue
		}
		restored(c)
		if c.Space == bpmn.ExtensionSpace || c.Space == movedSpace {
			continue
		}
		left = append(left, n)
	}
	e.Children = left
}

// flat is everything in an element but white space and new namespaces, with
// attributes and children in an order of their own.
func flat(e *bpmn.Element) string {
	var attrs, inner []string
	for _, a := range e.Attrs {
		if a.Prefix != "xmlns" || a.Value != movedSpace && a.Value != bpmn.ExtensionSpace {
			attrs = append(attrs, a.Name()+"="+a.Value)
		}
	}
	slices.Sort(attrs)
	for _, n := range e.Children {
		switch n := n.(type) {
		case *bpmn.Element:
			if s := flat(n); n.Local != "extensionElements" || s != "<"+n.Name()+" ></>" {
				inner = append(inner, s)
			}
		case *bpmn.Text:
			if s := strings.TrimSpace(n.Data); s != "" {
				inner = append(inner, s)
			}
		case *bpmn.Comment:
			inner = append(inner, "<!--"+n.Data)
		}
	}
	slices.Sort(inner)
	return "<" + e.Name() + " " + strings.Join(attrs, " ") + ">" + strings.Join(inner, "") + "</>"
}

// Taking away what was added and putting back what was kept gives the file as
// it was; and a file that was moved once is not moved again.
func TestNothingOfTheOriginalIsLost(t *testing.T) {
	for _, file := range append(models(t), miwg(t)...) {
		original := read(t, file)
		before := written(t, original)
		out, _ := Import(original)
		if written(t, original) != before {
			t.Errorf("%s: the document that was given has changed", file)
		}
		moved := written(t, out)
		again, _ := Import(parsed(t, moved))
		if written(t, again) != moved {
			t.Errorf("%s: moving it a second time changes it:\n%s", file, firstDifference(moved, written(t, again)))
		}
		back := parsed(t, moved)
		restored(back.Root)
		if want, got := flat(original.Root), flat(back.Root); want != got {
			t.Errorf("%s: something is lost:\n%s", file, firstDifference(want, got))
		}
	}
}

func firstDifference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-100)
			return a[from:min(len(a), i+100)] + "\n----\n" + b[from:min(len(b), i+100)]
		}
	}
	return "one is longer"
}

// miwg returns the reference models of the BPMN Model Interchange Working Group,
// where they are.
func miwg(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../../../shared/testdata/miwg/*.bpmn")
	if err != nil || len(files) != 0 && len(files) != 21 {
		t.Fatal(err, len(files))
	}
	return files
}

// A file at the limits of what is read, with as many names as fit, all of which
// want the same name here, is done with at once.
func TestAHugeFileIsMovedInTime(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:c="http://camunda.org/schema/1.0/bpmn"><process id="p" isExecutable="true">`)
	for i := range 30_000 {
		odd := strings.NewReplacer("0", "$", "1", "_").Replace(fmt.Sprintf("%b", i))
		fmt.Fprintf(&b, `<sequenceFlow id="f%d" sourceRef="a" targetRef="b"><conditionExpression>${a%s</conditionExpression></sequenceFlow>`, i, odd+" == 1}")
	}
	b.WriteString(`</process></definitions>`)
	d := parsed(t, b.String())
	begun := time.Now()
	_, report := Import(d)
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	if len(report.Findings) != maxFindings {
		t.Errorf("%d findings are told", len(report.Findings))
	}
}

// Whatever a file holds, what comes out can be written and read again.
func FuzzImport(f *testing.F) {
	for _, file := range models(f) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := bpmn.Parse(data)
		if err != nil {
			return
		}
		out, report := Import(d)
		var b bytes.Buffer
		if err := out.Write(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := bpmn.Parse(b.Bytes()); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, b.String())
		}
		for _, f := range report.Findings {
			if f.Outcome == ByHand && f.Advice == "" {
				t.Errorf("no advice for %+v", f)
			}
		}
	})
}
