package k2

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

func TestBodiesAreReadAsDotNetClientsWriteThem(t *testing.T) {
	for _, c := range []struct {
		name, body, member string
		want               any
	}{
		{"another letter case", `{"redirectto":"bob"}`, "RedirectTo", "bob"},
		{"upper case", `{"REDIRECTTO":"bob"}`, "RedirectTo", "bob"},
		{"the last of two", `{"Folio":"a","folio":"b"}`, "folio", "b"},
		{"a byte order mark", "\xef\xbb\xbf{\"folio\":\"a\"}", "folio", "a"},
		{"null is missing", `{"folio":null}`, "folio", nil},
		{"nothing at all", ``, "folio", nil},
		{"white space", " \r\n", "folio", nil},
		{"null alone", `null`, "folio", nil},
		{"a number stays as written", `{"n":101.990}`, "n", json.Number("101.990")},
	} {
		o, err := readObject([]byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := o.get(c.member); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %#v, want %#v", c.name, got, c.want)
		}
	}
}

func TestWholeNumbersComeInManyForms(t *testing.T) {
	for body, want := range map[string]int64{`{"n":7}`: 7, `{"n":"7"}`: 7, `{"n":" 7 "}`: 7, `{"n":7.0}`: 7, `{"n":-1}`: -1, `{"N":"1e2"}`: 100} {
		o, err := readObject([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got, given, err := o.integer("n"); err != nil || !given || got != want {
			t.Errorf("%s: got %d, %v, %v", body, got, given, err)
		}
	}
	for _, body := range []string{`{"n":7.5}`, `{"n":"seven"}`, `{"n":[]}`, `{"n":true}`, `{"n":1e300}`} {
		o, err := readObject([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := o.integer("n"); err == nil {
			t.Errorf("%s was taken as %d", body, got)
		} else if strings.Contains(err.Error(), "seven") {
			t.Errorf("%s: the refusal repeats the value: %v", body, err)
		}
	}
	for _, body := range []string{`{}`, `{"n":null}`, `{"n":""}`} {
		o, _ := readObject([]byte(body))
		if _, given, err := o.integer("n"); given || err != nil {
			t.Errorf("%s: given %v, %v", body, given, err)
		}
	}
}

func TestTimesAreReadWithAndWithoutAZone(t *testing.T) {
	want := time.Date(2017, 5, 15, 17, 47, 44, 40_000_000, time.UTC)
	for _, text := range []string{"2017-05-15T17:47:44.04Z", "2017-05-15T19:47:44.04+02:00", "2017-05-15T17:47:44.0400000"} {
		o := object{{"SleepUntil", text}}
		if got, given, err := o.moment("sleepUntil"); err != nil || !given || !got.Equal(want) {
			t.Errorf("%s: got %v, %v, %v", text, got, given, err)
		}
	}
	if _, _, err := (object{{"SleepUntil", "tomorrow"}}).moment("SleepUntil"); err == nil {
		t.Error("tomorrow was taken as a time")
	}
}

func TestBodiesThatAreNotJSONAreRefused(t *testing.T) {
	for name, body := range map[string]string{
		"broken":       `{"folio":`,
		"a list":       `[1]`,
		"a string":     `"x"`,
		"a tail":       `{} {}`,
		"a tail value": `{}1`,
		"deep":         strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40),
		"deep lists":   `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}",
		"many parts":   `{"a":[` + strings.Repeat("1,", maxMembers) + "1]}",
		"single quote": `{'folio':'a'}`,
	} {
		_, err := readObject([]byte(body))
		if signoff.KindOf(err) != signoff.Invalid || signoff.CodeOf(err) != "bad-json" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestDataFieldsKeepTheirNamesAndDecimals(t *testing.T) {
	o, err := readObject([]byte(`{"dataFields":{"File Id":"x","DecimalVariable":101.99,"list":[1,{"A":null}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	fields, err := o.object("DataFields")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"File Id": "x", "DecimalVariable": json.Number("101.99"),
		"list": []any{json.Number("1"), map[string]any{"A": nil}}}
	if got := plain(fields); !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v", got)
	}
}

func FuzzReadObject(f *testing.F) {
	for _, s := range []string{`{}`, `null`, ``, "\xef\xbb\xbf{}", `{"SleepFor":"60","SleepUntil":null}`, `{"dataFields":{"a":[1,{"b":1e5}]}}`, `{"a":{"a":{"a":[]}}}`, `{"a" 1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := readObject(data)
		if err != nil {
			if signoff.KindOf(err) != signoff.Invalid {
				t.Fatalf("a body of %d bytes is our fault: %v", len(data), err)
			}
			return
		}
		for _, m := range o {
			_, _ = o.text(m.name)
			_, _, _ = o.integer(m.name)
			_, _, _ = o.moment(m.name)
		}
		if _, err := json.Marshal(plain(o)); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
	})
}
