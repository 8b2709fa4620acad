//go:build unix

package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/store"
)

// stuckAfter is how long nothing may happen, after the trouble, while something
// is still to be done: a server that was killed counts as living for 20 s, and
// its work waits as long. How long it all takes hangs on how many mails could
// not leave while whoever sends them was killed again and again.
const stuckAfter = time.Minute

// judgeNodes holds what the clients were told, and what arrived outside, against
// what the database has.
func judgeNodes(t *testing.T, dsn string, c *cluster, l *workload, sink *sink, post sandbox.Addresses) {
	for _, r := range l.refused {
		t.Error("refused:", r)
	}
	took := allSettled(t, c, post)
	st, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	instances := everyInstance(t, c)
	byFolio := map[string][]int64{}
	for id, folio := range instances {
		byFolio[folio] = append(byFolio[folio], id)
	}
	var starts, decisions int
	for folio, r := range l.results {
		if ids := byFolio[folio]; len(ids) != 1 || ids[0] != r.instance {
			t.Errorf("%s was started once, as %d, and is there as %v", folio, r.instance, ids)
			continue
		}
		starts++
		if r.decided {
			decisions++
		}
	}
	if len(byFolio) != len(l.results) {
		t.Errorf("%d instances were asked for, %d are there", len(l.results), len(byFolio))
	}
	for id := range instances {
		checkHistory(t, st, signoff.InstanceID(id))
	}
	t.Logf("%d acknowledged starts and %d acknowledged decisions, each there exactly once; all ended %v after the trouble", starts, decisions, took.Round(time.Second))
	if starts < 20 {
		t.Errorf("only %d instances: that shows nothing", starts)
	}
	checkCalls(t, instances, sink)
	checkMails(t, instances, mails(t, post, "ana"))
}

// allSettled waits until no instance runs any more and no mail is on its way, as
// long as mails arrive.
func allSettled(t *testing.T, c *cluster, post sandbox.Addresses) time.Duration {
	t.Helper()
	begun, admin := time.Now(), c.nodes[0].as("admin")
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, arrived := begun, 0
	for {
		open, err := admin.Instances(t.Context(), client.InstanceQuery{Scope: "all", Status: "running", Paging: client.Paging{Limit: 200}})
		mail, err2 := admin.MailStatus(t.Context())
		if err == nil && err2 == nil && len(open.Items) == 0 && mail.Queued == 0 {
			return time.Since(begun)
		}
		<-tick.C
		if n := countMails(t, post, "ana"); n > arrived {
			last, arrived = time.Now(), n
		}
		if time.Since(last) < stuckAfter {
			continue
		}
		for _, in := range open.Items[:min(5, len(open.Items))] {
			detail, err := admin.Instance(t.Context(), in.ID)
			t.Logf("%d: %+v %v", in.ID, detail.Waiting, err)
		}
		t.Errorf("%d instances still run, %d mails wait, %d doubtful, %d failed: %v %v", len(open.Items), mail.Queued, mail.Doubtful, mail.Failed, err, err2)
		return time.Since(begun)
	}
}

// countMails counts what is in a mailbox and all its folders.
func countMails(t *testing.T, post sandbox.Addresses, account string) (n int) {
	t.Helper()
	root := filepath.Join(filepath.Dir(post.CAFile), "mail", account)
	if err := filepath.WalkDir(root, func(name string, _ os.DirEntry, err error) error {
		if filepath.Ext(name) == ".eml" {
			n++
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// everyInstance is the folio of each.
func everyInstance(t *testing.T, c *cluster) map[int64]string {
	t.Helper()
	all := map[int64]string{}
	q := client.InstanceQuery{Scope: "all", Paging: client.Paging{Limit: 200}}
	for {
		l, err := c.nodes[0].as("admin").Instances(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range l.Items {
			all[in.ID] = in.Folio
		}
		if q.Cursor = l.Next; q.Cursor == "" {
			return all
		}
	}
}

// checkHistory holds an instance against its history, in which everything stands
// once that happens once.
func checkHistory(t *testing.T, st *store.Store, id signoff.InstanceID) {
	t.Helper()
	if err := st.Audit(t.Context(), id); err != nil {
		t.Error(err)
	}
	facts, err := st.Facts(t.Context(), id, 0, 1000)
	if err != nil {
		t.Error(err)
		return
	}
	n := map[engine.FactKind]int{}
	for _, f := range facts {
		n[f.Kind]++
	}
	for kind, want := range map[engine.FactKind]int{engine.Started: 1, engine.TaskOffered: 1, engine.TaskDecided: 1,
		engine.EffectRequested: 2, engine.EffectFinished: 2, engine.Ended: 1, engine.IncidentRaised: 0} {
		if n[kind] != want {
			t.Errorf("instance %d: %q stands %d times in its history, not %d", id, kind, n[kind], want)
		}
	}
}

// checkCalls looks whether each instance called the service, always under one key.
func checkCalls(t *testing.T, instances map[int64]string, s *sink) {
	t.Helper()
	keys := map[string][]string{}
	more := 0
	for key, n := range s.calls {
		instance, _, _ := strings.Cut(key, "_")
		keys[instance] = append(keys[instance], key)
		more += n - 1
	}
	for id := range instances {
		if k := keys[fmt.Sprint(id)]; len(k) != 1 {
			t.Errorf("instance %d called the service under the keys %v", id, k)
		}
	}
	if len(keys) != len(instances) {
		t.Errorf("%d instances, and calls of %d", len(instances), len(keys))
	}
	t.Logf("%d calls of the service under %d keys, one for each instance: %d came again under the same key", len(s.calls)+more, len(s.calls), more)
}

// checkMails looks whether the starter of each instance was told.
func checkMails(t *testing.T, instances map[int64]string, arrived map[string]int) {
	t.Helper()
	more := 0
	for _, id := range slices.Sorted(maps.Keys(arrived)) {
		if n := arrived[id]; n > 1 {
			more += n - 1
			t.Logf("%s arrived %d times", id, n)
		}
	}
	if len(arrived) != len(instances) {
		t.Errorf("%d instances, and mails about %d", len(instances), len(arrived))
	}
	t.Logf("%d mails under %d Message-IDs, one for each instance: %d came again under the same Message-ID", len(arrived)+more, len(arrived), more)
}
