package runner

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// kindOfWait is one way to wait: the step and, where it has any, what stands
// around it. In the second version some are others.
type kindOfWait struct {
	name     string
	one, two string // what is drawn between the gateway and the merge, in each version
	blocked  bool   // what waits so cannot go on with the second version
}

func userTask(id, more string) string {
	return fmt.Sprintf(`<userTask id="%s" name="%s"><extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:action name="Approve"/><signoff:action name="Reject"/><signoff:notification send="false"/></signoff:task></extensionElements>%s</userTask>`, id, id, more)
}

// chain draws flows from the gateway over some steps to the merge.
func chain(name string, ids ...string) string {
	ids = slices.Concat([]string{"which"}, ids, []string{"merge"})
	var b strings.Builder
	for i := range len(ids) - 1 {
		condition := ""
		if i == 0 {
			condition = fmt.Sprintf(`<conditionExpression>way = "%s"</conditionExpression>`, name)
		}
		fmt.Fprintf(&b, `<sequenceFlow id="%s_%d" sourceRef="%s" targetRef="%s">%s</sequenceFlow>`, name, i, ids[i], ids[i+1], condition)
	}
	return b.String()
}

func flow(id, from, to string) string {
	return fmt.Sprintf(`<sequenceFlow id="%s" sourceRef="%s" targetRef="%s"/>`, id, from, to)
}

func plain(name, step string, after ...string) kindOfWait {
	both := step + chain(name, name)
	return kindOfWait{name: name, one: both, two: cmp.Or(strings.Join(after, ""), both)}
}

func messages(id, name string) string {
	return fmt.Sprintf(`<intermediateCatchEvent id="%s"><extensionElements><signoff:message key="instance"/></extensionElements><messageEventDefinition messageRef="%s"/></intermediateCatchEvent>`, id, name)
}

const (
	ringing   = `<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>`
	hears     = `<signalEventDefinition signalRef="sGo"/>`
	becomes   = `<conditionalEventDefinition><condition>go</condition></conditionalEventDefinition>`
	external  = `<serviceTask id="%[1]s"><extensionElements><signoff:external/></extensionElements></serviceTask>`
	twice     = `<multiInstanceLoopCharacteristics isSequential="%s"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>`
	three     = `<standardLoopCharacteristics loopMaximum="2"/>`
	voting    = `<userTask id="vote"><extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:recipient person="bob"/><signoff:action name="%s"/><signoff:action name="Reject"/><signoff:answers rule="all" otherwise="Reject"/><signoff:notification send="false"/></signoff:task></extensionElements></userTask>`
	requested = `<serviceTask id="%[1]s"><extensionElements><signoff:http method="GET" url="https://shop.test/%[2]s"/></extensionElements></serviceTask>`
)

func edge(id, on, event string) string {
	return fmt.Sprintf(`<boundaryEvent id="%s" attachedToRef="%s" cancelActivity="false">%s</boundaryEvent><endEvent id="%sEnd"/>%s`, id, on, event, id, flow(id+"Flow", id, id+"End"))
}

func sub(id, inside, extra string) string {
	return fmt.Sprintf(`<subProcess id="%[1]s"><startEvent id="%[1]sStart"/>%[2]s<endEvent id="%[1]sEnd"/>%[3]s%[4]s%[5]s</subProcess>`, id, userTask(inside, ""),
		flow(id+"A", id+"Start", inside), flow(id+"B", inside, id+"End"), extra)
}

func forked(name, kind, third string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<%[1]s id="%[2]sFork"/><%[1]s id="%[2]sJoin"/><task id="%[2]sQuick"/>%[3]s`, kind, name, userTask(name, ""))
	b.WriteString(flow(name+"F1", name+"Fork", name) + flow(name+"F2", name+"Fork", name+"Quick") + flow(name+"J1", name, name+"Join") + flow(name+"J2", name+"Quick", name+"Join"))
	if third != "" {
		b.WriteString(userTask(third, "") + flow(name+"F3", name+"Fork", third) + flow(name+"J3", third, name+"Join"))
	}
	fmt.Fprintf(&b, `<sequenceFlow id="%[1]sIn" sourceRef="which" targetRef="%[1]sFork"><conditionExpression>way = "%[1]s"</conditionExpression></sequenceFlow>`, name)
	return b.String() + flow(name+"Out", name+"Join", "merge")
}

// waysToWait are those the two versions have.
func waysToWait() []kindOfWait {
	race := `<eventBasedGateway id="race"/><intermediateCatchEvent id="raceTime">` + ringing + `</intermediateCatchEvent><intermediateCatchEvent id="raceSignal">` + hears + `</intermediateCatchEvent>` +
		`<sequenceFlow id="raceIn" sourceRef="which" targetRef="race"><conditionExpression>way = "race"</conditionExpression></sequenceFlow>` +
		flow("race1", "race", "raceTime") + flow("race2", "race", "raceSignal") + flow("race3", "raceTime", "merge") + flow("race4", "raceSignal", "merge")
	fails := `<sendTask id="fails"><extensionElements><signoff:email subject="Hello"><signoff:to person="nobody at all"/><signoff:body>Hello</signoff:body></signoff:email></extensionElements></sendTask>`
	called := `<callActivity id="called" calledElement="paying"><extensionElements><signoff:input name="amount" value="=50"/></extensionElements></callActivity>`
	beside := `<subProcess id="help" triggeredByEvent="true"><startEvent id="helpStart" isInterrupting="false">` + hears + `</startEvent><endEvent id="helpEnd"/>` + flow("help1", "helpStart", "helpEnd") + `</subProcess>`
	all := []kindOfWait{
		plain("ask", userTask("ask", ""), userTask("question", ""), chain("ask", "question")),
		plain("gone", userTask("gone", ""), `<task id="other"/>`, chain("gone", "other")),
		plain("vote", fmt.Sprintf(voting, "Approve")),
		plain("poll", strings.ReplaceAll(fmt.Sprintf(voting, "Approve"), `id="vote"`, `id="poll"`), strings.ReplaceAll(fmt.Sprintf(voting, "Agree"), `id="vote"`, `id="poll"`), chain("poll", "poll")),
		plain("extern", fmt.Sprintf(external, "extern")),
		plain("asked", fmt.Sprintf(requested, "asked", "slow")),
		plain("asked2", fmt.Sprintf(requested, "asked2", "slow"), fmt.Sprintf(requested, "asked2", "other"), chain("asked2", "asked2")),
		plain("fails", fails),
		plain("receive", `<receiveTask id="receive" messageRef="mGo"><extensionElements><signoff:message key="instance"/></extensionElements></receiveTask>`),
		plain("renamed", messages("renamed", "mGo"), messages("renamed", "mNew"), chain("renamed", "renamed")),
		plain("called2", messages("called2", "mGo"), messages("called3", "mGo"), chain("called2", "called3")),
		plain("rests", `<intermediateCatchEvent id="rests">`+ringing+`</intermediateCatchEvent>`),
		plain("hears", `<intermediateCatchEvent id="hears">`+hears+`</intermediateCatchEvent>`),
		plain("becomes", `<intermediateCatchEvent id="becomes">`+becomes+`</intermediateCatchEvent>`),
		plain("turned", `<receiveTask id="turned" messageRef="mGo"><extensionElements><signoff:message key="instance"/></extensionElements></receiveTask>`, userTask("turned", ""), chain("turned", "turned")),
		{name: "race", one: race, two: race},
		{name: "split", one: forked("split", "parallelGateway", ""), two: forked("split", "parallelGateway", "")},
		{name: "third", one: forked("third", "parallelGateway", ""), two: forked("third", "parallelGateway", "thirdMore")},
		{name: "some", one: forked("some", "inclusiveGateway", ""), two: forked("some", "inclusiveGateway", "")},
		plain("sub", sub("sub", "inSub", ""), sub("sub", "inSub", beside), edge("subLate", "sub", ringing), chain("sub", "sub")),
		plain("wrapped", userTask("wrapped", ""), sub("wrap", "wrapped", ""), chain("wrapped", "wrap")),
		plain("called", called),
		plain("turns", userTask("turns", fmt.Sprintf(twice, "true"))),
		plain("each", userTask("each", fmt.Sprintf(twice, "false"))),
		plain("order", userTask("order", fmt.Sprintf(twice, "true")), userTask("order", fmt.Sprintf(twice, "false")), chain("order", "order")),
		plain("loop", userTask("loop", three)),
		plain("edged", userTask("edged", "")+edge("edged1", "edged", ringing), userTask("edged", "")+edge("edged2", "edged", hears), chain("edged", "edged")),
		plain("held", userTask("held", "")),
	}
	for i := range all {
		all[i].blocked = slices.Contains([]string{"gone", "poll", "asked2", "turned", "third", "wrapped", "order"}, all[i].name)
	}
	return all
}

// waitingModel draws a version of the workflow.
func waitingModel(version int) []byte {
	var b strings.Builder
	b.WriteString(`<message id="mGo" name="go"/><message id="mNew" name="go on"/><signal id="sGo" name="sGo"/><process id="waiting" name="Waiting" isExecutable="true">
		<extensionElements><signoff:variable name="way" type="string" input="true"/><signoff:variable name="go" type="boolean" default="false"/>`)
	if version == 2 {
		b.WriteString(`<signoff:variable name="cost" type="number" required="true"/>`)
	}
	b.WriteString(`</extensionElements><startEvent id="begin"/><exclusiveGateway id="which" default="never"/><exclusiveGateway id="merge"/><endEvent id="end"/>` +
		flow("f1", "begin", "which") + flow("never", "which", "merge"))
	for _, k := range waysToWait() {
		if version == 1 {
			b.WriteString(k.one)
		} else {
			b.WriteString(k.two)
		}
	}
	if version == 1 {
		b.WriteString(flow("f2", "merge", "end"))
	} else {
		b.WriteString(userTask("after", "") + flow("f2", "merge", "after") + flow("f3", "after", "end"))
	}
	b.WriteString(`</process>`)
	return model(b.String())
}

// instancesToMigrate is how many instances the test below has: 1,000 with
// SIGNOFF_TEST_INSTANCES=1000, on either store.
func instancesToMigrate() int {
	if n, err := strconv.Atoi(os.Getenv("SIGNOFF_TEST_INSTANCES")); err == nil && n > 0 {
		return n
	}
	return 2 * len(waysToWait())
}

// crossingTown is where instances wait in every way.
type crossingTown struct {
	*world
	kinds []kindOfWait
	way   map[signoff.InstanceID]int // which way an instance waits
	ids   []signoff.InstanceID
}

func (w *crossingTown) begins(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		k := i % len(w.kinds)
		id, err := w.Start(t.Context(), ana, StartRequest{Workflow: "waiting", Vars: map[string]any{"way": w.kinds[k].name}})
		must(t, err)
		w.ids, w.way[id] = append(w.ids, id), k
	}
	synctest.Wait()
	for _, id := range w.ids {
		switch w.kinds[w.way[id]].name {
		case "vote", "poll":
			w.act(t, bob, id, "Approve")
		case "turns", "order", "loop":
			w.act(t, jane, id, "Approve")
		case "held":
			_, err := w.Do(t.Context(), administrator(), id, engine.Hold{Reason: "to look at it"}, "")
			must(t, err)
		}
	}
	synctest.Wait()
}

func (w *crossingTown) runsOn(t *testing.T, id signoff.InstanceID) int {
	t.Helper()
	in, err := w.Store.Instance(t.Context(), id)
	must(t, err)
	v, err := w.Library.Version(t.Context(), in.Version)
	must(t, err)
	return v.Number
}

// finish does whatever ends what instances wait for, and tells which steps they met.
func (w *crossingTown) finish(t *testing.T, id signoff.InstanceID) map[string]bool {
	t.Helper()
	for range 30 {
		synctest.Wait()
		st := w.state(t, id)
		if st.Status != engine.Running {
			break
		}
		w.goOn(t, id, &st)
	}
	st := w.state(t, id)
	if st.Status != engine.Completed {
		t.Fatalf("%s: %s at %+v, waiting for %+v %+v", w.kinds[w.way[id]].name, st.Status, st.Tokens, st.Waits, st.Incidents)
	}
	met := map[string]bool{}
	facts, err := w.Store.Facts(t.Context(), id, 0, 10_000)
	must(t, err)
	for _, f := range facts {
		met[f.Node] = true
	}
	if now := engine.Fold(facts); string(now.AppendJSON(nil)) != string(st.AppendJSON(nil)) {
		t.Errorf("%s: its history tells another state", w.kinds[w.way[id]].name)
	}
	return met
}

func (w *crossingTown) goOn(t *testing.T, id signoff.InstanceID, st *engine.State) {
	t.Helper()
	by := administrator()
	do := func(by signoff.Caller, e engine.Event) {
		_, err := w.Do(t.Context(), by, id, e, "")
		must(t, err)
	}
	if st.Held != nil {
		do(by, engine.Resume{})
		return
	}
	for _, i := range st.Incidents {
		do(by, engine.Skip{Incident: i.Seq, Reason: "by phone"})
		return
	}
	for _, task := range st.Tasks {
		if task.Open() {
			do(map[signoff.Principal]signoff.Caller{jane.Principal: jane, bob.Principal: bob}[task.Recipients[0]], engine.Act{Task: task.Seq, Action: "Approve"})
			return
		}
	}
	for _, e := range st.Effects {
		if e.Kind == "external" {
			do(by, engine.FinishExternal{Effect: e.Seq})
			return
		}
		if e.Kind == "call" {
			must(t, w.Finish(t.Context(), fmt.Sprintf("%d_%d/call", id, e.Seq), nil, nil))
			return
		}
	}
	for _, x := range st.Waits {
		switch x.Kind {
		case engine.WaitMessage:
			w.send(t, root, SendRequest{Name: x.Name, Key: x.Key})
			return
		case engine.WaitSignal:
			_, err := w.Signal(t.Context(), root, SendRequest{Name: x.Name})
			must(t, err)
			return
		case engine.WaitCondition:
			do(by, engine.SetVars{Vars: map[string]expr.Value{"go": expr.Boolean(true)}, Reason: "now"})
			return
		}
	}
	children, err := w.Store.Children(t.Context(), id, 10)
	must(t, err)
	for _, c := range children {
		if c.State.Status == engine.Running {
			w.act(t, jane, c.ID, "Approve")
			return
		}
	}
	time.Sleep(50 * time.Hour)
}

func (w *crossingTown) migrate(t *testing.T, req MigrationRequest) store.Bulk {
	t.Helper()
	b, err := w.BeginMigration(t.Context(), administrator(), req)
	must(t, err)
	return w.over(t, b)
}

func (w *crossingTown) over(t *testing.T, b store.Bulk) store.Bulk {
	t.Helper()
	synctest.Wait()
	b, err := w.Store.Bulk(t.Context(), b.ID)
	must(t, err)
	if b.Ended.IsZero() {
		t.Fatalf("the order is not over: %+v", b)
	}
	return b
}

// inCrossing runs a test in a town where n instances wait in every way, and the
// second version is deployed.
func inCrossing(t *testing.T, n int, test func(t *testing.T, w *crossingTown)) {
	inTown(t, paying, func(t *testing.T, w *world) {
		c := &crossingTown{world: w, kinds: waysToWait(), way: map[signoff.InstanceID]int{}}
		w.post.does = func(j Job) (Result, error) {
			if j.Kind == engine.DoCall {
				return Pending, nil // the shop takes its time
			}
			return Done(nil), nil
		}
		w.deploy(t, waitingModel(1))
		c.begins(t, n)
		w.deploy(t, waitingModel(2))
		test(t, c)
	})
}

var toTwo = MigrationRequest{Workflow: "waiting", To: 2, Map: map[string]string{"ask": "question", "called2": "called3"}, Vars: map[string]any{"cost": 7}, Reason: "better"}

func TestInstancesThatWaitInEveryWayAreMigrated(t *testing.T) {
	n := instancesToMigrate()
	inCrossing(t, n, func(t *testing.T, w *crossingTown) {
		can := 0
		for _, id := range w.ids {
			if w.runsOn(t, id) != 1 {
				t.Fatal("it did not stay on its version")
			}
			if !w.kinds[w.way[id]].blocked {
				can++
			}
		}
		seen, err := w.ForeseeMigration(t.Context(), administrator(), toTwo)
		must(t, err)
		if seen.Total != n || seen.Can != can {
			t.Errorf("foreseen: %d of %d, want %d of %d", seen.Can, seen.Total, can, n)
		}
		w.named(t, seen)

		if b := w.migrate(t, toTwo); b.Done != 0 || b.Failed != n-can || b.Passed != can {
			t.Errorf("all or none: %+v", b)
		}
		for _, id := range w.ids {
			if w.runsOn(t, id) != 1 {
				t.Fatal("one was moved where none was to be")
			}
		}

		those := toTwo
		those.Those = true
		b := w.migrate(t, those)
		if b.Done != can || b.Failed != n-can {
			t.Errorf("those that can: %+v", b)
		}
		for _, id := range w.ids {
			kind := w.kinds[w.way[id]]
			want := 2
			if kind.blocked {
				want = 1
			}
			if got := w.runsOn(t, id); got != want {
				t.Errorf("%s runs on version %d", kind.name, got)
			}
			must(t, w.Store.Audit(t.Context(), id))
		}
		for _, id := range w.ids {
			if kind, met := w.kinds[w.way[id]], w.finish(t, id); met["after"] == kind.blocked {
				t.Errorf("%s: after the merge it met %v", kind.name, met)
			}
		}
	})
}

// named checks that the preview names each way in which instances cannot go on,
// and what to do about it.
func (w *crossingTown) named(t *testing.T, seen Foreseen) {
	t.Helper()
	for _, k := range w.kinds {
		at := k.name
		if k.name == "third" {
			at = "thirdJoin"
		}
		i := slices.IndexFunc(seen.Blocked, func(b InTheWay) bool { return b.Node == at || b.Node == k.name })
		if k.blocked != (i >= 0) {
			t.Errorf("%s: in the way is %+v", k.name, seen.Blocked)
		}
		if i >= 0 && (seen.Blocked[i].Why == "" || seen.Blocked[i].Advice == "" || seen.Blocked[i].Does == "" || seen.Blocked[i].Count == 0 || len(seen.Blocked[i].Instances) == 0) {
			t.Errorf("%s: too little is said: %+v", k.name, seen.Blocked[i])
		}
	}
}

// at returns an instance that waits in a way.
func (w *crossingTown) at(name string) signoff.InstanceID {
	for _, id := range w.ids {
		if w.kinds[w.way[id]].name == name {
			return id
		}
	}
	panic("nothing waits at " + name)
}

// only is a migration of those that wait in some ways.
func (w *crossingTown) only(names ...string) MigrationRequest {
	req := toTwo
	for _, name := range names {
		req.Instances = append(req.Instances, w.at(name))
	}
	return req
}

func TestAMigrationIsUndoneWhereNothingHasMovedOn(t *testing.T) {
	inCrossing(t, len(waysToWait()), func(t *testing.T, w *crossingTown) {
		before := map[signoff.InstanceID]engine.State{}
		for _, id := range w.ids {
			before[id] = w.state(t, id)
		}
		those := toTwo
		those.Those = true
		b := w.migrate(t, those)
		moved, talked := w.at("ask"), w.at("sub")
		w.act(t, jane, moved, "Approve")
		_, err := w.Do(t.Context(), jane, talked, engine.Comment{Text: "hm", Task: w.task(t, talked).Seq}, "")
		must(t, err)

		_, err = w.UndoMigration(t.Context(), ana, b.ID, "worse")
		wantCode(t, err, "not-allowed")
		_, err = w.UndoMigration(t.Context(), administrator(), b.ID, "")
		wantCode(t, err, "bad-migration")
		_, err = w.UndoMigration(t.Context(), administrator(), 99, "worse")
		wantCode(t, err, "bulk-not-found")
		back, err := w.UndoMigration(t.Context(), administrator(), b.ID, "worse")
		must(t, err)
		if back = w.over(t, back); back.Done != b.Done-1 || back.Failed != 1 {
			t.Errorf("%+v of %+v", back, b)
		}
		items, err := w.Store.BulkItems(t.Context(), back.ID, "failed", 0, 10)
		if err != nil || len(items) != 1 || items[0].Incident.Instance != moved || items[0].Code != engine.CodeMovedOn || !strings.Contains(items[0].Cause, `task decided ("question") by `) {
			t.Errorf("%+v, %v", items, err)
		}
		_, err = w.UndoMigration(t.Context(), administrator(), back.ID, "worse")
		wantCode(t, err, "not-a-migration")
		for _, id := range w.ids {
			if id == moved {
				continue
			}
			st, was := w.state(t, id), before[id]
			if got := w.runsOn(t, id); got != 1 {
				t.Errorf("%s runs on version %d", w.kinds[w.way[id]].name, got)
			}
			must(t, w.Store.Audit(t.Context(), id))
			st.Seq, st.Facts, st.Ran = was.Seq, was.Facts, was.Ran
			if string(st.AppendJSON(nil)) != string(was.AppendJSON(nil)) {
				t.Errorf("%s was %s\nand is %s", w.kinds[w.way[id]].name, was.AppendJSON(nil), st.AppendJSON(nil))
			}
		}
		for _, id := range w.ids {
			if met := w.finish(t, id); met["after"] != (id == moved) {
				t.Errorf("%s met %v", w.kinds[w.way[id]].name, met)
			}
		}
	})
}

// One instance moves on to where nothing of it can be migrated, after all were
// looked at: then none are moved, but for one that has moved on itself.
func TestAllOrNoneHoldsAgainstInstancesThatMoveMeanwhile(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &crossingTown{world: newWorld(t, dir+"/signoff.db"), kinds: waysToWait(), way: map[signoff.InstanceID]int{}}
		defer func() { must(t, w.Store.Close()) }()
		w.deploy(t, paying)
		w.deploy(t, waitingModel(1))
		stop := w.run(t)
		w.begins(t, 2*len(w.kinds))
		w.deploy(t, waitingModel(2))
		stop()
		req := w.only("ask", "sub", "rests", "each", "vote")
		b, err := w.BeginMigration(t.Context(), administrator(), req)
		must(t, err)
		m, err := w.Store.Migration(t.Context(), b.ID)
		must(t, err)
		if m.Stage != store.Looking || !m.Entire {
			t.Fatalf("%+v", m)
		}
		// All were looked at, and two were moved, before the server died.
		must(t, w.Store.StageMigration(t.Context(), b.ID, store.Moving, 0))
		v, err := w.Library.VersionNumber(t.Context(), b.Workflow, 2)
		must(t, err)
		def, err := w.Library.Definition(t.Context(), v.ID)
		must(t, err)
		items, err := w.Store.BulkItems(t.Context(), b.ID, "waiting", 0, 10)
		must(t, err)
		o := &migrating{Runner: w.Runner, b: &b, m: m, move: moving{w.Runner, b.By, engine.Migrate{Into: 2, Reach: process.NewReach(def), Order: b.ID, Map: m.Map, Vars: map[string]expr.Value{"cost": expr.Int(7)}, Reason: b.Reason}}}
		for i := range items[:3] {
			must(t, o.one(t.Context(), &items[i]))
			if items[i].State != "done" {
				t.Fatalf("%+v", items[i])
			}
		}
		must(t, w.Store.SettleBulk(t.Context(), b.ID, items[:2], w.Now())) // of the third it was not noted yet
		first, last := items[0].Incident.Instance, items[4].Incident.Instance
		w.goOn(t, first, ptr(w.state(t, first)))
		_, err = w.Do(t.Context(), administrator(), last, engine.Move{To: "gone", From: w.state(t, last).Tokens[0].Node, All: true, Reason: "a try"}, "")
		must(t, err)
		stop = w.run(t)
		synctest.Wait()
		stop()
		b, err = w.Store.Bulk(t.Context(), b.ID)
		must(t, err)
		if b.Ended.IsZero() || b.Done != 1 || b.Failed != 1 || b.Passed != 3 {
			t.Errorf("%+v", b)
		}
		items, err = w.Store.BulkItems(t.Context(), b.ID, "", 0, 10)
		must(t, err)
		for i, want := range []struct {
			state, code string
			version     int
		}{{"done", engine.CodeMovedOn, 2}, {"passed", codeTakenBack, 1}, {"passed", codeTakenBack, 1}, {"passed", codeTakenBack, 1}, {"failed", engine.CodeUnfit, 1}} {
			if items[i].State != want.state || items[i].Code != want.code || items[i].Cause == "" || w.runsOn(t, items[i].Incident.Instance) != want.version {
				t.Errorf("%d: %+v, want %+v", i, items[i], want)
			}
		}
	})
}

func ptr[T any](v T) *T { return &v }

func TestAMigrationIsForWhoAdministersTheWorkflowAndSaysWhatIsWrong(t *testing.T) {
	inCrossing(t, len(waysToWait()), func(t *testing.T, w *crossingTown) {
		_, err := w.BeginMigration(t.Context(), ana, toTwo)
		wantCode(t, err, "not-allowed")
		_, err = w.ForeseeMigration(t.Context(), ana, toTwo)
		wantCode(t, err, "not-allowed")
		for code, change := range map[string]func(r *MigrationRequest){
			"workflow-not-found": func(r *MigrationRequest) { r.Workflow = "nowhere" },
			"version-not-found":  func(r *MigrationRequest) { r.To = 9 },
			"bad-migration":      func(r *MigrationRequest) { r.Reason = "" },
			engine.CodeBadPlan:   func(r *MigrationRequest) { r.Map = map[string]string{"ask": "nowhere"} },
			"bad-variables":      func(r *MigrationRequest) { r.Vars = map[string]any{"cost": make(chan int)} },
			"instance-not-found": func(r *MigrationRequest) { r.Instances = []signoff.InstanceID{4711} },
		} {
			req := toTwo
			change(&req)
			if _, err := w.BeginMigration(t.Context(), administrator(), req); signoff.CodeOf(err) != code {
				t.Errorf("want %s, got %v", code, err)
			}
		}
		req := toTwo
		req.Map = map[string]string{"nowhere": "question"}
		_, err = w.BeginMigration(t.Context(), administrator(), req)
		wantCode(t, err, engine.CodeBadPlan)
		req.Map, req.From = nil, 2
		_, err = w.BeginMigration(t.Context(), administrator(), req)
		wantCode(t, err, "bad-migration")

		// Without the value that version 2 demands nothing can be moved.
		req = w.only("sub")
		req.Vars = nil
		seen, err := w.ForeseeMigration(t.Context(), administrator(), req)
		if err != nil || seen.Can != 0 || len(seen.Blocked) != 1 || !seen.Blocked[0].Variable || seen.Blocked[0].Node != "cost" {
			t.Errorf("%+v, %v", seen, err)
		}
		req = toTwo
		req.Step = "inSub"
		if seen, err = w.ForeseeMigration(t.Context(), administrator(), req); err != nil || seen.Total != 1 || seen.Can != 1 {
			t.Errorf("at one step: %+v, %v", seen, err)
		}
		if b := w.migrate(t, w.only("sub")); b.Done != 1 {
			t.Errorf("%+v", b)
		}
		if b := w.migrate(t, w.only("sub")); b.Total != 0 || b.Ended.IsZero() {
			t.Errorf("those that are there already are meant again: %+v", b)
		}
	})
}
