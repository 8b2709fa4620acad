package access

import (
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

func TestCategoriesLieInOneAnother(t *testing.T) {
	for text, want := range map[string][]string{
		"HR":                  {"hr"},
		"HR/Leave":            {"hr/leave", "hr"},
		" HR // Sick  leave ": {"hr/sick leave", "hr"},
		"a/b/c":               {"a/b/c", "a/b", "a"},
		"":                    nil,
		"/":                   nil,
		"two\nlines":          {"two lines"},
		"\x00":                nil,
	} {
		if got := CategoryKeys(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWhatCannotBeACategoryIsRefused(t *testing.T) {
	for _, text := range []string{"", " / ", strings.Repeat("x", 201), strings.Repeat("x/", 11), "a\x00b", "a\xffb"} {
		if name, err := CleanCategory(text); signoff.CodeOf(err) != "bad-category" || name != "" {
			t.Errorf("%q: %q, %v", text, name, err)
		}
	}
	if name, err := CleanCategory(" HR / Leave "); err != nil || name != "HR/Leave" {
		t.Errorf("%q, %v", name, err)
	}
}

func FuzzCategory(f *testing.F) {
	f.Add("HR/Leave")
	f.Add(" a // b ")
	f.Fuzz(func(t *testing.T, text string) {
		name, err := CleanCategory(text)
		keys := CategoryKeys(text)
		if err != nil {
			if len(keys) > 0 {
				t.Fatalf("%q is refused and has %q", text, keys)
			}
			return
		}
		if again, err := CleanCategory(name); err != nil || again != name {
			t.Fatalf("%q is cleaned to %q, and that to %q", text, name, again)
		}
		if len(keys) == 0 || len(keys) > maxCategoryDepth || keys[0] != CategoryKey(name) {
			t.Fatalf("%q has %q", text, keys)
		}
		for i := 1; i < len(keys); i++ {
			if !strings.HasPrefix(keys[i-1], keys[i]+"/") {
				t.Fatalf("%q does not lie in %q", keys[i-1], keys[i])
			}
		}
	})
}
