package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func usersCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "users",
		Short: "List accounts; add them and change their passwords",
		Example: `  signoff users --user admin
  signoff users add jane --name "Jane Doe" --email jane@example.com < password.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := c.Users(cmd.Context(), "", client.Paging{Limit: 200})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			var rows [][]string
			for _, u := range l.Items {
				rows = append(rows, []string{u.Login, u.Name, u.Email, yes(u.Admin), yes(u.Disabled)})
			}
			return table(cmd.OutOrStdout(), "LOGIN NAME EMAIL ADMIN DISABLED", rows)
		},
	}
	t.flags(c)
	c.AddCommand(addUserCommand())
	return c
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
