package main

import (
	"context"
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

func instancesCommand() *cobra.Command {
	var t talk
	var q client.InstanceQuery
	c := &cobra.Command{
		Use:   "instances [ID]",
		Short: "List instances, or show one with its history",
		Example: `  signoff instances --scope all --status running
  signoff instances 1
  signoff instances cancel 1 --reason "Entered twice"`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return showInstance(cmd, c, args[0], t.asJSON)
			}
			l, err := c.Instances(cmd.Context(), q)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			return listInstances(cmd, l)
		},
	}
	t.flags(c)
	c.Flags().StringVar(&q.Scope, "scope", "mine", "mine: those you started; all: every one you may see")
	c.Flags().StringVar(&q.Status, "status", "", "running, completed, cancelled or incident")
	c.Flags().StringVar(&q.Workflow, "workflow", "", "only this workflow, by key or number")
	c.Flags().IntVar(&q.Limit, "limit", 50, "how many at most, 1 to 200")
	c.AddCommand(cancelCommand())
	c.AddCommand(repairCommands()...)
	return c
}

func listInstances(cmd *cobra.Command, l api.List[api.Instance]) error {
	if len(l.Items) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "No instances.")
		return nil
	}
	var rows [][]string
	for _, i := range l.Items {
		rows = append(rows, []string{fmt.Sprint(i.ID), i.Folio, i.Key, i.Status, waitingFor(i.Waiting), when(&i.StartedAt)})
	}
	if err := table(cmd.OutOrStdout(), "ID FOLIO WORKFLOW STATUS WAITING SINCE", rows); err != nil {
		return err
	}
	if l.Next != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "There are more; raise --limit.")
	}
	return nil
}

func waitingFor(all []api.Waiting) string {
	var words []string
	for _, w := range all {
		var who []string
		for _, p := range w.For {
			who = append(who, p.Name)
		}
		if kind := waitKinds[w.Kind]; len(who) == 0 && kind != "" {
			who = []string{kind}
		}
		text := w.Name
		if len(who) > 0 {
			text += " (" + strings.Join(who, ", ") + ")"
		}
		words = append(words, text)
	}
	return strings.Join(words, "; ")
}

// waitKinds says what is waited for where it is nobody.
var waitKinds = map[string]string{"message": "a message", "signal": "a signal", "condition": "a condition", "race": "whatever comes first",
	"child": "another instance", "external": "another system", "join": "other branches", "incident": "failed", "connection": "a connection"}

func instanceID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usageError{fmt.Errorf("%s is no instance: instances are numbered 1, 2, 3, …", text)}
	}
	return id, nil
}

func showInstance(cmd *cobra.Command, c *client.Client, text string, asJSON bool) error {
	id, err := instanceID(text)
	if err != nil {
		return err
	}
	i, err := c.Instance(cmd.Context(), id)
	if err != nil {
		return err
	}
	events, err := wholeHistory(cmd.Context(), c, id)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if asJSON {
		return printJSON(out, struct {
			api.InstanceDetail
			History []api.Event `json:"history"`
		}{i, events})
	}
	fmt.Fprintf(out, "%d  %s\n%s version %d, %s, started by %s\n", i.ID, oneLine(i.Folio), i.Key, i.Version, i.Status, i.Starter.Name)
	if w := waitingFor(i.Waiting); w != "" {
		fmt.Fprintf(out, "Waiting for: %s\n", oneLine(w))
	}
	for _, h := range i.Holds {
		fmt.Fprintf(out, "Held since %s by %s: %s\n", when(&h.Placed), oneLine(h.PlacedBy.Name), oneLine(h.Reason))
	}
	for _, p := range i.Problems {
		fmt.Fprintf(out, "Problem %s at %s: %s\n", p.Serial, oneLine(p.Name), oneLine(p.Cause))
		if p.Advice != "" {
			fmt.Fprintf(out, "  %s\n", oneLine(p.Advice))
		}
	}
	fmt.Fprintln(out)
	for _, e := range events {
		if !e.Minor {
			fmt.Fprintf(out, "%s  %s\n", when(&e.At), oneLine(e.Text))
		}
	}
	return nil
}

func wholeHistory(ctx context.Context, c *client.Client, id int64) ([]api.Event, error) {
	var all []api.Event
	p := client.Paging{Limit: 200}
	for {
		l, err := c.History(ctx, id, p)
		if err != nil {
			return nil, err
		}
		all = append(all, l.Items...)
		if p.Cursor = l.Next; p.Cursor == "" {
			return all, nil
		}
	}
}

func cancelCommand() *cobra.Command {
	var t talk
	var reason string
	c := &cobra.Command{
		Use:     "cancel ID",
		Short:   "End an instance and everything open in it",
		Example: `  signoff instances cancel 1 --reason "Entered twice"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			id, err := instanceID(args[0])
			if err != nil {
				return err
			}
			if err := c.Cancel(cmd.Context(), id, reason); err != nil {
				return err
			}
			if t.asJSON {
				i, err := c.Instance(cmd.Context(), id)
				return orJSON(cmd, err, i)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "instance %d is cancelled\n", id)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&reason, "reason", "", "why; people see it in the history")
	return c
}

func incidentsCommand() *cobra.Command {
	var t talk
	var workflow string
	c := &cobra.Command{
		Use:   "incidents",
		Short: "List steps that failed and wait to be put right",
		Example: `  signoff incidents --user admin
  signoff incidents retry 1_7 --set amount=100`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := c.Incidents(cmd.Context(), workflow, client.Paging{Limit: 200})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			if len(l.Items) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "No incidents.")
				return nil
			}
			return printIncidents(cmd.OutOrStdout(), l.Items)
		},
	}
	t.flags(c)
	c.Flags().StringVar(&workflow, "workflow", "", "only this workflow, by key or number")
	c.AddCommand(retryCommand(), bulkCommand("skip", "Skip many failed steps"), bulkCommand("cancel", "Cancel the instances of many failed steps"))
	return c
}

// printIncidents writes a table, and below it what is wrong with each and what
// mends it, in full.
func printIncidents(out io.Writer, list []api.Incident) error {
	var rows [][]string
	for _, i := range list {
		rows = append(rows, []string{i.Serial, i.Workflow, i.Name, i.Code, when(&i.At)})
	}
	if err := table(out, "SERIAL WORKFLOW STEP CODE SINCE", rows); err != nil {
		return err
	}
	for _, i := range list {
		fmt.Fprintf(out, "\n%s  %s\n", i.Serial, oneLine(i.Cause))
		printAdvice(out, "    ", i.Advice)
	}
	fmt.Fprintln(out, "\nOnce the cause is mended: signoff incidents retry SERIAL")
	return nil
}

// printAdvice writes each line of an advice on one of its own: the further ones
// are commands.
func printAdvice(out io.Writer, indent, advice string) {
	if advice == "" {
		return
	}
	for i, line := range strings.Split(advice, "\n") {
		if i == 1 {
			indent += "  "
		}
		fmt.Fprintf(out, "%s%s\n", indent, oneLine(line))
	}
}

func retryCommand() *cobra.Command {
	var t talk
	var o bulk
	var sets []string
	c := &cobra.Command{
		Use:   "retry [SERIAL]",
		Short: "Try a failed step again, with corrected variables if need be, or many",
		Example: `  signoff incidents retry 1_7 --set amount=100
  signoff incidents retry --workflow purchase --code effect-failed`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			many, err := o.many(args)
			if err != nil {
				return err
			}
			if many && len(sets) > 0 {
				return usageError{errors.New("--set corrects one instance: name its incident")}
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			if many {
				return o.run(cmd, c, &t)
			}
			serial, err := signoff.ParseSerial(args[0])
			if err != nil {
				return usageError{err}
			}
			values, err := instanceSets(cmd.Context(), c, int64(serial.Instance), sets)
			if err != nil {
				return err
			}
			if err := c.Retry(cmd.Context(), args[0], values); err != nil {
				return err
			}
			if t.asJSON {
				i, err := c.Instance(cmd.Context(), int64(serial.Instance))
				return orJSON(cmd, err, i)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is being tried again\n", args[0])
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	o.flags(c, "retry")
	c.Flags().StringArrayVarP(&sets, "set", "s", nil, "correct a variable, name=value; may be repeated")
	return c
}

// instanceSets reads corrections as values of the types the instance's
// variables have.
func instanceSets(ctx context.Context, c *client.Client, id int64, sets []string) (map[string]any, error) {
	if len(sets) == 0 {
		return nil, nil
	}
	i, err := c.Instance(ctx, id)
	if err != nil {
		return nil, err
	}
	return parseSets(sets, typesOf(i.Variables))
}
