package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/runner"
)

// watching is one event stream under test.
type watching struct {
	answer  *httptest.ResponseRecorder
	changes chan runner.Change
	stop    chan struct{}
	ended   chan struct{}
	cancel  context.CancelFunc
	gone    atomic.Bool // the account does not exist any more
}

func watch(t *testing.T, by signoff.Caller, instance signoff.InstanceID, again bool) *watching {
	w := &watching{answer: httptest.NewRecorder(), changes: make(chan runner.Change), stop: make(chan struct{}), ended: make(chan struct{})}
	s := &Server{Stopping: w.stop}
	v := viewer{by: by, instance: instance,
		may: func(_ context.Context, by signoff.Caller, _ access.Right, wf signoff.WorkflowID) (access.Decision, error) {
			return access.Decision{OK: by.Admin}, nil
		},
		still: func(context.Context) (signoff.Caller, error) {
			if w.gone.Load() {
				return signoff.Caller{}, errors.New("gone")
			}
			return by, nil
		}}
	ctx, cancel := context.WithCancel(t.Context())
	w.cancel = cancel
	go func() {
		defer close(w.ended)
		s.follow(ctx, &stream{w: w.answer, c: http.NewResponseController(w.answer)}, v, w.changes, again)
	}()
	return w
}

var jane = signoff.Caller{Person: signoff.Person{Principal: "user:3"}, Groups: []signoff.Principal{"group:1", signoff.Everyone}}

func serial(instance, seq int) signoff.Serial {
	return signoff.Serial{Instance: signoff.InstanceID(instance), Seq: seq}
}

func TestAViewerIsToldOfWhatTheyMaySeeAndNothingElse(t *testing.T) {
	changes := []runner.Change{
		{Instance: 1, Starter: "user:9", Tasks: []signoff.Serial{serial(1, 2)}, Principals: []signoff.Principal{"user:3"}},
		{Instance: 2, Starter: "user:9", Tasks: []signoff.Serial{serial(2, 2)}, Principals: []signoff.Principal{"group:1"}},
		{Instance: 3, Starter: "user:9", Tasks: []signoff.Serial{serial(3, 2)}, Principals: []signoff.Principal{"user:4", "group:7"}},
		{Instance: 4, Starter: "user:3"},
		{Instance: 5, Starter: "user:9"},
		{Resync: true},
	}
	root := signoff.Caller{Person: signoff.Person{Principal: "user:1"}, Admin: true}
	for _, c := range []struct {
		name     string
		by       signoff.Caller
		instance signoff.InstanceID
		want     string
	}{
		{"a recipient and starter", jane, 0, "task 1_2|instance 1|task 2_2|instance 2|instance 4|resync"},
		{"somebody who watches an instance", jane, 5, "task 1_2|instance 1|task 2_2|instance 2|instance 4|instance 5|resync"},
		{"who may view everything", root, 0, "instance 1|instance 2|instance 3|instance 4|instance 5|resync"},
		{"a stranger", signoff.Caller{Person: signoff.Person{Principal: "user:5"}}, 0, "resync"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := watch(t, c.by, c.instance, false)
			for _, change := range changes {
				w.changes <- change
			}
			close(w.changes)
			<-w.ended
			if got := told(w.answer.Body.String()); got != c.want {
				t.Errorf("told %s\nand not %s", got, c.want)
			}
		})
	}
}

// told shortens a stream to what it says.
func told(stream string) string {
	var out []string
	kind := ""
	for line := range strings.SplitSeq(stream, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "event":
			kind = value
		case "data":
			value = strings.NewReplacer(`{"instance":`, " ", `,"task":"`, "\x00", `"}`, "", "}", "").Replace(value)
			if kind == "resync" {
				value = ""
			}
			if _, task, found := strings.Cut(value, "\x00"); found {
				value = " " + task
			}
			out = append(out, kind+value)
		}
	}
	return strings.Join(out, "|")
}

func TestAStreamThatWasInterruptedBeginsWithResync(t *testing.T) {
	w := watch(t, jane, 0, true)
	close(w.changes)
	<-w.ended
	if got := told(w.answer.Body.String()); got != "resync" {
		t.Errorf("told %q", got)
	}
}

func TestAQuietStreamIsKeptOpenUntilTheAccountIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, jane, 0, false)
		time.Sleep(3*beatEvery + time.Second)
		synctest.Wait()
		if got := strings.Count(w.answer.Body.String(), ": beat\n\n"); got != 3 {
			t.Errorf("%d beats", got)
		}
		w.gone.Store(true)
		time.Sleep(beatEvery)
		synctest.Wait()
		select {
		case <-w.ended:
		default:
			t.Error("somebody who is gone is still told")
		}
		w.cancel()
	})
}

func TestStreamsEndWithTheServerAndWithTheClient(t *testing.T) {
	w := watch(t, jane, 0, false)
	close(w.stop)
	<-w.ended
	w = watch(t, jane, 0, false)
	w.cancel()
	<-w.ended
}

func TestStreamsAreCounted(t *testing.T) {
	var n streams
	for range maxStreamsPerson {
		if !n.take("user:3") {
			t.Fatal("refused below the limit")
		}
	}
	if n.take("user:3") {
		t.Error("one person has too many")
	}
	if !n.take("user:4") {
		t.Error("somebody else may not")
	}
	n.give("user:3")
	if !n.take("user:3") {
		t.Error("a place that was given back is not free")
	}
	n.all = maxStreams
	if n.take("user:5") {
		t.Error("too many in all")
	}
}
