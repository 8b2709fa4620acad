package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

var mail = Object{Name: "Email", Properties: []Property{
	{Name: "id", Type: Text, Key: true}, {Name: "to", Type: Text, List: true}, {Name: "size", Type: Number}, {Name: "read", Type: YesNo},
	{Name: "at", Type: Moment}, {Name: "day", Type: Date}, {Name: "file", Type: File}, {Name: "more", Type: JSON}, {Name: "hidden", Type: Text},
}, Methods: []Method{
	{Name: "send", Kind: Create, Inputs: []Input{{Name: "to", Required: true}, {Name: "size"}, {Name: "read"}, {Name: "at"}, {Name: "day"},
		{Name: "file"}, {Name: "more"}, {Name: "mailbox", Type: Text}, {Name: "id"}}, Outputs: []string{"id"}},
	{Name: "list", Kind: List, Outputs: []string{"id", "to", "size", "read", "at", "day", "file", "more"}},
}}

func TestInputsAreTakenAsTheMethodSays(t *testing.T) {
	send, _ := mail.Method("send")
	for _, tt := range []struct{ name, given, want string }{
		{"nothing given", `{}`, `inputs.to is needed`},
		{"an empty list is nothing", `{"to":[""]}`, `inputs.to is needed`},
		{"a text stands for a list of one", `{"to":"a@b"}`, `{"to":["a@b"]}`},
		{"a list", `{"to":["a","b"]}`, `{"to":["a","b"]}`},
		{"a number as it was written", `{"to":"a","size":1.50}`, `{"size":1.50,"to":["a"]}`},
		{"a number as text", `{"to":"a","size":" 12 "}`, `{"size":12,"to":["a"]}`},
		{"a number no JSON has", `{"to":"a","size":"+1.e2"}`, `{"size":100,"to":["a"]}`},
		{"no number", `{"to":"a","size":"many"}`, `inputs.size is no number`},
		{"a number as long as a book", `{"to":"a","size":"1e999999999"}`, `inputs.size is no number`},
		{"a number as long as a page", `{"to":"a","size":"1e7000"}`, `inputs.size is no number`},
		{"not a number", `{"to":"a","size":"NaN"}`, `inputs.size is no number`},
		{"yes", `{"to":"a","read":"yes"}`, `{"read":true,"to":["a"]}`},
		{"perhaps", `{"to":"a","read":"perhaps"}`, `inputs.read is neither true nor false`},
		{"a moment", `{"to":"a","at":"2026-11-23T14:00:00+01:00"}`, `{"at":"2026-11-23T14:00:00+01:00","to":["a"]}`},
		{"half a moment", `{"to":"a","at":"2026-11-23"}`, `inputs.at is no moment`},
		{"a date", `{"to":"a","day":"2026-02-28"}`, `{"day":"2026-02-28","to":["a"]}`},
		{"a day that never was", `{"to":"a","day":"2026-02-30"}`, `inputs.day is no date`},
		{"a file", `{"to":"a","file":{"name":"a.txt","type":"text/plain","content":"aGk="}}`, `{"file":{"content":"aGk=","name":"a.txt","type":"text/plain"},"to":["a"]}`},
		{"a file with a way out", `{"to":"a","file":{"name":"../a","content":""}}`, `inputs.file has a name`},
		{"a file that is not base64", `{"to":"a","file":{"name":"a","content":"???"}}`, `inputs.file has content that is not base64`},
		{"a file with more", `{"to":"a","file":{"name":"a","path":"/etc"}}`, `inputs.file has "path"`},
		{"a text for a file", `{"to":"a","file":"hello"}`, `inputs.file is no file`},
		{"anything", `{"to":"a","more":{"x":[1]}}`, `{"more":{"x":[1]},"to":["a"]}`},
		{"a parameter of its own", `{"to":"a","mailbox":7}`, `{"mailbox":"7","to":["a"]}`},
		{"an object for a text", `{"to":"a","mailbox":{}}`, `inputs.mailbox is no text`},
		{"an empty text is a text", `{"to":"a","id":""}`, `{"id":"","to":["a"]}`},
		{"null is nothing", `{"to":"a","id":null}`, `{"to":["a"]}`},
		{"a slip", `{"to":"a","mialbox":"x"}`, `did you mean mailbox?`},
		{"everything at once", `{"size":"x","day":"y","zzzzzzz":1}`, `inputs.to is needed; inputs.size is no number; inputs.day is no date; write it like 2026-11-23; inputs.zzzzzzz is nothing this method takes`},
		{"an element", `{"to":["a",{}]}`, `inputs.to element 2 is no text`},
	} {
		var given map[string]any
		d := json.NewDecoder(strings.NewReader(tt.given))
		d.UseNumber()
		if err := d.Decode(&given); err != nil {
			t.Fatal(tt.name, err)
		}
		out, err := Inputs(mail, send, given)
		got, _ := json.Marshal(out)
		text := string(got)
		if err != nil {
			e, _ := errors.AsType[*signoff.Error](err)
			if e == nil || e.Code != "bad-inputs" {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			var all []string
			for _, f := range e.Fields {
				all = append(all, strings.TrimSpace(f.Field+" "+f.Detail+" "+f.Advice))
			}
			text = strings.Join(all, "; ")
		}
		if !strings.Contains(text, tt.want) {
			t.Errorf("%s: %s, want %s", tt.name, text, tt.want)
		}
	}
}

func TestFilter(t *testing.T) {
	list, _ := mail.Method("list")
	row := map[string]any{"id": "Café", "to": []any{"a", "b"}, "size": json.Number("10"), "read": true, "at": "2026-11-23T14:00:00Z", "day": "2026-11-23"}
	is := func(op, name string, to any) Filter { return Filter{Op: op, Name: name, To: to} }
	for _, tt := range []struct {
		f    Filter
		want string
	}{
		{is("eq", "id", "Café"), "true"}, {is("eq", "id", "café"), "false"}, {is("ne", "id", "x"), "true"},
		{is("contains", "id", "af"), "true"}, {is("startswith", "id", "C"), "true"}, {is("endswith", "id", "C"), "false"},
		{is("gt", "id", "B"), "true"}, {is("lt", "id", "B"), "false"},
		{is("eq", "size", "10.0"), "true"}, {is("gt", "size", json.Number("9")), "true"}, {is("le", "size", 9), "false"}, {is("ge", "size", 10), "true"},
		{is("eq", "read", true), "true"}, {is("eq", "read", false), "false"}, {is("ne", "read", "no"), "true"},
		{is("eq", "at", "2026-11-23T15:00:00+01:00"), "true"}, {is("lt", "at", "2026-11-23T14:00:01Z"), "true"},
		{is("eq", "day", "2026-11-23"), "true"}, {is("gt", "day", "2026-11-24"), "false"},
		{is("contains", "to", "b"), "true"}, {is("contains", "to", "c"), "false"},
		{Filter{Op: "in", Name: "id", Of: []Filter{{To: "x"}, {To: "Café"}}}, "true"}, {Filter{Op: "in", Name: "id"}, "false"},
		{Filter{Op: "and", Of: []Filter{is("eq", "read", true), is("gt", "size", 20)}}, "false"},
		{Filter{Op: "or", Of: []Filter{is("eq", "read", false), is("gt", "size", 5)}}, "true"},
		{Filter{Op: "not", Of: []Filter{is("gt", "size", 20)}}, "true"},
		{is("eq", "id", nil), "false"}, {is("ne", "id", nil), "true"},
		{is("eq", "hidden", "x"), `gives no "hidden"`}, {is("eq", "sise", 1), "did you mean size?"}, {is("startswith", "size", 1), `cannot be compared by "startswith"`},
		{is("gt", "read", true), "use eq, ne"}, {is("eq", "to", "a"), "use contains"}, {is("eq", "file", "a"), "cannot be compared"},
		{is("eq", "size", "x"), "is no number"}, {is("gt", "size", nil), "with nothing"}, {is("like", "id", "x"), `by "like"`},
		{Filter{Op: "and"}, "needs something"}, {Filter{Op: "not", Of: []Filter{is("eq", "id", "a"), is("eq", "id", "b")}}, "needs something"},
		{Filter{Op: "in", Name: "to"}, `by "in"`}, {Filter{Op: "in", Name: "size", Of: []Filter{{To: "x"}}}, "is no number"},
		{nested(maxFilterDepth + 1), "too large"}, {Filter{Op: "and", Of: make([]Filter, maxFilterParts)}, "gives no"},
	} {
		got := ""
		f, err := tt.f.For(mail, list)
		if err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprint(f.Matches(row))
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%+v: %s, want %s", tt.f, got, tt.want)
		}
	}
	wide := Filter{Op: "or"}
	for range maxFilterParts {
		wide.Of = append(wide.Of, is("eq", "id", "x"))
	}
	if _, err := wide.For(mail, list); signoff.CodeOf(err) != "bad-filter" {
		t.Errorf("too wide: %v", err)
	}
	eq, err := (&Filter{Op: "not", Of: []Filter{is("gt", "size", 1)}}).For(mail, list)
	if err != nil || !eq.Matches(nil) {
		t.Errorf("nothing is not more than anything: %v", err)
	}
	if f, err := (*Filter)(nil).For(mail, list); f != nil || err != nil || !f.Matches(row) {
		t.Error("no filter lets everything pass")
	}
}

func nested(depth int) Filter {
	f := Filter{Op: "eq", Name: "id", To: "x"}
	for range depth {
		f = Filter{Op: "not", Of: []Filter{f}}
	}
	return f
}

// Whatever is given: it is refused, or it is what the method takes, and giving it
// again changes nothing.
func FuzzInputs(f *testing.F) {
	f.Add(`{"to":"a","size":"1e5","file":{"name":"x","content":""}}`)
	f.Add(`{"to":[1,true,null],"at":"2026-11-23T14:00:00Z","more":[[]]}`)
	send, _ := mail.Method("send")
	f.Fuzz(func(t *testing.T, text string) {
		var given map[string]any
		if json.Unmarshal([]byte(text), &given) != nil {
			return
		}
		out, err := Inputs(mail, send, given)
		if err != nil {
			return
		}
		again, err := Inputs(mail, send, out)
		a, _ := json.Marshal(out)
		b, _ := json.Marshal(again)
		if err != nil || string(a) != string(b) {
			t.Fatalf("%s became %s, then %s, %v", text, a, b, err)
		}
	})
}
