package reply

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page about deciding by mail lists every word that works, and no other.
func TestThePageListsTheWords(t *testing.T) {
	text, err := os.ReadFile("../../docs/mail-approval.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## What can be written\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var listed, known []string
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "| ") {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
				listed = append(listed, m[1])
			}
		}
	}
	for _, table := range vocabulary {
		for _, list := range table {
			known = append(known, list...)
		}
	}
	for _, table := range commands {
		for _, list := range table {
			known = append(known, list...)
		}
	}
	slices.Sort(listed)
	slices.Sort(known)
	listed, known = slices.Compact(listed), slices.Compact(known)
	if !slices.Equal(listed, known) {
		t.Errorf("the page lists\n%q, the words are\n%q", listed, known)
	}
}

// What the page says does not decide does not.
func TestThePagesUnclearLinesAreUnclear(t *testing.T) {
	text, err := os.ReadFile("../../docs/mail.md")
	if err != nil {
		t.Fatal(err)
	}
	_, line, found := strings.Cut(string(text), "\nA first line such as ")
	line, _, _ = strings.Cut(line, "\n")
	quotes := regexp.MustCompile("“([^”]+)”").FindAllStringSubmatch(line, -1)
	if !found || len(quotes) < 2 {
		t.Fatal("the page gives no examples of unclear lines")
	}
	for _, m := range quotes {
		if d := (Reading{}).decide([]string{m[1]}, []string{"Approve", "Reject"}); d.Unclear == "" {
			t.Errorf("%q decides %+v", m[1], d)
		}
	}
}
