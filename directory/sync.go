package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/connector/ldap"
	"github.com/signoffhq/signoff/store"
)

// States of a run.
const (
	stateRunning = "running"
	stateDone    = "done"
	stateStopped = "stopped" // for safety; an administrator has to say that it is meant
	stateFailed  = "failed"
)

// wholeEvery is how often everything is read, not only what is new.
const wholeEvery = 24 * time.Hour

// syncWithin bounds one sync, however slow the directory.
const syncWithin = 2 * time.Hour

// Ask says what a sync is for.
type Ask struct {
	Preview bool // only show what would be done
	Anyway  bool // go on although too many would be switched off
	Whole   bool // read everything
}

// Report is what a run did, or does.
type Report struct {
	Outcome
	Preview bool   `json:"preview,omitempty"`
	Whole   bool   `json:"whole"`            // everything was read
	Server  string `json:"server,omitempty"` // which answered
	People  int    `json:"people"`           // that are there
	Teams   int    `json:"teams"`            // groups that are there
	Step    string `json:"step"`             // reading, taking, "" over
	Read    int    `json:"read"`             // people and groups read so far
	Taken   int    `json:"taken"`            // of ToTake
	ToTake  int    `json:"toTake"`

	Code string `json:"code,omitempty"` // why it failed or stopped
	Why  string `json:"why,omitempty"`
	Hint string `json:"hint,omitempty"`
}

// Run is one sync with its report.
type Run struct {
	store.DirectoryRun
	Report Report
}

// Begin begins a sync and returns at once; it takes the server right. It refuses
// a directory that is not there ("directory-not-found") or switched off
// ("directory-off"), and while another sync of it runs ("sync-running").
func (d *Directories) Begin(ctx context.Context, by signoff.Caller, name string, ask Ask) (Run, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return Run{}, err
	}
	if err := d.load(ctx); err != nil {
		return Run{}, err
	}
	e, found := d.inForce.Load().Value.entry(name)
	switch {
	case !found:
		return Run{}, errNoDirectory
	case !e.On && !ask.Preview:
		return Run{}, &signoff.Error{Kind: signoff.Conflict, Code: "directory-off", Detail: "the directory " + name + " is switched off", Hint: "switch it on and save"}
	case e.Type == typeSCIM:
		return Run{}, errPushes
	}
	return d.begin(ctx, e, ask, string(by.Principal))
}

// begin is Begin for a directory that is known; the sync ends with Run.
func (d *Directories) begin(ctx context.Context, e Entry, ask Ask, by string) (Run, error) {
	d.mu.Lock()
	running, busy := d.running, d.syncing[e.Name]
	if running != nil && !busy {
		d.syncing[e.Name] = true
		d.runs.Add(1)
	}
	d.mu.Unlock()
	if running == nil {
		return Run{}, &signoff.Error{Kind: signoff.Unavailable, Code: "shutting-down", Detail: "the server is starting or stopping", Hint: "try again in a moment"}
	}
	if busy {
		return Run{}, syncRuns(e, d.node)
	}
	run, lease, err := d.note(ctx, e, ask, by)
	if err != nil {
		d.over(e)
		return Run{}, err
	}
	go func() {
		defer d.over(e)
		d.sync(running, e, ask, run, lease)
	}()
	return run, nil
}

func (d *Directories) over(e Entry) {
	d.mu.Lock()
	delete(d.syncing, e.Name)
	d.mu.Unlock()
	d.runs.Done()
}

func syncRuns(e Entry, node string) error {
	return &signoff.Error{Kind: signoff.Conflict, Code: "sync-running", Detail: "the server " + node + " reads the directory " + e.Name + " at this moment", Hint: "wait until it is done"}
}

// note takes the lease and writes down that a sync begins.
func (d *Directories) note(ctx context.Context, e Entry, ask Ask, by string) (Run, store.Lease, error) {
	lease, mine, err := d.hold(ctx, e)
	if err != nil {
		return Run{}, lease, err
	}
	if !mine {
		return Run{}, lease, syncRuns(e, lease.Note)
	}
	if err := d.store.Note(ctx, lease, d.node); err != nil {
		return Run{}, lease, err
	}
	run := Run{Report: Report{Preview: ask.Preview, Step: "reading", Outcome: Outcome{Problems: []Problem{}}}}
	run.DirectoryRun, err = d.store.BeginDirectoryRun(ctx, store.DirectoryRun{Source: e.Source(), Node: d.node, How: by, State: stateRunning, Began: d.now(), Body: run.Report.text()})
	return run, lease, err
}

func (r Report) text() []byte {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // texts and numbers always encode
	}
	return text
}

// sync does one sync and writes down how it ended.
func (d *Directories) sync(ctx context.Context, e Entry, ask Ask, run Run, lease store.Lease) {
	ctx, cancel := context.WithTimeout(ctx, syncWithin)
	defer cancel()
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		d.keep(ctx, e, cancel)
	}()
	record := &Record{By: ByDirectory(e.Name), How: HowSync}
	err := d.readAndTake(ctx, e, ask, &run, record)
	run.State, run.Report.Step = stateDone, ""
	if err != nil {
		run.State = stateFailed
		if signoff.CodeOf(err) == CodeStopped {
			run.State = stateStopped
		}
		run.Report.blame(err)
		d.log.Warn("sync failed", slog.String("directory", e.Name), slog.Any("err", err))
	} else {
		d.log.Info("sync done", slog.String("directory", e.Name), slog.Int("made", run.Report.Made), slog.Int("disabled", run.Report.Disabled), slog.Duration("took", d.now().Sub(run.Began)))
	}
	cancel()
	<-kept
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	if err := record.Finish(ending, d.store, e.Name); err != nil {
		d.log.Warn("counts of a sync not put on record", slog.String("directory", e.Name), slog.Any("err", err))
	}
	run.Ended = d.now()
	d.write(ending, &run)
	if now, mine, err := d.hold(ending, e); err == nil && mine { // keep may have renewed it: only the last token counts
		lease = now
	}
	if err := d.store.Release(ending, lease); err != nil {
		d.log.Warn("lease not given up", slog.String("directory", e.Name), slog.Any("err", err))
	}
}

// blame writes why a run ended early in words for an administrator.
func (r *Report) blame(err error) {
	r.Code, r.Why = "internal", "the server failed; its log says why"
	if said, ok := errors.AsType[*signoff.Error](err); ok {
		r.Code, r.Why, r.Hint = said.Code, said.Detail, said.Hint
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		r.Code, r.Why, r.Hint = "sync-broken-off", "the server stopped, or the sync took too long; the next one goes on where this one was", ""
	}
}

func (d *Directories) write(ctx context.Context, run *Run) {
	run.Body = run.Report.text()
	if err := d.store.KeepDirectoryRun(ctx, run.DirectoryRun); err != nil && ctx.Err() == nil {
		d.log.Warn("report of a sync not kept", slog.Any("err", err))
	}
}

// readAndTake reads a directory and takes in what it says.
func (d *Directories) readAndTake(ctx context.Context, e Entry, ask Ask, run *Run, record *Record) error {
	st, err := d.store.DirectoryState(ctx, e.Source())
	if err != nil {
		return err
	}
	if e.Type == typeGraph {
		return d.readGraph(ctx, e, ask, st, run, record)
	}
	c, mark, err := d.read(ctx, e, ask, st, run)
	if err != nil {
		return err
	}
	run.Report.Step = "taking"
	wrote := d.now()
	how := Take{Called: e.Name, ByAddress: e.ByAddress, MostPercent: e.MostPercent, Only: ask.Preview, Record: record, Told: func(done, all int) {
		run.Report.Taken, run.Report.ToTake = done, all
		if d.now().Sub(wrote) > time.Second {
			wrote = d.now()
			d.write(ctx, run)
		}
	}}
	if ask.Anyway {
		how.MostPercent = 0
	}
	out, err := d.Take(ctx, e.Source(), c, how)
	run.Report.Outcome = out
	if err != nil || ask.Preview {
		return err
	}
	st.Agreed, st.Mark = true, mark
	if run.Report.Whole {
		st.Whole = run.Began
	}
	return d.store.SetDirectoryState(ctx, e.Source(), st)
}

// read reads what is new, or everything: now and then, when that was asked for,
// and when there is somebody nobody here has heard of, who may be in groups that
// did not change.
func (d *Directories) read(ctx context.Context, e Entry, ask Ask, st store.DirectoryState, run *Run) (Changes, string, error) {
	mark := ldap.ParseMark(st.Mark)
	if ask.Preview || ask.Whole || d.now().Sub(st.Whole) >= wholeEvery {
		mark = ldap.Mark{}
	}
	client, err := d.client(e)
	if err != nil {
		return Changes{}, "", err
	}
	wrote := d.now()
	told := func(people, groups int) {
		run.Report.Read = people + groups
		if d.now().Sub(wrote) > time.Second {
			wrote = d.now()
			d.write(ctx, run)
		}
	}
	a, err := client.Read(ctx, mark, told)
	if err == nil && !a.Whole {
		var strangers bool
		if strangers, err = d.strangers(ctx, e, a.Present); err == nil && strangers {
			a, err = client.Read(ctx, ldap.Mark{}, told)
		}
	}
	if err != nil {
		return Changes{}, "", err
	}
	c := changesOf(a)
	run.Report.Server, run.Report.Whole, run.Report.Read = a.Server, a.Whole, len(a.People)+len(a.Groups)
	run.Report.Teams = a.GroupsThere
	run.Report.People = len(a.Present) - a.GroupsThere
	return c, a.Mark.String(), nil
}

// strangers tells whether somebody is there who was never taken, or was gone.
func (d *Directories) strangers(ctx context.Context, e Entry, present []string) (bool, error) {
	known := map[string]bool{}
	err := d.store.DirectoryEntries(ctx, e.Source(), func(e store.DirectoryEntry) { known[e.Subject] = e.State != store.EntryGone })
	if err != nil {
		return false, err
	}
	for _, subject := range present {
		if !known[subject] {
			return true, nil
		}
	}
	return false, nil
}

// changesOf says what an LDAP server said in this package's words.
func changesOf(a *ldap.Answer) Changes {
	c := Changes{Present: a.Present}
	if c.Present == nil {
		c.Present = []string{}
	}
	for _, p := range a.People {
		c.People = append(c.People, Person{Subject: p.Subject, Login: p.Login, Label: p.Label, Name: p.Name, Addresses: p.Addresses,
			Manager: p.Manager, Disabled: p.Disabled, Groups: p.Groups})
	}
	for _, g := range a.Groups {
		c.Groups = append(c.Groups, Group{Subject: g.Subject, Name: g.Name, About: g.About, Members: g.Members})
	}
	return c
}

// Runs returns the last syncs of a directory, newest first; it takes the server
// right.
func (d *Directories) Runs(ctx context.Context, by signoff.Caller, name string, limit int) ([]Run, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return nil, err
	}
	e, found := d.inForce.Load().Value.entry(name)
	if !found {
		return nil, errNoDirectory
	}
	list, err := d.store.DirectoryRuns(ctx, e.Source(), limit)
	out := make([]Run, 0, len(list))
	for _, r := range list {
		run := Run{DirectoryRun: r}
		if err := json.Unmarshal(r.Body, &run.Report); err != nil {
			return nil, fmt.Errorf("report of sync %d: %w", r.ID, err)
		}
		out = append(out, run)
	}
	return out, err
}

// Status is how a directory stands.
type Status struct {
	store.DirectoryState
	People, Groups int
	Refused        []Refused // by the directory, at sign-in; on this server
}

// Status tells how a directory stands; it takes the server right.
func (d *Directories) Status(ctx context.Context, by signoff.Caller, name string) (out Status, err error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return out, err
	}
	e, found := d.inForce.Load().Value.entry(name)
	if !found {
		return out, errNoDirectory
	}
	if out.DirectoryState, err = d.store.DirectoryState(ctx, e.Source()); err != nil {
		return out, err
	}
	out.People, out.Groups, err = d.store.CountDirectory(ctx, e.Source())
	out.Refused = d.refused.of(e.Source())
	return out, err
}

// Probed is how far a test came.
type Probed = ldap.Probed

// Probe tries a directory step by step; it takes the server right. The entry
// need not have been saved; without a password of its own it is tried with the
// one that is kept, if it is for the same server.
func (d *Directories) Probe(ctx context.Context, by signoff.Caller, e Entry, password *string) (Probed, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return Probed{}, err
	}
	if err := d.load(ctx); err != nil {
		return Probed{}, err
	}
	secrets := Secrets{}
	if password != nil {
		given := secretOf(*password)
		secrets[e.Name] = &given
	}
	d.lock(&e, d.inForce.Load().Value, secrets)
	if err := d.check(Setting{Directories: []Entry{e}}); err != nil {
		return Probed{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	switch e.Type {
	case typeGraph:
		return d.probeGraph(ctx, e)
	case typeSCIM:
		return Probed{}, errPushes
	}
	client, err := d.client(e)
	if err != nil {
		return Probed{}, err
	}
	return client.Probe(ctx), nil
}
