package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

func trustCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "trust",
		Short: "Say whose bearer tokens are believed: Entra tenants and other issuers",
		Long: `Say whose bearer tokens the API believes. Changes are in force on all servers at
once; the page is Manage › Access › Trust.

Only administrators may see or change it.`,
		Example: `  signoff trust add --tenant contoso.com --audience 6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c
  signoff trust list
  signoff trust check`,
		Args:    cobra.NoArgs,
		GroupID: "talk",
	}
	c.AddCommand(trustListCommand(), trustAddCommand(), trustSetCommand(), trustRemoveCommand(), trustCheckCommand())
	return c
}

func trustListCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "list",
		Short:   "List whose tokens are believed",
		Example: "  signoff trust list --user admin",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			set, _, err := c.Trust(cmd.Context())
			if err != nil || t.asJSON {
				return orJSON(cmd, err, set)
			}
			if len(set.Issuers) == 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), "Nobody's tokens are believed yet; `signoff trust add --tenant …` changes that.")
				return nil
			}
			var rows [][]string
			for _, is := range set.Issuers {
				rows = append(rows, []string{is.Name, is.Profile, whoseTokens(is), strings.Join(is.Audiences, " "), is.Newcomers})
			}
			out := cmd.OutOrStdout()
			return tellTrusted(out, screenWidth(out), rows)
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

const trustColumns = "NAME PROFILE WHOSE AUDIENCES NEWCOMERS"

// tellTrusted writes entries whole: a line each, or, on a screen that is too
// narrow for that, a paragraph each with every id on a line of its own. An id
// that is cut, or broken by the edge of the screen, cannot be copied.
func tellTrusted(out io.Writer, width int, rows [][]string) error {
	var lines strings.Builder
	if err := tableUpTo(0, &lines, trustColumns, rows); err != nil {
		return err
	}
	fits := true
	for line := range strings.Lines(lines.String()) {
		fits = fits && utf8.RuneCountInString(strings.TrimRight(line, "\n")) <= width
	}
	if width == 0 || fits {
		_, err := io.WriteString(out, lines.String())
		return err
	}
	var b strings.Builder
	for i, r := range rows {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(r[0] + "\n")
		for j, label := range strings.Fields(strings.ToLower(trustColumns))[1:] {
			fmt.Fprintf(&b, "  %-11s%s\n", label, strings.ReplaceAll(r[j+1], " ", "\n"+strings.Repeat(" ", 13)))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func whoseTokens(is api.TrustedIssuer) string {
	switch {
	case is.AnyTenant:
		return "every tenant"
	case len(is.Tenants) > 0:
		return strings.Join(is.Tenants, " ")
	}
	return is.URL
}

// addTrust is what the flags of trust add say.
type addTrust struct {
	tenant, issuer, name, newcomers string
	authority                       string
	audiences, scopes, versions     []string
	clients, roles, apps            []string
	noLink, replace                 bool
}

func trustAddCommand() *cobra.Command {
	var t talk
	var a addTrust
	c := &cobra.Command{
		Use:   "add",
		Short: "Believe the tokens of one more Entra tenant or other issuer",
		Long: `Believe the tokens of an Entra tenant (--tenant, its id or domain) or of any other
OpenID provider (--issuer, its address). What is needed besides is looked up
there. The audience is the Application (client) ID of the API's registration in
that tenant, or its Application ID URI, as far as you know them.

An entry of the same name is left as it is: signoff trust set changes some of it,
and --replace makes it anew, with nothing of what it had.`,
		Example: `  signoff trust add --tenant contoso.com --audience 6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c
  signoff trust add --tenant contoso.com --audience api://6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c --newcomers ask
  signoff trust add --issuer https://login.example.com --audience signoff --scope workflow`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (a.tenant == "") == (a.issuer == "") {
				return usageError{errors.New("say --tenant for Entra or --issuer for another provider, one of the two")}
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			set, before, err := a.save(cmd, c)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, set)
			}
			sayTrusted(cmd, set, before)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	f := c.Flags()
	f.StringVar(&a.tenant, "tenant", "", "Entra tenant: its id or domain")
	f.StringVar(&a.issuer, "issuer", "", "another provider: its address, or that of its metadata")
	f.StringSliceVar(&a.audiences, "audience", nil, "what tokens for this API name; may be repeated")
	f.StringVar(&a.name, "name", "", "what to call the entry (default as it is found)")
	f.StringVar(&a.newcomers, "newcomers", "create", "people nobody here knows: create, ask or refuse")
	f.BoolVar(&a.noLink, "no-link", false, "a proven address does not find existing people")
	f.StringSliceVar(&a.scopes, "scope", nil, "scope that is needed (default user_impersonation in Entra)")
	f.StringSliceVar(&a.versions, "version", nil, "versions of Entra's tokens, 1.0 and 2.0 (default both)")
	f.StringSliceVar(&a.clients, "client", nil, "application that may call (default all)")
	f.StringSliceVar(&a.roles, "app-role", nil, "applications by themselves may call with this app role")
	f.StringSliceVar(&a.apps, "app", nil, "this application may call by itself")
	f.BoolVar(&a.replace, "replace", false, "make an entry of the same name anew, and drop what it had")
	f.StringVar(&a.authority, "authority", "", "address of Entra in a cloud of its own")
	return c
}

// save proposes an entry, fills in what was said, and saves it beside the
// others. Somebody who saves in the same moment is not overwritten, nor is an
// entry of the same name unless that was said; before is what was replaced.
func (a *addTrust) save(cmd *cobra.Command, c *client.Client) (set api.Trust, before *api.TrustedIssuer, err error) {
	p, err := c.ProposeTrust(cmd.Context(), api.ProposeTrust{From: a.tenant + a.issuer, Audiences: a.audiences, Authority: a.authority, AuthorityV1: a.authority})
	if err != nil {
		return api.Trust{}, nil, err
	}
	is := p.Issuer
	a.fill(&is)
	now, tag, err := c.Trust(cmd.Context())
	if err != nil {
		return api.Trust{}, nil, err
	}
	all := slices.Clone(now.Issuers)
	if i := entryCalled(all, is.Name); i >= 0 {
		if !a.replace {
			return api.Trust{}, nil, &signoff.Error{Kind: signoff.Conflict, Code: "issuer-exists", Detail: "there is an entry called " + all[i].Name + " already",
				Hint: "`signoff trust set " + all[i].Name + " …` changes what you name and leaves the rest; --name adds another, --replace drops what it has"}
		}
		before = &now.Issuers[i]
		all = slices.Delete(all, i, i+1)
	}
	set, err = c.SetTrust(cmd.Context(), tag, append(all, is))
	return set, before, err
}

func (a *addTrust) fill(is *api.TrustedIssuer) {
	is.Newcomers = a.newcomers
	if a.name != "" {
		is.Name = a.name
	}
	if a.noLink {
		is.LinkByAddress = false
	}
	if len(a.scopes) > 0 {
		is.Scopes = a.scopes
	}
	if len(a.versions) > 0 {
		is.Versions = a.versions
	}
	is.Clients = a.clients
	switch {
	case len(a.roles) > 0:
		is.Apps, is.Roles = "role", a.roles
	case len(a.apps) > 0:
		is.Apps, is.AppClients = "list", a.apps
	}
}

func sayTrusted(cmd *cobra.Command, set api.Trust, before *api.TrustedIssuer) {
	is := set.Issuers[len(set.Issuers)-1]
	out := cmd.OutOrStdout()
	fmt.Fprintln(out, sentence(fmt.Sprintf("Tokens of %s (%s) are believed now, for %s", is.Name, whoseTokens(is), strings.Join(is.Audiences, " and "))))
	if before != nil {
		sayChanged(out, *before, is)
	}
	sayProblems(cmd.ErrOrStderr(), set)
}

// sentence ends with a full stop, unless an address is last: it would be copied
// with it.
func sentence(text string) string {
	if strings.HasSuffix(text, "/") {
		return text
	}
	return text + "."
}

func sayProblems(out io.Writer, set api.Trust) {
	if set.Failed != "" {
		fmt.Fprintln(out, "Not in force: "+set.Failed)
	}
	for _, p := range set.Warnings {
		fmt.Fprintln(out, sentence(fmt.Sprintf("Look at %s: %s; %s", p.Field, p.Reason, p.Advice)))
	}
}

func trustRemoveCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "remove NAME",
		Short:   "Believe an issuer's tokens no longer",
		Example: "  signoff trust remove contoso.com",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			now, tag, err := c.Trust(cmd.Context())
			if err != nil {
				return err
			}
			left := slices.DeleteFunc(slices.Clone(now.Issuers), func(is api.TrustedIssuer) bool { return strings.EqualFold(is.Name, args[0]) })
			if len(left) == len(now.Issuers) {
				return errNoEntry(args[0])
			}
			set, err := c.SetTrust(cmd.Context(), tag, left)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, set)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Tokens of %s are believed no longer.\n", args[0])
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func trustCheckCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "check",
		Short: "Ask every issuer for its keys, and say what should be looked at",
		Long: `Ask every issuer for its keys now, and say what should be looked at. It ends with
status 1 when an issuer did not answer or an entry is not in force.`,
		Example: "  signoff trust check",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			set, _, err := c.Trust(cmd.Context())
			if err != nil {
				return err
			}
			bad := set.Failed != ""
			for _, is := range set.Issuers {
				if _, err := c.RefreshKeys(cmd.Context(), is.Name); err != nil {
					bad = true
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", is.Name, err)
				}
			}
			keys, err := c.TrustKeys(cmd.Context())
			if err != nil || t.asJSON {
				return orJSON(cmd, err, keys)
			}
			if err := showKeys(cmd.OutOrStdout(), keys.Items); err != nil {
				return err
			}
			if sayProblems(cmd.ErrOrStderr(), set); bad {
				return errSaid
			}
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func showKeys(out io.Writer, all []api.TrustKeys) error {
	var rows [][]string
	for _, k := range all {
		state := "good"
		switch {
		case k.Problem != "":
			state = "not fetched"
		case k.Kept:
			state = "from before the start"
		}
		rows = append(rows, []string{k.Issuer, k.URL, fmt.Sprint(len(k.Keys)), when(k.Fetched), state})
	}
	return table(out, "ENTRY ISSUER KEYS FETCHED STATE", rows)
}
