package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/store"
)

// dataPlace is how a command that works on a server's data is told where it is:
// as the server itself is.
type dataPlace struct{ config, data, database string }

func (p *dataPlace) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.config, "config", os.Getenv("SIGNOFF_CONFIG"), "configuration file (SIGNOFF_CONFIG)")
	c.Flags().StringVar(&p.data, "data", "./data", "folder the data and its key are in")
	c.Flags().StringVar(&p.database, "store", "", "PostgreSQL database, postgres://user@host/database (default a file in the data folder)")
}

func (p *dataPlace) load(cmd *cobra.Command) (Config, error) {
	set := map[string]any{}
	if cmd.Flags().Changed("data") {
		set["data"] = p.data
	}
	if cmd.Flags().Changed("store") {
		set["store"] = p.database
	}
	return loadConfig(p.config, os.Environ(), set)
}

// where names the place to people, without a password.
func (c Config) where() string { return store.Where(c.database()) }

const (
	progressAfter = time.Second
	progressEvery = 2 * time.Second
)

// progressTo tells how far something has come that takes longer than a moment.
func progressTo(w io.Writer) func(store.Progress) {
	next := progressAfter
	return func(p store.Progress) {
		if p.Took < next && p.Took > progressAfter || p.Took < progressAfter {
			return
		}
		next = p.Took + progressEvery
		fmt.Fprintln(w, p)
	}
}

func printRows(w io.Writer, list []store.TableRows) {
	for _, t := range list {
		if t.Rows > 0 {
			fmt.Fprintf(w, "%-18s %d\n", t.Table, t.Rows)
		}
	}
}
