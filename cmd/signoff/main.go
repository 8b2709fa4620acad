// Command signoff is the workflow server and everything that talks to it.
//
// main.go and cli.go hold what all commands share; each command has a file of
// its own; serve.go and wiring.go are where the packages meet.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // zones by name also where the system has none

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
)

// version is set when the binary is built.
var version = "dev"

func main() {
	tuneCollector()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	exitOK    = 0
	exitNo    = 1 // it was refused or failed; standard error says why
	exitUsage = 2 // the words on the command line cannot be understood, or there was nothing to test
)

// run is main with everything it touches handed in.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errSaid) {
		return exitNo
	}
	tellError(errs, err)
	_, usage := errors.AsType[usageError](err)
	if _, nothing := errors.AsType[nothingRun](err); usage || nothing {
		return exitUsage
	}
	return exitNo
}

// errSaid ends a command with exit code 1 after it has said all there is to say.
var errSaid = errors.New("already said")

// usageError is a mistake in the words of the command itself.
type usageError struct{ error }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "signoff",
		Short: "Workflows for decisions that people take",
		Long: `signoff runs workflows in which people decide: drawn as BPMN, started over
REST or from a page, decided in a worklist or by replying "Approve" to a mail.

Try it:   signoff serve --sandbox
Then:     signoff deploy samples/leave.bpmn --user admin
          signoff start leave --set from=2026-12-01 --set to=2026-12-03 --user ana
          signoff tasks --user jane`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate("signoff {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w\nSee `%s --help`.", err, c.CommandPath())}
	})
	root.AddGroup(&cobra.Group{ID: "server", Title: "Run a server"}, &cobra.Group{ID: "talk", Title: "Talk to a server"},
		&cobra.Group{ID: "author", Title: "For authors of workflows"})
	addCommands(root)
	tellUsage(root)
	return root
}

// tellUsage makes too many or too few words an error that shows how the command
// is written.
func tellUsage(c *cobra.Command) {
	for _, sub := range c.Commands() {
		tellUsage(sub)
	}
	takes := c.Args
	if takes == nil {
		return
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		if takes(cmd, args) == nil {
			return nil
		}
		return usageError{fmt.Errorf("write it as `%s`\nSee `%s --help`.", cmd.UseLine(), cmd.CommandPath())}
	}
}

// serverOf is the part of an address that names the server.
func serverOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// tellAway says that the server did not answer, or that it could not be
// believed.
func tellAway(w io.Writer, e *url.Error) {
	if why := badCertificate(e); why != "" {
		fmt.Fprintf(w, "signoff: the server at %s shows a certificate that this machine does not accept: %s\n"+
			"  if it is of an authority of your own, put that authority's certificate among those of the system, or name its file (PEM) in SSL_CERT_FILE\n", serverOf(e.URL), why)
		return
	}
	fmt.Fprintf(w, "signoff: no signoff server answers at %s\n  is it running there? --server or SIGNOFF_SERVER says where to look\n  cause: %v\n", serverOf(e.URL), e.Err)
}

// badCertificate says what a client has against a certificate, "" for nothing.
func badCertificate(err error) string {
	no, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		return ""
	}
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](no); unknown {
		return "it is of an authority that is not known here"
	}
	return strings.TrimPrefix(no.Err.Error(), "x509: ")
}

// tellError prints an error as people and scripts want it: one line for what
// happened, one for each thing that is wrong, one for what to do.
func tellError(w io.Writer, err error) {
	e, ok := errors.AsType[*signoff.Error](err)
	if at, away := errors.AsType[*url.Error](err); away && !ok { // else somebody said already who did not answer
		tellAway(w, at)
		return
	}
	if !ok {
		fmt.Fprintf(w, "signoff: %v\n", err)
		return
	}
	detail := e.Detail
	if detail == "" {
		detail = err.Error()
	}
	fmt.Fprintf(w, "signoff: %s\n", detail)
	for _, f := range e.Fields {
		fmt.Fprintf(w, "  %s: %s\n", f.Field, f.Detail)
		if f.Advice != "" {
			fmt.Fprintf(w, "      %s\n", f.Advice)
		}
	}
	if e.Kind == signoff.Internal && e.Err != nil {
		fmt.Fprintf(w, "  cause: %v\n", e.Err)
	}
	if e.Hint != "" {
		fmt.Fprintf(w, "  %s\n", e.Hint)
	}
}
