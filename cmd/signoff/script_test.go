package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

// Scripts in testdata/script run the real program. Their own command:
//
//	sandbox ...  starts `signoff serve --sandbox` on free ports and sets
//	             SIGNOFF_SERVER and SIGNOFF_PASSWORD for what follows
//	stray FROM   sends a mail that answers nothing to the sandbox's server mailbox
//	setfrom V F  sets the variable V to what the file F holds
//	await W ...  runs signoff with the words behind W until it prints W
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv(beSignoff, "1")
			e.Setenv("SELF", os.Args[0])
			return os.Symlink(os.Args[0], filepath.Join(e.WorkDir, "signoff"))
		},
		Cmds:                scriptCommands,
		RequireExplicitExec: true,
	})
}

var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){"signoff": signoffInScript, "sandbox": sandboxInScript,
	"stray": strayInScript, "await": awaitInScript, "setfrom": setFromInScript}

// signoffInScript runs the program; its exit code is checked as `! signoff`
// for 1, and by `status 2` where it matters.
func signoffInScript(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(os.Args[0], args...)
	if (err != nil) != neg {
		ts.Fatalf("signoff %s: %v", strings.Join(args, " "), err)
	}
}

func setFromInScript(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

func sandboxInScript(ts *testscript.TestScript, neg bool, more []string) {
	data := ts.MkAbs("data")
	c := exec.Command(os.Args[0], append([]string{"serve", "--sandbox", "--data", data, "--listen", "127.0.0.1:0",
		"--sandbox-smtp", "127.0.0.1:0", "--sandbox-imap", "127.0.0.1:0", "--sandbox-https", "127.0.0.1:0"}, more...)...)
	c.Env = append(os.Environ(), beSignoff+"=1", "SIGNOFF_STORE="+ts.Getenv("SIGNOFF_STORE"))
	log := &lockedBuffer{}
	c.Stderr = log
	ts.Check(c.Start())
	gone := make(chan struct{})
	go func() { c.Wait(); close(gone) }()
	ts.Defer(func() { c.Process.Signal(os.Interrupt); <-gone })
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			ts.Fatalf("the server ended:\n%s", log)
		case <-tick.C:
		}
		text, err := os.ReadFile(filepath.Join(data, "sandbox.json"))
		if err != nil {
			continue
		}
		var where struct{ Server string }
		ts.Check(json.Unmarshal(text, &where))
		ts.Setenv("SIGNOFF_SERVER", where.Server)
		ts.Setenv("SIGNOFF_PASSWORD", "signoff")
		return
	}
}

var oddFlag = regexp.MustCompile(`(?m)^ +(-\w, )?--[\w-]+ \S+ \S.*$`)

func TestEveryCommandTeaches(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Runnable() && c.Name() != "help" && c.Name() != "completion" && c.Parent().Name() != "completion" {
			if c.Short == "" || c.Example == "" {
				t.Errorf("%s has no description or no example", c.CommandPath())
			}
			if c.Name() != "serve" && c.Name() != "sandbox" && c.Name() != "check" && c.Flags().Lookup("json") == nil {
				t.Errorf("%s cannot print JSON", c.CommandPath())
			}
		}
		// What a description has in backquotes is taken for the value's name.
		if flags := c.Flags().FlagUsages() + c.PersistentFlags().FlagUsages(); oddFlag.MatchString(flags) {
			t.Errorf("%s shows a flag with more than one word as its value: %q", c.CommandPath(), oddFlag.FindString(flags))
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(rootCommand())
}
