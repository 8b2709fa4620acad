package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/process"
)

// maxFileBytes is what the server takes at most.
const maxFileBytes = 5 << 20

func deployCommand() *cobra.Command {
	var t talk
	var startBy []string
	var checkOnly bool
	c := &cobra.Command{
		Use:   "deploy FILE...",
		Short: "Deploy workflows from BPMN files",
		Long: `Deploy BPMN 2.0 files. A workflow that is new is made; for one that exists a new
version is made, which new instances get and running ones do not.

A file with problems is refused whole, and every problem is named with its
element, line and a remedy. --check looks for them without a server.`,
		Example: `  signoff deploy samples/leave.bpmn --start-by Finance,ana
  signoff deploy --check samples/*.bpmn`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if checkOnly {
				return checkFiles(cmd, args, t.asJSON)
			}
			api, err := t.dial(cmd)
			if err != nil {
				return err
			}
			return deployFiles(cmd, api, args, startBy, t.asJSON)
		},
	}
	t.flags(c)
	c.Flags().StringSliceVar(&startBy, "start-by", nil, "who may start it from now on, besides administrators: logins or groups (default for a new workflow: everyone)")
	c.Flags().BoolVar(&checkOnly, "check", false, "only look for problems; needs no server")
	return c
}

func deployFiles(cmd *cobra.Command, c *client.Client, files, startBy []string, asJSON bool) error {
	var all []api.Deployed
	for _, name := range files {
		xml, err := readFile(name)
		if err != nil {
			return err
		}
		d, err := c.Deploy(cmd.Context(), xml)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := grantStart(cmd.Context(), c, d.Key, startBy); err != nil {
			return err
		}
		all = append(all, d)
		if !asJSON {
			sayDeployed(cmd, name, xml, d)
		}
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), all)
	}
	return nil
}

func sayDeployed(cmd *cobra.Command, name string, xml []byte, d api.Deployed) {
	out := cmd.OutOrStdout()
	if d.Unchanged {
		fmt.Fprintf(out, "%s: %s is version %d already; nothing changed\n", name, d.Key, d.Version)
		return
	}
	for _, w := range d.Warnings {
		sayProblem(cmd.ErrOrStderr(), name, w)
	}
	fmt.Fprintf(out, "%s: %s version %d deployed. %s\n", name, d.Key, d.Version, howToStart(xml, d.Key))
}

// howToStart says how a workflow begins: by a command, or what else it waits for.
func howToStart(xml []byte, key string) string {
	byHand := "Start it with: signoff start " + key
	doc, err := bpmn.Parse(xml)
	if err != nil {
		return byHand
	}
	def, _ := doc.Definition()
	if def == nil || def.Begin(-1) != nil {
		return byHand
	}
	var begins []string
	for _, n := range def.Starts() {
		switch {
		case n.Is(process.OnTimer):
			begins = append(begins, "by the clock (signoff schedules list)")
		case n.Is(process.OnMessage):
			begins = append(begins, fmt.Sprintf("with the message %q (signoff messages send)", n.Event.Name))
		case n.Is(process.OnSignal):
			begins = append(begins, fmt.Sprintf("with the signal %q (signoff signals send)", n.Event.Name))
		}
	}
	return "It begins " + strings.Join(begins, ", or ") + "."
}

// grantStart lets these, and besides them only administrators, start it.
func grantStart(ctx context.Context, c *client.Client, workflow string, who []string) error {
	if len(who) == 0 {
		return nil
	}
	have, err := c.Rights(ctx, workflow)
	if err != nil {
		return err
	}
	var want api.Rights
	for _, g := range have.Items {
		if g.Right != "start" && g.Category == "" {
			want.Grants = append(want.Grants, api.NewGrant{Who: g.Who.ID, Right: g.Right})
		}
	}
	for _, w := range who {
		want.Grants = append(want.Grants, api.NewGrant{Who: w, Right: "start"})
	}
	_, err = c.SetRights(ctx, workflow, want)
	return err
}

// readFile reads a workflow, or says how large one may be.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(text) > maxFileBytes {
		err = &signoff.Error{Kind: signoff.TooLarge, Code: "too-large", Detail: fmt.Sprintf("%s is larger than the %d MiB a workflow may have", name, maxFileBytes>>20)}
	}
	return text, err
}

// checked is one file and what is wrong with it.
type checked struct {
	File     string            `json:"file"`
	OK       bool              `json:"ok"`
	Problems []api.FileProblem `json:"problems,omitempty"`
	MadeFor  string            `json:"madeFor,omitempty"` // the engine, of a file that signoff import can move in
}

func checkFiles(cmd *cobra.Command, files []string, asJSON bool) error {
	var all []checked
	bad := false
	for _, name := range files {
		xml, err := readFile(name)
		if err != nil {
			return err
		}
		c := check(name, xml)
		bad = bad || !c.OK
		all = append(all, c)
		if !asJSON {
			sayChecked(cmd.OutOrStdout(), c)
		}
	}
	if asJSON {
		if err := printJSON(cmd.OutOrStdout(), all); err != nil {
			return err
		}
	}
	if bad {
		return errSaid
	}
	return nil
}

func check(name string, xml []byte) checked {
	c := checked{File: name, OK: true}
	doc, err := bpmn.Parse(xml)
	if err != nil {
		return checked{File: name, Problems: unreadable(err)}
	}
	def, problems := doc.Definition()
	for _, p := range append(problems, calendarNotes(def)...) {
		c.OK = c.OK && p.Warning
		c.Problems = append(c.Problems, api.FileProblem{Element: p.Element, Name: p.Name, Line: p.Line, Reason: p.Reason, Advice: p.Advice, Warning: p.Warning})
	}
	if len(problems) > 0 {
		c.MadeFor = madeElsewhere(xml)
	}
	return c
}

// calendarNotes names the calendars a workflow counts by: whether the server has
// them cannot be seen from here.
func calendarNotes(def *process.Definition) (notes bpmn.Problems) {
	if def == nil {
		return nil
	}
	var told []string
	for _, use := range def.CalendarsUsed() {
		if slices.Contains(told, use.Calendar) {
			continue
		}
		told = append(told, use.Calendar)
		p := bpmn.Problem{Warning: true, Reason: fmt.Sprintf("it counts by the calendar %q, which the server must have", use.Calendar),
			Advice: "See signoff calendars; it is made under Manage › Events › Calendars, or with signoff calendars set."}
		if use.Node != nil {
			p.Element, p.Name, p.Line = use.Node.ID, use.Node.Name, use.Node.Line
		}
		notes = append(notes, p)
	}
	return notes
}

// unreadable tells why a file is no BPMN at all.
func unreadable(err error) []api.FileProblem {
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || len(e.Fields) == 0 {
		return []api.FileProblem{{Reason: err.Error()}}
	}
	var all []api.FileProblem
	for _, f := range e.Fields {
		p := api.FileProblem{Reason: f.Detail, Advice: f.Advice}
		fmt.Sscanf(f.Field, "line %d", &p.Line)
		all = append(all, p)
	}
	return all
}

func sayChecked(w io.Writer, c checked) {
	if c.OK && len(c.Problems) == 0 {
		fmt.Fprintf(w, "%s: no problems\n", c.File)
	}
	for _, p := range c.Problems {
		sayProblem(w, c.File, p)
	}
	if c.MadeFor != "" {
		fmt.Fprintf(w, "%s: made for %s; try: signoff import %s --out NEW.bpmn\n", c.File, c.MadeFor, c.File)
	}
}

// sayProblem prints one thing wrong with a file as tools read it, what mends it below.
func sayProblem(w io.Writer, file string, p api.FileProblem) {
	kind := "problem"
	if p.Warning {
		kind = "note"
	}
	who := strings.TrimSpace(p.Element + " " + quoted(p.Name))
	if who != "" {
		who += ": "
	}
	fmt.Fprintf(w, "%s:%d: %s: %s%s\n", file, max(p.Line, 1), kind, who, p.Reason)
	if p.Advice != "" {
		fmt.Fprintf(w, "    %s\n", p.Advice)
	}
}

func quoted(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("%q", oneLine(name))
}
