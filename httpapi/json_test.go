package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestNumbersStayAsTheyWereWritten(t *testing.T) {
	var body struct{ Variables map[string]any }
	if err := readJSON([]byte(`{"variables":{"amount":1234567890123456.10}}`), &body); err != nil {
		t.Fatal(err)
	}
	if got := body.Variables["amount"]; got != json.Number("1234567890123456.10") {
		t.Errorf("got %#v", got)
	}
}

func TestBadJSONIsPlacedAndNotRepeated(t *testing.T) {
	for body, want := range map[string]string{
		"{\n  \"a\": x-secret\n}": "line 2, column 8",
		`{"a":1} tail`:            "line 1",
		`{"a":`:                   "line 1",
		strings.Repeat("[", 33):   "more than 32 deep",
		`{"a":"\ud800`:            "line 1",
	} {
		var v any
		err := readJSON([]byte(body), &v)
		if _, ours := errors.AsType[*badJSON](err); !ours || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", body, err)
		}
	}
	var n struct{ A int8 }
	if err := readJSON([]byte(`{"a":123456789}`), &n); err == nil || strings.Contains(err.Error(), "123456789") {
		t.Errorf("a number that does not fit: %v", err)
	}
	for _, fine := range []string{strings.Repeat("[", 32) + strings.Repeat("]", 32), `{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[[[["}`} {
		var v any
		if err := readJSON([]byte(fine), &v); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, s := range []string{`{}`, `[]`, `{"a":[1,2,{"b":"\""}]}`, `"\\"`, `{"a":1e400}`, "\xff", `[[[[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var loose any
		var exact map[string]any
		looseErr, exactErr := readJSON(data, &loose), readJSON(data, &exact)
		if looseErr != nil {
			if _, ours := errors.AsType[*badJSON](looseErr); !ours {
				t.Fatalf("%v", looseErr)
			}
			return
		}
		if exactErr == nil && !json.Valid(bytes.TrimSpace(data)) {
			t.Fatalf("%q was read", data)
		}
	})
}

func TestTagsAreComparedAsTheRFCSays(t *testing.T) {
	const tag = `"v1.abc"`
	for header, want := range map[string]bool{tag: true, "W/" + tag: true, `"x", ` + tag: true, "*": true, "": false, `"v1.abd"`: false, "v1.abc": false} {
		if got := anyTagMatches(header, tag); got != want {
			t.Errorf("If-None-Match %s: %v", header, got)
		}
	}
	for header, want := range map[string]bool{tag: true, `"v1.other"`: true, "W/" + tag: false, `"x", ` + tag: true, "*": true, "": false, `"v2.abc"`: false, "v1.abc": false} {
		if got := anyVersionMatches(header, "v1"); got != want {
			t.Errorf("If-Match %s: %v", header, got)
		}
	}
}

func TestPagesGoOnBehindTheirCursor(t *testing.T) {
	all := []string{"a", "b", "d", "e"}
	same := func(s string) string { return s }
	some, next, err := cut(all, Page{Limit: 2}, same)
	if err != nil || strings.Join(some, "") != "ab" {
		t.Fatalf("%v %v", some, err)
	}
	some, next, err = cut([]string{"a", "c", "d", "e"}, Page{Limit: 2, Cursor: next}, same) // b is gone, c is new
	if err != nil || strings.Join(some, "") != "cd" || next == "" {
		t.Fatalf("%v %v", some, err)
	}
	if some, next, err = cut(all, Page{Limit: 2, Cursor: next}, same); err != nil || strings.Join(some, "") != "e" || next != "" {
		t.Fatalf("%v %q %v", some, next, err)
	}
	if _, _, err := cut(all, Page{Limit: 2, Cursor: "!"}, same); err == nil {
		t.Error("a cursor that is none was taken")
	}
}
