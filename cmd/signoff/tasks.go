package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func tasksCommand() *cobra.Command {
	var t talk
	var view string
	var limit int
	c := &cobra.Command{
		Use:   "tasks [SERIAL]",
		Short: "List your tasks, or show one",
		Example: `  signoff tasks --user jane
  signoff tasks 1_3
  signoff tasks --json | jq -r '.items[].serial'
  signoff tasks redirect 1_3 bob`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return showTask(cmd, c, args[0], t.asJSON)
			}
			l, err := c.Tasks(cmd.Context(), client.TaskQuery{View: view, Paging: client.Paging{Limit: limit}})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			return listTasks(cmd, l)
		},
	}
	t.flags(c)
	c.Flags().StringVar(&view, "view", "open", "open, sleeping or closed")
	c.Flags().IntVar(&limit, "limit", 50, "how many at most, 1 to 200")
	c.AddCommand(moveCommands()...)
	return c
}

func listTasks(cmd *cobra.Command, l api.List[api.Task]) error {
	if len(l.Items) == 0 {
		fmt.Fprintln(cmd.ErrOrStderr(), "No tasks.")
		return nil
	}
	var rows [][]string
	for _, t := range l.Items {
		rows = append(rows, []string{t.Serial, t.Title, t.Starter.Name, forWhom(t), strings.Join(t.Actions, "/"), when(&t.OfferedAt), when(t.Due)})
	}
	if err := table(cmd.OutOrStdout(), "SERIAL TITLE FROM FOR ACTIONS SINCE DUE", rows); err != nil {
		return err
	}
	if l.Next != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "There are more; raise --limit.")
	}
	return nil
}

// forWhom says whose task it is: one's own, that of somebody who is away, or a group's.
func forWhom(t api.Task) string {
	switch {
	case t.For != nil:
		return t.For.Name
	case t.Via != nil:
		return t.Via.Name
	}
	return "you"
}

func showTask(cmd *cobra.Command, c *client.Client, serial string, asJSON bool) error {
	t, _, err := c.Task(cmd.Context(), serial)
	if err != nil || asJSON {
		return orJSON(cmd, err, t)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s  %s\n%s\n", t.Serial, oneLine(t.Title), oneLine(t.Folio))
	if t.Instructions != "" {
		fmt.Fprintf(out, "\n%s\n", t.Instructions)
	}
	fmt.Fprintln(out)
	rows := [][]string{{"From", t.Starter.Name}, {"For", recipients(t)}, {"Workflow", t.Workflow}, {"Status", t.Status}, {"Since", when(&t.OfferedAt)}}
	if t.Due != nil {
		rows = append(rows, []string{"Due", when(t.Due)})
	}
	for _, v := range t.Variables {
		rows = append(rows, []string{v.Label, shown(v.Value)})
	}
	if t.Tally != "" {
		rows = append(rows, []string{"Answers", t.Tally})
	}
	for _, a := range t.Answers {
		rows = append(rows, []string{"", strings.TrimSuffix(a.By.Name+", "+when(&a.At)+": "+a.Action+": "+a.Comment, ": ")})
	}
	for _, r := range rows {
		fmt.Fprintf(out, "%-14s %s\n", oneLine(r[0]), oneLine(r[1]))
	}
	showQuestions(out, t)
	if t.CanDecide && len(t.Actions) > 0 {
		or := ""
		if len(t.Actions) > 1 {
			or = fmt.Sprintf("   (or: %s)", strings.Join(t.Actions[1:], ", "))
		}
		fmt.Fprintf(out, "\nDecide with: signoff act %s %q%s\n", t.Serial, t.Actions[0], or)
	}
	return nil
}

// recipients names who has the task, and in whose place the reader does.
func recipients(t api.TaskDetail) string {
	var names []string
	for _, p := range t.Recipients {
		names = append(names, p.Name)
	}
	text := strings.Join(names, ", ")
	if t.For != nil {
		text += "; you stand in for " + t.For.Name
	}
	return text
}

// showQuestions lists what was asked about a task, and how to reply.
func showQuestions(out io.Writer, t api.TaskDetail) {
	for _, q := range t.Questions {
		fmt.Fprintf(out, "\nQuestion %d, %s to %s: %s\n", q.Number, oneLine(q.By.Name), oneLine(q.To.Name), oneLine(q.Text))
		switch {
		case q.RepliedAt != nil:
			fmt.Fprintf(out, "Reply: %s\n", oneLine(q.Reply))
		case q.Yours:
			fmt.Fprintf(out, "Reply with: signoff tasks reply %s %d \"…\"\n", t.Serial, q.Number)
		}
	}
}

// shown is a variable's value as people read it; "" for none.
func shown(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func actCommand() *cobra.Command {
	var t talk
	var comment, key string
	var sets []string
	c := &cobra.Command{
		Use:   "act SERIAL ACTION",
		Short: "Decide a task",
		Example: `  signoff act 1_3 Approve --user jane
  signoff act 1_3 reject --comment "Release week"`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			body := api.Decide{Action: args[1], Comment: comment}
			if body.Variables, err = taskSets(cmd.Context(), c, args[0], sets); err != nil {
				return err
			}
			d, err := c.Decide(cmd.Context(), args[0], body, key)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, d)
			}
			outcome := d.Outcome
			if outcome == "" {
				outcome = "answered; others are still asked"
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s. Instance %d is %s.\n", d.Serial, outcome, d.Instance, d.Status)
			return nil
		},
	}
	t.flags(c)
	c.Flags().StringVarP(&comment, "comment", "m", "", "comment")
	c.Flags().StringArrayVarP(&sets, "set", "s", nil, "change a variable the task allows, name=value; may be repeated")
	c.Flags().StringVar(&key, "idempotency-key", "", "deciding twice with the same key decides once")
	return c
}

func taskSets(ctx context.Context, c *client.Client, serial string, sets []string) (map[string]any, error) {
	if len(sets) == 0 {
		return nil, nil
	}
	t, _, err := c.Task(ctx, serial)
	if err != nil {
		return nil, err
	}
	return parseSets(sets, typesOf(t.Variables))
}

// moveCommands are what one can do with a task besides deciding it.
func moveCommands() []*cobra.Command {
	var comment, from, to string
	redirect := moveCommand("redirect SERIAL WHO", "Hand a task to somebody else instead of you", "  signoff tasks redirect 1_3 bob",
		func(ctx context.Context, c *client.Client, args []string) (string, error) {
			return args[0] + " now belongs to " + args[1], c.Redirect(ctx, args[0], api.Redirect{From: from, To: args[1], Comment: comment})
		})
	redirect.Flags().StringVar(&from, "from", "", "whose part is handed on, for administrators")
	share := moveCommand("share SERIAL WHO", "Put a task before one more person: either may decide", "  signoff tasks share 1_3 bob",
		func(ctx context.Context, c *client.Client, args []string) (string, error) {
			return args[1] + " has " + args[0] + ", too", c.Share(ctx, args[0], api.Share{To: args[1], Comment: comment})
		})
	withdraw := moveCommand("withdraw SERIAL OUTCOME", "End a task without an answer, for administrators", "  signoff tasks withdraw 1_3 Expired",
		func(ctx context.Context, c *client.Client, args []string) (string, error) {
			return args[0] + " is withdrawn", c.Withdraw(ctx, args[0], api.Withdraw{Outcome: args[1], Comment: comment})
		})
	for _, c := range []*cobra.Command{redirect, share, withdraw} {
		c.Flags().StringVarP(&comment, "comment", "m", "", "comment")
	}
	ask := moveCommand("ask SERIAL QUESTION", "Ask about a task, which stays yours", "  signoff tasks ask 1_3 \"What for?\" --to ana",
		func(ctx context.Context, c *client.Client, args []string) (string, error) {
			return "asked", c.Ask(ctx, args[0], api.Ask{To: to, Text: args[1]})
		})
	ask.Flags().StringVar(&to, "to", "", "whom; absent: whoever started the instance")
	return []*cobra.Command{
		redirect, share, withdraw, ask,
		moveCommand("reply SERIAL NUMBER TEXT", "Reply to a question about a task", "  signoff tasks reply 1_3 7 \"For the fair.\"",
			func(ctx context.Context, c *client.Client, args []string) (string, error) {
				n, err := strconv.Atoi(args[1])
				if err != nil || n < 1 {
					return "", usageError{fmt.Errorf("%s is no number of a question", args[1])}
				}
				return "replied", c.Reply(ctx, args[0], n, args[2])
			}),
		moveCommand("claim SERIAL", "Take a task, so that nobody else works on it", "  signoff tasks claim 1_3",
			func(ctx context.Context, c *client.Client, args []string) (string, error) {
				return args[0] + " is yours", c.Claim(ctx, args[0])
			}),
		moveCommand("release SERIAL", "Give a claimed task back", "  signoff tasks release 1_3",
			func(ctx context.Context, c *client.Client, args []string) (string, error) {
				return args[0] + " is open to all its recipients again", c.Release(ctx, args[0])
			}),
		moveCommand("sleep SERIAL FOR", "Hide a task from your list for a time", "  signoff tasks sleep 1_3 24h",
			func(ctx context.Context, c *client.Client, args []string) (string, error) {
				d, err := time.ParseDuration(args[1])
				if err != nil || d <= 0 {
					return "", usageError{fmt.Errorf("%s is no time: write 90m or 24h", args[1])}
				}
				until := time.Now().Add(d)
				return args[0] + " sleeps until " + when(&until), c.Sleep(ctx, args[0], until)
			}),
		moveCommand("wake SERIAL", "Show a sleeping task again", "  signoff tasks wake 1_3",
			func(ctx context.Context, c *client.Client, args []string) (string, error) {
				return args[0] + " is awake", c.Wake(ctx, args[0])
			}),
	}
}

// moveCommand is a command that does one thing to one task and says so.
func moveCommand(use, short, example string, do func(context.Context, *client.Client, []string) (string, error)) *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use: use, Short: short, Example: example,
		Args: cobra.ExactArgs(strings.Count(use, " ")),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			said, err := do(cmd.Context(), c, args)
			if err != nil {
				return err
			}
			if t.asJSON {
				task, _, err := c.Task(cmd.Context(), args[0])
				return orJSON(cmd, err, task)
			}
			fmt.Fprintln(cmd.OutOrStdout(), said)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}
