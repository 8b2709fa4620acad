package main

import (
	"bytes"
	"testing"

	"github.com/signoffhq/signoff/store/pgtest"
)

// Whoever names the database of another program by mistake is told so by all
// commands that would change it, and by the one that only looks.
func TestADatabaseOfAnotherProgramIsLeftAlone(t *testing.T) {
	dsn := pgtest.Empty(t)
	pgtest.Exec(t, dsn, `create table account (id int)`)
	for _, args := range [][]string{{"migrate", "--check"}, {"migrate"}, {"serve", "--listen", "127.0.0.1:0"}} {
		c := command(t.Context(), append(args, "--data", t.TempDir())...)
		c.Env = append(c.Env, "SIGNOFF_STORE="+dsn)
		out, err := c.CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("has tables of another program; nothing was changed")) || !bytes.Contains(out, []byte("make a database for signoff alone")) {
			t.Errorf("%s: %v\n%s", args[0], err, out)
		}
	}
}
