package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/seal"
)

// openDirectories takes up where people are taken from.
func (s *server) openDirectories(ctx context.Context, cfg Config, key seal.Key) (err error) {
	s.directories, err = directory.OpenDirectories(ctx, directory.New(s.store, s.people, s.log),
		directory.Options{Key: key, Node: cfg.node(), Roots: s.outside.roots, Dial: s.outside.dial, HTTP: s.outside.client})
	return err
}

func directoryCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "directory",
		Short: "People and groups from Active Directory and other LDAP servers",
		Long: `People and groups are taken from the directories set up on the page Directories.
These commands look at them from outside; docs/active-directory.md tells more.`,
		GroupID: "talk",
	}
	c.AddCommand(listDirectoriesCommand(), testDirectoryCommand(), syncDirectoryCommand())
	return c
}

func listDirectoriesCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "list",
		Short: "Directories, and how they stand",
		Long:  "List the directories people come from, how many of them, and how the last sync went.",
		Example: `  signoff directory list
  signoff directory list --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			list, err := c.Directories(cmd.Context())
			if err != nil || t.asJSON {
				return orJSON(cmd, err, list)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tTYPE\tPEOPLE\tGROUPS\tLAST SYNC")
			for i, d := range list.Directories {
				st := list.Status[i]
				fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\n", d.Name, d.Type, st.People, st.Groups, oneLine(lastSync(d, st)))
			}
			return w.Flush()
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func lastSync(d api.Directory, st api.DirectoryStatus) string {
	switch {
	case !d.On:
		return "switched off"
	case d.Type == "scim" && len(st.Problems) > 0:
		return fmt.Sprintf("none: its provider writes by itself; problem: %s: %s", st.Problems[0].Name, st.Problems[0].Reason)
	case d.Type == "scim":
		return "none: its provider writes by itself, with a token of the page Directories"
	case st.Last == nil:
		return "never; begin with signoff directory sync " + d.Name + " --preview"
	}
	if st.Last.Preview && !st.Agreed {
		return "never; a preview " + when(&st.Last.Began) + ", " + runInWords(*st.Last)
	}
	if st.Last.Preview {
		return "since then a preview " + when(&st.Last.Began) + ", " + runInWords(*st.Last)
	}
	return when(&st.Last.Began) + " " + runInWords(*st.Last)
}

// runInWords says how a sync fares.
func runInWords(r api.DirectoryRun) string {
	what := fmt.Sprintf("%d made, %d linked, %d changed, %d switched off, %d switched on, groups: %d made, %d changed, %d gone, %d memberships", r.Made, r.Linked, r.Changed, r.Disabled, r.Enabled,
		r.GroupsMade, r.GroupsChanged, r.GroupsGone, r.Members)
	switch r.State {
	case "running":
		if r.Step == "taking" {
			return fmt.Sprintf("runs: %d of %d taken", r.Taken, r.ToTake)
		}
		return fmt.Sprintf("runs: %d read", r.Read)
	case "done":
		if r.Preview {
			return "would be: " + what
		}
		return what
	case "broken":
		return "broke off with its server; the next one goes on"
	}
	return r.State + ": " + r.Why
}

func testDirectoryCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "test NAME",
		Short: "Try a directory step by step; takes nothing",
		Long: `Go the way of a sync as far as it gets: the name, the connection, its certificate,
the sign-in, and a few people and groups as they would be taken. Nothing is
changed. Ends with 1 when a step fails.`,
		Example: `  signoff directory test contoso`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			got, err := c.TestDirectory(cmd.Context(), args[0])
			if err != nil || t.asJSON {
				return orJSON(cmd, err, got)
			}
			sayTested(cmd.OutOrStdout(), got)
			if !got.OK {
				return errTestFailed
			}
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

var errTestFailed = &signoff.Error{Kind: signoff.Unavailable, Code: "directory-test-failed", Detail: "the directory cannot be used as it is set up"}

func sayTested(out io.Writer, got api.DirectoryTested) {
	for _, s := range got.Steps {
		mark := "ok  "
		if !s.OK {
			mark = "FAIL"
		}
		fmt.Fprintf(out, "%s  %-8s  %s\n", mark, s.Name, oneLine(s.Words))
		if s.Hint != "" {
			fmt.Fprintf(out, "                %s\n", oneLine(s.Hint))
		}
	}
	if c := got.Certificate; c != nil {
		fmt.Fprintf(out, "      certificate of %s, signed by %s, until %s\n      SHA-256 %s\n", oneLine(strings.Join(c.Names, ", ")), oneLine(c.Issuer), when(&c.Until), c.SHA256)
	}
	for _, p := range got.People {
		fmt.Fprintf(out, "      person %s (%s) %s\n", oneLine(p.Name), oneLine(p.Login), oneLine(strings.Join(p.Addresses, ", ")))
	}
	for _, g := range got.Groups {
		fmt.Fprintf(out, "      group %s, %d members\n", oneLine(g.Name), g.Members)
	}
}

func syncDirectoryCommand() *cobra.Command {
	var t talk
	var ask api.SyncDirectory
	c := &cobra.Command{
		Use:   "sync NAME",
		Short: "Take what is new in a directory, and wait until it is done",
		Example: `  signoff directory sync contoso --preview
  signoff directory sync contoso`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			run, err := c.SyncDirectory(cmd.Context(), args[0], ask)
			if err == nil {
				run, err = awaitSync(cmd.Context(), c, args[0], run)
			}
			if err != nil || t.asJSON {
				return orJSON(cmd, err, run)
			}
			return saySync(cmd.OutOrStdout(), run)
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().BoolVar(&ask.Preview, "preview", false, "only say what would be done")
	c.Flags().BoolVar(&ask.Whole, "whole", false, "read everything, not only what is new")
	c.Flags().BoolVar(&ask.Anyway, "anyway", false, "go on although it would switch off more people than are let pass")
	return c
}

// awaitSync asks until a sync is over.
func awaitSync(ctx context.Context, c *client.Client, name string, run api.DirectoryRun) (api.DirectoryRun, error) {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return run, ctx.Err()
		case <-tick.C:
		}
		d, err := c.Directory(ctx, name)
		if err != nil {
			return run, err
		}
		for _, r := range d.Runs {
			if r.ID == run.ID && r.State != "running" {
				return r, nil
			}
		}
	}
}

func saySync(out io.Writer, r api.DirectoryRun) error {
	if r.State != "done" {
		return &signoff.Error{Kind: signoff.Unavailable, Code: r.Code, Detail: r.Why, Hint: r.Hint}
	}
	fmt.Fprintf(out, "%d people and %d groups are there; %s\n", r.People, r.Groups, runInWords(r))
	for _, f := range r.First {
		fmt.Fprintf(out, "  %-8s %s (%s)\n", f.What, oneLine(f.Name), oneLine(f.Login))
	}
	for _, p := range r.Problems {
		fmt.Fprintf(out, "  problem: %s: %s\n", oneLine(p.Name), oneLine(p.Reason))
	}
	if more := r.Troubled - len(r.Problems); more > 0 {
		fmt.Fprintf(out, "  and %d more problems\n", more)
	}
	return nil
}
