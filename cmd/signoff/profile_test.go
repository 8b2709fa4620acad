package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestEveryCommandThatTalksToAServerTakesAProfile(t *testing.T) {
	found := 0
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if f := c.Flags(); c.Runnable() && f.Lookup("server") != nil {
			found++
			if p := f.Lookup("profile"); p == nil || !strings.Contains(p.Usage, profileVariable) {
				t.Errorf("%s has no --profile, or does not say its variable", c.CommandPath())
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	if walk(rootCommand()); found < 30 {
		t.Errorf("only %d commands talk to a server", found)
	}
}

func TestAProfileSaysWhoAndWhere(t *testing.T) {
	kept := &profiles{Current: "one", path: filepath.Join(t.TempDir(), "profiles.json"),
		All: map[string]profile{"one": {Server: "http://one.test", Token: "sgn_one"}, "two": {Server: "http://two.test", Token: "sgn_two"}}}
	if err := kept.save(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env  string // VARIABLE=VALUE ...
		args string
		want string // server and token, or what the refusal says
	}{
		{"", "", "http://one.test sgn_one"},
		{"", "--profile two", "http://two.test sgn_two"},
		{"SIGNOFF_PROFILE=two", "", "http://two.test sgn_two"},
		{"SIGNOFF_PROFILE=two", "--profile one", "http://one.test sgn_one"},
		{"", "--server http://two.test", "http://two.test sgn_two"},
		{"SIGNOFF_SERVER=http://one.test", "--profile two", "http://two.test sgn_two"},
		{"SIGNOFF_TOKEN=sgn_env SIGNOFF_USER=ana", "--profile two", "http://two.test sgn_two"},
		{"SIGNOFF_TOKEN=sgn_env SIGNOFF_PROFILE=two", "--server http://x.test", "http://x.test sgn_env"},
		{"", "--profile two --server http://one.test", "the profile two is for http://two.test and not for http://one.test"},
		{"", "--profile three", "there is no profile called three"},
		{"", "--profile two --user ana", "--profile and --user both say who you are"},
		{"", "--server http://three.test", "nobody is signed in"},
	} {
		for _, name := range []string{"SIGNOFF_SERVER", "SIGNOFF_USER", "SIGNOFF_TOKEN", profileVariable} {
			t.Setenv(name, "")
		}
		t.Setenv(profilesVariable, kept.path)
		for _, v := range strings.Fields(c.env) {
			name, value, _ := strings.Cut(v, "=")
			os.Setenv(name, value) // t.Setenv above puts back what was before
		}
		var talks talk
		cmd := &cobra.Command{}
		talks.flags(cmd)
		if err := cmd.ParseFlags(strings.Fields(c.args)); err != nil {
			t.Fatal(err)
		}
		got := ""
		if to, err := talks.dial(cmd); err != nil {
			got = err.Error()
		} else {
			got = to.Server + " " + to.Token
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s signoff %s: %s, want %s", c.env, c.args, got, c.want)
		}
	}
}
