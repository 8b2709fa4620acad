package identity

import (
	"strings"
	"testing"
)

func TestATokenIsKnownByItsLookAndItsChecksum(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		text := newTokenText().Reveal()
		if !wholeToken(text) || !IsAccessToken(text) || len(text) != 42 || seen[text] {
			t.Fatalf("%q", text)
		}
		seen[text] = true
	}
	// Worked out once with another program's CRC-32: scanners elsewhere rely on it.
	if got := checkOf("00000000000000000000000000000000"); got != "2wjyrI" {
		t.Errorf("checksum %q", got)
	}
	if newTokenText().String() == newTokenText().Reveal() {
		t.Error("a token shows itself where it is logged")
	}
}

func FuzzAccessToken(f *testing.F) {
	f.Add(newTokenText().Reveal())
	f.Add("sgn_")
	f.Add(strings.Repeat("sgn_", 12))
	f.Fuzz(func(t *testing.T, text string) {
		if wholeToken(text) && (len(text) != tokenLen || checkOf(text[4:36]) != text[36:] || !strings.HasPrefix(text, "sgn_")) {
			t.Fatalf("%q", text)
		}
		if got, is := BearerText(text); is && strings.ContainsAny(got[:min(1, len(got))], " ") {
			t.Fatalf("%q", got)
		}
	})
}
