package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/bench"
)

func benchCommand() *cobra.Command {
	var o bench.Options
	var asJSON bool
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine runs workflows, beside a floor written by hand",
		Long: `Measure full cycles a second: W1 is start, automatic step, end; W2 is start, a
person's task, approved, automatic step, end. Beside signoff runs a floor: the
same durable rows written by hand with nothing decided, on the same disk and in
the same minute. Machines differ, so the ratio of the two is what counts.`,
		Example: `  signoff bench
  signoff bench --clients 64 --only W2 --json`,
		Args:    cobra.NoArgs,
		GroupID: "server",
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.OnProgress = func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), text) }
			r, err := bench.Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), r)
			}
			return r.WriteText(cmd.OutOrStdout())
		},
	}
	c.Flags().StringVar(&o.Dir, "dir", "", "folder on the disk to measure (default: the system's temporary folder)")
	c.Flags().IntSliceVar(&o.Clients, "clients", []int{1, 16, 64}, "how many ask at the same time")
	c.Flags().DurationVar(&o.Each, "each", 2*time.Second, "how long one measurement takes")
	c.Flags().IntVar(&o.Rounds, "rounds", 3, "rounds of each, of which the median counts")
	c.Flags().StringVar(&o.Only, "only", "", "W1 or W2")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
