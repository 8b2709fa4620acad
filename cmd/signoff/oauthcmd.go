package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func oauthCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "oauth",
		Short: "Tokens with which this server calls other systems",
		Long: `Describe the systems that this server has tokens for, connect accounts to them,
and see what becomes of the tokens; the page is Manage › Access › OAuth
resources, and docs/oauth.md tells more.

Only administrators may, but for signoff oauth connect with one's own account.`,
		Example: `  signoff oauth add m365 --type entra-v2 --tenant contoso.com --client 6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c --audience https://graph.microsoft.com
  signoff oauth check m365
  signoff oauth connect m365 --service`,
		Args:    cobra.NoArgs,
		GroupID: "talk",
	}
	c.AddCommand(oauthTypesCommand(), oauthListCommand(), oauthShowCommand(), oauthAddCommand(), oauthSetCommand(), oauthRemoveCommand(),
		oauthCheckCommand(), oauthCertificateCommand(), oauthConnectCommand(), oauthAppTokenCommand(), oauthTokensCommand(), oauthForgetCommand())
	return c
}

// talking makes a command of its words and of what it does with a server.
func talking(c *cobra.Command, do func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error) *cobra.Command {
	var t talk
	c.RunE = func(cmd *cobra.Command, args []string) error {
		dialled, err := t.dial(cmd)
		if err != nil {
			return err
		}
		return do(cmd, dialled, args, t.asJSON)
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func oauthTypesCommand() *cobra.Command {
	return talking(&cobra.Command{Use: "types", Short: "List the kinds of providers", Example: "  signoff oauth types", Args: cobra.NoArgs},
		func(cmd *cobra.Command, c *client.Client, _ []string, asJSON bool) error {
			l, err := c.OAuthTypes(cmd.Context())
			if err != nil || asJSON {
				return orJSON(cmd, err, l)
			}
			var rows [][]string
			for _, t := range l.Items {
				var names []string
				for _, p := range t.Parameters {
					names = append(names, p.Name)
				}
				rows = append(rows, []string{t.Name, t.Title, strings.Join(names, " ")})
			}
			return table(cmd.OutOrStdout(), "NAME TITLE PARAMETERS", rows)
		})
}

func oauthListCommand() *cobra.Command {
	return talking(&cobra.Command{Use: "list", Short: "List the systems this server has tokens for", Example: "  signoff oauth list", Args: cobra.NoArgs},
		func(cmd *cobra.Command, c *client.Client, _ []string, asJSON bool) error {
			l, err := c.OAuthResources(cmd.Context())
			if err != nil || asJSON {
				return orJSON(cmd, err, l)
			}
			if len(l.Items) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "There are no OAuth resources yet; `signoff oauth add …` makes one.")
				return nil
			}
			var rows [][]string
			for _, r := range l.Items {
				rows = append(rows, []string{r.Name, r.Title, r.Type, r.Audience, r.Auth, when(r.Ends)})
			}
			return table(cmd.OutOrStdout(), "NAME TITLE TYPE AUDIENCE PROOF ENDS", rows)
		})
}

func oauthShowCommand() *cobra.Command {
	return talking(&cobra.Command{Use: "show NAME", Short: "Show one system, with the registration there", Example: "  signoff oauth show m365", Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error {
			r, _, err := c.OAuthResource(cmd.Context(), args[0])
			if err != nil || asJSON {
				return orJSON(cmd, err, r)
			}
			sayOAuth(cmd.OutOrStdout(), r)
			return nil
		})
}

func sayOAuth(out io.Writer, r api.OAuthResource) {
	fmt.Fprintf(out, "%s (%s)\n", oneLine(r.Title), r.Name)
	rows := [][2]string{{"type", r.Type}, {"authority", r.Authority}, {"tenant", r.Tenant}, {"issuer", r.Issuer}, {"client", r.ClientID}, {"audience", r.Audience},
		{"scopes", strings.Join(r.Scopes, " ")}, {"proof", r.Auth}, {"ends", when(r.Ends)}, {"token file", r.TokenFile}, {"redirect address", r.Callback}}
	if r.Trust != nil {
		rows = append(rows, [2]string{"trusted issuer", r.Trust.Issuer}, [2]string{"trusted subject", r.Trust.Subject}, [2]string{"trusted audience", r.Trust.Audience})
	}
	if r.Certificate != nil && r.Auth == "certificate" {
		rows = append(rows, [2]string{"certificate", r.Certificate.Print})
	}
	if r.Next != nil && r.Auth == "certificate" {
		rows = append(rows, [2]string{"next certificate", r.Next.Print + "; signoff oauth check " + r.Name + " puts it to use once the provider knows it"})
	}
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(out, "  %-17s %s\n", row[0], oneLine(row[1]))
		}
	}
}

func oauthRemoveCommand() *cobra.Command {
	return talking(&cobra.Command{Use: "remove NAME", Short: "Remove a system with all its tokens", Example: "  signoff oauth remove m365", Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error {
			if err := c.RemoveOAuthResource(cmd.Context(), args[0]); err != nil || asJSON {
				return orJSON(cmd, err, struct{}{})
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is removed, with all its tokens.\n", args[0])
			return nil
		})
}

func oauthCheckCommand() *cobra.Command {
	return talking(&cobra.Command{Use: "check NAME", Short: "Ask the provider whether it knows this server",
		Long:    "Ask the provider whether it knows this server; nobody is connected. Ends with 1 when something is not right.",
		Example: "  signoff oauth check m365", Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error {
			got, err := c.CheckOAuthResource(cmd.Context(), args[0])
			if err != nil || asJSON {
				return orJSON(cmd, err, got)
			}
			bad := false
			for _, s := range got.Steps {
				mark := "ok  "
				if !s.OK {
					mark, bad = "FAIL", true
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %-10s  %s\n", mark, s.Name, oneLine(s.Detail))
				for _, more := range []string{s.Advice, s.Said} {
					if more != "" && !s.OK {
						fmt.Fprintf(cmd.OutOrStdout(), "                  %s\n", oneLine(more))
					}
				}
			}
			if bad {
				return &signoff.Error{Kind: signoff.Unavailable, Code: "oauth-check-failed", Detail: "the provider does not know this server as it is set up"}
			}
			return nil
		})
}

func oauthCertificateCommand() *cobra.Command {
	var another bool
	c := talking(&cobra.Command{Use: "certificate NAME", Short: "Print the certificate to give to the provider, or make the next one",
		Long: `Print the public part of the certificate (PEM), to be uploaded at the provider. The
key never leaves the server. With --new another is made; the one in use works
until signoff oauth check finds that the provider knows the new one.`,
		Example: "  signoff oauth certificate m365 > m365.pem\n  signoff oauth certificate m365 --new > next.pem", Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error {
			r, _, err := c.OAuthResource(cmd.Context(), args[0])
			if err == nil && another {
				r, err = c.MakeOAuthCertificate(cmd.Context(), args[0])
			}
			if err != nil {
				return err
			}
			last := cmp.Or(r.Next, r.Certificate)
			if last == nil {
				return &signoff.Error{Kind: signoff.NotFound, Code: "no-certificate", Detail: r.Name + " has no certificate", Hint: "signoff oauth set " + r.Name + " --auth certificate"}
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), last)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), last.PEM)
			return err
		})
	c.Flags().BoolVar(&another, "new", false, "make another")
	return c
}

func oauthTokensCommand() *cobra.Command {
	var resource string
	var limit int
	c := talking(&cobra.Command{Use: "tokens", Short: "List tokens, without their secrets", Example: "  signoff oauth tokens --resource m365", Args: cobra.NoArgs},
		func(cmd *cobra.Command, c *client.Client, _ []string, asJSON bool) error {
			l, err := c.OAuthTokens(cmd.Context(), resource, client.Paging{Limit: limit})
			if err != nil || asJSON {
				return orJSON(cmd, err, l)
			}
			var rows [][]string
			for _, t := range l.Items {
				rows = append(rows, []string{strconv.FormatInt(t.ID, 10), t.Resource, whoseToken(t), t.Account, t.State, when(t.Expires), problemWords(t.Problem)})
			}
			if err := table(cmd.OutOrStdout(), "ID RESOURCE FOR ACCOUNT STATE EXPIRES PROBLEM", rows); err != nil {
				return err
			}
			if l.Next != "" {
				fmt.Fprintln(cmd.ErrOrStderr(), "There are more; raise --limit.")
			}
			return nil
		})
	c.Flags().StringVar(&resource, "resource", "", "of this system only")
	c.Flags().IntVar(&limit, "limit", 50, "how many at most, 1 to 200")
	return c
}

func whoseToken(t api.OAuthToken) string {
	switch {
	case t.For == "app":
		return "application"
	case t.Owner != nil:
		return t.Owner.Name
	}
	return "service account"
}

func problemWords(p *api.OAuthProblem) string {
	if p == nil {
		return ""
	}
	return p.Code + ": " + p.Detail
}

func oauthForgetCommand() *cobra.Command {
	return talking(&cobra.Command{Use: "forget ID", Short: "Forget a token; the provider is not told", Example: "  signoff oauth forget 7", Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return usageError{fmt.Errorf("%s is no number of a token: signoff oauth tokens lists them", args[0])}
			}
			if err := c.DeleteOAuthToken(cmd.Context(), id); err != nil || asJSON {
				return orJSON(cmd, err, struct{}{})
			}
			fmt.Fprintln(cmd.OutOrStdout(), "It is forgotten here. What was granted is taken back at the provider.")
			return nil
		})
}
