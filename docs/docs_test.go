// Package docs_test keeps the documentation true: its examples deploy and give
// what they say, its tables agree with the code, its links lead somewhere.
// Tests that need what a package keeps to itself stand in that package, in a
// file called docs_test.go.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// fence is a block of code in a page.
type fence struct {
	page, lang string
	line       int // of its first line
	text       string
}

// fences returns the blocks of code of a page in a language; "" is no language.
func fences(t *testing.T, page, lang string) []fence {
	t.Helper()
	var out []fence
	var open *fence
	for i, line := range strings.Split(read(t, page), "\n") {
		mark, fenced := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fenced && open == nil:
			open = &fence{page: page, lang: mark, line: i + 2}
		case fenced:
			if open.lang == lang {
				out = append(out, *open)
			}
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	if open != nil {
		t.Errorf("%s:%d: a block of code that does not end", page, open.line)
	}
	return out
}

func read(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pages are everything people read.
func pages(t *testing.T) []string {
	t.Helper()
	all := []string{"../README.md", "../ARCHITECTURE.md", "../CONTRIBUTING.md", "../samples/README.md"}
	for _, pattern := range []string{"*.md", "decisions/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	if len(all) < 8 {
		t.Fatalf("only %d pages found", len(all))
	}
	return all
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	code    = regexp.MustCompile("(?s)```.*?```")
)

func TestLinksLeadSomewhere(t *testing.T) {
	links := 0
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(read(t, page), ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), filepath.FromSlash(file))
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(t, target), anchor) {
				t.Errorf("%s links to %s, but no heading there is called that", page, m[1])
			}
		}
	}
	if links < 10 {
		t.Errorf("only %d links were found", links)
	}
}

// anchors are the names a page's headings can be linked by: lower case, spaces
// as "-", everything else but letters, digits, "-" and "_" left out.
func anchors(t *testing.T, page string) []string {
	var out []string
	for _, m := range heading.FindAllStringSubmatch(code.ReplaceAllString(read(t, page), ""), -1) {
		out = append(out, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(m[1])))
	}
	return out
}

// Every decision record has the parts that make it one, on one page.
func TestDecisionsAreOnePageEach(t *testing.T) {
	records, err := filepath.Glob("decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(records) < 3 {
		t.Errorf("there are %d records", len(records))
	}
	for _, page := range records {
		text := read(t, page)
		for _, part := range []string{"\n## Why\n", "\n## What it costs\n", "\n## What would change it\n"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s has no part %q", page, strings.TrimSpace(part))
			}
		}
		if n := len(strings.Fields(text)); n > 600 {
			t.Errorf("%s has %d words; a page has 600", page, n)
		}
	}
}
