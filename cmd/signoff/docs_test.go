package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// docPages are the pages that show command lines and settings.
func docPages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/decisions/*.md", "../../samples/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[strings.TrimPrefix(name, "../../")] = string(text)
		}
	}
	if len(out) < 6 {
		t.Fatalf("only %d pages found", len(out))
	}
	return out
}

var (
	fenced = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```")
	inline = regexp.MustCompile("`([^`\n]+)`")
)

// Every command line in the documentation names a command, flags and as many
// words as there are.
func TestCommandLinesInTheDocumentationWork(t *testing.T) {
	tried := 0
	for page, text := range docPages(t) {
		var whole, named []string // lines to type, and commands a sentence speaks of
		for _, m := range fenced.FindAllStringSubmatch(text, -1) {
			if m[1] == "" || m[1] == "sh" {
				whole = append(whole, strings.Split(m[2], "\n")...)
			}
		}
		for _, m := range inline.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			named = append(named, m[1])
		}
		for i, line := range slices.Concat(whole, named) {
			words := shellWords(line)
			if len(words) < 2 || words[0] != "signoff" && words[0] != "bin/signoff" || strings.HasPrefix(line, "signoff  ") {
				continue // the last is a line of the map
			}
			tried++
			if err := understands(words[1:], i < len(whole)); err != nil {
				t.Errorf("%s: %s: %v", page, line, err)
			}
		}
	}
	if tried < 15 {
		t.Errorf("only %d command lines were found", tried)
	}
}

// The examples in the help of each command, too.
func TestCommandLinesInTheHelpWork(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			line, _, _ = strings.Cut(line, " | ")
			if words := shellWords(line); len(words) > 1 && words[0] == "signoff" {
				if err := understands(words[1:], true); err != nil {
					t.Errorf("help of %s: %s: %v", c.CommandPath(), line, err)
				}
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(rootCommand())
}

// understands reads words as the program does, and runs nothing. A whole line
// also has to have as many words as the command takes.
func understands(words []string, whole bool) error {
	root := rootCommand()
	c, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	if c.Args != nil && whole {
		return c.Args(c, c.Flags().Args())
	}
	return nil
}

// shellWords splits a line as a shell does, as far as the documentation needs
// it: quotes, comments, and an end at a redirection.
func shellWords(line string) []string {
	var words []string
	word, quote, any := "", rune(0), false
	end := func() {
		if any {
			words = append(words, word)
		}
		word, any = "", false
	}
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word += string(c)
		case c == '"' || c == '\'':
			quote, any = c, true
		case c == ' ' || c == '\t' || c == '\n':
			end()
		case (c == '#' || c == '>' || c == '<' || c == '|') && !any:
			return words
		default:
			word, any = word+string(c), true
		}
	}
	end()
	return words
}

// Every setting the documentation names exists, whichever way it is written.
func TestSettingsInTheDocumentationExist(t *testing.T) {
	var keys, envs []string
	for _, s := range settings() {
		envs = append(envs, s.envName())
		for key := s.key; key != ""; {
			keys = append(keys, key)
			key = key[:max(0, strings.LastIndexByte(key, '.'))]
		}
	}
	dotted := regexp.MustCompile(`^mail(\.[a-z]+)+$`)
	env := regexp.MustCompile(`SIGNOFF_[A-Z_]+`)
	tried := 0
	for page, text := range docPages(t) {
		for _, m := range inline.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if !dotted.MatchString(m[1]) {
				continue
			}
			if tried++; !slices.Contains(keys, m[1]) {
				t.Errorf("%s names the setting %s, which there is not", page, m[1])
			}
		}
		for _, name := range env.FindAllString(text, -1) {
			if !slices.Contains(envs, name) && !isOtherEnv(name) && !slices.Contains(envs, strings.TrimSuffix(name, inFile)) {
				t.Errorf("%s names %s, which means nothing", page, name)
			}
		}
	}
	if tried < 10 {
		t.Errorf("only %d settings were found", tried)
	}
}

// The configuration in the page about mail is complete and can be used.
func TestTheMailConfigurationOfTheDocumentationIsGood(t *testing.T) {
	files := 0
	for page, text := range docPages(t) {
		for _, m := range fenced.FindAllStringSubmatch(text, -1) {
			if m[1] != "yaml" {
				continue
			}
			files++
			name := filepath.Join(t.TempDir(), "signoff.yaml")
			if err := os.WriteFile(name, []byte(m[2]), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := loadConfig(name, nil, nil)
			if err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			for _, p := range checkMail(cfg.Mail) {
				t.Errorf("%s: %s %s", page, p.Field, p.Detail)
			}
		}
	}
	if files == 0 {
		t.Error("there is no configuration in the documentation")
	}
}
