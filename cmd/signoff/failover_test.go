//go:build unix

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/signoffhq/signoff/store/pgtest"
)

// Two servers that know both PostgreSQL servers go on when the primary is gone
// and the standby takes its place. The primary waits for the standby with every
// commit, so everything that was acknowledged is there.
func TestServersFindTheNewPrimaryAndNothingIsLost(t *testing.T) {
	one := pgtest.Start(t)
	database := one.Database(t)
	two := one.Standby(t)
	dsn := fmt.Sprintf("postgres://signoff@127.0.0.1:%d,127.0.0.1:%d/%s", one.Port, two.Port, database[len(one.Address("")):])
	post, sink := runSandbox(t), newSink(t)
	c := newCluster(t, 2, dsn, nodeSettings(post))
	c.up()
	c.nodes[0].furnish(sink.workflow(t))
	l := &workload{c: c, results: map[string]result{}}
	l.begin(t.Context(), 8)
	waitFor(t, "the load is on", func() bool { return l.approved.Load() > 30 })

	one.Kill()
	before, began := l.approved.Load(), time.Now()
	if err := two.Promote(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the servers have found the new primary", func() bool { return l.approved.Load() > before+30 })
	t.Logf("%d approvals before the primary died; 30 more %v after", before, time.Since(began).Round(time.Millisecond))
	l.end()
	judgeNodes(t, dsn, c, l, sink, post)
}
