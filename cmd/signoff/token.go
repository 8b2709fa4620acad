package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func tokenCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "Make, list and end personal access tokens",
		Long: `A personal access token lets a program call the API in your name, without your
password. It ends by itself and can be ended at any time. Programs send it as
"Authorization: Bearer sgn_…"; the commands here take it from SIGNOFF_TOKEN.`,
		Example: `  signoff token create "Monthly report" --days 30 --read-only
  signoff token list
  signoff token revoke 7`,
		GroupID: "talk",
	}
	c.AddCommand(createTokenCommand(), listTokensCommand(), revokeTokenCommand())
	return c
}

func createTokenCommand() *cobra.Command {
	var t talk
	var n api.NewToken
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a token; it is printed this once",
		Long: `Make a token and print it, alone on a line: it is shown this once and kept
nowhere. Name it after the program that will use it. It takes your password; a
token cannot make another.`,
		Example: `  signoff token create "Monthly report" --days 30 --read-only`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			n.Name = args[0]
			made, err := c.CreateToken(cmd.Context(), n)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, made)
			}
			fmt.Fprintln(cmd.OutOrStdout(), made.Text)
			fmt.Fprintf(cmd.ErrOrStderr(), "token %d, %s, lasts until %s; it is shown this once\n", made.ID, made.Name, made.Expires.Local().Format(time.DateOnly))
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().IntVar(&n.Days, "days", 0, "how long it lasts (default as the server says)")
	c.Flags().BoolVar(&n.ReadOnly, "read-only", false, "it may only read")
	c.Flags().StringVar(&n.API, "api", "", "the only API it may call, workflow or rest (default every one)")
	return c
}

func listTokensCommand() *cobra.Command {
	var t talk
	var everybody bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List your tokens, or everybody's",
		Long:  "List access tokens with what they may do, when they end and when they were last used. The tokens themselves are kept nowhere.",
		Example: `  signoff token list
  signoff token list --all`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			var l api.TokenList
			if everybody {
				l, err = c.AllTokens(cmd.Context(), client.Paging{Limit: 200})
			} else {
				l, err = c.Tokens(cmd.Context())
			}
			if err != nil || t.asJSON {
				return orJSON(cmd, err, l)
			}
			var rows [][]string
			for _, one := range l.Items {
				rows = append(rows, tokenRow(one))
			}
			return table(cmd.OutOrStdout(), "ID NAME OWNER TOKEN LIMITS ENDS USED", rows)
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().BoolVar(&everybody, "all", false, "everybody's, for administrators")
	return c
}

func tokenRow(one api.Token) []string {
	owner, used := "", "never"
	if one.Owner != nil {
		owner = one.Owner.Login
	}
	if one.Used != nil {
		used = one.Used.Local().Format(time.DateOnly)
	}
	var limits []string
	if one.ReadOnly {
		limits = append(limits, "read-only")
	}
	if one.API != "" {
		limits = append(limits, one.API)
	}
	return []string{strconv.FormatInt(one.ID, 10), one.Name, owner, "sgn_..." + one.Ending, strings.Join(limits, ","),
		one.Expires.Local().Format(time.DateOnly), used}
}

func revokeTokenCommand() *cobra.Command {
	var t talk
	var anybody bool
	c := &cobra.Command{
		Use:     "revoke ID",
		Short:   "End a token at once",
		Long:    "End one of your tokens, by the number that `signoff token list` shows. Whatever uses it is refused from then on.",
		Example: `  signoff token revoke 3`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id <= 0 {
				return &signoff.Error{Kind: signoff.Invalid, Code: "bad-token", Detail: "a token is named by its number", Hint: "signoff token list shows it"}
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			end := c.EndToken
			if anybody {
				end = c.EndAnyToken
			}
			if err := end(cmd.Context(), id); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "token %d has ended\n", id)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().BoolVar(&anybody, "all", false, "also somebody else's, for administrators")
	return c
}
