package expr

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// FromGo turns a Go value, as encoding/json makes them, into a Value: nil, bool,
// string, numbers and json.Number, []any, map[string]any (entries in order of
// their names), []string, time.Time, or a Value, which stays as it is. What it
// cannot turn, and what passes the bounds of a result, is an error.
func FromGo(x any) (Value, error) {
	v, err := fromGo(x, 0)
	if err != nil {
		return nil, err
	}
	return v, bounded(v)
}

// bounded checks a value against the bounds of a result.
func bounded(v Value) (err error) {
	switch v.(type) {
	case String, List, Context, Range, *Function:
	default:
		return nil
	}
	defer func() {
		if s, ok := recover().(stopped); ok {
			err = fmt.Errorf("%s", s.err.Msg)
		}
	}()
	e := env{}
	values, bytes := MaxValues, MaxResultText
	e.measure(v, 0, &values, &bytes)
	return nil
}

func fromGo(x any, depth int) (Value, error) {
	if depth > MaxNesting {
		return nil, fmt.Errorf("lists or contexts are nested more than %d deep", MaxNesting)
	}
	switch x := x.(type) {
	case nil:
		return nil, nil
	case Value:
		return x, nil
	case bool:
		return Boolean(x), nil
	case string:
		return text(x), nil
	case json.Number:
		return numberFrom(string(x))
	case int:
		return Int(int64(x)), nil
	case int32:
		return Int(int64(x)), nil
	case int64:
		return Int(x), nil
	case uint64:
		return numberFrom(strconv.FormatUint(x, 10))
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%v is no number", x)
		}
		return numberFrom(strconv.FormatFloat(x, 'g', -1, 64))
	case time.Time:
		return Moment(x), nil
	case []string:
		out := make(List, len(x))
		for i, s := range x {
			out[i] = text(s)
		}
		return out, nil
	case []any:
		return listFrom(x, depth)
	case map[string]any:
		return contextFrom(x, depth)
	}
	return nil, fmt.Errorf("a %T is no value expressions know", x)
}

func text(s string) String {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return String(s)
}

func numberFrom(s string) (Value, error) {
	n, ok := ParseNumber(s)
	if !ok {
		return nil, fmt.Errorf("%q is no number, or too large", clip(s))
	}
	return n, nil
}

func listFrom(x []any, depth int) (Value, error) {
	out := make(List, len(x))
	for i, item := range x {
		v, err := fromGo(item, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func contextFrom(x map[string]any, depth int) (Value, error) {
	out := make(Context, 0, len(x))
	for k, item := range x {
		v, err := fromGo(item, depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", clip(k), err)
		}
		out = append(out, Entry{string(text(k)), v})
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// clip shortens text for messages.
func clip(s string) string { return clipTo(s, 60) }

func clipTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	cut := most
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// ToGo turns a value into what encoding/json writes as plain JSON: nil, bool,
// string, json.Number, []any, map[string]any. Moments, durations and ranges
// become text.
func ToGo(v Value) any {
	switch v := v.(type) {
	case nil, *Function:
		return nil
	case Boolean:
		return bool(v)
	case String:
		return string(v)
	case Number:
		return json.Number(v.String())
	case List:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = ToGo(x)
		}
		return out
	case Context:
		out := make(map[string]any, len(v))
		for _, x := range v {
			out[x.Key] = ToGo(x.Value)
		}
		return out
	}
	return Text(v)
}

// Coerce turns v into a value of a variable's type: "string", "text", "number",
// "boolean", "date", "dateTime", "duration", "person" or "json", as text from
// forms and other systems needs. Null stays null; for all but text, so does
// empty text. The error is a sentence for people.
func Coerce(v Value, typ string) (Value, error) {
	if s, ok := v.(String); ok && typ != "string" && typ != "text" && typ != "json" {
		if s = String(strings.TrimSpace(string(s))); s == "" {
			return nil, nil
		}
		v = s
	}
	convert, known := coercions[typ]
	if !known {
		return nil, fmt.Errorf("there is no type %q", typ)
	}
	if v == nil {
		return nil, nil
	}
	if out := convert(v); out != nil {
		return out, nil
	}
	if s, ok := v.(String); ok {
		return nil, fmt.Errorf("%q is no %s", clip(string(s)), wanted[typ])
	}
	return nil, fmt.Errorf("a %s is no %s", v.Kind(), wanted[typ])
}

// wanted says what each type takes.
var wanted = map[string]string{
	"string": "text", "text": "text", "number": "number: write digits such as 12.50", "boolean": "yes or no: write true or false",
	"date": "date: write it as 2026-12-31", "dateTime": "date and time: write it as 2026-12-31T08:30:00Z",
	"duration": "duration: write it as P3D for days, PT2H for hours or P1M for months", "person": "person: write a login or an address",
	"json": "value",
}

var coercions = map[string]func(Value) Value{
	"string": toText, "text": toText, "person": toPerson,
	"number": toNumber, "boolean": toBoolean, "date": toDate, "dateTime": toDateTime, "duration": toDuration,
	"json": func(v Value) Value { return v },
}

func toText(v Value) Value {
	switch v.(type) {
	case List, Context, Range, *Function:
		return nil
	case String:
		return v
	}
	return String(Text(v))
}

// toPerson also takes a context as {starter} is: its login, address or user.
func toPerson(v Value) Value {
	c, ok := v.(Context)
	if !ok {
		s, _ := v.(String)
		if s == "" {
			return nil
		}
		return s
	}
	for _, key := range []string{"login", "email", "user"} {
		if x, _ := c.Get(key); x != nil {
			if s, ok := x.(String); ok && s != "" {
				return s
			}
		}
	}
	return nil
}

func toNumber(v Value) Value {
	switch x := v.(type) {
	case Number:
		return x
	case String:
		if n, ok := ParseNumber(string(x)); ok {
			return n
		}
	}
	return nil
}

func toBoolean(v Value) Value {
	switch x := v.(type) {
	case Boolean:
		return x
	case String:
		switch strings.ToLower(string(x)) {
		case "true", "yes":
			return Boolean(true)
		case "false", "no":
			return Boolean(false)
		}
	}
	return nil
}

func toDate(v Value) Value {
	switch x := v.(type) {
	case Date:
		return x
	case DateTime:
		return DateOf(x.t)
	case String:
		if d, ok := parseDateTime(string(x)); ok {
			return DateOf(d.t)
		}
	}
	return nil
}

func toDateTime(v Value) Value {
	switch x := v.(type) {
	case DateTime:
		return x
	case Date:
		return Time{}.on(x)
	case String:
		if d, ok := parseDateTime(string(x)); ok {
			return d
		}
	}
	return nil
}

func toDuration(v Value) Value {
	switch x := v.(type) {
	case DaysDuration, MonthsDuration:
		return x
	case String:
		return parseDuration(string(x))
	}
	return nil
}
