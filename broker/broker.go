// Package broker describes the systems that workflows and people call, and calls
// them. A service type (Exchange, SQL, REST …) is code; a service instance is one
// of its systems with its settings and its credential; what an instance offers
// are service objects with methods, such as Email with send.
//
// The package is the words that service types and their callers share; it knows
// no system and keeps nothing. Connectors implement Type; broker/catalogue keeps
// the instances and calls them.
package broker

import (
	"context"
	"net/http"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
)

// A Type is a kind of system that can be called.
type Type interface {
	About() About
	// Open gives access to the system of an instance. Bad keys are refused with
	// a signoff.Error that has Fields. Nothing is called yet.
	Open(Instance) (Provider, error)
}

// About says what a type is and what an instance of it needs.
type About struct {
	Name  string // "exchange"; letters, digits and hyphens
	Title string // "Exchange"
	Text  string // one sentence for people
	Modes []Mode // how its instances can sign in, the recommended first
	Keys  []Key
}

// A Mode is how calls of an instance sign in to its system.
type Mode string

const (
	AsService Mode = "service" // the service account's token of an OAuth resource
	AsCaller  Mode = "caller"  // the token of whoever calls; in a workflow, of whom the step names
	AppOnly   Mode = "app"     // the application's own token
	Static    Mode = "static"  // a name and a password
	NoSignIn  Mode = "none"
)

// A Key is one setting of an instance.
type Key struct {
	Name     string // "mailbox"
	Title    string // "Mailbox"
	Text     string // what it is for, what to enter, and an example
	Kind     string // "text", "number", "bool", "secret", "document" (text of many lines), "choice"
	Choices  []string
	Required bool
	Default  string
	Harmless bool // it does not say where calls, and what they sign in with, go
}

// An Instance is one system with its settings, ready to be opened.
type Instance struct {
	Name     string // as workflows name it
	Mode     Mode
	Keys     map[string]string // only those the type knows; secrets are in the clear here
	User     string            // for Static
	Password seal.Secret       // for Static
	HTTP     func(by Principal) *http.Client
}

// A Principal is whose credential a call uses: a person, or "" for the service
// account or the application.
type Principal = signoff.Principal

// A Provider calls one system. It may be used from any goroutine.
type Provider interface {
	// Objects describes what can be called; it may ask the system.
	Objects(context.Context) ([]Object, error)
	// Call calls one method. What a retry may cure has Kind Unavailable. An
	// error that says a token is missing comes through as the HTTP client gave it.
	Call(context.Context, Call) (Result, error)
	// Test walks from the name to a harmless call and tells each step.
	Test(context.Context, Principal) []Step
	Close() error
}

// An Object is something a system has, with properties and methods.
type Object struct {
	Name       string     `json:"name"` // "Email"; a letter, then letters, digits and underscores
	Title      string     `json:"title"`
	Text       string     `json:"text,omitempty"`
	Properties []Property `json:"properties"`
	Methods    []Method   `json:"methods"`
}

// A Property is one value of an object.
type Property struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	Type  DataType `json:"type"`
	List  bool     `json:"list,omitempty"` // several of them
	Key   bool     `json:"key,omitempty"`  // names the object among its kind
}

// A DataType is how a value looks in JSON: text, number (json.Number), yesno,
// moment (RFC 3339), date (2006-01-02), file ({name, type, content in base64}) or
// json (anything).
type DataType string

const (
	Text   DataType = "text"
	Number DataType = "number"
	YesNo  DataType = "yesno"
	Moment DataType = "moment"
	Date   DataType = "date"
	File   DataType = "file"
	JSON   DataType = "json"
)

// A Kind says what a method does, as HTTP and OData see it.
type Kind string

const (
	Create  Kind = "create"
	Read    Kind = "read" // one, by its key
	Update  Kind = "update"
	Delete  Kind = "delete"
	List    Kind = "list"
	Execute Kind = "execute"
)

// A Method is something that can be done with an object.
type Method struct {
	Name    string   `json:"name"` // "send"
	Title   string   `json:"title"`
	Text    string   `json:"text,omitempty"`
	Kind    Kind     `json:"kind"`
	Inputs  []Input  `json:"inputs"`
	Outputs []string `json:"outputs"` // names of properties
}

// An Input is a value that a method takes: a property of the object when it has
// its name, else a parameter of this method alone.
type Input struct {
	Name     string   `json:"name"`
	Title    string   `json:"title,omitempty"`
	Type     DataType `json:"type,omitempty"`
	List     bool     `json:"list,omitempty"`
	Required bool     `json:"required,omitempty"`
	Text     string   `json:"text,omitempty"`
}

// A Call is one call of a method.
type Call struct {
	By     Principal // whose credential is used
	Object string
	Method string
	Inputs map[string]any // as DataType says; only those the method takes
	Key    string         // the same on every retry; "": none
	Again  bool           // an earlier attempt with this Key may have got through
	Filter *Filter        // of a list; nil: all
	Top    int            // of a list: how many at most; 0: the provider's page
	After  string         // of a list: Result.Next of the page before
	Order  []Order        // of a list: what its rows are sorted by; nil: as the provider likes
	Count  bool           // of a list: how many the filter finds is wanted, too
}

// An Order is a property that a list is sorted by. Rows without a value come
// first, and last when Desc.
type Order struct {
	Name string
	Desc bool
}

// A Filter is a condition on a list. A provider that cannot work it out answers
// without it and says so in Result.Unfiltered; the caller filters then.
type Filter struct {
	Op   string // "and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le", "contains", "startswith", "endswith", "in"
	Name string // of the property, for comparisons
	To   any
	Of   []Filter // for and, or, not; To's for in

	of DataType // of the property; For knows
}

// A Result is what a call gave.
type Result struct {
	Row        map[string]any // of any kind but List; nil: nothing
	Rows       []map[string]any
	Next       string // where the next page begins; "" on the last
	Unfiltered bool
	Ordered    bool // Rows and the pages that follow are in Call.Order; else the caller sorts
	Total      *int // how many the filter finds in all, when asked and known
}

// A Step is one step of a test.
type Step struct {
	Name  string `json:"name"` // "name", "TLS", "token", "rights", "mailbox", "send", "read" …
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Do    string `json:"do,omitempty"` // who mends it and how
}
