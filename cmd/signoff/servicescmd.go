package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

func servicesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "services",
		Short: "Systems that workflows and people call",
		Long: `Services are set up on the page Services. These commands look at them, try them,
and call what they offer; docs/services.md tells more.`,
		GroupID: "talk",
	}
	c.AddCommand(listServicesCommand(), showServiceCommand(), testServiceCommand(), callServiceCommand(), refreshServiceCommand())
	return c
}

func listServicesCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "list",
		Short:   "Services you may call",
		Example: `  signoff services list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			list, err := c.Services(cmd.Context())
			if err != nil || t.asJSON {
				return orJSON(cmd, err, list)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tTITLE\tTYPE\tSIGNS IN\tREFRESHED")
			for _, s := range list.Items {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Name, oneLine(s.Title), s.Type, signsIn(s), when(s.Generated))
			}
			return w.Flush()
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

// signsIn says how a service signs in, "" to whoever is not to know.
func signsIn(s api.Service) string {
	switch s.Mode {
	case "service":
		return "service account (" + s.Resource + ")"
	case "caller":
		return "who calls (" + s.Resource + ")"
	case "app":
		return "application (" + s.Resource + ")"
	case "static":
		return "as " + oneLine(s.User)
	}
	return s.Mode
}

func showServiceCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:   "show NAME [OBJECT]",
		Short: "What a service offers, and which workflows call it",
		Example: `  signoff services show office
  signoff services show office Email`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			objects, err := c.ServiceObjects(cmd.Context(), args[0])
			if err != nil || t.asJSON {
				return orJSON(cmd, err, objects)
			}
			if len(args) == 2 {
				return sayObject(cmd.OutOrStdout(), objects.Items, args[0], args[1])
			}
			s, err := c.Service(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var uses api.List[api.ServiceUse]
			if s.CanChange {
				if uses, err = c.ServiceUses(cmd.Context(), args[0]); err != nil {
					return err
				}
			}
			sayService(cmd.OutOrStdout(), s, objects.Items, uses.Items)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func sayService(out io.Writer, s api.Service, objects []api.ServiceObject, uses []api.ServiceUse) {
	fmt.Fprintf(out, "%s (%s), type %s\n", oneLine(s.Title), s.Name, s.Type)
	if s.Generated == nil {
		fmt.Fprintf(out, "has not said yet what it offers; signoff services refresh %s --apply\n", s.Name)
	}
	for _, o := range objects {
		var names []string
		for _, m := range o.Methods {
			names = append(names, m.Name)
		}
		fmt.Fprintf(out, "  %s: %s\n", o.Name, strings.Join(names, ", "))
	}
	for _, u := range uses {
		fmt.Fprintf(out, "used by %s version %d, step %s: %s %s\n", oneLine(u.Name), u.Version, oneLine(u.Step), u.Object, u.Method)
	}
}

func sayObject(out io.Writer, objects []api.ServiceObject, service, name string) error {
	i := slices.IndexFunc(objects, func(o api.ServiceObject) bool { return strings.EqualFold(o.Name, name) })
	if i < 0 {
		return &signoff.Error{Kind: signoff.NotFound, Code: "service-object-unknown", Detail: service + " has no object " + name, Hint: "signoff services show " + service}
	}
	o := objects[i]
	fmt.Fprintf(out, "%s %s\n", o.Name, oneLine(o.Text))
	for _, m := range o.Methods {
		fmt.Fprintf(out, "  %s (%s) %s\n", m.Name, m.Kind, oneLine(m.Text))
		for _, in := range m.Inputs {
			need := ""
			if in.Required {
				need = ", needed"
			}
			fmt.Fprintf(out, "    in   %s: %s%s\n", in.Name, typeWords(in.Type, in.List), need)
		}
		if len(m.Outputs) > 0 {
			fmt.Fprintf(out, "    out  %s\n", strings.Join(m.Outputs, ", "))
		}
	}
	return nil
}

func typeWords(kind string, list bool) string {
	if list {
		return "list of " + kind
	}
	return kind
}

func testServiceCommand() *cobra.Command {
	var t talk
	c := &cobra.Command{
		Use:     "test NAME",
		Short:   "Try a service step by step",
		Long:    "Go from the name of the system to a harmless call, as far as it gets. Ends with 1 when a step fails.",
		Example: `  signoff services test office`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			got, err := c.TestService(cmd.Context(), args[0])
			if err != nil || t.asJSON {
				return orJSON(cmd, err, got)
			}
			for _, s := range got.Steps {
				mark := "ok  "
				if !s.OK {
					mark = "FAIL"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %-8s  %s\n", mark, oneLine(s.Name), oneLine(s.Found))
				if s.Do != "" && !s.OK {
					fmt.Fprintf(cmd.OutOrStdout(), "                %s\n", oneLine(s.Do))
				}
			}
			if to := got.Connect; to != nil {
				return &signoff.Error{Kind: signoff.Unauthenticated, Code: "not-connected", Detail: "this service signs in as whoever calls, and your account is not connected to " + to.Title,
					Hint: "signoff oauth connect " + to.Resource + audienceFlag(to.Audience) + ", or press Test on the page of the service, " + strings.TrimSuffix(c.Server, "/") + "/manage/services/" + args[0] + ", and connect there"}
			}
			if !got.OK {
				return &signoff.Error{Kind: signoff.Unavailable, Code: "service-test-failed", Detail: "the service cannot be used as it is set up"}
			}
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	return c
}

func audienceFlag(audience string) string {
	if audience == "" {
		return ""
	}
	return " --audience " + oneLine(audience)
}

func callServiceCommand() *cobra.Command {
	var t talk
	var set []string
	var top int
	c := &cobra.Command{
		Use:   "call NAME OBJECT METHOD",
		Short: "Call a method of a service, in your own name",
		Long: `Call a method. Inputs are given with --set; what looks like JSON (a number, true,
a list) is taken as such, everything else as text. An input that is a list may be
given several times. Lists are printed as a table, a page at a time.`,
		Example: `  signoff services call office Email send --set to=ana@contoso.test --set subject=Hello --set body=Hello
  signoff services call office Email list --top 10`,
		Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			inputs, err := callInputs(set)
			if err != nil {
				return err
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			got, err := c.CallService(cmd.Context(), args[0], args[1], args[2], api.CallService{Inputs: inputs, Top: top})
			if err != nil || t.asJSON {
				return orJSON(cmd, err, got)
			}
			return sayResult(cmd.OutOrStdout(), got)
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().StringArrayVar(&set, "set", nil, "an input: NAME=VALUE; may be repeated")
	c.Flags().IntVar(&top, "top", 0, "of a list: how many rows at most")
	return c
}

// callInputs reads --set; a name that comes twice is a list.
func callInputs(set []string) (map[string]any, error) {
	out := map[string]any{}
	for _, one := range set {
		name, text, ok := strings.Cut(one, "=")
		if !ok || name == "" {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-inputs", Detail: one + " is no NAME=VALUE"}
		}
		var value any
		read := json.NewDecoder(strings.NewReader(text))
		read.UseNumber()
		if err := read.Decode(&value); err != nil || read.More() || read.InputOffset() != int64(len(text)) {
			value = text
		}
		switch before := out[name].(type) {
		case nil:
			out[name] = value
		case []any:
			out[name] = append(before, value)
		default:
			out[name] = []any{before, value}
		}
	}
	return out, nil
}

// sayResult prints fields of a row, or rows as a table.
func sayResult(out io.Writer, r api.ServiceResult) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(r.Row)) {
		fmt.Fprintf(w, "%s\t%s\n", name, cell(r.Row[name]))
	}
	has := map[string]bool{}
	for _, row := range r.Rows {
		for name := range row {
			has[name] = true
		}
	}
	columns := slices.Sorted(maps.Keys(has))
	if len(r.Rows) > 0 {
		fmt.Fprintln(w, strings.ToUpper(strings.Join(columns, "\t")))
	}
	for _, row := range r.Rows {
		var cells []string
		for _, name := range columns {
			cells = append(cells, cell(row[name]))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	switch {
	case r.Next != "":
		fmt.Fprintln(out, "there is more; --json shows where the list goes on")
	case r.Row == nil && len(r.Rows) == 0:
		fmt.Fprintln(out, "nothing came back")
	}
	return nil
}

// cell is a value on one line, short enough for a table.
func cell(v any) string {
	const most = 60
	text := ""
	switch v := v.(type) {
	case nil:
	case string:
		text = v
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			return "?"
		}
		text = string(raw)
	}
	text = oneLine(text)
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most-1]) + "…"
	}
	return text
}

func refreshServiceCommand() *cobra.Command {
	var t talk
	var ask api.RefreshService
	c := &cobra.Command{
		Use:   "refresh NAME",
		Short: "Ask a service what it offers now, and say what is different",
		Long: `Say what is different between what the service offered and what it offers now, and
which steps of workflows would fail. With --apply it is kept.`,
		Example: `  signoff services refresh office
  signoff services refresh office --apply`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			got, err := c.RefreshService(cmd.Context(), args[0], ask)
			if err != nil || t.asJSON {
				return orJSON(cmd, err, got)
			}
			sayRefreshed(cmd.OutOrStdout(), args[0], got)
			return nil
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().BoolVar(&ask.Apply, "apply", false, "keep it")
	c.Flags().BoolVar(&ask.Anyway, "anyway", false, "with --apply: also when steps of workflows will fail")
	return c
}

func sayRefreshed(out io.Writer, name string, got api.ServiceRefreshed) {
	for _, ch := range got.Changes {
		what := ch.Object
		if ch.Method != "" {
			what += " " + ch.Method
		}
		fmt.Fprintf(out, "%-8s %s\n", ch.What, what)
		for _, word := range ch.Words {
			fmt.Fprintf(out, "           %s\n", oneLine(word))
		}
		for _, u := range ch.Uses {
			fmt.Fprintf(out, "           breaks %s version %d, step %s\n", oneLine(u.Name), u.Version, oneLine(u.Step))
		}
	}
	switch {
	case got.Applied:
		fmt.Fprintln(out, "this is kept now")
	case len(got.Changes) == 0:
		fmt.Fprintln(out, "nothing is different")
	default:
		fmt.Fprintf(out, "keep it with: signoff services refresh %s --apply\n", name)
	}
}
