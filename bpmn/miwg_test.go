package bpmn

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// miwg returns the reference models of the BPMN Model Interchange Working
// Group. They are no part of the project (CC BY 3.0).
func miwg(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../../shared/testdata/miwg/*.bpmn")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the reference models are not here (../../shared/testdata/miwg): nothing was compared")
	}
	if len(files) != 21 {
		t.Errorf("found %d reference models, want 21", len(files))
	}
	return files
}

func TestReferenceModelsAreWrittenBackWithNothingLost(t *testing.T) {
	for _, file := range miwg(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			in, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d, err := Parse(in)
			if err != nil {
				t.Fatal(err)
			}
			out := written(t, d)
			again, err := Parse([]byte(out))
			if err != nil {
				t.Fatal(err)
			}
			if canonical(d) != canonical(again) {
				t.Error("the tree read again differs")
			}
			a, b := tokens(t, string(in)), tokens(t, out)
			if len(a) != len(b) {
				t.Fatalf("encoding/xml sees %d tokens in the original, %d in what was written", len(a), len(b))
			}
			for i := range a {
				if a[i] != b[i] {
					t.Fatalf("token %d: %s became %s", i, a[i], b[i])
				}
			}
		})
	}
}

// tokens is what encoding/xml sees in a file, prefixes as written: a reader
// that shares nothing with ours. It joins text and CDATA, and does not turn
// line ends in attributes into spaces as XML 1.0 §3.3.3 asks; that is evened out.
func tokens(t *testing.T, src string) []string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(src))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // the models are ASCII where not UTF-8
	var out []string
	text, depth := "", 0
	for {
		tok, err := d.RawToken()
		if c, ok := tok.(xml.CharData); ok {
			text += string(c)
			continue
		}
		if depth > 0 && text != "" {
			out = append(out, fmt.Sprintf("text %q", text))
		}
		text = ""
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			depth++
			s := "start " + tok.Name.Space + ":" + tok.Name.Local
			for _, a := range tok.Attr {
				s += fmt.Sprintf(" %s:%s=%q", a.Name.Space, a.Name.Local, strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(a.Value))
			}
			out = append(out, s)
		case xml.EndElement:
			depth--
			out = append(out, "end "+tok.Name.Space+":"+tok.Name.Local)
		case xml.Comment:
			out = append(out, fmt.Sprintf("comment %q", string(tok)))
		case xml.ProcInst:
			if tok.Target != "xml" {
				out = append(out, fmt.Sprintf("instruction %s %q", tok.Target, string(tok.Inst)))
			}
		}
	}
}

// TestReferenceModelsNameWhatCannotRun holds, for every model, which kinds of
// elements are refused and how often against testdata/miwg.golden.
func TestReferenceModelsNameWhatCannotRun(t *testing.T) {
	var b strings.Builder
	for _, file := range miwg(t) {
		in, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		def, problems := d.Definition()
		if (def == nil) != (len(problems.Blocking()) > 0) {
			t.Errorf("%s: a definition and %d blocking problems", file, len(problems.Blocking()))
		}
		kinds := map[string]int{}
		for _, p := range problems.Blocking() {
			if strings.Contains(p.Reason, "signoff cannot") {
				kinds[p.Reason]++
			}
			if p.Advice == "" {
				t.Errorf("%s: no advice for: %s", filepath.Base(file), p)
			}
		}
		fmt.Fprintf(&b, "%s\n", filepath.Base(file))
		for _, k := range slices.Sorted(mapKeys(kinds)) {
			fmt.Fprintf(&b, "  %d × %s\n", kinds[k], k)
		}
		checkNamed(t, filepath.Base(file), d, problems)
	}
	golden(t, "testdata/miwg.golden", b.String())
}

func mapKeys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// checkNamed finds what cannot run by looking at element names alone, and wants
// a problem for each.
func checkNamed(t *testing.T, model string, d *Document, problems Problems) {
	t.Helper()
	refusedKinds := []string{"complexGateway", "adHocSubProcess", "transaction", "compensateEventDefinition", "cancelEventDefinition"}
	named := map[int]bool{}
	for _, p := range problems.Blocking() {
		named[p.Line] = true
	}
	report := &report{}
	for _, p := range d.runnable(report) {
		for e := range p.Descendants() {
			if e.Space == ModelSpace && slices.Contains(refusedKinds, e.Local) && !named[e.Line] {
				t.Errorf("%s: line %d: <%s> is not named", model, e.Line, e.Name())
			}
		}
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
