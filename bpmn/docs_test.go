package bpmn

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page for authors describes exactly the signoff elements and attributes
// there are, where they may stand, and which are needed.
func TestThePageForAuthorsDescribesTheVocabulary(t *testing.T) {
	described := map[string]bool{}
	for name, section := range sections(page(t)) {
		name, ours := strings.CutPrefix(strings.Trim(name, "`"), "signoff:")
		if !ours {
			continue
		}
		described[name] = true
		w, known := vocabulary[name]
		if !known {
			t.Errorf("the page describes signoff:%s, which there is not", name)
			continue
		}
		same(t, "signoff:"+name+" stands in", quotedIn(after(section, "Stands in: ")), slices.Concat(w.on, w.in))
		var attrs, need []string
		for _, row := range tableRows(section, "| Attribute | Needed | Meaning |") {
			attrs = append(attrs, quotedIn(row[0])...)
			if row[1] == "yes" {
				need = append(need, quotedIn(row[0])...)
			}
		}
		same(t, "attributes of signoff:"+name, attrs, w.attrs)
		same(t, "needed attributes of signoff:"+name, need, w.need)
	}
	for _, name := range words {
		if !described[name] {
			t.Errorf("the page does not describe signoff:%s", name)
		}
	}
}

// It lists every element that runs, and every one that is refused.
func TestThePageForAuthorsListsTheElements(t *testing.T) {
	var runs, refuses []string
	for name, p := range parts {
		switch p.role {
		case step, flow:
			runs = append(runs, name)
		case refused:
			refuses = append(refuses, name)
		}
	}
	runs = append(runs, loops...)
	for name, def := range eventDefinitions {
		if def.trigger != 0 || name == "terminateEventDefinition" {
			runs = append(runs, name)
		} else {
			refuses = append(refuses, name)
		}
	}
	all := sections(page(t))
	for title, want := range map[string][]string{"What runs": runs, "What is refused": refuses} {
		var listed []string
		for _, header := range []string{"| Element | What it does |", "| Trigger | What it does |", "| Element | Draw instead |"} {
			section := all[title]
			if title == "What runs" && strings.HasPrefix(header, "| Trigger") {
				section = all["Events"]
			}
			for _, row := range tableRows(section, header) {
				for _, name := range quotedIn(row[0]) {
					listed = append(listed, strings.TrimPrefix(name, "bpmn:"))
				}
			}
		}
		same(t, title, listed, want)
	}
}

// The table of every element has all of them, each with what becomes of it; the
// table of triggers has all triggers.
func TestThePageForAuthorsKnowsEveryElement(t *testing.T) {
	want := map[string]string{}
	for name, p := range parts {
		want[name] = map[role]string{step: "runs", flow: "runs", refused: "refused", visual: "kept"}[p.role]
	}
	for _, name := range loops {
		want[name] = "runs"
	}
	section := sections(page(t))["Every element of BPMN"]
	var listed []string
	for _, row := range tableRows(section, "| Element | signoff | Shown by |") {
		name := quotedIn(row[0])[0]
		listed = append(listed, name)
		if row[1] != want[name] {
			t.Errorf("%s: the page says %s, the code %s", name, row[1], want[name])
		}
	}
	same(t, "elements", listed, slices.Collect(maps.Keys(want)))
	listed = nil
	for _, row := range tableRows(section, "| Trigger | Start | Start of an event sub-process | Catch | Edge | Throw | End |") {
		listed = append(listed, quotedIn(row[0])...)
	}
	same(t, "triggers", listed, eventDefinitionNames)
}

// It lists the types of variables.
func TestThePageForAuthorsListsTheTypes(t *testing.T) {
	var listed []string
	for _, row := range tableRows(sections(page(t))["`signoff:variable`"], "| Type | Holds | Written as |") {
		listed = append(listed, quotedIn(row[0])...)
	}
	same(t, "types", listed, types)
}

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/workflows.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sections splits a page at its headings.
func sections(text string) map[string]string {
	out := map[string]string{}
	title := ""
	for line := range strings.Lines(text) {
		if hashes, rest, found := strings.Cut(line, " "); found && hashes != "" && strings.Trim(hashes, "#") == "" {
			title = strings.TrimSpace(rest)
			continue
		}
		out[title] += line
	}
	return out
}

// tableRows returns the rows of the table that begins with header.
func tableRows(text, header string) [][]string {
	_, table, found := strings.Cut(text, header+"\n")
	if !found {
		return nil
	}
	var out [][]string
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(line), `\|`, " "), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		if cells = cells[1:]; strings.Trim(cells[0], "-") != "" {
			out = append(out, cells)
		}
	}
	return out
}

// after returns the rest of the line that begins with prefix.
func after(text, prefix string) string {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, prefix); found {
			return rest
		}
	}
	return ""
}

var inQuotes = regexp.MustCompile("`([^`]+)`")

func quotedIn(text string) []string {
	var out []string
	for _, m := range inQuotes.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// same compares two lists whatever their order.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%s: the page has %s, the code has not", what, g)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s: the code has %s, the page has not", what, w)
		}
	}
	if len(got) > len(want) {
		t.Errorf("%s: the page has something twice: %v", what, got)
	}
}
