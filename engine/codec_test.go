package engine

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// filled sets every field of v to something, so that a field somebody adds and
// does not encode is found here.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(monday.Add(time.Duration(*n) * time.Microsecond)))
		return
	case map[string]string:
		v.Set(reflect.ValueOf(map[string]string{"a b": "c", "d": "é"}))
		return
	case map[string]expr.Value:
		v.Set(reflect.ValueOf(map[string]expr.Value{"a b": expr.Int(int64(*n)), "nothing": nil, "list": expr.List{expr.String("x"), expr.Boolean(true)}}))
		return
	}
	if v.Type() == reflect.TypeFor[expr.List]() {
		v.Set(reflect.ValueOf(expr.List{expr.Int(int64(*n)), nil}))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), n)
		filled(v.Index(1), n)
	case reflect.String:
		v.SetString("é\"\\\n\x01 " + strings.Repeat("x", *n%7))
	case reflect.Bool:
		v.SetBool(true)
	default:
		v.SetInt(int64(*n))
	}
}

func TestEveryFieldOfAStateSurvives(t *testing.T) {
	var st State
	n := 0
	filled(reflect.ValueOf(&st).Elem(), &n)
	st.Form = StateForm
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var back State
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(st, back) {
		t.Fatalf("%v\n%+v\n%+v", err, st, back)
	}
}

func TestEveryFieldOfAFactSurvives(t *testing.T) {
	var f Fact
	n := 0
	filled(reflect.ValueOf(&f).Elem(), &n)
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back Fact
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(f, back) {
		t.Fatalf("%v\n%+v\n%+v", err, f, back)
	}
}

// The tags of the types say what the stored form is called; people read them.
func TestTheStoredFormHasTheNamesOfTheTags(t *testing.T) {
	for _, v := range []any{&State{}, &Fact{}} {
		n := 0
		filled(reflect.ValueOf(v).Elem(), &n)
		text, _ := json.Marshal(v)
		var stored map[string]any
		if err := json.Unmarshal(text, &stored); err != nil {
			t.Fatal(err)
		}
		typ := reflect.TypeOf(v).Elem()
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name == "-" {
				name = "vars"
			}
			if _, ok := stored[name]; !ok {
				t.Errorf("%s.%s is not stored as %q", typ.Name(), typ.Field(i).Name, name)
			}
		}
	}
}

func TestAStateOfANewerFormIsRefused(t *testing.T) {
	st, err := DecodeState([]byte(`{"folio":"Leave","form":3,"status":"running"}`))
	if e, ok := errors.AsType[*signoff.Error](err); !ok || e.Code != CodeNewer || !strings.Contains(e.Detail, "form 3") || e.Hint == "" {
		t.Errorf("got %v", err)
	}
	if _, err := DecodeState([]byte(`{"form":3,"tasks":{"2":[]}}`)); signoff.CodeOf(err) != CodeNewer {
		t.Errorf("one that has another shape: %v", err)
	}
	if st.Folio != "Leave" {
		t.Errorf("its folio cannot be shown: %+v", st)
	}
	if _, err := DecodeState([]byte(` { "form" : 1 , "later" : [ {"x":-1.5e3} , null ] } `)); err != nil {
		t.Errorf("an unknown member: %v", err)
	}
}

func TestAFactOfANewerFormIsRefused(t *testing.T) {
	var facts []Fact
	err := json.Unmarshal([]byte(`[{"seq":1,"kind":"started"},{"seq":2,"kind":"x","form":3}]`), &facts)
	if signoff.CodeOf(err) != CodeNewer {
		t.Errorf("got %v", err)
	}
	if _, err := DecodeFact([]byte(`{"seq":1,"kind":"started","form":1,"later":true}`)); err != nil {
		t.Errorf("the form of now: %v", err)
	}
}

func TestWhereNoFormIsNamedItIsTheFirst(t *testing.T) {
	if st, err := DecodeState([]byte(`{"folio":"Leave"}`)); err != nil || st.Form != 1 {
		t.Errorf("%d, %v", st.Form, err)
	}
}

func TestBrokenStatesAreRefused(t *testing.T) {
	for _, text := range []string{``, `{`, `[]`, `{"form"}`, `{"form":}`, `{"form":"x"}`, `{"form":1,}`, `{"form":1}x`, `{"folio":1}`, `{"folio":"a`, "{\"folio\":\"a\nb\"}",
		`{"folio":"\x"}`, `{"startedAt":"today"}`, `{"vars":{"a":{"$date":"x"}}}`, `{"vars":[1]}`, `{"tokens":{}}`, `{"tokens":[1]}`, `{"tokens":[{}`, `{"tokens":[{} {}]}`,
		`{"x":tru}`, `{"x":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}`, `{"tasks":[{"claiming":1}]}`, `{"seq":99999999999999999999}`} {
		if _, err := DecodeState([]byte(text)); err == nil {
			t.Errorf("%s was read", text)
		}
	}
	if _, err := DecodeFact([]byte(`{"seq":true}`)); err == nil {
		t.Error("a broken fact was read")
	}
}

func FuzzDecodeState(f *testing.F) {
	var st State
	n := 0
	filled(reflect.ValueOf(&st).Elem(), &n)
	st.Form = StateForm
	f.Add(st.AppendJSON(nil))
	f.Add([]byte(`{"form":1,"starter":{"principal":"user:1"},"vars":{"a":1.50,"b":null},"tasks":[{"seq":2,"recipients":["user:2"]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		st, err := DecodeState(data)
		if err != nil {
			return
		}
		text := string(st.AppendJSON(nil))
		again, err := DecodeState([]byte(text))
		if err != nil || string(again.AppendJSON(nil)) != text {
			t.Fatalf("%v\n%s\n%s", err, text, again.AppendJSON(nil))
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("not JSON: %q", text)
		}
	})
}

func FuzzDecodeFact(f *testing.F) {
	var fact Fact
	n := 0
	filled(reflect.ValueOf(&fact).Elem(), &n)
	f.Add(fact.AppendJSON(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		fact, err := DecodeFact(data)
		if err != nil {
			return
		}
		text := string(fact.AppendJSON(nil))
		again, err := DecodeFact([]byte(text))
		if err != nil || string(again.AppendJSON(nil)) != text {
			t.Fatalf("%v\n%s", err, text)
		}
		Apply(State{}, signoffFact(fact))
	})
}

// signoffFact gives a fact the due time that Apply may rely on.
func signoffFact(f Fact) Fact {
	if f.Due == nil {
		f.Due = &monday
	}
	if f.By == "" {
		f.By = signoff.Everyone
	}
	return f
}

// A program of before writes a state back without what it does not know.
func TestWhatAProgramOfBeforeWouldLoseIsNotInTheFirstForm(t *testing.T) {
	closed := Task{Seq: 2, Node: "a", Outcome: "Approve", ClosedAt: &monday, ClosedBy: "user:1"}
	withdrawn := closed
	withdrawn.Withdrawn = true
	for want, all := range map[int][]State{
		1: {{Form: StateForm}, {Form: StateForm, Tasks: []Task{closed}}},
		2: {{Form: StateForm, Doers: []Doer{{Node: "a", By: []signoff.Principal{"user:1"}}}}, {Form: StateForm, Files: []File{{}}},
			{Form: StateForm, StarterBehind: "user:1"}, {Form: StateForm, Tasks: []Task{withdrawn}}},
	} {
		for _, st := range all {
			if got := st.form(); got != want {
				t.Errorf("form %d, want %d: %s", got, want, st.AppendJSON(nil))
			}
		}
	}
	for want, all := range map[int][]Fact{
		1: {{Kind: TaskWithdrawn}, {Kind: TaskRedirected}, {Kind: TaskShared}},
		2: {{Kind: TaskWithdrawn, Outcome: "Approve"}, {Kind: TaskRedirected, Slots: 2}, {Kind: TaskShared, Slots: 2}, {Kind: FileAdded}, {Kind: FileRemoved}},
	} {
		for _, f := range all {
			if got := f.form(); got != want {
				t.Errorf("form %d, want %d: %s", got, want, f.AppendJSON(nil))
			}
		}
	}
}
