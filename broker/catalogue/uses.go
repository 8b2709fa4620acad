package catalogue

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// Uses lists the steps of workflows that call a service, to those who may change
// it.
func (s *Service) Uses(ctx context.Context, by signoff.Caller, name string) ([]Use, error) {
	if _, _, err := s.changing(ctx, by, name); err != nil {
		return nil, err
	}
	return s.usesOf(ctx, name)
}

func (s *Service) usesOf(ctx context.Context, name string) ([]Use, error) {
	if s.o.Uses == nil {
		return nil, nil
	}
	all, err := s.o.Uses(ctx)
	if err != nil {
		return nil, err
	}
	uses := slices.DeleteFunc(slices.Clone(all), func(u Use) bool { return u.Service != name })
	slices.SortFunc(uses, func(a, b Use) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Workflow, b.Workflow), cmp.Compare(b.Version, a.Version),
			strings.Compare(a.Step, b.Step), strings.Compare(a.Object, b.Object), strings.Compare(a.Method, b.Method))
	})
	return uses, nil
}

// inUse refuses something because of who uses it.
func inUse(what string, uses []Use, hint string) error {
	const told = 5
	var names []string
	for _, u := range uses {
		if n := fmt.Sprintf("%s (step %s)", u.Name, u.Step); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	more := ""
	if len(names) > told {
		more = fmt.Sprintf(" and %d more", len(names)-told)
		names = names[:told]
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: "service-in-use",
		Detail: what + ": it is used by " + strings.Join(names, ", ") + more, Hint: hint}
}
