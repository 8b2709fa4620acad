package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// bulk is what retry, skip and cancel of many incidents have in common.
type bulk struct {
	b api.NewBulk
}

func (o *bulk) flags(c *cobra.Command, do string) {
	o.b.Do = do
	c.Flags().StringVar(&o.b.Workflow, "workflow", "", "incidents of this workflow, by key or number")
	c.Flags().StringVar(&o.b.Step, "step", "", "incidents of this step, by element id")
	c.Flags().StringVar(&o.b.Code, "code", "", "incidents with this code")
	c.Flags().StringVar(&o.b.Reason, "reason", "", "why; it stays on record")
}

// many tells whether many incidents are meant, and not the one that is named.
func (o *bulk) many(args []string) (bool, error) {
	some := o.b.Workflow != "" || o.b.Step != "" || o.b.Code != ""
	switch {
	case len(args) == 1 && some:
		return false, usageError{errors.New("name one incident, or say which with --workflow, --step and --code")}
	case len(args) == 0 && !some:
		return false, usageError{errors.New("name an incident, or say which with --workflow, --step and --code")}
	}
	return some, nil
}

// bulkCommand is an order for many incidents.
func bulkCommand(do, short string) *cobra.Command {
	var t talk
	var o bulk
	c := &cobra.Command{
		Use:     do,
		Short:   short,
		Example: `  signoff incidents ` + do + ` --workflow purchase --code effect-failed --reason "The shop was closed"`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := o.many(args); err != nil {
				return err
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			return o.run(cmd, c, &t)
		},
	}
	t.flags(c)
	c.GroupID = ""
	o.flags(c, do)
	if do == "skip" {
		c.Flags().StringVar(&o.b.Outcome, "outcome", "", "of tasks: what they count as decided with")
	}
	return c
}

// bulkLook is how often the command asks how far its order is.
const bulkLook = 500 * time.Millisecond

// run gives the order and waits for its end. What takes longer than a second
// says how far it is; the order goes on though nobody waits.
func (o *bulk) run(cmd *cobra.Command, c *client.Client, t *talk) error {
	ctx := cmd.Context()
	b, err := c.BeginBulk(ctx, o.b)
	if err != nil {
		return err
	}
	if b, err = untilOver(cmd, c, t, b); err != nil {
		return err
	}
	if t.asJSON {
		if err := printJSON(cmd.OutOrStdout(), b); err != nil || b.Failed == 0 {
			return err
		}
		return notAll(b)
	}
	return o.told(cmd, c, b)
}

// untilOver waits for the end of an order.
func untilOver(cmd *cobra.Command, c *client.Client, t *talk, b api.Bulk) (api.Bulk, error) {
	ctx, began := cmd.Context(), time.Now()
	var err error
	for b.Ended == nil {
		if err := restFor(ctx, bulkLook); err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "the server goes on with it by itself: GET /api/v1/bulk/%d says how far\n", b.ID)
			return b, err
		}
		if b, err = c.Bulk(ctx, b.ID); err != nil {
			return b, err
		}
		if time.Since(began) > time.Second && !t.asJSON {
			fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d\n", b.Done+b.Failed+b.Passed, b.Total)
		}
	}
	return b, nil
}

func restFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// told says what became of the incidents, and why some failed.
func (o *bulk) told(cmd *cobra.Command, c *client.Client, b api.Bulk) error {
	if b.Total == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "No such incidents.")
		return nil
	}
	what := map[string]string{"retry": "being tried again", "skip": "skipped", "cancel": "cancelled"}[b.Do]
	fmt.Fprintf(cmd.OutOrStdout(), "%d of %d %s", b.Done, b.Total, what)
	if b.Passed > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), ", %d were dealt with already", b.Passed)
	}
	fmt.Fprintln(cmd.OutOrStdout())
	if b.Failed == 0 {
		return nil
	}
	l, err := c.BulkItems(cmd.Context(), b.ID, "failed", client.Paging{Limit: 20})
	if err != nil {
		return err
	}
	for _, i := range l.Items {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", i.Incident, oneLine(i.Cause))
	}
	return notAll(b)
}

// notAll is the error of an order of which something could not be done.
func notAll(b api.Bulk) error {
	return &signoff.Error{Kind: signoff.Conflict, Code: "bulk-failed", Detail: fmt.Sprintf("%d of %d could not be done", b.Failed, b.Total),
		Hint: fmt.Sprintf("GET /api/v1/bulk/%d/items?state=failed lists them all", b.ID)}
}
