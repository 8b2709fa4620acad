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
	var asJSON, undo bool
	c := &cobra.Command{
		Use:   "move",
		Short: "Move a server's data from its file to PostgreSQL",
		Long: `Copy everything in the data folder's database file to an empty PostgreSQL
database, and compare every row that arrived. Stop the server first. It happens
whole or not at all: when it is interrupted, run it again. Start the server with
the same data folder and --store from then on.

The file keeps its content, and a note where it was moved to: a server or a
backup that is told to use it refuses, so that nothing is done twice. --undo
takes the note away, and the file is as it was before the move. What happened in
the database since is not in it, and no server may go on there.`,
		Example: `  signoff move --data ./data --store postgres://signoff@db.example.com/signoff
  SIGNOFF_STORE=postgres://signoff:secret@localhost/signoff signoff move
  signoff move --undo --data ./data`,
		Args:    cobra.NoArgs,
		GroupID: "server",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := place.load(cmd)
			if err != nil {
				return err
			}
			if undo {
				return undoMove(cmd, cfg)
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
	c.Flags().BoolVar(&undo, "undo", false, "make the file the server's data again, as it was before it was moved")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.MarkFlagsMutuallyExclusive("undo", "json")
	c.MarkFlagsMutuallyExclusive("undo", "store")
	return c
}

func undoMove(cmd *cobra.Command, cfg Config) error {
	path := filepath.Join(cfg.Data, storeFile)
	was, err := store.UndoMove(cmd.Context(), path)
	if err != nil {
		return err
	}
	out := cmd.ErrOrStderr()
	if was == "" {
		fmt.Fprintf(out, "%s has not been moved: there is nothing to undo.\n", path)
		return nil
	}
	fmt.Fprintf(out, "%s is data to start a server on again, as it was before it was moved to %s.\nStart none on that database any more: timers and mails would come twice.\n", path, was)
	return nil
}
