package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/bench"
)

func benchCommand() *cobra.Command {
	var o bench.Options
	var tasks []string
	var waiting, stored string
	var asJSON, openOnly bool
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine runs workflows, beside a floor written by hand",
		Long: `Measure what can be held against something. Beside each figure stands a floor:
the same rows written or read by hand with nothing decided, on the same database
and in the same minute. Machines differ, so the ratio of the two is what counts.

  W1        start, automatic step, end
  W2        start, a person's task, approved, automatic step, end
  rest      both over HTTP, beside the same in process
  nodes     W2 on two nodes, beside one (PostgreSQL)
  worklist  a page of 50 for a person in 20 groups, among many open tasks
  memory    of a server with many waiting instances, after work
  ready     from the start of a server to its first answer, with many instances stored

A PostgreSQL database to measure on must be empty; "postgres" starts a server
for it when PostgreSQL is installed. Everything takes about a quarter of an hour
and 5 GB of disk.`,
		Example: `  signoff bench
  signoff bench --clients 64 --only W2,rest --json > before.json
  signoff bench --store postgres --only worklist --tasks 10k,1M
  signoff bench compare before.json after.json`,
		Args:    cobra.NoArgs,
		GroupID: "server",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if openOnly {
				return bench.OpenOnly(cmd.Context(), os.Getenv("SIGNOFF_STORE"), cmd.InOrStdin(), cmd.OutOrStdout())
			}
			if o.Tasks, err = counts(tasks...); err != nil {
				return err
			}
			both, err := counts(waiting, stored)
			if err != nil {
				return err
			}
			o.Waiting, o.Stored = both[0], both[1]
			o.Version, o.Server = version, thisProgram
			o.OnProgress = func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), text) }
			r, err := bench.Run(cmd.Context(), o)
			if len(r.Cases) == 0 {
				return err
			}
			// What was measured before something went wrong took its time, too.
			if asJSON {
				return errors.Join(printJSON(cmd.OutOrStdout(), r), err)
			}
			return errors.Join(r.WriteText(cmd.OutOrStdout()), err)
		},
	}
	c.Flags().StringVar(&o.Dir, "dir", "", "folder on the disk to measure (default: the system's temporary folder)")
	c.Flags().StringSliceVar(&o.Stores, "store", []string{bench.SQLite}, "sqlite, postgres, or addresses of empty PostgreSQL databases")
	c.Flags().StringSliceVar(&o.Only, "only", nil, "what to measure: "+strings.Join(bench.Parts, ", "))
	c.Flags().IntSliceVar(&o.Clients, "clients", []int{1, 16, 64}, "how many ask at the same time")
	c.Flags().DurationVar(&o.Each, "each", 2*time.Second, "how long one measurement takes")
	c.Flags().IntVar(&o.Rounds, "rounds", 3, "rounds of each, of which the median counts")
	c.Flags().StringSliceVar(&tasks, "tasks", []string{"10k", "100k", "1M"}, "open tasks while lists are read")
	c.Flags().StringVar(&waiting, "waiting", "100k", "instances that wait while memory is looked at")
	c.Flags().StringVar(&stored, "stored", "1M", "instances in the store that a server is started on")
	c.Flags().IntVar(&o.Committers, "committers", 0, "connections that write to PostgreSQL (default as in a server)")
	c.Flags().StringVar(&o.Profiles, "profile", "", "folder for a processor profile of each measurement")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&openOnly, "open-only", false, "open the database that SIGNOFF_STORE names, say so, and wait: what processes are held against")
	_ = c.Flags().MarkHidden("open-only") // it is there
	c.AddCommand(compareCommand())
	return c
}

func compareCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "compare OLD.json NEW.json",
		Short: "Show two runs side by side, and which changes are more than noise",
		Long: `Show what was measured in both runs side by side, with the change in per cent. A
change is marked when the rounds of the two runs do not overlap: that is more
than noise. The files are what bench prints with --json.`,
		Example: "  signoff bench compare before.json after.json",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var reports [2]bench.Report
			for i, name := range args {
				text, err := os.ReadFile(name)
				if err != nil {
					return err
				}
				if reports[i], err = bench.Read(text); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			changes := bench.Compare(reports[0], reports[1])
			if asJSON {
				return printJSON(cmd.OutOrStdout(), changes.Changes)
			}
			return changes.WriteText(cmd.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// thisProgram makes a command that runs it with other arguments.
func thisProgram(ctx context.Context, args ...string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil || runtime.GOOS == "linux" {
		exe = "/proc/self/exe" // also when it has been replaced meanwhile
	}
	return exec.CommandContext(ctx, exe, args...)
}

// counts reads numbers such as 10k and 1M.
func counts(texts ...string) ([]int, error) {
	var all []int
	for _, text := range texts {
		digits, unit := strings.TrimRight(text, "kKmM"), 1
		switch strings.TrimPrefix(text, digits) {
		case "":
		case "k", "K":
			unit = 1000
		case "m", "M":
			unit = 1_000_000
		default:
			digits = ""
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > 1e9/unit {
			return nil, usageError{fmt.Errorf("%q is no number of tasks or instances; write 500, 10k or 1M", text)}
		}
		all = append(all, n*unit)
	}
	return all, nil
}
