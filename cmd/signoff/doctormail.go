package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func doctorMailCommand() *cobra.Command {
	var t talk
	var send, read bool
	var to string
	c := &cobra.Command{
		Use:   "mail [CONNECTION]",
		Short: "Walk to the mailboxes that the server's mail goes by, step by step",
		Long: `Let the server walk to each mailbox it sends from and reads in: name, TLS, token,
rights, mailbox, send, read. The first step that fails is the fault; what mends it
stands below. Nothing is sent unless --send says so.`,
		Example: `  signoff doctor mail --user admin
  signoff doctor mail exchange-online --send --read --user admin`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			walks, err := walkMail(cmd, c, args, func(name string) ([]api.ServiceTested, error) { return tryMail(cmd, c, name, send, read, to) })
			if err == nil && t.asJSON {
				err = printJSON(cmd.OutOrStdout(), walks)
			}
			if err != nil {
				return err
			}
			for _, w := range walks {
				if !w.OK {
					return errSaid
				}
			}
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().BoolVar(&send, "send", false, "also send a test mail")
	c.Flags().StringVar(&to, "to", "", "where the test mail goes; your own address without it")
	c.Flags().BoolVar(&read, "read", false, "also read the newest mail, and leave it there")
	return c
}

// mailWalk is what was found on the way to a mailbox.
type mailWalk struct {
	Name  string            `json:"name"`
	From  string            `json:"from"`
	OK    bool              `json:"ok"`
	Steps []api.ServiceStep `json:"steps"`
}

func walkMail(cmd *cobra.Command, c *client.Client, only []string, try func(name string) ([]api.ServiceTested, error)) ([]mailWalk, error) {
	list, err := c.MailConnections(cmd.Context())
	if err != nil {
		return nil, err
	}
	walks := []mailWalk{}
	for _, one := range list.Items {
		if len(only) > 0 && one.Name != only[0] {
			continue
		}
		results, err := try(one.Name)
		if err != nil {
			return walks, err
		}
		w := mailWalk{Name: one.Name, From: one.From, OK: true}
		for _, r := range results {
			w.OK = w.OK && r.OK
			w.Steps = append(w.Steps, r.Steps...)
		}
		walks = append(walks, w)
		if asJSON, _ := cmd.Flags().GetBool("json"); !asJSON {
			printWalk(cmd.OutOrStdout(), w)
		}
	}
	switch {
	case len(walks) > 0:
	case len(only) > 0:
		_, err = c.CheckMailConnection(cmd.Context(), only[0]) // says that there is none
		return nil, err
	default:
		fmt.Fprintln(cmd.OutOrStdout(), "No mailbox is connected: no mail is sent, and none is read.\n  connect one under Manage, Mail, Mailboxes, or set mail.smtp in the configuration")
	}
	return walks, nil
}

func tryMail(cmd *cobra.Command, c *client.Client, name string, send, read bool, to string) ([]api.ServiceTested, error) {
	check, err := c.CheckMailConnection(cmd.Context(), name)
	out := []api.ServiceTested{check}
	if err == nil && send && check.OK {
		var r api.ServiceTested
		r, err = c.TestSend(cmd.Context(), name, to)
		out = append(out, r)
	}
	if err == nil && read && check.OK {
		var r api.ServiceTested
		r, err = c.TestRead(cmd.Context(), name)
		out = append(out, r)
	}
	return out, err
}

func printWalk(out io.Writer, w mailWalk) {
	fmt.Fprintf(out, "%s: %s\n", w.Name, oneLine(w.From))
	for _, step := range w.Steps {
		sign := "ok  "
		switch {
		case !step.OK:
			sign = "FAIL"
		case step.Name == endingStep:
			sign = "warn"
		}
		fmt.Fprintf(out, "  %s  %-8s %s\n", sign, step.Name, oneLine(step.Found))
		if !step.OK {
			printAdvice(out, strings.Repeat(" ", 17), step.Do)
		}
	}
}
