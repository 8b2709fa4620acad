package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

func moveDataCommand() *cobra.Command {
	var place dataPlace
	var asJSON bool
	c := &cobra.Command{
		Use:   "move",
		Short: "Move a server's data from its file to PostgreSQL",
		Long: `Copy everything in the data folder's database file to an empty PostgreSQL
database, and compare every row that arrived. Stop the server first. It happens
whole or not at all: when it is interrupted, run it again. The file stays as it
is; start the server with the same data folder and --store from then on.`,
		Example: `  signoff move --data ./data --store postgres://signoff@db.example.com/signoff
  SIGNOFF_STORE=postgres://signoff:secret@localhost/signoff signoff move`,
		Args:    cobra.NoArgs,
		GroupID: "server",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := place.load(cmd)
			if err != nil {
				return err
			}
			if cfg.Store == "" {
				return &signoff.Error{Kind: signoff.Invalid, Code: "store-missing", Detail: "it is not said which database to move to",
					Hint: "name it with --store or SIGNOFF_STORE"}
			}
			moved, err := store.Move(cmd.Context(), filepath.Join(cfg.Data, storeFile), cfg.Store.Reveal(), store.Options{})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), moved)
			}
			printRows(cmd.OutOrStdout(), moved)
			fmt.Fprintln(cmd.ErrOrStderr(), "Everything is there, every row compared. Start the server with --store from now on.")
			return nil
		},
	}
	place.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
