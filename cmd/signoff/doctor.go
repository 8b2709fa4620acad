package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/doctor"
)

func doctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong with a token, a failing request, a provider or the mail",
		Long: `Say what is wrong, who can mend it and with which value. The first line names the
fault; the exit code is 1 when there is one.`,
		GroupID: "talk",
	}
	c.AddCommand(doctorTokenCommand(), doctorEntraCommand(), doctorMailCommand())
	return c
}

func doctorTokenCommand() *cobra.Command {
	var t talk
	var all bool
	c := &cobra.Command{
		Use:   "token [TOKEN|-|FILE]",
		Short: "Say what is wrong with a token, or with anything pasted in its place",
		Long: `Look at an access token, or at a whole failing request: raw HTTP, a curl command,
an answer with its WWW-Authenticate, an error of Entra's as JSON, as the text of
its page, or as the address it sent the browser to. The server does it, keeps
nothing of it and logs nothing of it.

What is given on the command line is in the history of your shell and seen by
others on the machine: a token is better piped in, or in a file.`,
		Example: `  pbpaste | signoff doctor token --user admin
  signoff doctor token request.txt --user admin
  signoff doctor token --all --json < token.txt`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := t.pasted(cmd, args)
			if err != nil {
				return err
			}
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			d, err := c.DoctorToken(cmd.Context(), text)
			if err != nil {
				return err
			}
			return t.diagnosed(cmd, d, all)
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().BoolVar(&all, "all", false, "also print the checks that passed")
	return c
}

// pasted is what is to be looked at: the word itself, a file, or standard input.
func (t *talk) pasted(cmd *cobra.Command, args []string) (string, error) {
	if len(args) == 0 || args[0] == "-" {
		if asks := t.user != "" && !cmd.Flags().Changed("profile"); asks && os.Getenv("SIGNOFF_PASSWORD") == "" {
			return "", usageError{errors.New("standard input is what is looked at, so the password cannot come from there: set SIGNOFF_PASSWORD, name a file, or sign in once with signoff login")}
		}
		return readPasted(cmd.InOrStdin())
	}
	f, err := os.Open(args[0])
	if err != nil {
		if strings.Count(args[0], ".") < 2 && !strings.ContainsAny(args[0], " {") && !errors.Is(err, fs.ErrInvalid) && len(args[0]) < 200 {
			return "", usageError{fmt.Errorf("%s is neither a file nor a token", clip(oneLine(args[0]), 60))}
		}
		return args[0], nil
	}
	defer f.Close()
	return readPasted(f)
}

func readPasted(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, doctor.MaxPasteBytes+1))
	if err == nil && len(b) > doctor.MaxPasteBytes {
		err = usageError{fmt.Errorf("that is longer than %d KiB: give the token, or one request, alone", doctor.MaxPasteBytes>>10)}
	}
	return string(b), err
}

func doctorEntraCommand() *cobra.Command {
	var t talk
	var all, deep bool
	var in api.Registrations
	c := &cobra.Command{
		Use:   "entra",
		Short: "Ask every trusted issuer and sign-in provider, from its name to its keys",
		Long: `Let the server ask every trusted issuer and every sign-in provider: name, TLS,
metadata, issuer, keys and their age, and whether the clocks agree.

With --deep the registrations in Entra are read over Graph as well and compared
with the settings. That takes an application with the permission
Application.Read.All (and Directory.Read.All, to see what was consented to):
--client-id and its secret in SIGNOFF_ENTRA_SECRET; or a token for Graph in
SIGNOFF_GRAPH_TOKEN, as ` + "`az account get-access-token --resource-type ms-graph`" + ` prints it.
They are used once and not kept.`,
		Example: `  signoff doctor entra --user admin
  signoff doctor entra --deep --client-id 2e8a… --user admin`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(cmd)
			if err != nil {
				return err
			}
			if !deep {
				d, err := c.DoctorEntra(cmd.Context())
				if err != nil {
					return err
				}
				return t.diagnosed(cmd, d, all)
			}
			if in.Secret, in.Token, err = graphSecret(in.ClientID); err != nil {
				return err
			}
			d, err := c.DoctorRegistrations(cmd.Context(), in)
			if err != nil {
				return err
			}
			return t.diagnosed(cmd, d, all)
		},
	}
	t.flags(c)
	c.GroupID = ""
	c.Flags().BoolVar(&all, "all", false, "also print the checks that passed")
	c.Flags().BoolVar(&deep, "deep", false, "also read the registrations in Entra")
	c.Flags().StringVar(&in.ClientID, "client-id", os.Getenv("SIGNOFF_ENTRA_CLIENT_ID"), "the application to read them as (SIGNOFF_ENTRA_CLIENT_ID); its secret comes from SIGNOFF_ENTRA_SECRET")
	c.Flags().StringVar(&in.Issuer, "issuer", "", "only this trusted issuer or sign-in provider")
	return c
}

// graphSecret finds what registrations are read with.
func graphSecret(clientID string) (secret, token string, err error) {
	s, problem := secretIn("SIGNOFF_ENTRA_SECRET", os.Environ())
	if problem != "" {
		return "", "", usageError{errors.New(problem)}
	}
	g, problem := secretIn("SIGNOFF_GRAPH_TOKEN", os.Environ())
	switch {
	case problem != "":
		return "", "", usageError{errors.New(problem)}
	case g != "":
		return "", g.Reveal(), nil
	case clientID == "" || s == "":
		return "", "", usageError{errors.New("reading registrations takes --client-id with SIGNOFF_ENTRA_SECRET, or SIGNOFF_GRAPH_TOKEN; see --help")}
	}
	return s.Reveal(), "", nil
}

// diagnosed prints a diagnosis and ends with exit code 1 when there is a fault.
func (t *talk) diagnosed(cmd *cobra.Command, d api.Diagnosis, all bool) error {
	var err error
	if t.asJSON {
		err = printJSON(cmd.OutOrStdout(), d)
	} else {
		err = tellDiagnosis(cmd.OutOrStdout(), d, all)
	}
	if err == nil && !d.OK {
		return errSaid
	}
	return err
}

// whoWords says who can mend a fault.
var whoWords = map[string]string{"caller": "the caller's developer", "person": "the person who signs in", "provider": "an administrator of Entra, or of the provider",
	"server": "an administrator of this server", "network": "whoever runs this server's machine and network", "nobody": "nobody: it passes by itself", "suspicious": "look who sends it: no honest program does"}

var marks = map[string]string{"passed": "ok     ", "failed": "FAILED ", "warning": "warning", "not reached": "-      "}

// tellDiagnosis prints the fault first, then the checklist.
func tellDiagnosis(w io.Writer, d api.Diagnosis, all bool) error {
	b := &strings.Builder{}
	fmt.Fprintln(b, oneLine(d.Line))
	if d.Fault != nil {
		tellFault(b, d.Fault, "  ")
	}
	for _, n := range d.Notes {
		fmt.Fprintln(b, "  Note: "+oneLine(n))
	}
	group := ""
	for _, c := range d.Checks {
		if c.Result == "passed" && !all {
			continue
		}
		if c.Group != group || group == "" {
			fmt.Fprintf(b, "\n%s\n", oneLine(c.Group))
			group = c.Group
		}
		fmt.Fprintf(b, "  %s %s\n", marks[c.Result], oneLine(c.Name))
		if c.Result == "passed" || c.Result == "not reached" {
			if c.Found != "" {
				fmt.Fprintf(b, "            %s\n", oneLine(c.Found))
			}
			continue
		}
		fmt.Fprintf(b, "            expected: %s\n            found:    %s\n", oneLine(c.Expected), oneLine(c.Found))
		if c.Fault != nil && (d.Fault == nil || c.Fault.Line != d.Fault.Line) {
			fmt.Fprintf(b, "            %s\n", oneLine(c.Fault.Line))
			tellFault(b, c.Fault, "            ")
		}
	}
	if len(d.Facts) > 0 && all {
		fmt.Fprintln(b, "\nWhat it says")
		for _, f := range d.Facts {
			fmt.Fprintf(b, "  %-20s %s\n", oneLine(f.Name), oneLine(f.Value))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func tellFault(b *strings.Builder, f *api.Fault, indent string) {
	fmt.Fprintf(b, "%sWho:   %s\n", indent, whoWords[f.Who])
	if f.Where != "" {
		fmt.Fprintf(b, "%sWhere: %s\n", indent, oneLine(f.Where))
	}
	if f.Do != "" {
		fmt.Fprintf(b, "%sDo:    %s\n", indent, oneLine(f.Do))
	}
	for _, c := range f.Copy {
		fmt.Fprintf(b, "%s%s:\n", indent, oneLine(c.What))
		for line := range strings.SplitSeq(c.Text, "\n") {
			fmt.Fprintf(b, "%s    %s\n", indent, oneLine(line))
		}
	}
}
