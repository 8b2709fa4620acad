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

func messagesCommand() *cobra.Command {
	c := &cobra.Command{Use: "messages", Short: "Send messages to instances, and see what became of them", GroupID: "talk"}
	c.AddCommand(sendMessageCommand(), listMessagesCommand())
	return c
}

func signalsCommand() *cobra.Command {
	c := &cobra.Command{Use: "signals", Short: "Send signals to all instances that wait for them", GroupID: "talk"}
	c.AddCommand(sendSignalCommand())
	return c
}

func sendMessageCommand() *cobra.Command {
	var t talk
	var sets []string
	var m api.SendMessage
	var ttl time.Duration
	c := &cobra.Command{
		Use:   "send NAME",
		Short: "Send a message to the instance that waits for it",
		Long: `Send a message by its name to the instance that waits for it with this key. When
none does, a workflow that begins with such a message is started. Else the message
waits for somebody to want it, a day unless --ttl says otherwise; when that time
is over it is listed as missed, with who waited for something like it.

It counts for what you may: finish steps of the workflow that waits, or start the
one that begins.`,
		Example: `  signoff messages send paid --key 4711 --set sum:=250
  signoff messages send placed --set number:=4711 --id order-4711 --ttl 1h`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if m.Vars, err = carriedSets(sets); err != nil {
				return err
			}
			if m.Name = args[0]; cmd.Flags().Changed("ttl") {
				if ttl%time.Second != 0 {
					return usageError{fmt.Errorf("--ttl is %s: it takes whole seconds", ttl)}
				}
				seconds := int64(ttl.Seconds())
				m.TTL = &seconds
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			out, err := c.SendMessage(cmd.Context(), m)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, out)
			}
			fmt.Fprintln(cmd.OutOrStdout(), messageInWords(out))
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&m.Key, "key", "", "what tells the instance that waits from others")
	c.Flags().StringVar(&m.ID, "id", "", "your own id: sent again under the same id, it is taken in once")
	c.Flags().DurationVar(&ttl, "ttl", 0, "how long it waits for somebody to want it, such as 1h; 0: now or never")
	c.Flags().StringArrayVarP(&sets, "set", "s", nil, "what it carries: name=text or name:=JSON; may be repeated")
	return c
}

func sendSignalCommand() *cobra.Command {
	var t talk
	var sets []string
	var m api.SendSignal
	c := &cobra.Command{
		Use:     "send NAME",
		Short:   "Send a signal to all who wait for it now",
		Example: `  signoff signals send closing --set reason=inventory`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if m.Vars, err = carriedSets(sets); err != nil {
				return err
			}
			m.Name = args[0]
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			out, err := c.SendSignal(cmd.Context(), m)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, out)
			}
			fmt.Fprintln(cmd.OutOrStdout(), messageInWords(out))
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&m.ID, "id", "", "your own id: sent again under the same id, it is sent once")
	c.Flags().StringArrayVarP(&sets, "set", "s", nil, "what it carries: name=text or name:=JSON; may be repeated")
	return c
}

// carriedSets reads name=text and name:=JSON. Nothing declares the types of what
// a message carries.
func carriedSets(sets []string) (map[string]any, error) {
	types := map[string]string{}
	var plain []string
	for _, s := range sets {
		if name, value, ok := strings.Cut(s, ":="); ok && !strings.Contains(name, "=") {
			types[strings.TrimSpace(name)], s = "json", name+"="+value
		}
		plain = append(plain, s)
	}
	return parseSets(plain, types)
}

// messageInWords says what has become of a message or a signal.
func messageInWords(m api.Message) string {
	switch {
	case m.Told != nil:
		return fmt.Sprintf("sent to %d that waited for it", *m.Told)
	case m.State == "delivered" && m.Instance == 0:
		return "delivered"
	case m.State == "delivered" && m.Begun:
		return fmt.Sprintf("has begun instance %d", m.Instance)
	case m.State == "delivered":
		return fmt.Sprintf("delivered to instance %d", m.Instance)
	case m.State == "waiting":
		return "nobody wants it yet: it waits until " + when(m.Until) + nearInWords(m.Near)
	}
	return "missed: nobody wanted it in its time" + nearInWords(m.Near)
}

// nearInWords says what comes near to a message nobody wants.
func nearInWords(n *api.Near) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	if n.Meant != "" {
		fmt.Fprintf(&b, "; is %q meant?", n.Meant)
	}
	for i, w := range n.Waits {
		if i == 5 {
			fmt.Fprintf(&b, ", and %d more", len(n.Waits)-i)
			break
		}
		fmt.Fprintf(&b, "; instance %d waits for one with the key %q", w.Instance, w.Key)
	}
	return b.String()
}

func listMessagesCommand() *cobra.Command {
	var t talk
	var state string
	c := &cobra.Command{
		Use:   "list",
		Short: "List messages and signals, newest first",
		Long: `List the messages and signals you sent, or everybody's if you are an
administrator. What was settled is kept for 30 days.`,
		Example: `  signoff messages list
  signoff messages list --state missed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := c.Messages(cmd.Context(), state, client.Paging{Limit: 100})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			if len(l.Items) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "No messages.")
				return nil
			}
			var rows [][]string
			for _, m := range l.Items {
				rows = append(rows, []string{strconv.FormatInt(m.Number, 10), when(&m.Came), m.Kind, m.Name, m.Key, m.State, oneLine(messageInWords(m))})
			}
			return table(cmd.OutOrStdout(), "NUMBER CAME KIND NAME KEY STATE WHAT", rows)
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&state, "state", "", "waiting, delivered, missed or sent; left out: all")
	return c
}

func schedulesCommand() *cobra.Command {
	c := &cobra.Command{Use: "schedules", Short: "See, stop and resume what begins instances by the clock", GroupID: "talk"}
	c.AddCommand(listSchedulesCommand(), turnScheduleCommand("pause", "Stop a schedule until it is resumed", (*client.Client).PauseSchedule),
		turnScheduleCommand("resume", "Let a schedule go on; what was missed is not made up for", (*client.Client).ResumeSchedule))
	return c
}

func listSchedulesCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "list",
		Short:   "List schedules",
		Example: `  signoff schedules list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := c.Schedules(cmd.Context())
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			if len(l.Items) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "No schedules: no workflow you may view begins with a timer.")
				return nil
			}
			return scheduleTable(cmd.OutOrStdout(), l.Items)
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func scheduleTable(out io.Writer, list []api.Schedule) error {
	var rows [][]string
	for _, n := range list {
		next := "never"
		switch {
		case n.Paused != nil:
			next = "paused"
		case n.Next != nil:
			next = when(n.Next)
		}
		last := ""
		if n.Last != nil {
			last = fmt.Sprintf("%s as %d", when(n.Last), n.Instance)
		}
		rows = append(rows, []string{n.Workflow, n.Step, n.Timer, n.Zone, next, last, oneLine(n.Problem)})
	}
	return table(out, "WORKFLOW STEP TIMER ZONE NEXT LAST PROBLEM", rows)
}

func turnScheduleCommand(word, short string, turn func(*client.Client, context.Context, string, string) (api.Schedule, error)) *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     word + " WORKFLOW STEP",
		Short:   short,
		Example: "  signoff schedules " + word + " report start",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			n, err := turn(c, cmd.Context(), args[0], args[1])
			if err != nil || t.asJSON {
				return orJSON(cmd, err, n)
			}
			return scheduleTable(cmd.OutOrStdout(), []api.Schedule{n})
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}
