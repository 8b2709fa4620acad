package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
)

func configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Explain and check the configuration"}
	c.AddCommand(describeCommand(), checkCommand())
	return c
}

func describeCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "describe",
		Short: "Print every setting with its meaning and default, as a file to start from",
		Example: `  signoff config describe > signoff.yaml
  signoff config describe --json | jq -r '.[].env'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				return describeJSON(cmd.OutOrStdout())
			}
			describe(cmd.OutOrStdout())
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func describeJSON(w io.Writer) error {
	type line struct {
		Key     string   `json:"key"`
		Env     string   `json:"env"`
		Default string   `json:"default"`
		Choices []string `json:"choices,omitempty"`
		Doc     string   `json:"doc"`
	}
	var lines []line
	for _, s := range settings() {
		lines = append(lines, line{s.key, s.envName(), s.def, s.choices, s.doc})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(lines)
}

// describe writes a YAML file in which every key stands with its comment and
// its default, so that using it unchanged changes nothing.
func describe(w io.Writer) {
	fmt.Fprintln(w, "# signoff configuration. Every key can also be set in the environment:\n# mail.smtp.address is SIGNOFF_MAIL_SMTP_ADDRESS. A secret can be kept in a file:\n# SIGNOFF_STORE_FILE names the file that holds SIGNOFF_STORE.")
	walkConfig(reflect.TypeFor[Config](), "", func(f reflect.StructField, key string) {
		indent := strings.Repeat("  ", strings.Count(key, "."))
		fmt.Fprintf(w, "\n%s# %s\n", indent, f.Tag.Get("doc"))
		if c := f.Tag.Get("choices"); c != "" {
			fmt.Fprintf(w, "%s# One of: %s.\n", indent, strings.ReplaceAll(c, ",", ", "))
		}
		name := f.Tag.Get("koanf")
		if f.Type.Kind() == reflect.Struct {
			fmt.Fprintf(w, "%s%s:\n", indent, name)
			return
		}
		def := f.Tag.Get("default")
		if def == "" {
			def = `""`
		}
		fmt.Fprintf(w, "%s%s: %s\n", indent, name, def)
	})
}

func checkCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:     "check",
		Short:   "Check a configuration file and the environment without starting anything",
		Example: `  signoff config check --config signoff.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := loadConfig(path, os.Environ(), nil); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "the configuration is good")
			return nil
		},
	}
	c.Flags().StringVar(&path, "config", os.Getenv("SIGNOFF_CONFIG"), "configuration file")
	return c
}
