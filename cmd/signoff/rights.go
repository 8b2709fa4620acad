package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

const placesHelp = `server (the default), workflow:KEY or category:NAME`

func rightsCommand() *cobra.Command {
	var t talk
	var on string
	c := &cobra.Command{
		Use:   "rights",
		Short: "Who may do what on the server, a category or a workflow, and why",
		Long: `List the rights on the server, a category or a workflow; give them and take them;
ask why somebody may do something or not.

On the server: administer, deploy, impersonate. On a workflow, or on all workflows
of a category: start, view-own, view, finish, administer.`,
		Example: `  signoff rights --user admin
  signoff rights --on workflow:leave
  signoff rights give role:Authors deploy
  signoff rights give Finance view --on category:HR
  signoff rights why jane start workflow:leave
  signoff rights why jane task:1234_5`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := placeOf(on)
			if err != nil {
				return err
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, _, err := c.RightsOn(cmd.Context(), place)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			return printRights(cmd, l)
		},
	}
	t.flags(c)
	c.Flags().StringVar(&on, "on", "server", placesHelp)
	c.AddCommand(changeRightCommand("give", true), changeRightCommand("take", false), whyCommand())
	return c
}

func printRights(cmd *cobra.Command, l api.List[api.Grant]) error {
	var rows [][]string
	for _, g := range l.Items {
		rows = append(rows, []string{g.Who.Name, g.Who.ID, g.Right, g.Category})
	}
	return table(cmd.OutOrStdout(), "WHO PRINCIPAL RIGHT BY-CATEGORY", rows)
}

func placeOf(text string) (client.Place, error) {
	kind, name, named := strings.Cut(text, ":")
	switch {
	case text == "server":
		return client.OnServer(), nil
	case kind == "workflow" && named && name != "":
		return client.OnWorkflow(name), nil
	case kind == "category" && named && name != "":
		return client.OnCategory(name), nil
	}
	return client.Place{}, usageError{fmt.Errorf("rights are on %s, not on %q", placesHelp, text)}
}

func changeRightCommand(verb string, give bool) *cobra.Command {
	var t talk
	var on string
	short := "Give somebody a right"
	if !give {
		short = "Take a right from somebody"
	}
	c := &cobra.Command{
		Use:   verb + " WHO RIGHT",
		Short: short,
		Long:  short + ". WHO is a login, a group's name, role:NAME, Everyone or a principal.",
		Example: fmt.Sprintf("  signoff rights %[1]s Finance view --on category:HR\n  signoff rights %[1]s role:Authors deploy",
			verb),
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := placeOf(on)
			if err != nil {
				return err
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			l, err := changeRight(cmd, c, place, args[0], args[1], give)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			return printRights(cmd, l)
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringVar(&on, "on", "server", placesHelp)
	return c
}

// changeRight replaces the rights on a place by the same with one more, or one
// less. Somebody else's change in between is not lost: it is refused then.
func changeRight(cmd *cobra.Command, c *client.Client, place client.Place, who, right string, give bool) (l api.List[api.Grant], err error) {
	l, tag, err := c.RightsOn(cmd.Context(), place)
	if err != nil {
		return l, err
	}
	var want []api.NewGrant
	found := false
	for _, g := range l.Items {
		if g.Category != "" {
			continue // kept there, and changed there
		}
		if !give && g.Right == right && calledSo(g.Who, who) {
			found = true
			continue
		}
		want = append(want, api.NewGrant{Who: g.Who.ID, Right: g.Right})
	}
	if give {
		want = append(want, api.NewGrant{Who: who, Right: right})
	} else if !found {
		return l, usageError{fmt.Errorf("%s does not hold the right to %s there by themselves", who, right)}
	}
	return c.PutRightsOn(cmd.Context(), place, tag, want)
}

// calledSo tells whether somebody is meant by a name as people write it.
func calledSo(p api.Person, name string) bool {
	for _, prefix := range []string{"", "group:", "role:"} {
		if strings.EqualFold(name, prefix+p.Login) || strings.EqualFold(name, prefix+p.Name) {
			return true
		}
	}
	return p.ID == name
}

func whyCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "why PERSON [RIGHT] THING",
		Short: "Why may somebody do something, or why not",
		Long: `Say whether somebody may do something, by which group, role and category, or what
would have to change and who could change it. Administrators ask about anybody,
others about themselves.

THING is server, workflow:KEY, category:NAME, instance:NUMBER or task:SERIAL. Of a
task it says why it is in somebody's list or not, and takes no right.`,
		Example: `  signoff rights why jane start workflow:leave
  signoff rights why jane administer server
  signoff rights why jane task:1234_5`,
		Args: cobra.RangeArgs(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			right := ""
			if len(args) == 3 {
				right = args[1]
			}
			w, err := c.Why(cmd.Context(), args[0], right, args[len(args)-1])
			if err != nil || t.asJSON {
				return orJSON(cmd, err, w)
			}
			return printWhy(cmd, w)
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func printWhy(cmd *cobra.Command, w api.Why) error {
	out, answer := cmd.OutOrStdout(), "no"
	if w.Yes {
		answer = "yes"
	}
	fmt.Fprintf(out, "%s. %s\n", answer, oneLine(w.Text))
	var chain []string
	for _, l := range w.Chain {
		text := l.Kind + " " + l.Name
		if l.Person != nil {
			text = l.Kind + " " + l.Person.Name
		}
		chain = append(chain, strings.TrimSpace(text))
	}
	if len(chain) > 0 {
		fmt.Fprintf(out, "  %s\n", oneLine(strings.Join(chain, " > ")))
	}
	for _, text := range w.Would {
		fmt.Fprintf(out, "  would help: %s\n", oneLine(text))
	}
	var givers []string
	for _, p := range w.Givers {
		givers = append(givers, p.Name)
	}
	if len(givers) > 0 {
		fmt.Fprintf(out, "  who could do that: %s\n", oneLine(strings.Join(givers, ", ")))
	}
	return nil
}
