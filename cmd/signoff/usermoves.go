package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// theUser finds an account by login, address or principal.
func theUser(ctx context.Context, c *client.Client, name string) (api.User, error) {
	if signoff.Principal(name).IsUser() {
		return c.User(ctx, name)
	}
	l, err := c.FindUsers(ctx, client.UserFilter{Q: name}, client.Paging{Limit: 200})
	if err != nil {
		return api.User{}, err
	}
	for _, u := range l.Items {
		if strings.EqualFold(u.Login, name) || strings.EqualFold(u.Email, name) {
			return u, nil
		}
	}
	return api.User{}, &signoff.Error{Kind: signoff.NotFound, Code: "user-not-found", Detail: fmt.Sprintf("nobody has the login or address %s", name),
		Hint: "`signoff users --find` lists who is like that"}
}

// aboutUser makes a command about one account, named by its first argument.
func aboutUser(use, short, example string, do func(cmd *cobra.Command, c *client.Client, t *talk, u api.User) error) *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.ExactArgs(len(strings.Fields(use)) - 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			u, err := theUser(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			return do(cmd, c, &t, u)
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func showUserCommand() *cobra.Command {
	return aboutUser("show LOGIN", "Show one account", "  signoff users show jane",
		func(cmd *cobra.Command, c *client.Client, t *talk, u api.User) error {
			if t.asJSON {
				return printJSON(cmd.OutOrStdout(), u)
			}
			l, err := c.Links(cmd.Context(), u.ID)
			if err == nil {
				err = printUser(cmd, u)
			}
			if err != nil || len(l.Items) == 0 {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout())
			return printLinks(cmd, l)
		})
}

func printUser(cmd *cobra.Command, u api.User) error {
	var groups []string
	for _, g := range u.Groups {
		groups = append(groups, g.Name)
	}
	manager := ""
	if u.Manager != nil {
		manager = u.Manager.Name
	}
	var rows [][]string
	for _, r := range [][]string{{"login", u.Login}, {"name", u.Name}, {"addresses", strings.Join(u.Addresses, ", ")}, {"principal", u.ID},
		{"administrator", yes(u.Admin)}, {"disabled", yes(u.Disabled)}, {"application", yes(u.App)}, {"kept by", u.Source}, {"manager", manager}, {"groups", strings.Join(groups, ", ")}} {
		if r[1] != "" {
			rows = append(rows, r)
		}
	}
	return table(cmd.OutOrStdout(), "WHAT VALUE", rows)
}

func setUserCommand() *cobra.Command {
	var name, email, manager string
	var addresses []string
	var admin bool
	c := aboutUser("set LOGIN", "Change an account; what is not named stays", `  signoff users set jane --name "Jane Doe" --manager bob
  signoff users set jane --admin=false`,
		func(cmd *cobra.Command, c *client.Client, t *talk, u api.User) error {
			var ch api.ChangeUser
			given := cmd.Flags().Changed
			if given("name") {
				ch.Name = &name
			}
			if given("email") {
				ch.Email = &email
			}
			if given("manager") {
				ch.Manager = &manager
			}
			if given("address") {
				ch.Addresses = &addresses
			}
			if given("admin") {
				ch.Admin = &admin
			}
			if ch == (api.ChangeUser{}) {
				return usageError{fmt.Errorf("say what to change: --name, --email, --address, --manager or --admin")}
			}
			u, err := c.ChangeUser(cmd.Context(), u.ID, ch)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, u)
			}
			return printUser(cmd, u)
		})
	c.Flags().StringVar(&name, "name", "", "name as people write it")
	c.Flags().StringVar(&email, "email", "", "address for task mail and for deciding by reply")
	c.Flags().StringArrayVar(&addresses, "address", nil, "further address they may decide from; repeat it for more; these replace the ones there are")
	c.Flags().StringVar(&manager, "manager", "", "login of their manager; empty for none")
	c.Flags().BoolVar(&admin, "admin", false, "make them an administrator; --admin=false takes it away")
	return c
}

func switchUserCommand(verb string, off bool) *cobra.Command {
	short, done := "Let somebody sign in again", "can sign in again"
	if off {
		short, done = "Switch an account off: it is signed out everywhere", "cannot sign in any more"
	}
	return aboutUser(verb+" LOGIN", short, "  signoff users "+verb+" jane", func(cmd *cobra.Command, c *client.Client, t *talk, u api.User) error {
		u, err := c.ChangeUser(cmd.Context(), u.ID, api.ChangeUser{Disabled: &off})
		if err != nil || t.asJSON {
			return orJSON(cmd, err, u)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", u.Login, done)
		return nil
	})
}

func passwordCommand() *cobra.Command {
	c := aboutUser("password LOGIN", "Give an account a new password; it is asked for or read from standard input", "  signoff users password jane < password.txt",
		func(cmd *cobra.Command, c *client.Client, _ *talk, u api.User) error {
			password, err := askPassword(cmd, "the account "+u.Login)
			if err != nil {
				return err
			}
			if err := c.SetPassword(cmd.Context(), u.ID, password); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s signs in with the new password from now on\n", u.Login)
			return nil
		})
	c.Long = "Give an account a new password. Your own must be in SIGNOFF_PASSWORD or a profile,\nfor the one that is read is the account's. It is signed out everywhere."
	return c
}
