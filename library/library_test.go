package library

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

const file = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="https://signoffhq.org/test">
  <bpmn:process id="%s" name="%s" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:endEvent id="end"><bpmn:incoming>f1</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>`

func drawn(key, name string) []byte { return fmt.Appendf(nil, file, key, name) }

func user(n int, admin bool, groups ...signoff.Principal) signoff.Caller {
	return signoff.Caller{Person: signoff.Person{Principal: signoff.Principal(fmt.Sprintf("user:%d", n))}, Groups: append(groups, signoff.Everyone), Admin: admin, How: "test"}
}

var (
	admin = user(1, true)
	ana   = user(2, false)
	eve   = user(3, false)
)

func open(t *testing.T) *Library {
	t.Helper()
	s, err := store.Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return New(s, time.Now)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if signoff.CodeOf(err) != code {
		t.Fatalf("got %v, want %s", err, code)
	}
}

func TestDeployMakesVersionsAndTheSameFileMakesNone(t *testing.T) {
	l := open(t)
	ctx := t.Context()
	one, err := l.Deploy(ctx, admin, drawn("leave", "Leave"))
	must(t, err)
	again, err := l.Deploy(ctx, admin, drawn("leave", "Leave"))
	must(t, err)
	if one.Unchanged || !again.Unchanged || again.Workflow.Default.Number != 1 {
		t.Fatalf("first %+v, again %+v", one, again)
	}
	two, err := l.Deploy(ctx, admin, drawn("leave", "Leave request"))
	must(t, err)
	if two.Workflow.Default.Number != 2 || two.Workflow.Name != "Leave request" || two.Workflow.ID != one.Workflow.ID {
		t.Fatalf("second %+v", two.Workflow)
	}
	def, err := l.Definition(ctx, one.Workflow.Default.ID)
	must(t, err)
	if def.Name != "Leave" {
		t.Fatalf("the first version is now %q", def.Name)
	}
	xml, err := l.XML(ctx, ana, one.Workflow.ID, 1)
	must(t, err)
	if !bytes.Equal(xml, drawn("leave", "Leave")) {
		t.Fatal("the file did not come back as it was")
	}
	must(t, l.SetDefault(ctx, admin, one.Workflow.ID, 1))
	w, err := l.Lookup(ctx, ana, "leave")
	must(t, err)
	if w.Default.Number != 1 || w.Name != "Leave" {
		t.Fatalf("after going back: %+v", w)
	}
}

func TestAFileThatCannotRunIsRefusedWithEveryProblemAndNothingIsStored(t *testing.T) {
	l := open(t)
	broken := bytes.ReplaceAll(drawn("leave", "Leave"), []byte("endEvent"), []byte("callActivity"))
	broken = bytes.ReplaceAll(broken, []byte(`targetRef="end"`), []byte(`targetRef="nowhere"`))
	_, err := l.Deploy(t.Context(), admin, broken)
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || e.Kind != signoff.Invalid || len(e.Fields) < 2 {
		t.Fatalf("got %v", err)
	}
	list, err := l.Workflows(t.Context(), admin)
	must(t, err)
	if len(list) != 0 {
		t.Fatalf("stored: %+v", list)
	}
}

func TestOnlyWhoMayDeploysAndSeesAndManages(t *testing.T) {
	l := open(t)
	ctx := t.Context()
	_, err := l.Deploy(ctx, ana, drawn("leave", "Leave"))
	wantCode(t, err, "not-allowed")
	d, err := l.Deploy(ctx, admin, drawn("leave", "Leave"))
	must(t, err)
	id := d.Workflow.ID
	w, err := l.Workflow(ctx, ana, id)
	must(t, err)
	if !w.CanStart || w.CanView || w.CanManage {
		t.Fatalf("a new workflow gives everyone %+v", w)
	}
	wantCode(t, l.SetGrants(ctx, ana, id, nil), "not-allowed")
	must(t, l.SetGrants(ctx, admin, id, []access.Grant{{Who: "user:2", Right: access.Administer}}))
	_, err = l.Workflow(ctx, eve, id)
	wantCode(t, err, "workflow-not-found")
	_, err = l.Lookup(ctx, eve, "leave")
	wantCode(t, err, "workflow-not-found")
	_, err = l.XML(ctx, eve, id, 0)
	wantCode(t, err, "workflow-not-found")
	_, taken := l.Deploy(ctx, eve, drawn("leave", "Leave, hers"))
	_, free := l.Deploy(ctx, eve, drawn("other", "Other"))
	if taken == nil || free == nil || taken.Error() != free.Error() {
		t.Fatalf("a key that is taken is told from one that is free: %v, %v", taken, free)
	}
	_, err = l.Deploy(ctx, ana, drawn("leave", "Leave, new"))
	must(t, err)
	wantCode(t, l.SetGrants(ctx, ana, id, []access.Grant{{Who: "user:2", Right: "fly"}}), "unknown-right")
	wantCode(t, l.SetGrants(ctx, ana, id, []access.Grant{{Who: "jane", Right: access.View}}), "bad-principal")
}

func TestAVersionIsParsedOnceHoweverManyAskForIt(t *testing.T) {
	l := open(t)
	d, err := l.Deploy(t.Context(), admin, drawn("leave", "Leave"))
	must(t, err)
	var mu sync.Mutex
	seen := map[any]bool{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			def, err := l.Definition(context.Background(), d.Workflow.Default.ID)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			seen[def] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(seen) != 1 {
		t.Fatalf("parsed %d times", len(seen))
	}
	_, err = l.Definition(t.Context(), 999)
	wantCode(t, err, "version-not-found")
}

func TestParsedDefinitionsAreBounded(t *testing.T) {
	l := open(t)
	for n := range store.VersionID(maxDefinitions * 2) {
		l.cached(n)
	}
	if len(l.defs) != maxDefinitions {
		t.Fatalf("%d kept", len(l.defs))
	}
	if l.defs[maxDefinitions*2-1] == nil || l.defs[0] != nil {
		t.Fatal("it was not the oldest that went")
	}
}
