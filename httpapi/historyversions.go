package httpapi

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// era is how steps were called while an instance ran on one version.
type era struct {
	until int // the last fact of it; 0: it goes on
	steps map[string]string
}

// erasOf reads the versions an instance has run on. Steps that a version does
// not have are called what they were called in another.
func (s *Server) erasOf(ctx context.Context, in store.Instance, now map[string]string) ([]era, error) {
	if len(in.State.Ran) == 0 {
		return nil, nil
	}
	all := maps.Clone(now)
	var out []era
	for _, r := range in.State.Ran {
		v, err := s.Library.VersionNumber(ctx, in.Workflow, r.Version)
		if err != nil {
			return nil, err
		}
		def, err := s.Library.Definition(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		steps := stepNames(def)
		for id, name := range steps {
			if _, known := all[id]; !known {
				all[id] = name
			}
		}
		out = append(out, era{r.Until, steps})
	}
	out = append(out, era{0, now})
	for i := range out {
		named := maps.Clone(all)
		maps.Copy(named, out[i].steps)
		out[i].steps = named
	}
	return out, nil
}

// stepsAt is how steps were called when a fact became true.
func (t *teller) stepsAt(fact int) map[string]string {
	i := slices.IndexFunc(t.eras, func(e era) bool { return e.until == 0 || fact <= e.until })
	if i < 0 {
		return t.steps
	}
	return t.eras[i].steps
}

// crossed says that an instance goes on with another version, or back.
func (t *teller) crossed(f *engine.Fact, who string) string {
	if f.Kind == engine.WentBack {
		return withReason(fmt.Sprintf("%s took it back to version %d", who, f.Crossed.To), f.Text)
	}
	return withReason(fmt.Sprintf("%s let it go on with version %d, after version %d", who, f.Crossed.To, f.Crossed.From), f.Text)
}
