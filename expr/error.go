package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with an expression, or why it could not be worked
// out, and where. Msg is a sentence for the author of the expression.
type Error struct {
	Source string // the whole expression or template
	Offset int    // byte offset of the place in Source
	Line   int    // from 1
	Col    int    // from 1, in characters
	Msg    string

	// Outside tells that the expression wants what this language leaves out: an
	// external function, or a type or function that a model of DMN declares.
	Outside bool
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Col, e.Msg)
}

func newError(src string, offset int, format string, args ...any) *Error {
	offset = max(0, min(offset, len(src)))
	before := src[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{
		Source: src,
		Offset: offset,
		Line:   1 + strings.Count(before, "\n"),
		Col:    1 + utf8.RuneCountInString(before[start:]),
		Msg:    fmt.Sprintf(format, args...),
	}
}
