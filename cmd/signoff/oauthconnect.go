package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// connectEvery is how often the server is asked whether somebody has connected.
const connectEvery = 2 * time.Second

func oauthConnectCommand() *cobra.Command {
	var ask api.ConnectOAuth
	var service, noWait bool
	c := talking(&cobra.Command{Use: "connect NAME", Short: "Connect your account, or the service account, to a system",
		Long: `Connect your account to a system, or with --service the account that workflows
use. The address that is printed is for a browser in which you are signed in
here; with --device a code is printed that can be entered anywhere. The command
waits until it is done.`,
		Example: "  signoff oauth connect m365\n  signoff oauth connect m365 --service --device", Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error {
			if ask.For = "me"; service {
				ask.For = "service"
			}
			begun, err := c.ConnectOAuth(cmd.Context(), args[0], ask)
			if err != nil {
				return err
			}
			if asJSON && noWait {
				return printJSON(cmd.OutOrStdout(), begun)
			}
			if d := begun.Device; d != nil {
				fmt.Fprintf(cmd.ErrOrStderr(), "Open %s and enter the code %s\n", oneLine(d.Address), oneLine(d.Code))
			} else {
				fmt.Fprintf(cmd.ErrOrStderr(), "Open this address in a browser in which you are signed in here:\n\n  %s\n\n", oneLine(begun.Address))
			}
			if noWait {
				return nil
			}
			is, err := awaitConnected(cmd.Context(), c, begun.State, connectEvery)
			if err != nil || asJSON {
				return orJSON(cmd, err, is)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is connected to %s.\n", oneLine(is.Account), args[0])
			return nil
		})
	c.Flags().BoolVar(&service, "service", false, "the service account instead of yours; for administrators")
	c.Flags().BoolVar(&ask.Device, "device", false, "with a code to enter on any device")
	c.Flags().StringVar(&ask.Audience, "audience", "", "the API that the token is for (default the system's own)")
	c.Flags().StringVar(&ask.LoginHint, "login-hint", "", "the account, as the provider calls it")
	c.Flags().StringVar(&ask.Account, "account", "", "use this account although it is not known to be yours")
	c.Flags().BoolVar(&ask.Choose, "choose", false, "let the provider ask which account")
	c.Flags().BoolVar(&noWait, "no-wait", false, "print where to go, and end")
	return c
}

// awaitConnected waits until whoever connects has done so, or was refused.
func awaitConnected(ctx context.Context, c *client.Client, state string, every time.Duration) (api.OAuthConnecting, error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		is, err := c.OAuthConnecting(ctx, state)
		switch {
		case err != nil:
			return is, err
		case is.Status == "done":
			return is, nil
		case is.Status == "failed" && is.Problem != nil && is.Problem.Code == "other-account":
			return is, &signoff.Error{Kind: signoff.Unauthenticated, Code: "oauth-connect-failed", Detail: oneLine(is.Account) + " signed in there, which is not known to be yours: it was not connected",
				Hint: "if it is yours, again with --account " + oneLine(is.Account) + "; or with --choose for another"}
		case is.Status == "failed" && is.Problem != nil:
			return is, &signoff.Error{Kind: signoff.Unauthenticated, Code: "oauth-connect-failed", Detail: is.Problem.Code + ": " + is.Problem.Detail, Hint: is.Problem.Advice}
		case is.Status == "failed":
			return is, &signoff.Error{Kind: signoff.Unauthenticated, Code: "oauth-connect-failed", Detail: "the account was not connected"}
		}
		select {
		case <-ctx.Done():
			return is, ctx.Err()
		case <-tick.C:
		}
	}
}

func oauthAppTokenCommand() *cobra.Command {
	var audience string
	c := talking(&cobra.Command{Use: "app-token NAME", Short: "Get a token for the application itself, with client credentials",
		Long:    "Get a token for the application itself. The server keeps it; what is printed is what became of it, never the token.",
		Example: "  signoff oauth app-token m365", Args: cobra.ExactArgs(1)},
		func(cmd *cobra.Command, c *client.Client, args []string, asJSON bool) error {
			got, err := c.ConnectOAuth(cmd.Context(), args[0], api.ConnectOAuth{For: "app", Audience: audience})
			if err == nil && got.Token == nil {
				err = errors.New("the server got no token, and does not say why")
			}
			if err != nil || asJSON {
				return orJSON(cmd, err, got.Token)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "The application has a token for %s: %s, until %s.\n", args[0], got.Token.State, when(got.Token.Expires))
			if p := got.Token.Problem; p != nil {
				return &signoff.Error{Kind: signoff.Unavailable, Code: "oauth-app-failed", Detail: problemWords(p), Hint: p.Advice}
			}
			return nil
		})
	c.Flags().StringVar(&audience, "audience", "", "the API that the token is for (default the system's own)")
	return c
}
