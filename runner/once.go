package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/store"
)

// once makes the store's record of a request. Keys belong to who sends them:
// nobody can meet, or find out, another's.
func (r *Runner) once(by signoff.Caller, key string, target int64, version int, event engine.Event) store.Once {
	if key == "" {
		return store.Once{}
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d %d ", target, version)
	digest(h, event)
	return store.Once{Key: string(by.Principal) + " " + key, Digest: hex.EncodeToString(h.Sum(nil)[:16]), At: r.Now()}
}

// digest writes what makes two requests the same: all of the event but how it
// came in.
func digest(h hash.Hash, event engine.Event) {
	var vars map[string]expr.Value
	switch e := event.(type) {
	case engine.Start:
		e.Instance, vars, e.Vars = 0, e.Vars, nil
		event = e
	case engine.Act:
		vars, e.Vars, e.Evidence, e.Channel = e.Vars, nil, "", ""
		event = e
	case engine.FinishExternal:
		vars, e.Vars = e.Vars, nil
		event = e
	case engine.Retry:
		vars, e.Vars = e.Vars, nil
		event = e
	case engine.Skip:
		vars, e.Vars = e.Vars, nil
		event = e
	case engine.SetVars:
		vars, e.Vars = e.Vars, nil
		event = e
	case engine.Move:
		vars, e.Vars = e.Vars, nil
		event = e
	case engine.End:
		vars, e.Vars = e.Vars, nil
		event = e
	case engine.Migrate:
		vars, e.Vars, e.To, e.Reach = e.Vars, nil, nil, nil
		event = e
	}
	fmt.Fprintf(h, "%T %+v", event, event)
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		fmt.Fprintf(h, " %q=%s", name, expr.AppendJSON(nil, vars[name]))
	}
}
