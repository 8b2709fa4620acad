package exchange

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

func TestInputsAreReadAsPeopleWriteThem(t *testing.T) {
	in := &inputs{given: map[string]any{"to": "Jane Doe <jane@contoso.com>; bob@contoso.com", "list": []any{`"Doe, Jane" <j@contoso.com>`}, "yes": "true", "n": json.Number("7"),
		"at": "2026-11-23T09:00:00+01:00", "day": "2026-11-23", "none": "", "body": " <p>x", "file": map[string]any{"name": "a.txt", "content": "YWI="}}}
	if to := in.addresses("to"); len(to) != 2 || to[0].Name != "Jane Doe" || to[1].Address != "bob@contoso.com" {
		t.Errorf("%+v", to)
	}
	if l := in.addresses("list"); len(l) != 1 || l[0].Name != "Doe, Jane" {
		t.Errorf("%+v", l)
	}
	if !in.yesNo("yes") || *in.number("n") != 7 || !in.moment("at").Equal(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)) || in.moment("day").Hour() != 0 {
		t.Error("plain values")
	}
	if z := in.momentOf("none"); z == nil || !z.IsZero() || in.momentOf("absent") != nil {
		t.Error("what is taken away and what is left are not told apart")
	}
	if !in.body().HTML {
		t.Error("a tag begins HTML")
	}
	f := in.files("file")
	if text, _ := io.ReadAll(f[0].Content); len(f) != 1 || string(text) != "ab" || f[0].Size != 2 {
		t.Errorf("%+v", f)
	}
	if err := in.done(); err != nil {
		t.Error(err)
	}
}

func TestInputsHaveLimits(t *testing.T) {
	many := make([]any, maxRecipients+1)
	for i := range many {
		many[i] = "a@b.c"
	}
	for name, v := range map[string]any{"to": many, "text": strings.Repeat("x", maxTextBytes+1), "n": "1.5", "at": "soon", "yes": 3, "file": map[string]any{"name": "a\nb", "content": ""}} {
		in := &inputs{given: map[string]any{name: v}}
		switch name {
		case "to":
			in.addresses(name)
		case "text":
			in.text(name)
		case "n":
			in.number(name)
		case "at":
			in.moment(name)
		case "yes":
			in.yesNo(name)
		case "file":
			in.files(name)
		}
		if in.done() == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestZonesAreFoundByBothTheirNames(t *testing.T) {
	for name := range windowsZones {
		if _, ok := Zone(name); !ok {
			t.Errorf("%s is mapped to a zone that is none", name)
		}
	}
	for name, want := range map[string]bool{"": true, "Europe/Berlin": true, "Local": false, "Mars/Base": false, "../etc/passwd": false} {
		if _, ok := Zone(name); ok != want {
			t.Errorf("%q: %v", name, ok)
		}
	}
}

// No input, whatever it holds, becomes an address that could begin a new header
// or another path.
func FuzzInputs(f *testing.F) {
	f.Add("Jane <jane@contoso.com>; x", "2026-01-01", "YWI=")
	f.Add("a@b.c\r\nBcc: d@e.f", "x", "?")
	f.Fuzz(func(t *testing.T, to, at, content string) {
		in := &inputs{given: map[string]any{"to": to, "at": at, "file": map[string]any{"name": to, "content": content}, "l": []any{to, at}}}
		for _, a := range append(in.addresses("to"), in.addresses("l")...) {
			if !wholeAddress(a.Address) || strings.ContainsAny(a.Address, "\r\n /\\?#%") {
				t.Errorf("%q gave %q", to, a.Address)
			}
		}
		in.moment("at")
		for _, file := range in.files("file") {
			if strings.ContainsAny(file.Name, "\r\n/\\") {
				t.Errorf("%q", file.Name)
			}
		}
		_ = in.done()
	})
}
