package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/client"
)

// talk holds the flags of every command that talks to a server.
type talk struct {
	server  string
	user    string
	profile string
	asJSON  bool
}

// flags adds --server, --user, --profile and --json to c.
func (t *talk) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.server, "server", envOr("SIGNOFF_SERVER", "http://localhost:8080"), "address of the server (SIGNOFF_SERVER)")
	c.Flags().StringVarP(&t.user, "user", "u", os.Getenv("SIGNOFF_USER"), "who you are (SIGNOFF_USER); the password comes from SIGNOFF_PASSWORD or is asked for, or SIGNOFF_TOKEN stands for both")
	profileFlag(c, &t.profile)
	c.Flags().BoolVar(&t.asJSON, "json", false, "print JSON, as the API answers")
	c.GroupID = "talk"
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// dial returns a client that signs in with every call. A profile that is named
// on the command line counts before anything that the environment says.
func (t *talk) dial(cmd *cobra.Command) (*client.Client, error) {
	agent := "signoff/" + version
	if given := cmd.Flags().Changed; given("profile") {
		if given("user") {
			return nil, usageError{errors.New("--profile and --user both say who you are: give one of them")}
		}
		return t.fromProfile(cmd, agent)
	}
	if token := os.Getenv("SIGNOFF_TOKEN"); token != "" && t.user == "" {
		return &client.Client{Server: t.server, Token: token, Agent: agent}, nil
	}
	if t.user == "" {
		return t.fromProfile(cmd, agent)
	}
	return t.basic(cmd)
}

// basic returns a client that sends name and password.
func (t *talk) basic(cmd *cobra.Command) (*client.Client, error) {
	password := os.Getenv("SIGNOFF_PASSWORD")
	if password == "" {
		var err error
		if password, err = askPassword(cmd, t.user); err != nil {
			return nil, err
		}
	}
	return &client.Client{Server: t.server, Login: t.user, Password: password, Agent: "signoff/" + version}, nil
}

// askPassword reads a password from the terminal without showing it, or the
// first line of standard input when that is not a terminal.
func askPassword(cmd *cobra.Command, user string) (string, error) {
	in := cmd.InOrStdin()
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintf(cmd.ErrOrStderr(), "Password for %s: ", user)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		return string(b), err
	}
	line, err := bufio.NewReader(io.LimitReader(in, 1025)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", &signoff.Error{Kind: signoff.Unauthenticated, Code: "not-signed-in", Detail: "there is no password",
			Hint: "set SIGNOFF_PASSWORD, or pipe it to standard input"}
	}
	return line, nil
}

// printJSON writes v as people and jq like it.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// screenWidth is how many columns the terminal behind w has, 0 for none: a file
// or a program reads what is written.
func screenWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}

// table writes rows under a header, columns aligned. Long cells are shortened
// for people only: a program gets them whole.
func table(w io.Writer, header string, rows [][]string) error {
	longest := 0
	if screenWidth(w) > 0 {
		longest = 60
	}
	return tableUpTo(longest, w, header, rows)
}

// tableUpTo shortens cells to longest characters, 0 for never.
func tableUpTo(longest int, w io.Writer, header string, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, strings.ReplaceAll(header, " ", "\t"))
	for _, r := range rows {
		for i, cell := range r {
			if r[i] = oneLine(cell); longest > 0 {
				r[i] = clip(r[i], longest)
			}
		}
		fmt.Fprintln(tw, strings.Join(r, "\t"))
	}
	return tw.Flush()
}

// oneLine keeps text from breaking a table or steering a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// clip shortens s to n characters and shows that it did.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// when prints a moment in the terminal's time zone; "" for none.
func when(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04")
}
