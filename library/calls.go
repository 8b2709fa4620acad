package library

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

// Objects knows which service objects steps can call.
type Objects interface {
	// Check is how a call would be refused, nil when it would not be.
	Check(ctx context.Context, by signoff.Caller, service, object, method string) error
}

// called is what a step calls.
type called struct{ service, object, method string }

// checkCalls looks whether there is what the steps of def call. That something
// is not there is a warning: the file may be meant for another server, or come
// before its services. That whoever deploys may not use it is a refusal, for the
// steps are carried out in the server's name.
func (l *Library) checkCalls(ctx context.Context, by signoff.Caller, def *process.Definition) (bpmn.Problems, error) {
	if l.Objects == nil {
		return nil, nil
	}
	said := map[called]*process.Problem{}
	var found bpmn.Problems
	for i := range def.Nodes {
		n := &def.Nodes[i]
		if n.Service == nil || n.Service.Object == nil {
			continue
		}
		what := called{n.Service.Object.Service, n.Service.Object.Object, n.Service.Object.Method}
		p, asked := said[what]
		if !asked {
			var err error
			if p, err = l.callProblem(ctx, by, what); err != nil {
				return nil, err
			}
			said[what] = p
		}
		if p != nil {
			here := *p
			here.Element, here.Name, here.Line = n.ID, n.Name, n.Line
			found = append(found, here)
		}
	}
	return found.Warnings(), found.Err()
}

// callProblem is what is wrong with a call, nil when nothing is. A caller to
// whom a service is hidden hears that it is not there; the server does not, and
// that tells the two apart.
func (l *Library) callProblem(ctx context.Context, by signoff.Caller, c called) (*process.Problem, error) {
	theirs := l.Objects.Check(ctx, by, c.service, c.object, c.method)
	if theirs == nil {
		return nil, nil
	}
	ours := l.Objects.Check(ctx, access.System, c.service, c.object, c.method)
	e, refused := errors.AsType[*signoff.Error](theirs)
	if !refused || e.Kind == signoff.Internal {
		return nil, fmt.Errorf("look for the service %s: %w", c.service, theirs)
	}
	if signoff.CodeOf(ours) != e.Code || ours.Error() != theirs.Error() {
		return &process.Problem{Reason: fmt.Sprintf("it calls the service %q, which you may not use", c.service),
			Advice: "Ask an administrator for the right to use it, or to deploy the workflow."}, nil
	}
	advice := "When the step is come to, it becomes an incident."
	if e.Hint != "" {
		r, n := utf8.DecodeRuneInString(e.Hint)
		if advice = string(unicode.ToUpper(r)) + e.Hint[n:] + ". " + advice; strings.HasSuffix(e.Hint, "?") {
			advice = strings.Replace(advice, "?.", "?", 1)
		}
	}
	return &process.Problem{Reason: e.Detail, Advice: advice, Warning: true}, nil
}
