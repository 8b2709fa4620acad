package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

func retentionCommand() *cobra.Command {
	var t talk
	var keep string
	var yes bool
	c := &cobra.Command{
		Use:   "retention WORKFLOW",
		Short: "Say or change how long a workflow's ended instances are kept",
		Long: `Say how long a workflow's ended instances are kept, and what was removed; with
--keep change it. The time counts from an instance's end. When it is up, the
instance is removed for good, with its history, tasks and mail, unless a hold
keeps it (see signoff hold). What runs or failed is never removed.

A rule by which instances would go now asks for --yes.`,
		Example: `  signoff retention leave
  signoff retention leave --keep 7y
  signoff retention leave --keep 90d --yes
  signoff retention leave --keep forever`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			days, err := parseKeep(keep)
			changes := cmd.Flags().Changed("keep")
			if changes && err != nil {
				return usageError{err}
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			if !changes {
				r, err := c.Retention(cmd.Context(), args[0], -1)
				if err != nil || t.asJSON {
					return orJSON(cmd, err, r)
				}
				return showRetention(cmd.OutOrStdout(), args[0], r)
			}
			r, err := c.Retention(cmd.Context(), args[0], days)
			if err != nil {
				return err
			}
			if r.Expired.Go > 0 && !yes && r.KeepDays != days { // by the rule in force they go anyway
				return wouldRemove(args[0], r.Expired)
			}
			if r.KeepDays == days && !t.asJSON {
				fmt.Fprintln(cmd.OutOrStdout(), "This rule is in force already.")
				return showRetention(cmd.OutOrStdout(), args[0], r)
			}
			if r, err = c.SetRetention(cmd.Context(), args[0], days); err != nil || t.asJSON {
				return orJSON(cmd, err, r)
			}
			return showRetention(cmd.OutOrStdout(), args[0], r)
		},
	}
	t.flags(c)
	c.Flags().StringVar(&keep, "keep", "", "how long to keep what has ended: 90d, 12w, 7y or forever")
	c.Flags().BoolVar(&yes, "yes", false, "also when instances are removed by that at once")
	return c
}

func wouldRemove(workflow string, e api.Expired) error {
	return &signoff.Error{Kind: signoff.Conflict, Code: "would-remove",
		Detail: atLeast(e.Go, e.AtLeast) + " of " + workflow + " would be removed for good; nothing was changed",
		Hint:   "say --yes if that is meant; `signoff export " + workflow + "` takes a copy before"}
}

func atLeast(n int, more bool) string {
	text := strconv.Itoa(n) + " ended instances"
	if n == 1 {
		text = "1 ended instance"
	}
	if more {
		text += " or more"
	}
	return text
}

// maxKeepDays is the longest time the server takes.
const maxKeepDays = 36500

// parseKeep reads a time as people say it, in whole days. A year is never too
// short: 1y is 366 days, 4y are 1461.
func parseKeep(text string) (days int, err error) {
	if text == "forever" {
		return 0, nil
	}
	bad := fmt.Errorf("--keep %q: say 90d, 12w, 7y or forever", text)
	if text == "" {
		return 0, bad
	}
	n, err := strconv.Atoi(text[:len(text)-1])
	if err != nil || n < 1 || n > maxKeepDays {
		return 0, bad
	}
	switch text[len(text)-1] {
	case 'd':
		days = n
	case 'w':
		days = 7 * n
	case 'y':
		days = (1461*n + 3) / 4
	default:
		return 0, bad
	}
	if days > maxKeepDays {
		return 0, fmt.Errorf("--keep %q: the longest time is %d days; forever is longer", text, maxKeepDays)
	}
	return days, nil
}

func showRetention(w io.Writer, workflow string, r api.Retention) error {
	rule := "kept for ever"
	if r.KeepDays > 0 {
		rule = fmt.Sprintf("removed %d days after their end", r.KeepDays)
	}
	fmt.Fprintf(w, "Ended instances of %s are %s.\n", workflow, rule)
	if n := r.Expired.Go; n > 0 {
		fmt.Fprintf(w, "Removed within ten minutes: %s.\n", atLeast(n, r.Expired.AtLeast))
	}
	if n := r.Expired.Held; n > 0 {
		fmt.Fprintf(w, "Due and held: %s.\n", atLeast(n, r.Expired.AtLeast))
	}
	if n := r.Expired.Waiting; n > 0 {
		fmt.Fprintf(w, "Due, once their mail and calls have come to an end: %s.\n", atLeast(n, r.Expired.AtLeast))
	}
	for _, h := range r.Holds {
		fmt.Fprintln(w, oneLine(holdInWords(h)))
	}
	if len(r.Removed) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	var rows [][]string
	for _, d := range r.Removed {
		rows = append(rows, []string{d.Day, strconv.Itoa(d.Instances), strconv.Itoa(d.KeepDays), when(&d.Oldest), when(&d.Newest)})
	}
	return table(w, "REMOVED INSTANCES DAYS OLDEST NEWEST", rows)
}
