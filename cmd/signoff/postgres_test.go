package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// TestScriptsOnPostgreSQL has the real program keep its data in PostgreSQL and
// lives through the stories that are about keeping.
func TestScriptsOnPostgreSQL(t *testing.T) {
	pgtest.Empty(t) // starts the server, or skips
	for _, story := range []string{"approve", "mail", "incident"} {
		testscript.Run(t, testscript.Params{
			Files: []string{filepath.Join("testdata", "script", story+".txtar")},
			Setup: func(e *testscript.Env) error {
				e.Setenv(beSignoff, "1")
				e.Setenv("SELF", os.Args[0])
				e.Setenv("SIGNOFF_STORE", pgtest.Empty(t))
				return os.Symlink(os.Args[0], filepath.Join(e.WorkDir, "signoff"))
			},
			Cmds:                scriptCommands,
			RequireExplicitExec: true,
		})
	}
}

// TestASandboxOnADatabaseThatIsInUseGivesNobodyAKnownPassword starts a sandbox
// with a new folder on a database where people have accounts.
func TestASandboxOnADatabaseThatIsInUseGivesNobodyAKnownPassword(t *testing.T) {
	dsn := pgtest.Empty(t)
	t.Setenv("SIGNOFF_KEY", seal.NewKey().Text().Reveal())
	runUntilReady(t, dsn, "--data", t.TempDir())
	dir := t.TempDir()
	runUntilReady(t, dsn, "--data", dir, "--sandbox", "--sandbox-smtp", "127.0.0.1:0", "--sandbox-imap", "127.0.0.1:0", "--sandbox-https", "127.0.0.1:0")
	if logins := loginsOf(t, dsn); logins != "admin" {
		t.Fatalf("there are accounts of %s", logins)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "signoff.db*")); len(found) > 0 {
		t.Fatalf("a data file was made all the same: %v", found)
	}
}

func TestAStoreThatCannotBeReachedEndsTheServerWithOneSentence(t *testing.T) {
	c := command(t.Context(), "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	c.Env = append(c.Env, "SIGNOFF_STORE=postgres://signoff:hunter2@127.0.0.1:1/signoff")
	out, err := c.CombinedOutput()
	if _, ended := err.(*exec.ExitError); !ended || !bytes.Contains(out, []byte("the database signoff on 127.0.0.1:1 cannot be reached")) {
		t.Fatalf("%v\n%s", err, out)
	}
	if bytes.Contains(out, []byte("hunter2")) {
		t.Fatalf("the password is in it:\n%s", out)
	}
}

// A server that is started together with its database waits for it, but not
// when the database is there and does not want it.
func TestAServerCanWaitForItsDatabase(t *testing.T) {
	pg := pgtest.Start(t)
	dsn := pg.Database(t)
	pg.Halt()
	log := &lockedBuffer{}
	c := command(t.Context(), "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	c.Env = append(c.Env, "SIGNOFF_STORE="+dsn, "SIGNOFF_STOREWAIT=1m")
	c.Stderr = log
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "it says that it waits", func() bool { return strings.Contains(log.String(), "waiting for the database") })
	if err := pg.Run(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "signoff") {
		t.Fatalf("%q %v\n%s", line, err, log)
	}
	c.Process.Signal(os.Interrupt)
	if err := c.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	said := refusesToStart(t, []string{"SIGNOFF_STOREWAIT=1h"}, "--data", t.TempDir(), "--store", strings.Replace(dsn, "/t", "/none", 1))
	mentions(t, said, "does not exist")
}

// waitFor looks until something is so.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for give := time.After(30 * time.Second); !is(); {
		select {
		case <-tick.C:
		case <-give:
			t.Fatalf("not so after 30 s: %s", what)
		}
	}
}

// TestAServerGoesOnInPostgreSQLAfterAMove has an administrator made in a file,
// moves it, and starts the server where it is then: no second one is made.
func TestAServerGoesOnInPostgreSQLAfterAMove(t *testing.T) {
	dir, dsn := t.TempDir(), pgtest.Empty(t)
	runUntilReady(t, "", "--data", dir)
	for range 2 {
		out, err := command(t.Context(), "move", "--data", dir, "--store", dsn).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("every row compared")) {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	said := runUntilReady(t, dsn, "--data", dir)
	if strings.Contains(said, "Password") {
		t.Fatalf("a new administrator was made:\n%s", said)
	}
	where := store.Where(dsn)
	if !strings.Contains(where, " on ") || !strings.Contains(said, strings.TrimPrefix(where, "the ")) {
		t.Fatalf("it does not say that it works on %s:\n%s", where, said)
	}
	out, err := command(t.Context(), "backup", "--data", dir, "--store", dsn, filepath.Join(dir, "there.backup")).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("rows of "+where)) {
		t.Fatalf("a backup that does not say what it is of: %v\n%s", err, out)
	}
	if logins := loginsOf(t, dsn); logins != "admin" {
		t.Fatalf("there are accounts of %s", logins)
	}
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0", "--data", dir}, {"backup", "--data", dir, filepath.Join(dir, "a.backup")}} {
		out, err := command(t.Context(), args...).CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("was moved to "+store.AddressOf(dsn))) || !bytes.Contains(out, []byte("signoff move --undo --data "+dir)) {
			t.Fatalf("%s of the old file: %v\n%s", args[0], err, out)
		}
	}
	for _, words := range []string{"is data to start a server on again", "there is nothing to undo"} {
		if out, err := command(t.Context(), "move", "--undo", "--data", dir).CombinedOutput(); err != nil || !bytes.Contains(out, []byte(words)) {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if said := runUntilReady(t, "", "--data", dir); !strings.Contains(said, "data file "+filepath.Join(dir, storeFile)) {
		t.Fatalf("it does not say that it works on the file:\n%s", said)
	}
}

// A server that ends because its database is away does not promise to try again.
func TestAServerWithoutItsDatabaseSaysHowToWaitForIt(t *testing.T) {
	out, err := command(t.Context(), "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--store", "postgres://u:secret@127.0.0.1:1/x").CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("cannot be reached")) || !bytes.Contains(out, []byte("storewait: 2m")) ||
		bytes.Contains(out, []byte("by itself")) || bytes.Contains(out, []byte("secret")) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// runUntilReady starts the program on a database, and ends it when it says where it is.
func runUntilReady(t *testing.T, dsn string, args ...string) (said string) {
	t.Helper()
	c := command(context.Background(), append([]string{"serve", "--listen", "127.0.0.1:0", "--store", dsn}, args...)...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	c.Stderr = log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 4096); !strings.Contains(said, "Ctrl+C"); {
		n, err := out.Read(b)
		if said += string(b[:n]); err != nil {
			t.Fatalf("the server ended: %s\n%s", said, log)
		}
	}
	c.Process.Signal(os.Interrupt)
	if err := c.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	return said
}

func loginsOf(t *testing.T, dsn string) string {
	t.Helper()
	st, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	list, err := st.Accounts(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var logins []string
	for _, a := range list {
		logins = append(logins, a.Login)
	}
	return strings.Join(logins, " ")
}
