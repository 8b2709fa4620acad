package runner

import (
	_ "embed"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

//go:embed testdata/every.bpmn
var everyElement []byte

// everyStep is the model as the engine runs it.
func everyStep(t testing.TB) *process.Definition {
	doc, err := bpmn.Parse(everyElement)
	must(t, err)
	def, problems := doc.Definition()
	must(t, problems.Err())
	return def
}

// A model that uses every element runs to its end: the test decides its tasks,
// sends what it waits for from elsewhere, and lets time pass.
func TestAModelOfEveryElementRunsToItsEnd(t *testing.T) {
	def := everyStep(t)
	inTown(t, paying, func(t *testing.T, w *world) {
		w.post.does = func(j Job) (Result, error) {
			if j.Kind == engine.DoCall && strings.HasSuffix(j.Call.URL, "/broken") {
				return Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "no-such-thing", Detail: "there is none"}
			}
			return Done(map[string]expr.Value{"status": expr.Int(200)}), nil
		}
		w.deploy(t, everyElement)
		m := w.send(t, root, SendRequest{Name: "begin every", Vars: map[string]any{"n": 2}})
		if !m.Begun {
			t.Fatalf("%+v", m)
		}
		id := m.Instance
		for range 200 {
			synctest.Wait()
			st := w.state(t, id)
			if st.Status != engine.Running {
				break
			}
			if len(st.Incidents) > 0 {
				t.Fatalf("%+v", st.Incidents)
			}
			if !w.push(t, id, st) {
				time.Sleep(30 * time.Minute)
			}
		}
		st := w.state(t, id)
		facts, err := w.Store.Facts(t.Context(), id, 0, 10_000)
		must(t, err)
		if st.Status != engine.Completed {
			t.Fatalf("%s at %+v, waiting for %+v", st.Status, st.Tokens, st.Waits)
		}
		met := map[string]bool{}
		for _, f := range facts {
			met[f.Node] = true
		}
		for i := range def.Nodes {
			if n := &def.Nodes[i]; !met[n.ID] && !strings.HasPrefix(n.ID, "never") {
				t.Errorf("%s %s was not reached", n.Element, n.ID)
			}
		}
		w.whole(t)
	})
}

// push does one of the things the model waits for, and tells whether there was
// any. What is on an edge comes before its task is decided.
func (w *world) push(t testing.TB, id signoff.InstanceID, st engine.State) bool {
	t.Helper()
	for _, wait := range st.Waits {
		switch once := wait.Name + wait.Node; {
		case wait.Kind == engine.WaitMessage && strings.HasPrefix(wait.Name, "from outside"):
			w.send(t, root, SendRequest{Name: wait.Name, Key: wait.Key, Vars: map[string]any{"n": 3}, ID: once})
		case wait.Kind == engine.WaitSignal && !strings.HasPrefix(wait.Name, "sNever"):
			_, err := w.Signal(t.Context(), root, SendRequest{Name: wait.Name, ID: once})
			must(t, err)
		default:
			continue
		}
		synctest.Wait()
		if w.state(t, id).Facts != st.Facts {
			return true
		}
	}
	if i := slices.IndexFunc(st.Tasks, func(task engine.Task) bool { return task.Open() && time.Since(task.OfferedAt) > 2*time.Hour }); i >= 0 {
		_, err := w.Do(t.Context(), jane, id, engine.Act{Task: st.Tasks[i].Seq, Action: "Approve"}, "")
		must(t, err)
		return true
	}
	children, err := w.Store.Children(t.Context(), id, 10)
	must(t, err)
	for _, c := range children {
		if c.State.Status == engine.Running {
			w.act(t, jane, c.ID, "Approve")
			return true
		}
	}
	return false
}
