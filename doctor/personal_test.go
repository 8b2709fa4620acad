package doctor

import (
	"strings"
	"testing"
	"time"
)

// What the server cannot be brought to in a test of requests: time that passes,
// and an owner who was switched off since.
func TestARefusedPersonalAccessTokenIsExplained(t *testing.T) {
	ended := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for code, want := range map[string]struct {
		who  Who
		line string
	}{
		"access-token-expired": {Caller, `has run out: "build" of ana ended 2026-11-01 12:00 UTC`},
		"user-disabled":        {OurAdmin, "is switched off: ana"},
		"something-new":        {Caller, "is refused: the detail"},
	} {
		r := Server{}.Token(Case{Personal: &Personal{Code: code, Detail: "the detail", Name: "build", Login: "ana", Expires: ended}})
		f := r.Finding
		if f == nil || f.Code != code || f.Who != want.who || !strings.Contains(f.Line, want.line) || f.Line == "" {
			t.Errorf("%s: %+v", code, f)
		}
	}
}
