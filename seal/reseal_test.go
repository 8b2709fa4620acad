package seal

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestWhatWasLockedIsLockedWithAnotherKeyAndTheRestStays(t *testing.T) {
	old, next, lost := NewKey(), NewKey(), NewKey()
	long := Secret(strings.Repeat("geheim ", 1000))
	dead := lost.Lock("a", "gone")
	before, err := json.Marshal(map[string]any{"x": old.Lock("a", "one"), "list": []string{old.Lock("b", long), "locked:" + old.Lock("a", "é")},
		"text": "v1:none of it, <b>&", "dead": dead, "n": 1.50})
	if err != nil {
		t.Fatal(err)
	}
	after, n := Reseal(old, next, []string{"a", "b"}, before)
	if n != (Resealed{Moved: 3, Dead: 1}) {
		t.Errorf("%+v", n)
	}
	var is struct {
		X, Text, Dead string
		List          []string
	}
	if err := json.Unmarshal(after, &is); err != nil {
		t.Fatal(err)
	}
	if is.Text != "v1:none of it, <b>&" || is.Dead != dead {
		t.Errorf("%q %q", is.Text, is.Dead)
	}
	for i, want := range []Secret{"one", long, "é"} {
		locked := []string{is.X, is.List[0], strings.TrimPrefix(is.List[1], "locked:")}[i]
		purpose := []string{"a", "b", "a"}[i]
		if got, err := next.Unlock(purpose, locked); got != want || err != nil {
			t.Errorf("%d: %v", i, err)
		}
		if _, err := old.Unlock(purpose, locked); err == nil {
			t.Errorf("%d: the old key still opens it", i)
		}
	}
	if same, n := Reseal(old, next, []string{"a", "b"}, after); string(same) != string(after) || n.Moved != 0 {
		t.Errorf("done once more it changed something: %+v", n)
	}
}

func TestTheShortestAndEveryLengthOfSecretIsFound(t *testing.T) {
	old, next := NewKey(), NewKey()
	for size := 1; size < 70; size++ {
		secret := Secret(strings.Repeat("x", size))
		out, n := Reseal(old, next, []string{"a"}, []byte(`{"s":"`+old.Lock("a", secret)+`"}`))
		got, err := next.Unlock("a", strings.TrimSuffix(strings.TrimPrefix(string(out), `{"s":"`), `"}`))
		if n.Moved != 1 || got != secret || err != nil {
			t.Errorf("%d bytes: %+v %v", size, n, err)
		}
	}
}
