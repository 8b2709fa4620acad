package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// logging is what login is told.
type logging struct {
	server, profile, user, ca string
	token, browser, asJSON    bool
}

func loginCommand() *cobra.Command {
	var l logging
	c := &cobra.Command{
		Use:   "login",
		Short: "Sign in to a server; later commands use that",
		Long: `Sign in to a server and keep what later commands need in a file that only you can
read (` + profilesVariable + `, by default signoff/profiles.json among your settings).

Without further flags you sign in with a code on a web page, on any device, at
the provider that the server names for its command line; with --browser in a
browser on this machine. With --user you give your name and password once: a
personal access token is made and kept, the password is not. With --token you
give a personal access token or another bearer token that you have, as a line on
standard input or when asked.

Later commands use the last one signed in to, or the one of the server that they
name. Of several, --profile or ` + profileVariable + ` says which.`,
		Example: `  signoff login --server https://signoff.example.com
  signoff login --server http://localhost:8080 --user ana
  signoff login --server https://signoff.example.com --token < token.txt
  signoff login --server https://test.example.com --profile test`,
		Args:    cobra.NoArgs,
		GroupID: "talk",
		RunE:    func(cmd *cobra.Command, _ []string) error { return l.run(cmd) },
	}
	c.Flags().StringVar(&l.server, "server", envOr("SIGNOFF_SERVER", "http://localhost:8080"), "address of the server (SIGNOFF_SERVER)")
	c.Flags().StringVar(&l.profile, "profile", os.Getenv(profileVariable), "name to keep it under ("+profileVariable+"; default the server's host)")
	c.Flags().StringVarP(&l.user, "user", "u", os.Getenv("SIGNOFF_USER"), "sign in with name and password (SIGNOFF_USER, SIGNOFF_PASSWORD)")
	c.Flags().StringVar(&l.ca, "ca", os.Getenv("SIGNOFF_CA"), "file with a further certificate authority of the provider (SIGNOFF_CA)")
	c.Flags().BoolVar(&l.token, "token", false, "give a token that you have")
	c.Flags().BoolVar(&l.browser, "browser", false, "sign in in a browser on this machine")
	c.Flags().BoolVar(&l.asJSON, "json", false, "print JSON")
	return c
}

func (l *logging) run(cmd *cobra.Command) error {
	all, err := readProfiles()
	if err != nil {
		return err
	}
	name, err := l.name()
	if err != nil {
		return err
	}
	one := profile{Server: strings.TrimRight(l.server, "/")}
	switch {
	case l.token:
		one.Token, err = askToken(cmd)
	case l.user != "":
		one.Token, one.TokenID, err = l.makeToken(cmd)
	default:
		one.OAuth, err = l.atProvider(cmd)
	}
	if err != nil {
		return err
	}
	c := &client.Client{Server: one.Server, Token: one.Token, Agent: "signoff/" + version}
	if one.OAuth != nil {
		c.Token = one.OAuth.Access
	}
	me, err := c.Me(cmd.Context())
	if err != nil {
		return err
	}
	one.Login = me.Login
	all.All[name], all.Current = one, name
	if err := all.save(); err != nil {
		return err
	}
	if l.asJSON {
		return printJSON(cmd.OutOrStdout(), map[string]string{"profile": name, "server": one.Server, "login": me.Login})
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is signed in at %s\n", me.Login, one.Server)
	return err
}

// name is what the profile is called.
func (l *logging) name() (string, error) {
	u, err := url.Parse(l.server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: "bad-server", Detail: "the address of a server looks like https://signoff.example.com, not " + l.server}
	}
	return cmp.Or(l.profile, u.Host), nil
}

// askToken reads a token without showing it.
func askToken(cmd *cobra.Command) (string, error) {
	if token := os.Getenv("SIGNOFF_TOKEN"); token != "" {
		return token, nil
	}
	var line string
	if f, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(cmd.ErrOrStderr(), "Token: ")
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		if err != nil {
			return "", err
		}
		line = string(b)
	} else {
		var err error
		if line, err = bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 20_000)).ReadString('\n'); err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
	}
	if line = strings.TrimSpace(line); line == "" || strings.ContainsAny(line, " \t\r\n") {
		return "", &signoff.Error{Kind: signoff.Unauthenticated, Code: "not-signed-in", Detail: "there is no token", Hint: "pipe it to standard input, or set SIGNOFF_TOKEN"}
	}
	return line, nil
}

// makeToken turns a name and a password into a personal access token, so that
// no password is kept.
func (l *logging) makeToken(cmd *cobra.Command) (string, int64, error) {
	t := talk{server: l.server, user: l.user}
	c, err := t.basic(cmd)
	if err != nil {
		return "", 0, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	made, err := c.CreateToken(cmd.Context(), api.NewToken{Name: freshName("signoff login on " + host)})
	return made.Text, made.ID, err
}

// atProvider signs in where the server says that its command line does.
func (l *logging) atProvider(cmd *cobra.Command) (*oauthTokens, error) {
	c := &client.Client{Server: l.server, Agent: "signoff/" + version}
	o, err := c.SignInOptions(cmd.Context())
	if err != nil {
		return nil, err
	}
	if o.CommandLine == nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "no-command-line", Detail: "this server does not say where its command line signs in",
			Hint: "sign in with --user, or make a personal access token on its page (You) and give it with --token"}
	}
	at, err := newDesk(cmd.Context(), *o.CommandLine, l.ca)
	if err != nil {
		return nil, err
	}
	if l.browser {
		return at.byBrowser(cmd.Context(), cmd.ErrOrStderr())
	}
	return at.byDevice(cmd.Context(), cmd.ErrOrStderr())
}

// fromProfile returns a client with what login kept for the server.
func (t *talk) fromProfile(cmd *cobra.Command, agent string) (*client.Client, error) {
	all, err := readProfiles()
	if err != nil {
		return nil, err
	}
	name, one, err := all.chosen(cmd, t.server, t.profile)
	if err != nil {
		return nil, err
	}
	c := &client.Client{Server: one.Server, Token: one.Token, Agent: agent}
	if one.OAuth == nil {
		return c, nil
	}
	renewed, err := one.OAuth.fresh(cmd.Context(), time.Now())
	if err != nil {
		return nil, err
	}
	c.Token = one.OAuth.Access
	if renewed {
		all.All[name] = one
		return c, all.save()
	}
	return c, nil
}

func logoutCommand() *cobra.Command {
	var server, name string
	var all, asJSON bool
	c := &cobra.Command{
		Use:   "logout",
		Short: "Forget what login kept",
		Long: `Forget what login kept. A personal access token is ended on the server too, if it
answers.`,
		Example: "  signoff logout\n  signoff logout --profile test\n  signoff logout --all",
		Args:    cobra.NoArgs,
		GroupID: "talk",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if given := cmd.Flags().Changed; given("profile") && !given("server") {
				server = "" // the profile names its own
			}
			gone, err := logOut(cmd.Context(), server, name, all)
			if err != nil || asJSON {
				return orJSON(cmd, err, map[string][]string{"forgotten": gone})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "forgotten: %s\n", cmp.Or(strings.Join(gone, ", "), "nothing"))
			return err
		},
	}
	c.Flags().StringVar(&server, "server", os.Getenv("SIGNOFF_SERVER"), "address of the server (SIGNOFF_SERVER; default the last one signed in to)")
	c.Flags().StringVar(&name, "profile", os.Getenv(profileVariable), "name it is kept under ("+profileVariable+")")
	c.Flags().BoolVar(&all, "all", false, "forget all of them")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// logOut removes profiles, and ends their tokens where that can be done.
func logOut(ctx context.Context, server, name string, all bool) ([]string, error) {
	p, err := readProfiles()
	if err != nil {
		return nil, err
	}
	gone := []string{}
	if all {
		for name := range p.All {
			gone = append(gone, name)
		}
	} else if name, _, found := p.forServer(server, name); found {
		gone = append(gone, name)
	}
	for _, name := range gone {
		endToken(ctx, p.All[name])
		delete(p.All, name)
		if p.Current == name {
			p.Current = ""
		}
	}
	if len(gone) == 0 {
		return gone, nil
	}
	return gone, p.save()
}
