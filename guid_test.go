package signoff_test

import (
	"testing"

	"github.com/signoffhq/signoff"
)

func TestAGUIDIsLowerCaseWithDashes(t *testing.T) {
	if !signoff.IsGUID("6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c") {
		t.Error("an id of Entra is none")
	}
	for _, s := range []string{"", "6B1F2A3C-0d4e-4f5a-8b6c-7d8e9f0a1b2c", "6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2", "6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c0",
		"6b1f2a3c00d4e-4f5a-8b6c-7d8e9f0a1b2c", "6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2g", "{6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b}"} {
		if signoff.IsGUID(s) {
			t.Errorf("%q is one", s)
		}
	}
}
