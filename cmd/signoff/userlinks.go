package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

const aboutSources = `SOURCE is entra:TENANT-ID, oidc:ISSUER, ldap:NAME or scim:NAME, NAME being that of
a directory here. SUBJECT is their id there: in Entra ID the object id of the user.`

func linkUserCommand() *cobra.Command {
	var called string
	c := aboutUser("link LOGIN SOURCE SUBJECT", "Say who somebody is in another system",
		"  signoff users link jane entra:72f988bf-86f1-41af-91ab-2d7cd011db47 11111111-2222-4333-8444-555555555555 --called jane@contoso.com",
		func(cmd *cobra.Command, c *client.Client, t *talk, u api.User) error {
			args := cmd.Flags().Args()
			l, err := c.Link(cmd.Context(), u.ID, api.NewLink{Source: args[1], Subject: args[2], Label: called})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			return printLinks(cmd, l)
		})
	c.Long = "Say who somebody is in another system: whoever comes from there with that id is\nthis account, with all it may do.\n\n" + aboutSources
	c.Flags().StringVar(&called, "called", "", "what they are called there")
	return c
}

func unlinkUserCommand() *cobra.Command {
	c := aboutUser("unlink LOGIN SOURCE SUBJECT", "Undo that; without it they are a stranger there again",
		"  signoff users unlink jane entra:72f988bf-86f1-41af-91ab-2d7cd011db47 11111111-2222-4333-8444-555555555555",
		func(cmd *cobra.Command, c *client.Client, _ *talk, u api.User) error {
			args := cmd.Flags().Args()
			if err := c.Unlink(cmd.Context(), u.ID, args[1], args[2]); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is not linked so any more\n", u.Login)
			return nil
		})
	c.Long = "Undo a link: who comes that way is a stranger again, their sessions by it end, and\nthey leave the groups that system put them into. `signoff users show` lists links.\n\n" + aboutSources
	return c
}

func printLinks(cmd *cobra.Command, l api.List[api.IdentityLink]) error {
	var rows [][]string
	for _, x := range l.Items {
		rows = append(rows, []string{x.Source, x.Subject, x.Label})
	}
	return table(cmd.OutOrStdout(), "SOURCE SUBJECT CALLED", rows)
}
