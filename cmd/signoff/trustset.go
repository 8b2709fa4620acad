package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity/trust"
)

// A trustList is a list of an entry as flags change it: all of it, or some of it.
type trustList struct {
	flag, about      string
	of               func(*api.TrustedIssuer) *[]string
	whole, add, gone []string
}

// setTrust is what the flags of trust set say.
type setTrust struct {
	name, newcomers, guests, apps string
	link, slash, people           bool
	lists                         []*trustList
}

func newSetTrust() *setTrust {
	return &setTrust{lists: []*trustList{
		{flag: "tenant", about: "Entra tenants", of: func(is *api.TrustedIssuer) *[]string { return &is.Tenants }},
		{flag: "audience", about: "what tokens for this API name", of: func(is *api.TrustedIssuer) *[]string { return &is.Audiences }},
		{flag: "version", about: "versions of Entra's tokens", of: func(is *api.TrustedIssuer) *[]string { return &is.Versions }},
		{flag: "scope", about: "scopes, one of which is needed", of: func(is *api.TrustedIssuer) *[]string { return &is.Scopes }},
		{flag: "client", about: "applications that may call for people", of: func(is *api.TrustedIssuer) *[]string { return &is.Clients }},
		{flag: "app-role", about: "app roles that let applications call by themselves", of: func(is *api.TrustedIssuer) *[]string { return &is.Roles }},
		{flag: "app", about: "applications that may call by themselves", of: func(is *api.TrustedIssuer) *[]string { return &is.AppClients }},
	}}
}

func trustSetCommand() *cobra.Command {
	var t talk
	s := newSetTrust()
	c := &cobra.Command{
		Use:   "set NAME",
		Short: "Change some of an entry, and leave the rest as it is",
		Long: `Change what is given of an entry, and leave the rest as it is. A list is said
whole, as with --scope, or some of it is put in or taken out, as with
--add-scope and --remove-scope. It says what is different then.`,
		Example: `  signoff trust set contoso.com --newcomers ask
  signoff trust set contoso.com --add-app-role Workflow.Use.All
  signoff trust set contoso.com --remove-client 2e8a0c1d-0d4e-4f5a-8b6c-7d8e9f0a1b2c`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			now, tag, err := c.Trust(cmd.Context())
			if err != nil {
				return err
			}
			i := entryCalled(now.Issuers, args[0])
			if i < 0 {
				return errNoEntry(args[0])
			}
			before := now.Issuers[i]
			after := before
			if err := s.change(cmd, &after); err != nil {
				return err
			}
			if reflect.DeepEqual(before, after) {
				return usageError{errors.New("that changes nothing: " + before.Name + " is so already, or no flag says what to change")}
			}
			all := slices.Clone(now.Issuers)
			all[i] = after
			set, err := c.SetTrust(cmd.Context(), tag, all)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, set)
			}
			sayChanged(cmd.OutOrStdout(), before, after)
			sayProblems(cmd.ErrOrStderr(), set)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	s.flags(c)
	return c
}

func (s *setTrust) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&s.name, "name", "", "what to call the entry from now on")
	f.StringVar(&s.newcomers, "newcomers", "", "people nobody here knows: create, ask or refuse")
	f.StringVar(&s.guests, "guests", "", "guests of the tenant: refuse, allow, or members (the token has to say that they are none)")
	f.StringVar(&s.apps, "apps", "", "applications that call by themselves: refuse, role or list")
	f.BoolVar(&s.link, "link", false, "a proven address finds existing people")
	f.BoolVar(&s.people, "people", false, "people may call through applications")
	f.BoolVar(&s.slash, "slash-variants", false, "a URI counts with and without a slash at its end")
	for _, l := range s.lists {
		f.StringSliceVar(&l.whole, l.flag, nil, l.about+", all of them")
		f.StringSliceVar(&l.add, "add-"+l.flag, nil, l.about+": put in")
		f.StringSliceVar(&l.gone, "remove-"+l.flag, nil, l.about+": take out")
	}
}

// change puts the flags that were given into an entry.
func (s *setTrust) change(cmd *cobra.Command, is *api.TrustedIssuer) error {
	given := cmd.Flags().Changed
	is.Name, is.Newcomers = cmp.Or(s.name, is.Name), cmp.Or(s.newcomers, is.Newcomers)
	if given("guests") {
		is.Guests = strings.TrimPrefix(s.guests, "refuse")
	}
	if given("link") {
		is.LinkByAddress = s.link
	}
	if given("people") {
		is.NoPeople = !s.people
	}
	if given("slash-variants") {
		is.SlashVariants = s.slash
	}
	for _, l := range s.lists {
		list := l.of(is)
		if given(l.flag) {
			*list = slices.Clone(l.whole)
		}
		l.mix(list)
	}
	return s.applications(given, is)
}

func (l *trustList) mix(list *[]string) {
	out := slices.DeleteFunc(slices.Clone(*list), func(v string) bool { return slices.Contains(l.gone, v) })
	for _, v := range l.add {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	*list = out
}

// applications decides in which of the two ways they are let in. What the entry
// has of the other way is not dropped unless --apps says so.
func (s *setTrust) applications(given func(string) bool, is *api.TrustedIssuer) error {
	way := ""
	for flag, leads := range map[string]string{"app-role": "role", "app": "list"} {
		if !given(flag) && !given("add-"+flag) {
			continue
		}
		if way != "" {
			return usageError{errors.New("an entry lets applications in by app role or by list: say --app-role or --app, one of the two")}
		}
		way = leads
	}
	switch {
	case given("apps"):
		is.Apps = strings.TrimPrefix(s.apps, "refuse")
	case way != "" && is.Apps != "" && is.Apps != way:
		return usageError{fmt.Errorf("%s lets applications in by %s now: say --apps %s as well if those are not to come in any more", is.Name, is.Apps, way)}
	case way != "":
		is.Apps = way
	}
	if is.Apps != "role" {
		is.Roles = nil
	}
	if is.Apps != "list" {
		is.AppClients = nil
	}
	return nil
}

func entryCalled(all []api.TrustedIssuer, name string) int {
	return slices.IndexFunc(all, func(is api.TrustedIssuer) bool { return strings.EqualFold(is.Name, name) })
}

func errNoEntry(name string) error {
	return &signoff.Error{Kind: signoff.NotFound, Code: "issuer-not-found", Detail: "there is no entry called " + name, Hint: "`signoff trust list` shows those there are"}
}

// sayChanged prints what is different, as the Trust page calls it.
func sayChanged(out io.Writer, before, after api.TrustedIssuer) {
	fmt.Fprintf(out, "%s is changed:\n", before.Name)
	a, b := reflect.ValueOf(before), reflect.ValueOf(after)
	for i := range a.NumField() {
		was, is := inLine(a.Field(i)), inLine(b.Field(i))
		if was == is {
			continue
		}
		field, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		fmt.Fprintf(out, "  %s: %s, before %s\n", trust.Label(field), is, was)
	}
}

func inLine(v reflect.Value) string {
	if list, ok := v.Interface().([]string); ok {
		return cmp.Or(oneLine(strings.Join(list, " ")), "none")
	}
	return cmp.Or(oneLine(fmt.Sprint(v.Interface())), "none")
}
