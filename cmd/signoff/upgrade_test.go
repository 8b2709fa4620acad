package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// testdata/installations has a folder for each version of the tables that a
// release wrote, named after it: a data folder and a backup of it, with an
// instance in every stage there is. Every later version has to open both, on
// either store, and bring the instances to their ends. To keep the one of this
// version (docs/upgrades.md):
//
//	go test ./cmd/signoff -run TestInstallationsOfEveryVersionGoOn -update
var update = flag.Bool("update", false, "write testdata/installations anew for the present version of the tables")

const installations = "testdata/installations"

// stages are the instances of a stored installation by their notes, and what
// they wait for.
var stages = map[string]string{"open": "task", "claimed": "task", "asleep": "task", "outside": "external", "stuck": "incident", "letter": "mail", "clock": "timer",
	"approved": "", "ended": "", "dropped": ""}

func TestInstallationsOfEveryVersionGoOn(t *testing.T) {
	if *update {
		keepInstallation(t)
	}
	folders, err := filepath.Glob(filepath.Join(installations, "[0-9]*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("there are no installations: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder)+" data folder", func(t *testing.T) {
			s := newSite(t, runSandbox(t))
			dir := s.folder()
			for _, name := range []string{"signoff.db", "key"} {
				copyFile(t, filepath.Join(folder, name), filepath.Join(dir, name))
			}
			s.goesOn()
		})
		for _, into := range []string{"sqlite", "postgres"} {
			t.Run(filepath.Base(folder)+" backup into "+into, func(t *testing.T) {
				s := newSite(t, runSandbox(t))
				if into == "postgres" {
					s.keepIn(pgtest.Empty(t))
				}
				runOK(t, "restore", "--config", s.config, filepath.Join(folder, "signoff.backup"))
				s.goesOn()
			})
		}
		t.Run(filepath.Base(folder)+" moved", func(t *testing.T) {
			dir, dsn := t.TempDir(), pgtest.Empty(t)
			for _, name := range []string{"signoff.db", "key"} {
				copyFile(t, filepath.Join(folder, name), filepath.Join(dir, name))
			}
			runOK(t, "move", "--data", dir, "--store", dsn)
			s := newSite(t, runSandbox(t))
			s.keepIn(dsn)
			copyFile(t, filepath.Join(dir, "key"), filepath.Join(s.folder(), "key"))
			s.goesOn()
		})
	}
	known := fmt.Sprintf("%04d", tablesNow(t))
	if _, err := os.Stat(filepath.Join(installations, known)); err != nil {
		t.Logf("none of the present version, %s, is stored; before it is released run this test with -update", known)
	}
}

func tablesNow(t *testing.T) int64 {
	t.Helper()
	_, knows, err := store.TablesVersion(t.Context(), filepath.Join(t.TempDir(), "none"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return knows
}

// folder is the site's data folder, made if need be.
func (s *site) folder() string {
	s.t.Helper()
	cfg, err := loadConfig(s.config, nil, nil)
	if err == nil {
		err = os.MkdirAll(cfg.Data, 0o700)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return cfg.Data
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// append adds a line to the site's configuration.
func (s *site) append(line string) {
	s.t.Helper()
	f, err := os.OpenFile(s.config, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintln(f, line)
		f.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// byNote lists the site's instances by what their folios end with.
func (s *site) byNote() map[string]api.InstanceDetail {
	s.t.Helper()
	l, err := s.as("admin").Instances(s.t.Context(), client.InstanceQuery{Scope: "all", Paging: client.Paging{Limit: 100}})
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]api.InstanceDetail{}
	for _, i := range l.Items {
		in, err := s.as("admin").Instance(s.t.Context(), i.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		out[i.Folio[strings.LastIndexByte(i.Folio, ' ')+1:]] = in
	}
	return out
}

// goesOn starts the server on what is there, brings every instance to its end,
// and audits what it has written.
func (s *site) goesOn() {
	s.t.Helper()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"said":"stuck"}`)
	}))
	defer service.Close()
	s.append("calls: {allow: 127.0.0.0/8}")
	s.up()
	ctx := s.t.Context()
	all := s.byNote()
	if len(all) != len(stages) {
		s.t.Fatalf("%d instances, want %d", len(all), len(stages))
	}
	do := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Error(err)
		}
	}
	for note, who := range map[string]string{"open": "jane", "claimed": "bob", "asleep": "jane"} {
		_, err := s.as(who).Decide(ctx, all[note].Waiting[0].Task, api.Decide{Action: "Approve"}, "")
		do(err)
	}
	do(s.as("admin").FinishStep(ctx, all["outside"].Waiting[0].Serial, nil, ""))
	do(s.as("admin").Retry(ctx, all["stuck"].Problems[0].Serial, map[string]any{"url": service.URL}))
	for note, in := range all {
		in, err := settled(ctx, s.as("admin"), in)
		if want := map[bool]string{true: "cancelled", false: "completed"}[note == "dropped"]; err != nil || in.Status != want {
			s.t.Errorf("%s is %s: %+v %v", note, in.Status, in.Waiting, err)
		}
		events, err := s.as("admin").History(ctx, in.ID, client.Paging{Limit: 100})
		if err != nil || len(events.Items) == 0 {
			s.t.Errorf("%s has no history: %v", note, err)
		}
	}
	s.kill()
	s.audit()
}

func (s *site) audit() {
	s.t.Helper()
	cfg, err := loadConfig(s.config, nil, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	st, err := store.Open(s.t.Context(), cfg.database(), store.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer st.Close()
	if n, differ, err := st.AuditAll(s.t.Context(), nil); err != nil || len(differ) > 0 || n != int64(len(stages)) {
		s.t.Errorf("%d instances, %v\n%s", n, err, strings.Join(differ, "\n"))
	}
}

// keepInstallation makes an installation with the program as it is now, brings
// an instance to every stage, and keeps its data folder and a backup of it.
func keepInstallation(t *testing.T) {
	post := runSandbox(t)
	post.SMTP = freePort(t) // where nobody takes mail
	s := newSite(t, post)
	s.up()
	ctx := t.Context()
	admin, ana := s.as("admin"), s.as("ana")
	s.furnish(filepath.Join(installations, "stages.bpmn"))
	office, err := admin.CreateGroup(ctx, "Office")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(err)
	users, err := admin.Users(ctx, "bob", client.Paging{Limit: 10})
	check(err)
	check(admin.AddMember(ctx, office.ID, users.Items[0].ID))
	start := func(kind, note string) api.InstanceDetail {
		t.Helper()
		st, err := ana.Start(ctx, "stages", api.StartBody{Variables: map[string]any{"kind": kind, "note": note}}, "start-"+note)
		check(err)
		return s.until(st.ID, stages[note])
	}
	serial := func(note string) string { return start("task", note).Waiting[0].Task }
	serial("open")
	check(s.as("bob").Claim(ctx, serial("claimed")))
	check(s.as("jane").Sleep(ctx, serial("asleep"), time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)))
	_, err = s.as("bob").Decide(ctx, serial("approved"), api.Decide{Action: "Approve", Comment: "Good."}, "decide-approved")
	check(err)
	start("none", "ended")
	start("external", "outside")
	start("call", "stuck")
	start("mail", "letter")
	check(ana.Cancel(ctx, start("task", "dropped").ID, "no longer needed"))
	start("timer", "clock")
	to := filepath.Join(installations, fmt.Sprintf("%04d", tablesNow(t)))
	check(os.MkdirAll(to, 0o755))
	runOK(t, "backup", "--config", s.config, "--with-key", "--force", filepath.Join(to, "signoff.backup"))
	s.end()
	for _, name := range []string{"signoff.db", "key"} {
		copyFile(t, filepath.Join(s.folder(), name), filepath.Join(to, name))
	}
}

// until waits for an instance to wait for something; "": to have ended, or to be
// about to be brought there.
func (s *site) until(id int64, kind string) api.InstanceDetail {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		in, err := s.as("admin").Instance(ctx, id)
		if err != nil {
			s.t.Fatalf("instance %d does not come to wait for %q: %v", id, kind, err)
		}
		if kind == "" || len(in.Waiting) > 0 && in.Waiting[0].Kind == kind {
			return in
		}
		<-tick.C
	}
}

// end ends the server as an administrator does.
func (s *site) end() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd.Process.Signal(os.Interrupt)
	<-s.gone
	s.cmd = nil
}
