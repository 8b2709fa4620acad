package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func mailCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "mail",
		Short: "Say whether mail moves, and list what needs a look",
		Long: `Say whether mail moves, and list what needs a look: mails that came in and could
not be acted on, and mails that were not sent or may not have been.`,
		Example: `  signoff mail --user admin
  signoff mail received --look
  signoff mail sent --state failed
  signoff mail release 7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			status, err := c.MailStatus(cmd.Context())
			if err != nil || t.asJSON {
				return orJSON(cmd, err, status)
			}
			return showMail(cmd, c, status)
		},
	}
	t.flags(c)
	c.AddCommand(receivedCommand(), sentCommand(),
		mailAct("looked-at", "Say that a mail that came in has been looked at", "mail %d needs no look any more", (*client.Client).LookedAtMail),
		mailAct("release", "Send a failed or doubtful mail again; a doubtful one may arrive twice", "mail %d is in the queue again", (*client.Client).ReleaseMail),
		mailAct("drop", "Give up a mail that has not been sent", "mail %d is given up", (*client.Client).DropMail))
	return c
}

// showMail prints how mail fares and everything that needs a look.
func showMail(cmd *cobra.Command, c *client.Client, s api.MailStatus) error {
	out := cmd.OutOrStdout()
	for _, line := range healthInWords(s.Health) {
		fmt.Fprintln(out, oneLine(line))
	}
	fmt.Fprintf(out, "%s in the queue.\n", upTo(s.Queued))
	if s.Look+s.Doubtful+s.Failed == 0 {
		fmt.Fprintln(out, "Nothing needs a look.")
		return nil
	}
	q := client.MailQuery{Look: true}
	if s.Look > 0 {
		fmt.Fprintf(out, "\nCame in and need a look: %s\n", upTo(s.Look))
		l, err := c.ReceivedMail(cmd.Context(), q)
		if err != nil {
			return err
		}
		if err := listReceived(cmd, l); err != nil {
			return err
		}
	}
	if s.Doubtful+s.Failed == 0 {
		return nil
	}
	fmt.Fprintf(out, "\nDoubtful: %s, failed: %s\n", upTo(s.Doubtful), upTo(s.Failed))
	l, err := c.SentMail(cmd.Context(), q)
	if err != nil {
		return err
	}
	return listSent(cmd, l)
}

func healthInWords(h api.MailHealth) []string {
	if h.Off {
		return []string{"This server has no mail server to send with; set mail.smtp in its configuration."}
	}
	if h.Out == nil && h.In == nil {
		return []string{"Mail moves."}
	}
	var lines []string
	if h.Out != nil {
		lines = append(lines, fmt.Sprintf("No mail leaves since %s: %s", when(&h.Out.Since), h.Out.Words))
	}
	if h.In != nil {
		lines = append(lines, fmt.Sprintf("No mail is read since %s: %s", when(&h.In.Since), h.In.Words))
	}
	return lines
}

// upTo prints a count that the server stops at a hundred.
func upTo(n int) string {
	if n >= 100 {
		return "100 or more"
	}
	return strconv.Itoa(n)
}

func receivedCommand() *cobra.Command {
	var q client.MailQuery
	c := mailList("received", "List mails that came in and what became of them, newest first", `  signoff mail received --look --user admin
  signoff mail received --json | jq '.items[].evidence'`, &q, listReceived,
		func(ctx context.Context, c *client.Client) (api.List[api.ReceivedMail], error) {
			return c.ReceivedMail(ctx, q)
		})
	c.Flags().BoolVar(&q.Look, "look", false, "only those that need a look")
	return c
}

func sentCommand() *cobra.Command {
	var q client.MailQuery
	c := mailList("sent", "List mails on their way out, newest first", `  signoff mail sent --state failed --user admin
  signoff mail sent --instance 12`, &q, listSent,
		func(ctx context.Context, c *client.Client) (api.List[api.SentMail], error) { return c.SentMail(ctx, q) })
	c.Flags().BoolVar(&q.Look, "look", false, "only those that need a look")
	c.Flags().StringVar(&q.State, "state", "", "queued, sending, doubtful, sent, failed or bounced")
	return c
}

// mailList is a command that lists mails of one kind.
func mailList[T any](use, short, example string, q *client.MailQuery, print func(*cobra.Command, api.List[T]) error,
	fetch func(context.Context, *client.Client) (api.List[T], error)) *cobra.Command {
	var t talk
	c := &cobra.Command{Use: use, Short: short, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := fetch(cmd.Context(), c)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			return print(cmd, l)
		}}
	t.flags(c)
	c.GroupID = ""
	c.Flags().Int64Var(&q.Instance, "instance", 0, "only those about this instance")
	c.Flags().IntVar(&q.Limit, "limit", 50, "how many at most, 1 to 200")
	return c
}

func listReceived(cmd *cobra.Command, l api.List[api.ReceivedMail]) error {
	var rows [][]string
	for _, m := range l.Items {
		rows = append(rows, []string{strconv.FormatInt(m.ID, 10), when(&m.At), m.From, m.Verdict, about(m.Task, m.Instance), m.Detail, yes(m.Look)})
	}
	return mailTable(cmd, "ID AT FROM VERDICT ABOUT DETAIL LOOK", rows, l.Next)
}

func listSent(cmd *cobra.Command, l api.List[api.SentMail]) error {
	var rows [][]string
	for _, m := range l.Items {
		why := m.Error
		if m.Bounce != "" {
			why = "came back: " + m.Bounce
		}
		rows = append(rows, []string{strconv.FormatInt(m.ID, 10), when(&m.Since), m.To, m.State, about(m.Task, m.Instance), m.Subject, why, yes(m.Look)})
	}
	return mailTable(cmd, "ID SINCE TO STATE ABOUT SUBJECT WHY LOOK", rows, l.Next)
}

// about is what a mail is about: a task, an instance, or nothing known.
func about(task string, instance int64) string {
	if task == "" && instance != 0 {
		return strconv.FormatInt(instance, 10)
	}
	return task
}

func mailTable(cmd *cobra.Command, header string, rows [][]string, next string) error {
	if len(rows) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "No mails.")
		return nil
	}
	if err := table(cmd.OutOrStdout(), header, rows); err != nil {
		return err
	}
	if next != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "There may be more; raise --limit.")
	}
	return nil
}

// mailAct is a command that does something about one mail.
func mailAct(use, short, done string, act func(*client.Client, context.Context, int64) error) *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     use + " ID",
		Short:   short,
		Example: "  signoff mail " + use + " 7 --user admin",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return usageError{fmt.Errorf("%s is no mail: mails are numbered 1, 2, 3, …", args[0])}
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			if err := act(c, cmd.Context(), id); err != nil {
				return err
			}
			if t.asJSON {
				status, err := c.MailStatus(cmd.Context())
				return orJSON(cmd, err, status)
			}
			fmt.Fprintf(cmd.OutOrStdout(), done+"\n", id)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}
