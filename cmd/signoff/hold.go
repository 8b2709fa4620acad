package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func holdCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "hold",
		Short:   "Keep instances from being removed, for a lawsuit or an audit",
		GroupID: "talk",
	}
	c.AddCommand(addHoldCommand(), listHoldsCommand(), liftHoldCommand())
	return c
}

// holdInWords says what is held, since when, by whom and why.
func holdInWords(h api.Hold) string {
	text := fmt.Sprintf("%s held since %s by %s: %s", heldThing(h), when(&h.Placed), h.PlacedBy.Name, h.Reason)
	if h.Lifted != nil && h.LiftedBy != nil {
		text += fmt.Sprintf("; lifted %s by %s: %s", when(h.Lifted), h.LiftedBy.Name, h.LiftReason)
	}
	return text
}

func heldThing(h api.Hold) string {
	switch {
	case h.Workflow != "":
		return "workflow " + h.Workflow
	case h.Instance != 0:
		return "instance " + strconv.FormatInt(h.Instance, 10)
	case h.Person != nil:
		return "person " + h.Person.Name
	}
	return "nothing"
}

func addHoldCommand() *cobra.Command {
	var t talk
	var n api.NewHold
	c := &cobra.Command{
		Use:   "add",
		Short: "Place a hold",
		Long: `Place a hold on all instances of a workflow, on one instance, or on everything
somebody started or decided. Nothing that is held is removed until the hold is
lifted. Everybody who administers the workflow sees the reason.`,
		Example: `  signoff hold add --instance 17 --reason "Miller against Contoso"
  signoff hold add --workflow purchase --reason "Audit 2027"
  signoff hold add --person jane --reason "Complaint of 3 May"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			h, err := c.PlaceHold(cmd.Context(), n)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, h)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "hold %d: %s\n", h.ID, oneLine(holdInWords(h)))
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&n.Workflow, "workflow", "", "all instances of this workflow, by key or number")
	c.Flags().Int64Var(&n.Instance, "instance", 0, "this instance")
	c.Flags().StringVar(&n.Person, "person", "", "everything this person started or decided")
	c.Flags().StringVar(&n.Reason, "reason", "", "why; it stays on record")
	c.MarkFlagsOneRequired("workflow", "instance", "person")
	c.MarkFlagsMutuallyExclusive("workflow", "instance", "person")
	if err := c.MarkFlagRequired("reason"); err != nil {
		panic(err) // the flag stands above
	}
	return c
}

func listHoldsCommand() *cobra.Command {
	var t talk
	var lifted bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List holds, last placed first",
		Example: `  signoff hold list --user admin
  signoff hold list --lifted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := c.Holds(cmd.Context(), lifted, client.Paging{Limit: 200})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			if len(l.Items) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "No holds.")
				return nil
			}
			var rows [][]string
			for _, h := range l.Items {
				rows = append(rows, []string{strconv.FormatInt(h.ID, 10), heldThing(h), when(&h.Placed), h.PlacedBy.Name, h.Reason})
				if lifted {
					rows[len(rows)-1] = append(rows[len(rows)-1], liftedCells(h)...)
				}
			}
			head := "ID WHAT SINCE BY REASON"
			if lifted {
				head += " LIFTED LIFTED-BY LIFTED-FOR"
			}
			if err := table(cmd.OutOrStdout(), head, rows); err != nil {
				return err
			}
			if l.Next != "" {
				fmt.Fprintln(cmd.ErrOrStderr(), "There are more; --json pages through them.")
			}
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().BoolVar(&lifted, "lifted", false, "also those that were lifted")
	return c
}

// liftedCells says when a hold was lifted, by whom and why.
func liftedCells(h api.Hold) []string {
	if h.Lifted == nil || h.LiftedBy == nil {
		return []string{"", "", ""}
	}
	return []string{when(h.Lifted), h.LiftedBy.Name, h.LiftReason}
}

func liftHoldCommand() *cobra.Command {
	var t talk
	var reason string
	var yes bool
	c := &cobra.Command{
		Use:   "lift ID",
		Short: "End a hold; it stays on record",
		Long: `End a hold. It stays on record, with the reason.

When ended instances would be removed because of that, by the rules in force
(see signoff retention), it asks for --yes.`,
		Example: `  signoff hold lift 3 --reason "Settled on 4 June"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return usageError{fmt.Errorf("%s is no hold: holds are numbered 1, 2, 3, …", args[0])}
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			if !yes {
				h, err := c.CheckLift(cmd.Context(), id, reason)
				if err == nil {
					err = wouldRelease(h.Releases)
				}
				if err != nil {
					return err
				}
			}
			h, err := c.LiftHold(cmd.Context(), id, reason)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, h)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "hold %d: %s\n", h.ID, oneLine(holdInWords(h)))
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().BoolVar(&yes, "yes", false, "also when instances are removed because of it")
	c.Flags().StringVar(&reason, "reason", "", "why; it stays on record")
	if err := c.MarkFlagRequired("reason"); err != nil {
		panic(err) // the flag stands above
	}
	return c
}

// wouldRelease refuses a lift because of which instances are removed.
func wouldRelease(list []api.Released) error {
	if len(list) == 0 {
		return nil
	}
	var parts []string
	for _, r := range list {
		parts = append(parts, atLeast(r.Go, r.AtLeast)+" of "+r.Workflow)
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: "would-remove",
		Detail: strings.Join(parts, ", ") + " would be removed for good within ten minutes; the hold was not lifted",
		Hint:   "say --yes if that is meant; `signoff export` takes a copy before"}
}
