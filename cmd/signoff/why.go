package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func whyWaitingCommand() *cobra.Command {
	var r repair
	c := &cobra.Command{
		Use:     "why ID",
		Short:   "Say why an instance waits: who or what, since when, and what would end it",
		Example: `  signoff instances why 1`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, id, _, err := r.start(cmd, args[0])
			if err != nil {
				return err
			}
			l, err := c.WhyWaiting(cmd.Context(), id)
			if err != nil || r.asJSON {
				return orJSON(cmd, err, l)
			}
			for _, one := range l.Items {
				fmt.Fprintln(cmd.OutOrStdout(), oneLine(one.Text))
				if one.Ends != "" {
					fmt.Fprintln(cmd.OutOrStdout(), "  What would end it: "+oneLine(one.Ends))
				}
			}
			return nil
		},
	}
	r.talk.flags(c)
	c.GroupID = ""
	return c
}
