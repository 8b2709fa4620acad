package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func nodesCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "nodes",
		Short: "List the servers at work on the same data",
		Long: `List the servers at work on the same data. Each says every few seconds that it
lives; one that has not for twenty is taken for dead, and the others go on with
what it had begun. The one that does the mail sends it and reads the replies.`,
		Example: `  signoff nodes --user admin`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := c.Nodes(cmd.Context())
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			var rows [][]string
			for _, n := range l.Items {
				state := "alive"
				if n.Late {
					state = "late"
				}
				if n.Here {
					state += ", answers this"
				}
				rows = append(rows, []string{n.Name, n.ID, n.Version, n.Started.Local().Format(time.DateTime), n.Renewed.Local().Format(time.DateTime),
					strings.Join(n.Does, " "), state})
			}
			return table(cmd.OutOrStdout(), "NAME ID VERSION STARTED RENEWED DOES STATE", rows)
		},
	}
	t.flags(c)
	return c
}
