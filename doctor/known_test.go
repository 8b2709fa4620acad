package doctor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/doctor"
	"github.com/signoffhq/signoff/sandbox/entra"
)

// The sandbox has every refusal that administrators meet.
func TestEveryRefusalOfTheSandboxIsKnown(t *testing.T) {
	known := doctor.Known()
	seen := 0
	for _, s := range entra.Switches() {
		if s.Code == 0 {
			continue
		}
		seen++
		if !slices.Contains(known, s.Code) {
			t.Errorf("AADSTS%d (%s) is not in the table", s.Code, s.About)
		}
	}
	if seen < 40 || len(known) < 90 {
		t.Errorf("%d refusals, %d codes in the table", seen, len(known))
	}
}

func TestEveryCodeIsToldWholeWithAndWithoutASetting(t *testing.T) {
	full := doctor.Setup{App: "11111111-2222-4333-8444-555555555555", Tenant: "22222222-2222-4333-8444-555555555555", Redirect: "https://a.example/cb", API: "api://x", APIID: "x", ScopeID: "y"}
	for _, code := range doctor.Known() {
		p, err := doctor.Read(fmt.Sprintf("AADSTS%d: whatever it says of the application '%s'", code, full.App))
		if err != nil || p.Entra == nil || p.Entra.Code != code {
			t.Fatalf("%d: %v", code, err)
		}
		for _, s := range []doctor.Setup{full, {}} {
			f := p.Entra.Explain(s)
			if f.Line == "" || f.Who == "" || f.Where == "" || f.Do == "" || unfilled.MatchString(f.Line+f.Do+f.Where) || !strings.Contains(f.Line, fmt.Sprint(code)) {
				t.Errorf("%+v", f)
			}
			for _, c := range f.Copy {
				if unfilled.MatchString(c.Text) || c.Text == "" || s == full && strings.Contains(c.Text, "<") {
					t.Errorf("AADSTS%d: %+v", code, c)
				}
			}
		}
	}
}
