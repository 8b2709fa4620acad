package directory

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Options are what a server lends to Directories.
type Options struct {
	Key   seal.Key
	Node  string                                                            // what people call this server
	Roots *x509.CertPool                                                    // nil: the system's
	Dial  func(ctx context.Context, network, addr string) (net.Conn, error) // nil: anywhere
	HTTP  *http.Client                                                      // for Entra ID; nil: nobody is asked
}

// Directories reads the directories an administrator set up, keeps accounts as
// they say, and asks them for passwords. Every node takes a change of the
// setting up at once; one node at a time syncs a directory. Make it with
// OpenDirectories and let Run run.
type Directories struct {
	*Service
	key   seal.Key
	node  string
	self  string // this process among those that sync
	roots *x509.CertPool
	dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	graph graphs

	graphPage int // people or groups Graph is asked for at once; 0: its own number

	loading sync.Mutex
	inForce atomic.Pointer[State]

	mu      sync.Mutex
	running context.Context // of Run; nil: not running
	syncing map[string]bool // by source, in this process
	runs    sync.WaitGroup

	asking  chan struct{} // passwords being asked for at the same time
	refused refusals
}

// askAtOnce bounds how many passwords directories are asked for at once.
const askAtOnce = 16

// OpenDirectories takes up the setting, and has identity ask directories for
// passwords.
func OpenDirectories(ctx context.Context, s *Service, o Options) (*Directories, error) {
	d := &Directories{Service: s, key: o.Key, node: o.Node, self: rand.Text()[:12], roots: o.Roots, dial: o.Dial, graph: graphs{http: o.HTTP},
		syncing: map[string]bool{}, asking: make(chan struct{}, askAtOnce)}
	if err := d.load(ctx); err != nil {
		return nil, err
	}
	s.people.AskElsewhere(d)
	s.people.LookUpGroupsWith(d)
	return d, nil
}

// look is how often it is seen to whether a sync is due.
const look = 30 * time.Second

// Run syncs what is due until ctx ends, and then waits for what is under way.
func (d *Directories) Run(ctx context.Context) error {
	d.mu.Lock()
	d.running = ctx
	d.mu.Unlock()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		d.due(ctx)
		select {
		case <-ctx.Done():
			d.mu.Lock()
			d.running = nil
			d.mu.Unlock()
			d.runs.Wait()
			return nil
		case <-tick.C:
		}
	}
}

// due begins the syncs whose time has come.
func (d *Directories) due(ctx context.Context) {
	if err := d.load(ctx); err != nil {
		d.log.Warn("setting not read", slog.String("setting", SettingName), slog.Any("err", err))
		return
	}
	for _, e := range d.inForce.Load().Value.Directories {
		if !e.On || e.Every == 0 || e.Type == typeSCIM {
			continue
		}
		is, err := d.isDue(ctx, e)
		if err == nil && is {
			_, err = d.begin(ctx, e, Ask{}, bySchedule)
		}
		if err != nil && ctx.Err() == nil {
			d.log.Warn("sync not begun", slog.String("directory", e.Name), slog.Any("err", err))
		}
	}
}

// bySchedule is who begins a sync that nobody asked for.
const bySchedule = "schedule"

// isDue tells whether a sync should begin: its time has come, or one broke off.
// The first one is an administrator's, after a preview.
func (d *Directories) isDue(ctx context.Context, e Entry) (bool, error) {
	st, err := d.store.DirectoryState(ctx, e.Source())
	if err != nil || !st.Agreed {
		return false, err
	}
	last, err := d.store.DirectoryRuns(ctx, e.Source(), 1)
	if err != nil || len(last) == 0 {
		return err == nil, err
	}
	lease, err := d.store.Lease(ctx, leaseOf(e))
	if err != nil || lease.Holder != "" && lease.Until.After(d.now()) {
		return false, err
	}
	if last[0].State == stateRunning { // whoever ran it is gone
		return true, nil
	}
	return d.now().Sub(last[0].Began) >= time.Duration(e.Every)*time.Minute, nil
}

func leaseOf(e Entry) string { return "directory/" + e.Source() }

// Leases last this long and are prolonged three times as often.
const leaseFor = 90 * time.Second

// hold takes the right to sync a directory. It returns false when another node
// has it.
func (d *Directories) hold(ctx context.Context, e Entry) (store.Lease, bool, error) {
	now := d.now()
	return d.store.Acquire(ctx, leaseOf(e), d.self, now, now.Add(leaseFor))
}

// keep prolongs the lease until ctx ends; when it is lost, lost is called.
func (d *Directories) keep(ctx context.Context, e Entry, lost func()) {
	tick := time.NewTicker(leaseFor / 3)
	defer tick.Stop()
	until := d.now().Add(leaseFor)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, mine, err := d.hold(ctx, e)
		switch {
		case err == nil && mine:
			until = d.now().Add(leaseFor)
		case err == nil || !d.now().Before(until):
			lost()
			return
		}
	}
}
