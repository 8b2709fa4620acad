package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/client"
)

// exportFlags are the flags of export.
type exportFlags struct {
	talk
	file                               string
	since, until, endSince, endedUntil string
	q                                  client.ExportQuery
}

func exportCommand() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export [WORKFLOW]",
		Short: "Take a copy of instances with everything about them, as lines of JSON",
		Long: `Take a copy of instances with their history, tasks and mail, as lines of JSON:
one value a line, all lines of an instance together. It takes who administers
the server, or for a workflow who administers that.

A copy that is whole ends with {"kind":"end","instances":N}. When it could not
be finished, the command says so and how to go on.`,
		Example: `  signoff export leave -o leave.jsonl
  signoff export --since 2026-01-01 --until 2027-01-01 -o 2026.jsonl
  signoff export leave --status completed | jq 'select(.kind == "task")'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.q.Workflow = args[0]
			}
			if err := f.times(); err != nil {
				return err
			}
			c, err := f.dial(cmd)
			if err != nil {
				return err
			}
			return f.export(cmd, c)
		},
	}
	f.talk.flags(c)
	c.Flags().StringVarP(&f.file, "out", "o", "", "file to write; it must not be there (default standard output)")
	c.Flags().StringVar(&f.q.Status, "status", "", "only running, completed or cancelled ones")
	c.Flags().StringVar(&f.since, "since", "", "only those started then or later: 2026-01-01, or a time as 2026-01-01T12:00:00Z")
	c.Flags().StringVar(&f.until, "until", "", "only those started before")
	c.Flags().StringVar(&f.endSince, "ended-since", "", "only those ended then or later")
	c.Flags().StringVar(&f.endedUntil, "ended-until", "", "only those ended before")
	c.Flags().Int64Var(&f.q.After, "after", 0, "go on behind this instance")
	return c
}

func (f *exportFlags) times() error {
	for _, t := range []struct {
		flag, text string
		into       *time.Time
	}{{"since", f.since, &f.q.StartedSince}, {"until", f.until, &f.q.StartedUntil}, {"ended-since", f.endSince, &f.q.EndedSince}, {"ended-until", f.endedUntil, &f.q.EndedUntil}} {
		if t.text == "" {
			continue
		}
		at, err := time.ParseInLocation(time.DateOnly, t.text, time.Local)
		if err != nil {
			at, err = time.Parse(time.RFC3339, t.text)
		}
		if err != nil {
			return usageError{fmt.Errorf("--%s %q: a time looks like 2026-01-01 or 2026-01-01T12:00:00Z", t.flag, t.text)}
		}
		*t.into = at
	}
	return nil
}

// exportTellEvery is how often progress is told, in instances.
const exportTellEvery = 1000

func (f *exportFlags) export(cmd *cobra.Command, c *client.Client) (err error) {
	var out io.Writer = cmd.OutOrStdout()
	if f.file != "" {
		file, problem := os.OpenFile(f.file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(problem, os.ErrExist) {
			return &signoff.Error{Kind: signoff.Conflict, Code: "file-exists", Detail: f.file + " is there already; nothing was written", Hint: "choose another name"}
		}
		if problem != nil {
			return problem
		}
		defer func() { err = finishExport(file, err) }()
		out = file
	}
	w := bufio.NewWriterSize(out, 1<<20)
	told := int64(0)
	so, err := c.Export(cmd.Context(), f.q, func(lines []byte, so client.Exported) error {
		if so.Instances >= told+exportTellEvery {
			told = so.Instances
			fmt.Fprintf(cmd.ErrOrStderr(), "%d instances …\n", told)
		}
		_, err := w.Write(lines)
		return err
	})
	if flushed := w.Flush(); err == nil {
		err = flushed
	}
	if err != nil && so.Instances > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "Not whole: %d instances were written. To go on: --after %d, into another file.\n", so.Instances, so.After)
	}
	if err == nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d instances.\n", so.Instances)
	}
	return err
}

// finishExport closes the file, and removes it when nothing came.
func finishExport(file *os.File, err error) error {
	info, _ := file.Stat()
	err = errors.Join(err, file.Close())
	if err != nil && info != nil && info.Size() == 0 {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}
