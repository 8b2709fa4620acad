package k2

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// What a body may be at most.
const (
	maxBodyBytes = 1 << 20
	maxDepth     = 32
	maxMembers   = 10_000
)

// object is a JSON object as .NET clients mean it: names in any letter case,
// and of two equal ones the last counts.
type object []member

type member struct {
	name  string
	value any // nil, bool, string, json.Number, object or list
}

type list []any

// get returns the value of a member, and nil when it is missing: for these
// clients null and missing are the same.
func (o object) get(name string) any {
	for i := len(o) - 1; i >= 0; i-- {
		if strings.EqualFold(o[i].name, name) {
			return o[i].value
		}
	}
	return nil
}

// text reads a string; numbers and booleans are taken as they are written.
func (o object) text(name string) (string, error) {
	switch v := o.get(name).(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", wrong(name, "text")
}

// integer reads a whole number, also from a string. False means not given.
func (o object) integer(name string) (int64, bool, error) {
	var text string
	switch v := o.get(name).(type) {
	case nil:
		return 0, false, nil
	case string:
		text = strings.TrimSpace(v)
	case json.Number:
		text = v.String()
	default:
		return 0, false, wrong(name, "a whole number")
	}
	if text == "" {
		return 0, false, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true, nil
	}
	f, err := strconv.ParseFloat(text, 64) // 1.0, as some serializers write it
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false, wrong(name, "a whole number")
	}
	return int64(f), true, nil
}

// moment reads a time as .NET writes it; one without a zone is UTC.
func (o object) moment(name string) (time.Time, bool, error) {
	text, err := o.text(name)
	if err != nil || strings.TrimSpace(text) == "" {
		return time.Time{}, false, err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t, true, nil
		}
	}
	return time.Time{}, false, wrong(name, "a time such as 2026-05-15T17:47:44Z")
}

// object reads an inner object.
func (o object) object(name string) (object, error) {
	switch v := o.get(name).(type) {
	case nil:
		return nil, nil
	case object:
		return v, nil
	}
	return nil, wrong(name, "an object")
}

// empty tells whether a member was left out, null, or holds nothing.
func (o object) empty(name string) bool {
	switch v := o.get(name).(type) {
	case nil:
		return true
	case object:
		return len(v) == 0
	case list:
		return len(v) == 0
	case string:
		return v == ""
	}
	return false
}

func wrong(name, want string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: name + " has to be " + want,
		Fields: []signoff.FieldError{{Field: name, Detail: "has to be " + want}}}
}

// readObject reads a request's body. Nothing, or null, is an empty object.
func readObject(data []byte) (object, error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if len(data) == 0 {
		return object{}, nil
	}
	r := &reader{d: json.NewDecoder(bytes.NewReader(data))}
	r.d.UseNumber()
	v, err := r.value(0)
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil:
		return object{}, nil
	case object:
		return v, nil
	}
	return nil, badJSON("the body has to be a JSON object")
}

func badJSON(detail string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-json", Detail: detail}
}

// reader builds values from tokens: a map would lose which of two names that
// differ in case came last.
type reader struct {
	d       *json.Decoder
	members int
}

func (r *reader) token() (json.Token, error) {
	t, err := r.d.Token()
	if err != nil {
		return nil, badJSON(fmt.Sprintf("the body is not JSON from byte %d on", r.d.InputOffset()))
	}
	if r.members++; r.members > maxMembers {
		return nil, badJSON(fmt.Sprintf("the JSON has more than %d parts", maxMembers))
	}
	return t, nil
}

func (r *reader) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, badJSON(fmt.Sprintf("the JSON is nested more than %d deep", maxDepth))
	}
	t, err := r.token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return r.object(depth)
	case json.Delim('['):
		return r.list(depth)
	}
	return t, nil
}

func (r *reader) object(depth int) (any, error) {
	o := object{}
	for r.d.More() {
		t, err := r.token()
		if err != nil {
			return nil, err
		}
		name, ok := t.(string)
		if !ok {
			return nil, badJSON("a name in the JSON is not a string")
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o = append(o, member{name, v})
	}
	_, err := r.token()
	return o, err
}

func (r *reader) list(depth int) (any, error) {
	l := list{}
	for r.d.More() {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		l = append(l, v)
	}
	_, err := r.token()
	return l, err
}

func (r *reader) end() error {
	if _, err := r.d.Token(); err != io.EOF {
		return badJSON("something follows after the JSON")
	}
	return nil
}

// plain turns a value into what the services take: maps, slices, strings,
// booleans and json.Number, which keeps decimals exact.
func plain(v any) any {
	switch v := v.(type) {
	case object:
		m := make(map[string]any, len(v))
		for _, x := range v {
			m[x.name] = plain(x.value)
		}
		return m
	case list:
		l := make([]any, len(v))
		for i := range v {
			l[i] = plain(v[i])
		}
		return l
	}
	return v
}
