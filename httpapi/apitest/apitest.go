// Package apitest runs the whole server over a database in a temporary folder,
// with the people of contoso.test, and plays request scripts against it. It is
// for tests of the HTTP edges.
package apitest

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/hours"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

//go:embed testdata/*.bpmn
var files embed.FS

// Password is everybody's.
const Password = "signoff of contoso"

// World is a running server.
type World struct {
	URL     string
	API     *httpapi.Server
	Log     *Lines
	Echo    *Echo // the one service type there is
	handler http.Handler
}

// Lines keeps what the server logs.
type Lines struct {
	mu   sync.Mutex
	text []byte
}

func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// String returns everything logged so far.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// Start starts a server with admin, ana, jane, bob and eve; jane and bob are in
// the group Finance. The workflows leave, purchase and flaky are deployed.
// change may alter the server before it serves, to add the K2 API for instance.
func Start(t testing.TB, change ...func(*httpapi.Server)) *World {
	t.Helper()
	return open(t, settled(t), change...)
}

// StartTwo starts two servers on one PostgreSQL, with the same people and
// workflows. They hear each other, as nodes do.
func StartTwo(t testing.TB) (here, there *World) {
	t.Helper()
	dsn := pgtest.Database(t)
	here, there = open(t, dsn), open(t, dsn)
	listen(t, here)
	listen(t, there)
	settle(t, here.API.Identity, here.API.Library)
	return here, there
}

// listen lets a server take in what others say, until the test is over.
func listen(t testing.TB, w *World) {
	ctx, stop := context.WithCancel(context.Background())
	hints := w.API.Runner.Store.Hints(ctx, store.TopicPeople, store.TopicWorkflows)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for h := range hints {
			switch h.Topic {
			case store.TopicPeople:
				w.API.Identity.Heard(h)
			case store.TopicWorkflows:
				w.API.Library.Heard(h)
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

// open starts a server over a database that may be empty.
func open(t testing.TB, dsn string, change ...func(*httpapi.Server)) *World {
	t.Helper()
	ctx := t.Context()
	w := &World{Log: &Lines{}}
	log := slog.New(slog.NewTextHandler(w.Log, nil))
	st, err := store.Open(ctx, dsn, store.Options{Log: log})
	must(t, err)
	people, err := identity.Open(ctx, st, identity.Options{Log: log})
	must(t, err)
	lib := library.New(st, time.Now)
	calendars := &hours.Service{Store: st, Zone: "Europe/Berlin"}
	run := runner.New(runner.Config{Store: st, Library: lib, Directory: people, Calendars: calendars, Log: log})
	stopping := make(chan struct{})
	w.API = &httpapi.Server{Identity: people, Library: lib, Runner: run, Log: log, Version: "test", Public: "https://signoff.example.test", Stopping: stopping}
	w.API.Hours = calendars
	w.Echo = &Echo{}
	known, err := seal.ReadKey("", seal.Secret(strings.Repeat("07", 32))) // scripts hold cursors, whose marks follow from it
	must(t, err)
	services := catalogue.Open(catalogue.Options{Store: st, Key: known, Types: []broker.Type{w.Echo}, Log: log,
		HTTP: func(catalogue.Credential) *http.Client { return http.DefaultClient }})
	w.API.Services = services
	w.API.OAuth, err = oauth.Open(oauth.Config{Store: st, Client: http.DefaultClient, Loopback: true, Seal: seal.NewKey(), Public: w.API.Public, Log: log, Users: services.UsersOf})
	must(t, err)
	for _, c := range change {
		c(w.API)
	}
	w.handler, err = w.API.Handler()
	must(t, err)
	work, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run.Run(work) }()
	server := httptest.NewServer(w.handler)
	w.URL = server.URL
	t.Cleanup(func() {
		close(stopping)
		server.Close()
		must(t, w.API.OAuth.Close())
		stop()
		if err := <-done; err != nil {
			t.Errorf("runner: %v", err)
		}
		must(t, services.Close())
		must(t, st.Close())
	})
	return w
}

// first is a database with the people and workflows, made once: to hash five
// passwords for each test would take most of a run.
var first struct {
	sync.Once
	dsn  string
	file []byte // what is there, when it is a file
}

// settled makes a copy of it for a test to work on.
func settled(t testing.TB) (dsn string) {
	t.Helper()
	first.Do(func() {
		dsn := pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db"))
		st, err := store.Open(t.Context(), dsn, store.Options{})
		must(t, err)
		people, err := identity.Open(t.Context(), st, identity.Options{})
		must(t, err)
		settle(t, people, library.New(st, time.Now))
		must(t, st.Close())
		if filepath.IsAbs(dsn) {
			first.file, err = os.ReadFile(dsn)
			must(t, err)
		}
		first.dsn = dsn
	})
	switch {
	case first.dsn == "":
		t.Fatal("the first test could not make the data")
	case first.file == nil:
		return pgtest.Copy(t, first.dsn)
	}
	dsn = filepath.Join(t.TempDir(), "signoff.db")
	must(t, os.WriteFile(dsn, first.file, 0o600))
	return dsn
}

// settle makes the people and deploys the workflows.
func settle(t testing.TB, people *identity.Service, lib *library.Library) {
	t.Helper()
	ctx := t.Context()
	system := access.System
	by := map[string]signoff.Principal{}
	for _, u := range []identity.NewUser{
		{Login: "admin", Name: "Adele Admin", Email: "admin@contoso.test", Admin: true},
		{Login: "ana", Name: "Ana Asker", Email: "ana@contoso.test"},
		{Login: "jane", Name: "Jane Judge", Email: "jane@contoso.test"},
		{Login: "bob", Name: "Bob Boss", Email: "bob@contoso.test"},
		{Login: "eve", Name: "Eve Elsewhere", Email: "eve@elsewhere.test"},
	} {
		u.Password = Password
		made, err := people.CreateUser(ctx, system, u)
		must(t, err)
		by[u.Login] = made.Principal
	}
	finance, err := people.CreateGroup(ctx, system, "Finance")
	must(t, err)
	must(t, people.SetMember(ctx, system, finance.Principal, by["jane"], true))
	must(t, people.SetMember(ctx, system, finance.Principal, by["bob"], true))
	admin, err := people.Caller(ctx, by["admin"], "test")
	must(t, err)
	for _, name := range []string{"leave", "purchase", "flaky"} {
		_, err := lib.Deploy(ctx, admin, File(name))
		must(t, err)
	}
}

// File returns one of the package's workflows: leave, purchase, flaky or broken.
func File(name string) []byte {
	content, err := files.ReadFile("testdata/" + name + ".bpmn")
	if err != nil {
		panic(err) // the files are embedded
	}
	return content
}

// Begin starts an instance for somebody and returns its number.
func (w *World) Begin(t testing.TB, login, workflow string, vars map[string]any) signoff.InstanceID {
	t.Helper()
	id, err := w.API.Runner.Start(t.Context(), w.Caller(t, login), runner.StartRequest{Workflow: workflow, Vars: vars})
	must(t, err)
	return id
}

// Do lets something happen to an instance.
func (w *World) Do(t testing.TB, login string, id signoff.InstanceID, e engine.Event) {
	t.Helper()
	_, err := w.API.Runner.Do(t.Context(), w.Caller(t, login), id, e, "")
	must(t, err)
}

// Caller returns one of the people.
func (w *World) Caller(t testing.TB, login string) signoff.Caller {
	t.Helper()
	found, err := w.API.Identity.Resolve(t.Context(), []string{login})
	must(t, err)
	c, err := w.API.Identity.Caller(t.Context(), found[login][0].Principal, "test")
	must(t, err)
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Beside starts a second server on the data of the first: another process, as
// far as it can be told from what is kept in memory.
func Beside(t testing.TB, w *World, change ...func(*httpapi.Server)) *World {
	t.Helper()
	first := w.API
	people, err := identity.Open(t.Context(), first.Runner.Store, identity.Options{Log: first.Log})
	must(t, err)
	b := &World{Log: w.Log, API: &httpapi.Server{Identity: people, Library: first.Library, Runner: first.Runner, Log: first.Log, Version: "test", Stopping: first.Stopping}}
	for _, c := range change {
		c(b.API)
	}
	b.handler, err = b.API.Handler()
	must(t, err)
	server := httptest.NewServer(b.handler)
	b.URL = server.URL
	t.Cleanup(server.Close)
	return b
}
