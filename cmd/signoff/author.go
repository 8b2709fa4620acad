package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/scenario"
)

func testCommand() *cobra.Command {
	var t testRun
	c := &cobra.Command{
		Use:   "test DIR|FILE",
		Short: "Run the scenario files of a folder against its workflows; no server needed",
		Long: `Run every *.scenario file below DIR, or one FILE. A scenario says what people do and, under
"----", what follows; time is virtual, so three days pass at once. With --update
the part under "----" is written anew: read the change before you keep it.

docs/scenarios.md tells what can stand in one. For a build server, --junit writes
what happened as JUnit's XML. The exit code is 1 when a scenario fails, and 2 when
there was nothing to run.`,
		Example: `  signoff test samples
  signoff test samples --update
  signoff test workflows --junit results.xml`,
		Args:    cobra.ExactArgs(1),
		GroupID: "author",
		RunE: func(cmd *cobra.Command, args []string) error {
			t.dir = args[0]
			return t.run(cmd)
		},
	}
	c.Flags().BoolVar(&t.update, "update", false, "write what really follows into the files")
	c.Flags().BoolVar(&t.asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&t.junit, "junit", "", "also write the results to this file, as JUnit's XML; - is standard output")
	return c
}

// testRun is one run of a folder's scenarios.
type testRun struct {
	dir    string
	update bool
	asJSON bool
	junit  string
}

// ran is one scenario file and how it went.
type ran struct {
	File  string `json:"file"`
	Title string `json:"title,omitempty"`
	OK    bool   `json:"ok"`
	Line  int    `json:"line,omitempty"`  // of the first difference
	Error string `json:"error,omitempty"` // why the file could not be run
	Diff  string `json:"diff,omitempty"`
}

func (t *testRun) run(cmd *cobra.Command) error {
	fsys, names, err := t.files()
	if err != nil {
		return nothingRun{err}
	}
	out := cmd.OutOrStdout()
	if t.junit == "-" {
		out = cmd.ErrOrStderr()
	}
	var all []ran
	failed := 0
	for _, name := range names {
		r, err := t.one(fsys, name)
		if err != nil {
			return err
		}
		if !r.OK {
			failed++
		}
		all = append(all, r)
		if !t.asJSON {
			printRan(out, r)
		}
	}
	if t.asJSON {
		if err := printJSON(out, all); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(out, "%d passed, %d failed\n", len(all)-failed, failed)
	}
	if err := t.writeJUnit(cmd.OutOrStdout(), all); err != nil {
		return err
	}
	if failed > 0 {
		return errSaid
	}
	return nil
}

// one runs one file. A file that cannot be run has failed, and the others go on.
func (t *testRun) one(fsys fs.FS, name string) (ran, error) {
	r := ran{File: name}
	res, err := scenario.Run(fsys, name)
	if wrong, ok := errors.AsType[*scenario.Error](err); ok {
		r.Error, r.Line = wrong.Error(), wrong.Line
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.OK, r.Title = res.OK(), res.Title
	if r.OK {
		return r, nil
	}
	if t.update {
		r.OK = true
		return r, os.WriteFile(path.Join(t.dir, name), res.Updated, 0o644)
	}
	r.Diff, r.Line = res.String(), res.Differences[0].Line
	return r, nil
}

func printRan(w io.Writer, r ran) {
	word := "ok    "
	if !r.OK {
		word = "FAILED"
	}
	fmt.Fprintf(w, "%s  %s\n", word, r.File)
	if r.Error != "" {
		fmt.Fprintln(w, r.Error)
	}
	fmt.Fprint(w, r.Diff)
}

// files finds the scenarios to run, and the folder they are in.
func (t *testRun) files() (fs.FS, []string, error) {
	if at, err := os.Stat(t.dir); err == nil && !at.IsDir() {
		name := filepath.Base(t.dir)
		t.dir = filepath.Dir(t.dir)
		return os.DirFS(t.dir), []string{name}, nil
	}
	fsys := os.DirFS(t.dir)
	names, err := scenarioFiles(fsys)
	if err != nil {
		return nil, nil, &signoff.Error{Kind: signoff.NotFound, Code: "no-scenarios", Detail: "the folder " + t.dir + " cannot be read", Err: err}
	}
	if len(names) == 0 {
		return nil, nil, &signoff.Error{Kind: signoff.NotFound, Code: "no-scenarios", Detail: "there is no *.scenario file below " + t.dir,
			Hint: "samples/leave.scenario is one to start from"}
	}
	return fsys, names, nil
}

func scenarioFiles(fsys fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, ".scenario") {
			names = append(names, name)
		}
		return err
	})
	return names, err
}
