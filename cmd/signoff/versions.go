package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func versionsCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "versions WORKFLOW",
		Short:   "List a workflow's versions, choose the default one, migrate what runs",
		Example: "  signoff versions leave\n  signoff versions default leave 1\n  signoff versions migrate leave --to 2 --preview",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			w, err := c.Workflow(cmd.Context(), args[0])
			if err != nil || t.asJSON {
				return orJSON(cmd, err, w.Versions)
			}
			var rows [][]string
			for _, v := range w.Versions {
				mark := ""
				if v.Default {
					mark = "default"
				}
				rows = append(rows, []string{fmt.Sprint(v.Number), when(&v.DeployedAt), v.DeployedBy.Name, mark})
			}
			return table(cmd.OutOrStdout(), "VERSION DEPLOYED BY", rows)
		},
	}
	t.flags(c)
	c.AddCommand(defaultVersionCommand(), migrateInstancesCommand(), undoMigrationCommand())
	return c
}

func defaultVersionCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "default WORKFLOW VERSION",
		Short:   "Choose the version that new instances get, and schedules start",
		Example: "  signoff versions default leave 1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[1])
			if err != nil || n < 1 {
				return usageError{fmt.Errorf("%s is no version: write its number", args[1])}
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			if err := c.SetDefaultVersion(cmd.Context(), args[0], n); err != nil {
				return err
			}
			if t.asJSON {
				w, err := c.Workflow(cmd.Context(), args[0])
				return orJSON(cmd, err, w)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "new instances of %s get version %d\n", args[0], n)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

// migration is what the command that migrates is told.
type migration struct {
	talk
	m          api.NewMigration
	maps, sets []string
	preview    bool
}

func migrateInstancesCommand() *cobra.Command {
	var o migration
	c := &cobra.Command{
		Use:   "migrate WORKFLOW --to VERSION",
		Short: "Let running instances go on with another version",
		Long: `Let running instances go on with another version of their workflow.

Steps are the same when they have the same element id; --map says which has
become which. All instances are moved or none, unless --those is given: then
those that can be. --preview says what is in the way, and changes nothing.`,
		Example: `  signoff versions migrate leave --to 2 --preview
  signoff versions migrate leave --to 2 --map approve=approveLeave --reason "The board approves now"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	o.flags(c)
	c.GroupID = ""
	f := c.Flags()
	f.IntVar(&o.m.To, "to", 0, "the version they are to run on")
	f.IntVar(&o.m.From, "from", 0, "only those that run on this version")
	f.StringVar(&o.m.Step, "step", "", "only those that are at this step, by element id")
	f.Int64SliceVar(&o.m.Instances, "instance", nil, "only these instances")
	f.StringArrayVar(&o.maps, "map", nil, "a step or flow that has another element id now, old=new; may be repeated")
	f.StringArrayVarP(&o.sets, "set", "s", nil, "give a variable a value, name=value; may be repeated")
	f.BoolVar(&o.m.Those, "those", false, "move those that can be moved, instead of all or none")
	f.BoolVar(&o.preview, "preview", false, "only say what would happen")
	f.StringVar(&o.m.Reason, "reason", "", "why; it stays on record")
	if err := c.MarkFlagRequired("to"); err != nil {
		panic(err) // the flag stands above
	}
	return c
}

func (o *migration) run(cmd *cobra.Command, workflow string) error {
	for _, pair := range o.maps {
		from, to, ok := strings.Cut(pair, "=")
		if !ok || from == "" || to == "" {
			return usageError{fmt.Errorf("--map %s: write old=new", pair)}
		}
		if o.m.Map == nil {
			o.m.Map = map[string]string{}
		}
		o.m.Map[from] = to
	}
	if !o.preview && o.m.Reason == "" {
		return usageError{errors.New("say why with --reason; it stays on record")}
	}
	c, err := o.dial(cmd)
	if err != nil {
		return err
	}
	if len(o.sets) > 0 {
		w, err := c.Workflow(cmd.Context(), workflow)
		if err != nil {
			return err
		}
		if o.m.Variables, err = parseSets(o.sets, typesOf(w.Variables)); err != nil {
			return err
		}
	}
	if o.preview {
		p, err := c.PreviewMigration(cmd.Context(), workflow, o.m)
		if err != nil || o.asJSON {
			return orJSON(cmd, err, p)
		}
		foreseen(cmd.OutOrStdout(), p, o.m.To)
		return nil
	}
	b, err := c.BeginMigration(cmd.Context(), workflow, o.m)
	if err != nil {
		return err
	}
	return waitForOrder(cmd, c, &o.talk, b, fmt.Sprintf("run on version %d now", o.m.To))
}

// foreseen prints what a migration would do.
func foreseen(out io.Writer, p api.MigrationPreview, to int) {
	fmt.Fprintf(out, "%d of %d can go on with version %d\n", p.Can, p.Total, to)
	for _, b := range p.Blocked {
		where := b.Name
		if b.Step != "" && b.Step != b.Name {
			where = fmt.Sprintf("%s (%s)", b.Name, b.Step)
		}
		if b.Variable != "" {
			where = "variable " + b.Variable
		}
		text := b.Why
		if b.Does != "" {
			text = b.Does + ", and " + b.Why
		}
		ids := strings.Trim(fmt.Sprint(b.Instances), "[]")
		if b.Count > len(b.Instances) {
			ids += " …"
		}
		fmt.Fprintf(out, "\n%s: %s\n  %d of them: %s\n", oneLine(where), oneLine(text), b.Count, ids)
		if b.Advice != "" {
			fmt.Fprintf(out, "  %s\n", oneLine(b.Advice))
		}
	}
}

func undoMigrationCommand() *cobra.Command {
	var t talk
	var reason string
	c := &cobra.Command{
		Use:     "undo ORDER",
		Short:   "Take back those instances of a migration that have not moved on since",
		Example: `  signoff versions undo 3 --reason "Version 2 asks the wrong people"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return usageError{fmt.Errorf("%s is no order: write its number", args[0])}
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			b, err := c.UndoMigration(cmd.Context(), id, reason)
			if err != nil {
				return err
			}
			return waitForOrder(cmd, c, &t, b, "were taken back")
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&reason, "reason", "", "why; it stays on record")
	if err := c.MarkFlagRequired("reason"); err != nil {
		panic(err) // the flag stands above
	}
	return c
}

// waitForOrder waits for the end of a migration and says what became of it.
func waitForOrder(cmd *cobra.Command, c *client.Client, t *talk, b api.Bulk, what string) error {
	b, err := untilOver(cmd, c, t, b)
	if err != nil || t.asJSON {
		return orJSON(cmd, err, b)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "order %d: %d of %d instances %s", b.ID, b.Done, b.Total, what)
	if b.Passed > 0 {
		fmt.Fprintf(out, ", %d were left as they are", b.Passed)
	}
	fmt.Fprintln(out)
	if b.Failed == 0 {
		return nil
	}
	l, err := c.BulkItems(cmd.Context(), b.ID, "failed", client.Paging{Limit: 20})
	if err != nil {
		return err
	}
	for _, i := range l.Items {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d: %s\n", i.Instance, oneLine(i.Cause))
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: "bulk-failed", Detail: fmt.Sprintf("%d of %d could not be done", b.Failed, b.Total),
		Hint: fmt.Sprintf("GET /api/v1/bulk/%d/items?state=failed lists them all", b.ID)}
}
