package scim

import "fmt"

// ErrorType is RFC 7644's scimType: what kind of bad request it was.
type ErrorType string

// The types of RFC 7644, table 9.
const (
	InvalidFilter ErrorType = "invalidFilter"
	TooMany       ErrorType = "tooMany"
	Uniqueness    ErrorType = "uniqueness"
	Mutability    ErrorType = "mutability"
	InvalidSyntax ErrorType = "invalidSyntax"
	InvalidPath   ErrorType = "invalidPath"
	NoTarget      ErrorType = "noTarget"
	InvalidValue  ErrorType = "invalidValue"
)

// Error is a request that cannot be done as it stands. Detail is for whoever
// set up the client.
type Error struct {
	Type   ErrorType
	Detail string
}

func (e *Error) Error() string { return string(e.Type) + ": " + e.Detail }

func refuse(t ErrorType, format string, about ...any) error {
	return &Error{t, fmt.Sprintf(format, about...)}
}

// Message is an error as clients read it (RFC 7644 section 3.12).
type Message struct {
	Schemas  []string  `json:"schemas"`
	Status   string    `json:"status"` // a number, as text
	ScimType ErrorType `json:"scimType,omitempty"`
	Detail   string    `json:"detail,omitempty"`
}

// NewMessage is the body of an answer with this status.
func NewMessage(status int, t ErrorType, detail string) Message {
	return Message{[]string{"urn:ietf:params:scim:api:messages:2.0:Error"}, fmt.Sprint(status), t, detail}
}
