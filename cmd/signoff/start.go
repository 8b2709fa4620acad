package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func startCommand() *cobra.Command {
	var t talk
	var sets []string
	var folio, key string
	var priority int
	var wait time.Duration
	c := &cobra.Command{
		Use:   "start WORKFLOW",
		Short: "Start a workflow and print the number of the instance",
		Long: `Start a workflow, named by its key or number, and print the number of the new
instance. Values are given as name=value; what a workflow asks for is shown by
` + "`signoff workflows KEY`" + `.`,
		Example: `  signoff start leave --set from=2026-12-01 --set to=2026-12-03 --user ana
  signoff start leave --set from=2026-12-01 --set to=2026-12-03 --wait 1m   # until it ends`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			body, err := startBody(cmd.Context(), c, args[0], sets)
			if err != nil {
				return err
			}
			body.Folio = folio
			if cmd.Flags().Changed("priority") {
				body.Priority = &priority
			}
			started, err := c.Start(cmd.Context(), args[0], body, key)
			if err != nil {
				return err
			}
			return sayStarted(cmd, c, started.ID, wait, t.asJSON)
		},
	}
	t.flags(c)
	c.Flags().StringArrayVarP(&sets, "set", "s", nil, "value of a variable, name=value; may be repeated")
	c.Flags().StringVar(&folio, "folio", "", "title of the instance instead of the workflow's own")
	c.Flags().IntVar(&priority, "priority", 1, "0 high, 1 normal, 2 low")
	c.Flags().StringVar(&key, "idempotency-key", "", "starting twice with the same key starts once")
	c.Flags().DurationVar(&wait, "wait", 0, "wait until the instance ends, at most this long")
	return c
}

func sayStarted(cmd *cobra.Command, c *client.Client, id int64, wait time.Duration, asJSON bool) error {
	out := cmd.OutOrStdout()
	if wait == 0 && !asJSON {
		fmt.Fprintln(out, id)
		return nil
	}
	instance, err := waitForEnd(cmd.Context(), c, id, wait)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, instance)
	}
	fmt.Fprintf(out, "%d\t%s\n", id, instance.Status)
	return nil
}

// waitForEnd follows the server's events until the instance has ended or the
// time is over, and returns it as it stands then.
func waitForEnd(ctx context.Context, c *client.Client, id int64, wait time.Duration) (api.InstanceDetail, error) {
	instance, err := c.Instance(ctx, id)
	if err != nil || wait == 0 || instance.Status != "running" {
		return instance, err
	}
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	// Asking to go on after some event makes the stream begin with a resync: the
	// instance may have ended before it was open.
	err = c.Events(limited, "0", func(client.Event) error {
		if instance, err = c.Instance(ctx, id); err != nil {
			return err
		}
		if instance.Status != "running" {
			return errSaid
		}
		return nil
	})
	if err == errSaid || limited.Err() != nil && ctx.Err() == nil {
		return c.Instance(ctx, id)
	}
	return instance, err
}

// startBody turns name=value into values of the types the workflow declares.
func startBody(ctx context.Context, c *client.Client, workflow string, sets []string) (api.StartBody, error) {
	if len(sets) == 0 {
		return api.StartBody{}, nil
	}
	w, err := c.Workflow(ctx, workflow)
	if err != nil {
		return api.StartBody{}, err
	}
	values, err := parseSets(sets, typesOf(w.Variables))
	return api.StartBody{Variables: values}, err
}

func typesOf(variables []api.Variable) map[string]string {
	types := map[string]string{}
	for _, v := range variables {
		types[v.Name] = v.Type
	}
	return types
}

// parseSets reads name=value pairs. A value becomes JSON where the declared
// type is a number, a switch or JSON itself, and text otherwise; what cannot be
// read so is sent as text, and the server says what is wrong with it.
func parseSets(sets []string, types map[string]string) (map[string]any, error) {
	values := map[string]any{}
	for _, s := range sets {
		name, text, ok := strings.Cut(s, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, usageError{fmt.Errorf("--set %s: write name=value", s)}
		}
		values[name] = parseValue(text, types[name])
	}
	return values, nil
}

func parseValue(text, typ string) any {
	switch typ {
	case "number", "boolean", "json":
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var v any
		if dec.Decode(&v) == nil && !dec.More() {
			return v
		}
	}
	return text
}

func workflowsCommand() *cobra.Command {
	var t talk
	var startable bool
	c := &cobra.Command{
		Use:   "workflows [KEY]",
		Short: "List workflows, or show what one asks for",
		Example: `  signoff workflows --startable
  signoff workflows leave`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return showWorkflow(cmd, c, args[0], t.asJSON)
			}
			l, err := c.Workflows(cmd.Context(), client.WorkflowQuery{Startable: startable})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			var rows [][]string
			for _, w := range l.Items {
				rows = append(rows, []string{w.Key, w.Name, fmt.Sprint(w.Version), w.Category})
			}
			return table(cmd.OutOrStdout(), "KEY NAME VERSION CATEGORY", rows)
		},
	}
	t.flags(c)
	c.Flags().BoolVar(&startable, "startable", false, "only those you may start")
	c.AddCommand(showWorkflowCommand())
	return c
}

func showWorkflowCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "show KEY",
		Short:   "Show what a workflow asks for",
		Example: `  signoff workflows show leave`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			return showWorkflow(cmd, c, args[0], t.asJSON)
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func showWorkflow(cmd *cobra.Command, c *client.Client, key string, asJSON bool) error {
	w, err := c.Workflow(cmd.Context(), key)
	if err != nil || asJSON {
		return orJSON(cmd, err, w)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s — %s, version %d\n", w.Key, w.Name, w.Version)
	if w.Description != "" {
		fmt.Fprintln(out, w.Description)
	}
	var rows [][]string
	for _, v := range w.Variables {
		need := ""
		if v.Required {
			need = "required"
		}
		rows = append(rows, []string{v.Name, v.Type, need, v.Label, strings.Join(v.Choices, "|")})
	}
	return table(out, "VARIABLE TYPE NEED LABEL CHOICES", rows)
}

// orJSON prints v unless there is an error to return.
func orJSON(cmd *cobra.Command, err error, v any) error {
	if err != nil {
		return err
	}
	return printJSON(cmd.OutOrStdout(), v)
}
