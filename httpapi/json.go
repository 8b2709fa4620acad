package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
)

// maxJSONDepth bounds how deeply a request's JSON may be nested.
const maxJSONDepth = 32

// jsonFormat reads requests within bounds and keeps numbers as they were
// written: an amount of money never passes through a float.
var jsonFormat = huma.Format{
	Marshal:   huma.DefaultJSONFormat.Marshal,
	Unmarshal: readJSON,
}

// badJSON says where a body stops being JSON, and nothing of what it holds.
type badJSON struct{ text string }

func (e *badJSON) Error() string { return e.text }

// readJSON is called twice for each request: into an any, which is checked
// against the schema and so holds plain numbers, and then into the real type.
func readJSON(data []byte, v any) error {
	if err := checkDepth(data); err != nil {
		return err
	}
	if _, loose := v.(*any); loose {
		return explainJSON(data, json.Unmarshal(data, v))
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return explainJSON(data, d.Decode(v))
}

// checkDepth counts brackets outside strings; the decoder does the rest.
func checkDepth(data []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxJSONDepth {
				return &badJSON{fmt.Sprintf("the JSON is nested more than %d deep", maxJSONDepth)}
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// explainJSON replaces the decoder's words, which can quote the body.
func explainJSON(data []byte, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		line, column := place(data, e.Offset)
		return &badJSON{fmt.Sprintf("the body is not JSON from line %d, column %d on", line, column)}
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		return &badJSON{fmt.Sprintf("%s cannot hold a %s like this one", e.Field, kindOfJSON(e.Value))}
	}
	return &badJSON{"the body is not JSON"}
}

// kindOfJSON keeps the kind from "number 99999999999999999999".
func kindOfJSON(value string) string {
	kind, _, _ := bytes.Cut([]byte(value), []byte(" "))
	return string(kind)
}

func place(data []byte, offset int64) (line, column int) {
	offset = min(max(offset, 0), int64(len(data)))
	before := data[:offset]
	line = 1 + bytes.Count(before, []byte("\n"))
	return line, len(before) - (bytes.LastIndexByte(before, '\n') + 1)
}
