package seal

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatIsLockedIsUnlockedWithTheSameKeyAndPurposeOnly(t *testing.T) {
	k, secret := NewKey(), Secret("s3cret, with ümlaut")
	text := k.Lock("signin", secret)
	if strings.Contains(text, "s3cret") || text == k.Lock("signin", secret) {
		t.Errorf("locked as %q", text)
	}
	if s, err := k.Unlock("signin", text); err != nil || s != secret {
		t.Errorf("unlocked as %q, %v", s.Reveal(), err)
	}
	refused := map[string]struct {
		key           Key
		purpose, text string
	}{
		"another key":     {NewKey(), "signin", text},
		"another purpose": {k, "trust", text},
		"not locked":      {k, "signin", "plain"},
		"not base64":      {k, "signin", "v1:*"},
		"empty":           {k, "signin", "v1:"},
		"cut short":       {k, "signin", text[:len(text)-8]},
		"another version": {k, "signin", "v2:" + text[3:]},
		"changed":         {k, "signin", text[:10] + flip(text[10]) + text[11:]},
	}
	for what, c := range refused {
		if s, err := c.key.Unlock(c.purpose, c.text); !errors.Is(err, ErrLocked) || s != "" {
			t.Errorf("%s: %q, %v", what, s.Reveal(), err)
		}
	}
}

func flip(b byte) string {
	if b == 'A' {
		return "B"
	}
	return "A"
}

func TestNoSecretIsLockedAsNone(t *testing.T) {
	k := NewKey()
	if text := k.Lock("signin", ""); text != "" {
		t.Errorf("locked as %q", text)
	}
	if s, err := k.Unlock("signin", ""); s != "" || err != nil {
		t.Errorf("unlocked as %q, %v", s.Reveal(), err)
	}
}
