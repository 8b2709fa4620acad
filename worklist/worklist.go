// Package worklist is the reading side: a person's tasks, and the instances
// they may see. Every list is a merge of walks along indexes, a page at a time,
// so it costs the same with a million tasks as with ten.
//
// What people do with a task goes through package runner. Start reading at
// Worklist.Tasks.
package worklist

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// Worklist answers questions about tasks and instances. All fields are needed.
type Worklist struct {
	Store   *store.Store
	Library *library.Library
	Runner  *runner.Runner
}

// Limits of lists.
const (
	DefaultLimit = 50
	MaxLimit     = 200
	maxScanned   = 2000 // rows looked at for one page when searching or sorting
)

// Page is one page of a list. Next is "" on the last; a page may be shorter
// than asked for, even empty, and still have a next one: a search looks at a
// bounded number of rows at a time.
type Page[T any] struct {
	Items []T
	Next  string
}

func limit(n int) int {
	if n <= 0 {
		return DefaultLimit
	}
	return min(n, MaxLimit)
}

var errBadCursor = &signoff.Error{Kind: signoff.Invalid, Code: "bad-cursor",
	Detail: "the list cannot go on from there", Hint: "ask for the first page again"}

func writeCursor(v any) string {
	b, _ := json.Marshal(v) // of numbers and strings: cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(cursor string, v any) error {
	if cursor == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) > 1000 || json.Unmarshal(b, v) != nil {
		return errBadCursor
	}
	return nil
}

// workflowFilter reads a workflow by key or number; "" means all. One that the
// caller holds no right on can still have tasks for them, so rights play no
// part; an unknown one matches nothing.
func (w *Worklist) workflowFilter(ctx context.Context, name string) (signoff.WorkflowID, error) {
	if name == "" {
		return 0, nil
	}
	id, err := w.Library.Number(ctx, name)
	if signoff.KindOf(err) == signoff.NotFound {
		return -1, nil
	}
	return id, err
}

// about is what rows do not hold: how the version that runs describes itself.
type about struct {
	library.Version
	Def *process.Definition
}

func (w *Worklist) about(ctx context.Context, id store.VersionID) (about, error) {
	v, err := w.Library.Version(ctx, id)
	if err != nil {
		return about{}, err
	}
	def, err := w.Library.Definition(ctx, id)
	return about{v, def}, err
}

// node returns the element with that id, nil when there is none.
func (a about) node(id string) *process.Node {
	for i := range a.Def.Nodes {
		if a.Def.Nodes[i].ID == id {
			return &a.Def.Nodes[i]
		}
	}
	return nil
}

func (a about) name(id string) string {
	if n := a.node(id); n != nil {
		return n.Name
	}
	return id
}
