package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/scenario"
)

func testCommand() *cobra.Command {
	var update, asJSON bool
	c := &cobra.Command{
		Use:   "test DIR",
		Short: "Run the scenario files of a folder against its workflows; no server needed",
		Long: `Run every *.scenario file below DIR. A scenario says what people do and, under
"----", what follows; time is virtual, so three days pass at once. With --update
the part under "----" is written anew: read the change before you keep it.`,
		Example: `  signoff test samples
  signoff test samples --update`,
		Args:    cobra.ExactArgs(1),
		GroupID: "author",
		RunE: func(cmd *cobra.Command, args []string) error {
			return runScenarios(cmd, args[0], update, asJSON)
		},
	}
	c.Flags().BoolVar(&update, "update", false, "write what really follows into the files")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// ran is one scenario file and how it went.
type ran struct {
	File string `json:"file"`
	OK   bool   `json:"ok"`
	Diff string `json:"diff,omitempty"`
}

func runScenarios(cmd *cobra.Command, dir string, update, asJSON bool) error {
	fsys := os.DirFS(dir)
	names, err := scenarioFiles(fsys)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return &signoff.Error{Kind: signoff.NotFound, Code: "no-scenarios", Detail: "there is no *.scenario file below " + dir,
			Hint: "samples/leave.scenario is one to start from"}
	}
	var all []ran
	failed := 0
	for _, name := range names {
		res, err := scenario.Run(fsys, name)
		if err != nil {
			return err
		}
		r := ran{File: name, OK: res.OK()}
		if !r.OK {
			r.Diff = res.String()
		}
		if update && !r.OK {
			if err := os.WriteFile(path.Join(dir, name), res.Updated, 0o644); err != nil {
				return err
			}
			r.OK, r.Diff = true, ""
		}
		if !r.OK {
			failed++
		}
		all = append(all, r)
		if !asJSON {
			printRan(cmd, r)
		}
	}
	if asJSON {
		if err := printJSON(cmd.OutOrStdout(), all); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(cmd.OutOrStdout(), "%d passed, %d failed\n", len(all)-failed, failed)
	}
	if failed > 0 {
		return errSaid
	}
	return nil
}

func printRan(cmd *cobra.Command, r ran) {
	word := "ok    "
	if !r.OK {
		word = "FAILED"
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", word, r.File)
	if !r.OK {
		fmt.Fprint(cmd.OutOrStdout(), r.Diff)
	}
}

func scenarioFiles(fsys fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, ".scenario") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.NotFound, Code: "no-scenarios", Detail: "the folder cannot be read", Err: err}
	}
	return names, nil
}
