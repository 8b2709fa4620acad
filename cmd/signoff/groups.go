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

// Groups and roles have the same commands.

func groupsCommand() *cobra.Command {
	return groupLike(client.Groups, "group", "Groups of people: list them, make them, put people in")
}

func rolesCommand() *cobra.Command {
	return groupLike(client.Roles, "role", "Roles: names for duties that people and groups hold")
}

func groupLike(kind, one, short string) *cobra.Command {
	var t talk
	var find string
	c := &cobra.Command{
		Use: kind, Short: short, Args: cobra.NoArgs,
		Example: fmt.Sprintf("  signoff %[1]s --user admin\n  signoff %[1]s add Approvers jane bob\n  signoff %[1]s show Approvers", kind),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := c.GroupList(cmd.Context(), kind, find, client.Paging{Limit: 200})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			var rows [][]string
			for _, g := range l.Items {
				rows = append(rows, []string{g.Name, g.ID, g.Source, g.About})
			}
			if err := table(cmd.OutOrStdout(), "NAME PRINCIPAL SOURCE ABOUT", rows); err != nil {
				return err
			}
			return sayMore(cmd, l.Next)
		},
	}
	t.flags(c)
	c.Flags().StringVar(&find, "find", "", "only those with words that begin so")
	c.AddCommand(addGroupCommand(kind, one), showGroupCommand(kind, one), renameGroupCommand(kind, one),
		membersCommand(kind, one, "put", true), membersCommand(kind, one, "take", false), deleteGroupCommand(kind, one))
	return c
}

// theGroup finds a group or role by name or principal.
func theGroup(ctx context.Context, c *client.Client, kind, name string) (string, error) {
	if signoff.Principal(name).IsGroup() {
		return name, nil
	}
	l, err := c.GroupList(ctx, kind, name, client.Paging{Limit: 200})
	if err != nil {
		return "", err
	}
	for _, g := range l.Items {
		if strings.EqualFold(g.Name, name) {
			return g.ID, nil
		}
	}
	return "", &signoff.Error{Kind: signoff.NotFound, Code: "group-not-found", Detail: fmt.Sprintf("there is no %s called %s", strings.TrimSuffix(kind, "s"), name),
		Hint: "`signoff " + kind + "` lists them"}
}

// theMember finds who is to be in a group: a person by login, a group by name
// with group: before it.
func theMember(ctx context.Context, c *client.Client, name string) (string, error) {
	for prefix, kind := range map[string]string{"group:": client.Groups, "role:": client.Roles} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			if prefix == "group:" && strings.Trim(rest, "0123456789") == "" {
				return name, nil
			}
			return theGroup(ctx, c, kind, rest)
		}
	}
	u, err := theUser(ctx, c, name)
	return u.ID, err
}

// putAll puts people and groups into a group, or takes them out.
func putAll(ctx context.Context, c *client.Client, kind, id string, names []string, in bool) error {
	for _, name := range names {
		member, err := theMember(ctx, c, name)
		if err != nil {
			return err
		}
		if in {
			err = c.PutMember(ctx, kind, id, member)
		} else {
			err = c.TakeMember(ctx, kind, id, member)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func addGroupCommand(kind, one string) *cobra.Command {
	var t talk
	var b api.GroupBody
	c := &cobra.Command{
		Use:     "add NAME [LOGIN|group:NAME]...",
		Short:   "Make a " + one + ", with those who are in it",
		Example: fmt.Sprintf("  signoff %s add Approvers jane group:Board --about \"Who may approve orders above 1000\"", kind),
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			b.Name = args[0]
			g, err := c.MakeGroup(cmd.Context(), kind, b)
			if err == nil {
				err = putAll(cmd.Context(), c, kind, g.ID, args[1:], true)
			}
			if err != nil || t.asJSON {
				return orJSON(cmd, err, g)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s is there now: %s\n", one, g.Name, g.ID)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&b.About, "about", "", "what it is for")
	return c
}

// aboutGroup makes a command about one group, named by its first argument.
func aboutGroup(kind, use, short, example string, args cobra.PositionalArgs, do func(cmd *cobra.Command, c *client.Client, t *talk, id string, rest []string) error) *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use: use, Short: short, Example: example, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			id, err := theGroup(cmd.Context(), c, kind, args[0])
			if err != nil {
				return err
			}
			return do(cmd, c, &t, id, args[1:])
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func showGroupCommand(kind, one string) *cobra.Command {
	var all bool
	c := aboutGroup(kind, "show NAME", "Show who is in a "+one, "  signoff "+kind+" show Approvers --all", cobra.ExactArgs(1),
		func(cmd *cobra.Command, c *client.Client, t *talk, id string, _ []string) error {
			if all {
				return showEverybody(cmd, c, t, kind, id)
			}
			g, err := c.OneGroup(cmd.Context(), kind, id)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, g)
			}
			var rows [][]string
			for _, m := range g.Members {
				what := "person"
				if m.Group {
					what = "group"
				}
				rows = append(rows, []string{what, m.Login, m.Name, m.Via})
			}
			return table(cmd.OutOrStdout(), "KIND LOGIN NAME SAYS", rows)
		})
	c.Flags().BoolVar(&all, "all", false, "everybody who is in it by any way, and through what")
	return c
}

func showEverybody(cmd *cobra.Command, c *client.Client, t *talk, kind, id string) error {
	l, err := c.EffectiveMembers(cmd.Context(), kind, id, client.Paging{Limit: 200})
	if err != nil || t.asJSON {
		return orJSON(cmd, err, l)
	}
	var rows [][]string
	for _, m := range l.Items {
		var through []string
		for _, g := range m.Through {
			through = append(through, g.Name)
		}
		rows = append(rows, []string{m.Login, m.Name, strings.Join(through, " > ")})
	}
	if err := table(cmd.OutOrStdout(), "LOGIN NAME THROUGH", rows); err != nil {
		return err
	}
	return sayMore(cmd, l.Next)
}

func renameGroupCommand(kind, one string) *cobra.Command {
	return aboutGroup(kind, "rename NAME NEW", "Give a "+one+" another name", "  signoff "+kind+" rename Approvers Deciders", cobra.ExactArgs(2),
		func(cmd *cobra.Command, c *client.Client, t *talk, id string, rest []string) error {
			g, err := c.ChangeGroup(cmd.Context(), kind, id, api.ChangeGroup{Name: &rest[0]})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, g)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "it is called %s now\n", g.Name)
			return nil
		})
}

func membersCommand(kind, one, verb string, in bool) *cobra.Command {
	short, done := "Put people and groups into a "+one, "in"
	if !in {
		short, done = "Take people and groups out of a "+one, "out"
	}
	return aboutGroup(kind, verb+" NAME LOGIN|group:NAME...", short, "  signoff "+kind+" "+verb+" Approvers jane group:Board", cobra.MinimumNArgs(2),
		func(cmd *cobra.Command, c *client.Client, _ *talk, id string, rest []string) error {
			if err := putAll(cmd.Context(), c, kind, id, rest, in); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", done, strings.Join(rest, ", "))
			return nil
		})
}

func deleteGroupCommand(kind, one string) *cobra.Command {
	return aboutGroup(kind, "delete NAME", "Take a "+one+" away, with its members and rights", "  signoff "+kind+" delete Approvers", cobra.ExactArgs(1),
		func(cmd *cobra.Command, c *client.Client, _ *talk, id string, _ []string) error {
			if err := c.DeleteGroup(cmd.Context(), kind, id); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "it is gone; history keeps its name")
			return nil
		})
}
