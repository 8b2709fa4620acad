package engine

import (
	"fmt"

	"github.com/signoffhq/signoff/expr"
)

// What a repeated activity goes through and what its passes gave is kept until
// it is done, beside the variables, and bounded together with them.

// kept is how many bytes a scope keeps, as far as its passes were counted.
type kept struct{ bytes, done int }

// held is how many bytes the scopes of repeated activities keep.
func (t *turn) held() (total int) {
	for i := range t.st.Scopes {
		s := &t.st.Scopes[i]
		if s.ID != t.ending && s.Parent != t.ending || t.ending == 0 {
			total += t.heldBy(s)
		}
	}
	return total
}

// heldBy is how many bytes one scope keeps, worked out once for each of its passes.
func (t *turn) heldBy(s *Scope) int {
	if s.Loop == nil && len(s.Vars) == 0 {
		return 0
	}
	done := 0
	if s.Loop != nil {
		done = s.Loop.Done
	}
	if k, known := t.kept[s.ID]; known && k.done == done {
		return k.bytes
	}
	bytes := 0
	if s.Loop != nil {
		bytes = len(expr.AppendJSON(nil, s.Loop.Items)) + len(expr.AppendJSON(nil, s.Loop.Output))
	}
	for name, v := range s.Vars {
		bytes += len(name) + len(expr.AppendJSON(nil, v))
	}
	t.keep(s.ID, kept{bytes, done})
	return bytes
}

func (t *turn) keep(scope int, k kept) {
	if t.kept == nil {
		t.kept = map[int]kept{}
	}
	t.kept[scope] = k
}

// room is how many bytes v takes when it is kept for n's passes, and the trouble
// if there is no room for it beside the variables, those in set among them.
func (t *turn) room(what string, v expr.Value, set map[string]expr.Value) (int, *trouble) {
	bytes, ok := size(map[string]expr.Value{"": v})
	own, readable := size(set)
	if !ok || !readable || bytes+own+t.beside(set) > MaxVariables {
		return bytes, &trouble{IncidentVariables, fmt.Sprintf("%s takes %d bytes: with what is there already, that is more than the %d an instance's variables may take, or a text in it is longer than %d",
			what, bytes, MaxVariables, expr.MaxText), "make a variable smaller, or correct the workflow so that less is collected, and retry"}
	}
	t.written += bytes
	return bytes, nil
}
