package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
)

// healthWithin bounds how long a server may take to say how it is.
const healthWithin = 5 * time.Second

func healthCommand() *cobra.Command {
	var server, name string
	var alive, asJSON bool
	c := &cobra.Command{
		Use:   "health",
		Short: "Ask a server whether it is ready; the exit code is the answer",
		Long: `Ask a server whether requests should be sent to it now. The exit code is 0 when
they should and 1 when not. With --alive it only has to run: a database that is
away, or that it is being stopped, is no reason to start it anew. Containers
have nothing else in them to ask with.`,
		Example: `  signoff health --server http://localhost:8080
  signoff health --alive`,
		Args:    cobra.NoArgs,
		GroupID: "server",
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := serverNamed(cmd, server, name)
			if err != nil {
				return err
			}
			path := "/readyz"
			if alive {
				path = "/healthz"
			}
			ok, said, err := askHealth(cmd.Context(), strings.TrimRight(server, "/")+path)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), map[string]any{"ok": ok, "said": said})
			} else {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), said)
			}
			if err == nil && !ok {
				return errSaid
			}
			return err
		},
	}
	c.Flags().StringVar(&server, "server", envOr("SIGNOFF_SERVER", "http://localhost:8080"), "address of the server (SIGNOFF_SERVER)")
	profileFlag(c, &name)
	c.Flags().BoolVar(&alive, "alive", false, "ask only whether it runs")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// serverNamed is the server of a profile, where one was named on the command
// line. Nobody has to be signed in to ask whether a server is ready.
func serverNamed(cmd *cobra.Command, server, name string) (string, error) {
	if !cmd.Flags().Changed("profile") {
		return server, nil
	}
	all, err := readProfiles()
	if err != nil {
		return "", err
	}
	_, one, err := all.chosen(cmd, server, name)
	return one.Server, err
}

func askHealth(ctx context.Context, url string) (ok bool, said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false, "", usageError{fmt.Errorf("--server: %w", err)}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1000))
	if err != nil {
		return false, "", err
	}
	said = oneLine(strings.TrimSpace(string(text)))
	switch res.StatusCode {
	case http.StatusOK:
		return true, said, nil
	case http.StatusServiceUnavailable:
		return false, said, nil
	}
	return false, "", &signoff.Error{Kind: signoff.Invalid, Code: "not-signoff", Detail: "what answers at " + serverOf(url) + " is not a signoff server (" + res.Status + ")",
		Hint: "--server or SIGNOFF_SERVER says where to look"}
}
