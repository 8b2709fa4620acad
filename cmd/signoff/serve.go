package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
)

// serveFlags are the flags of serve that are no settings of a server.
type serveFlags struct {
	config      string
	sandbox     bool
	sandboxSMTP string
	sandboxIMAP string
	sandboxAuth string
	dev         string
}

func serveCommand() *cobra.Command {
	var f serveFlags
	var listen, data, database string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until it is told to stop (Ctrl+C or SIGTERM); it then finishes
what it has begun. Told twice, it ends at once; nothing that was acknowledged is
lost. Everything it keeps is in the data folder, or with --store in
a PostgreSQL database; then the folder holds little but the key. A password is
better given as SIGNOFF_STORE: others on the machine can read a command line.

With --sandbox mail, Entra ID and Exchange of a small firm run beside it, on
this machine only: five people with mailboxes, accounts for all of them, and
sample workflows. Nobody outside ever gets a mail from it, and its tokens are
not believed before an administrator says so.`,
		Example: `  signoff serve --sandbox
  signoff serve --config /etc/signoff.yaml
  signoff serve --store postgres://signoff@db.example.com/signoff`,
		Args:    cobra.NoArgs,
		GroupID: "server",
		RunE: func(cmd *cobra.Command, _ []string) error {
			set := map[string]any{}
			if cmd.Flags().Changed("listen") {
				set["listen"] = listen
			}
			if cmd.Flags().Changed("data") {
				set["data"] = data
			}
			if cmd.Flags().Changed("store") {
				set["store"] = database
			}
			cfg, err := loadConfig(f.config, os.Environ(), set)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&f.config, "config", os.Getenv("SIGNOFF_CONFIG"), "configuration file (SIGNOFF_CONFIG); see signoff config describe")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "address and port; port 0 takes a free one")
	c.Flags().StringVar(&data, "data", "./data", "folder for everything that is kept")
	c.Flags().StringVar(&database, "store", "", "PostgreSQL database to keep the data in, postgres://user@host/database (default a file in the data folder)")
	c.Flags().BoolVar(&f.sandbox, "sandbox", false, "run mail, Entra ID and Exchange to try with beside the server")
	c.Flags().StringVar(&f.sandboxSMTP, "sandbox-smtp", "127.0.0.1:2525", "where the sandbox takes mail; port 0 takes a free one")
	c.Flags().StringVar(&f.sandboxIMAP, "sandbox-imap", "127.0.0.1:1143", "where the sandbox's mailboxes are read; port 0 takes a free one")
	c.Flags().StringVar(&f.sandboxAuth, "sandbox-https", "127.0.0.1:8443", "where the sandbox's Entra ID, Graph and EWS are; port 0 takes a free one")
	c.Flags().StringVar(&f.dev, "dev", "", "address of a Vite server that makes the pages, for working on them")
	return c
}

// serve opens everything, says where it is, and waits until ctx ends.
func serve(ctx context.Context, cfg Config, f serveFlags, out, errs io.Writer) error {
	if err := sandboxStaysHere(cfg, f); err != nil {
		return err
	}
	ln, err := listenOn(cfg.Listen)
	if err != nil {
		return err
	}
	defer ln.Close()
	if cfg.URL == "" {
		cfg.URL = localURL(ln.Addr())
	}
	s, err := open(ctx, cfg, f, logger(cfg.Log, errs))
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.announce(out, cfg, f); err != nil {
		return err
	}
	return s.run(ctx, ln)
}

// sandboxStaysHere refuses to show everybody's mailbox to the network.
func sandboxStaysHere(cfg Config, f serveFlags) error {
	if !f.sandbox {
		return nil
	}
	if addr, err := netip.ParseAddrPort(cfg.Listen); err == nil && addr.Addr().IsLoopback() {
		return nil
	}
	if host, _, err := net.SplitHostPort(cfg.Listen); err == nil && host == "localhost" {
		return nil
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "sandbox-not-local",
		Detail: "with --sandbox the server listens on this machine only, and " + cfg.Listen + " can be reached from elsewhere",
		Hint:   "leave --sandbox out, or listen on 127.0.0.1:8080"}
}

func listenOn(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: "address-in-use",
			Detail: "another program listens on " + addr + " already", Hint: "stop it, or choose another port with --listen 127.0.0.1:8081"}
	case errors.Is(err, syscall.EACCES):
		return nil, &signoff.Error{Kind: signoff.Forbidden, Code: "address-refused",
			Detail: "this account may not listen on " + addr, Hint: "choose a port above 1023 with --listen"}
	}
	return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-address",
		Detail: "cannot listen on " + addr, Hint: "an address looks like 127.0.0.1:8080", Err: err}
}

// localURL is how a browser on this machine reaches a listener.
func localURL(a net.Addr) string {
	tcp := a.(*net.TCPAddr)
	host := tcp.IP.String()
	if tcp.IP.IsLoopback() || tcp.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}

func logger(c LogConfig, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // checked with the configuration
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
