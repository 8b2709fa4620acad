package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func usersCommand() *cobra.Command {
	var t talk
	var f client.UserFilter
	c := &cobra.Command{
		Use:   "users",
		Short: "List accounts; add, change and switch them off",
		Example: `  signoff users --user admin
  signoff users --find jane
  signoff users --disabled true
  signoff users add jane --name "Jane Doe" --email jane@example.com < password.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := c.FindUsers(cmd.Context(), f, client.Paging{Limit: 200})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			var rows [][]string
			for _, u := range l.Items {
				rows = append(rows, []string{u.Login, u.Name, u.Email, yes(u.Admin), yes(u.Disabled), u.Source})
			}
			if err := table(cmd.OutOrStdout(), "LOGIN NAME EMAIL ADMIN DISABLED SOURCE", rows); err != nil {
				return err
			}
			return sayMore(cmd, l.Next)
		},
	}
	t.flags(c)
	c.Flags().StringVar(&f.Q, "find", "", "only who has words that begin so in name, login or address")
	c.Flags().StringVar(&f.Disabled, "disabled", "", "true: only those switched off; false: only the others")
	c.Flags().StringVar(&f.Kind, "kind", "", "person or app")
	c.Flags().StringVar(&f.Source, "source", "", "only those ruled by this directory; local: only those kept here")
	c.AddCommand(addUserCommand(), showUserCommand(), setUserCommand(), switchUserCommand("disable", true), switchUserCommand("enable", false), passwordCommand(), linkUserCommand(), unlinkUserCommand())
	return c
}

// sayMore says that a list goes on.
func sayMore(cmd *cobra.Command, next string) error {
	if next != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "There are more; --json pages through them, --find narrows them down.")
	}
	return nil
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func addUserCommand() *cobra.Command {
	var t talk
	var n api.NewUser
	c := &cobra.Command{
		Use:   "add LOGIN",
		Short: "Make an account; its password is asked for or read from standard input",
		Long: `Make an account. Your own password must be in SIGNOFF_PASSWORD, for the one that
is asked for, or read from standard input, is the new account's.`,
		Example: `  signoff users add jane --name "Jane Doe" --email jane@example.com < password.txt`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			n.Login = args[0]
			if n.Password, err = askPassword(cmd, "the new account "+n.Login); err != nil {
				return err
			}
			u, err := c.CreateUser(cmd.Context(), n)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, u)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s can sign in now\n", u.Login)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&n.Name, "name", "", "name as people write it")
	c.Flags().StringVar(&n.Email, "email", "", "address for task mail and for deciding by reply")
	c.Flags().BoolVar(&n.Admin, "admin", false, "make it an administrator")
	return c
}
