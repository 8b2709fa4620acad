package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/bpmn/movein"
	"github.com/signoffhq/signoff/httpapi"
)

func importCommand() *cobra.Command {
	var out string
	var all, asJSON bool
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Move a workflow in from Camunda 7 or 8, Operaton, Flowable or Activiti; no server needed",
		Long: `Read a BPMN file that was made for another engine, say in signoff's elements and
FEEL what it says in that engine's, and tell what runs as it is, what was changed
and what is left to do by hand. Nothing of the original is lost, and the file
itself is not touched: --out writes the new one.

It ends with an error when the new file cannot be deployed yet.`,
		Example: `  signoff import invoice.bpmn
  signoff import invoice.bpmn --out moved/invoice.bpmn
  signoff import invoice.bpmn --out moved/invoice.bpmn --json`,
		Args:    cobra.ExactArgs(1),
		GroupID: "author",
		RunE: func(cmd *cobra.Command, args []string) error {
			return importFile(cmd, args[0], out, asJSON, all)
		},
	}
	c.Flags().StringVar(&out, "out", "", "where to write the new file; - is standard output (default: nowhere)")
	c.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	c.Flags().BoolVar(&all, "all", false, "list in the text also what runs as it is")
	return c
}

func importFile(cmd *cobra.Command, name, out string, asJSON, all bool) error {
	xml, err := readFile(name)
	if err != nil {
		return err
	}
	doc, err := bpmn.Parse(xml)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	moved, report := movein.Import(doc)
	if err := writeMoved(cmd, name, out, moved); err != nil {
		return err
	}
	to := cmd.OutOrStdout()
	if out == "-" {
		to = cmd.ErrOrStderr()
	}
	if asJSON {
		told := httpapi.ImportedOf(report)
		told.File = name
		err = printJSON(to, told)
	} else {
		sayImported(to, name, out, report, all)
	}
	if err == nil && !report.Runs() {
		err = errSaid
	}
	return err
}

// writeMoved writes the new file, and never over the old one; folders that are
// missing are made.
func writeMoved(cmd *cobra.Command, name, out string, moved *bpmn.Document) error {
	if out == "" {
		return nil
	}
	var b bytes.Buffer
	if err := moved.Write(&b); err != nil {
		return err
	}
	if out == "-" {
		_, err := cmd.OutOrStdout().Write(b.Bytes())
		return err
	}
	if a, err := os.Stat(name); err == nil {
		if b, err := os.Stat(out); err == nil && os.SameFile(a, b) {
			return &signoff.Error{Kind: signoff.Invalid, Code: "same-file", Detail: "the new file would be written over the old one", Hint: "Give --out another name."}
		}
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}

func sayImported(w io.Writer, name, out string, r *movein.Report, all bool) {
	for _, f := range r.Findings {
		if f.Outcome != movein.AsIs || all {
			sayFinding(w, name, f)
		}
	}
	for _, p := range r.Problems.Blocking() {
		fmt.Fprintf(w, "%s:%d: keeps it from running: %s %s: %s\n    %s\n", name, max(p.Line, 1), p.Element, quoted(p.Name), p.Reason, p.Advice)
	}
	engines := "no other engine's extensions"
	if len(r.Engines) > 0 {
		engines = "extensions of " + strings.Join(r.Engines, " and ")
	}
	fmt.Fprintf(w, "%s: %s; %d as they are, %d changed, %d by hand\n", name, engines,
		len(r.Which(movein.AsIs)), len(r.Which(movein.Changed)), len(r.Which(movein.ByHand)))
	switch {
	case !r.Runs():
		fmt.Fprintln(w, "It cannot be deployed yet: see what keeps it from running.")
	case out == "" || out == "-":
		fmt.Fprintln(w, "It can be deployed as it was written. What is to do by hand changes what it does.")
	default:
		fmt.Fprintf(w, "%s can be deployed. What is to do by hand changes what it does.\n", out)
	}
}

func sayFinding(w io.Writer, name string, f movein.Finding) {
	line := fmt.Sprintf("%s:%d: %s: %s", name, max(f.Line, 1), f.Outcome, f.Element)
	if f.Name != "" && f.Name != f.Element {
		line += " " + quoted(f.Name)
	}
	line += ": " + f.What
	if f.From != "" {
		line += ": " + f.From
	}
	if f.To != "" {
		line += " → " + f.To
	}
	fmt.Fprintln(w, oneLine(line))
	if f.Advice != "" {
		fmt.Fprintf(w, "    %s\n", oneLine(f.Advice))
	}
}

// madeElsewhere tells which engine a file was made for, "" for a file that holds
// nothing of another engine, or that was moved in.
func madeElsewhere(xml []byte) string {
	doc, err := bpmn.Parse(xml)
	if err != nil {
		return ""
	}
	moved, report := movein.Import(doc)
	var before, after bytes.Buffer
	if err := errors.Join(doc.Write(&before), moved.Write(&after)); err != nil || bytes.Equal(before.Bytes(), after.Bytes()) {
		return ""
	}
	return strings.Join(report.Engines, " and ")
}
