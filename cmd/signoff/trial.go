package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/samples"
	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/contoso"
	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/seal"
)

// openSandbox starts the mail system to try with and points cfg's mail at it.
// It refuses a configured mail server: nobody outside gets mail from a sandbox.
func (s *server) openSandbox(ctx context.Context, cfg *Config, f serveFlags) error {
	if cfg.Mail.SMTP.Address != "" {
		return &signoff.Error{Kind: signoff.Invalid, Code: "sandbox-with-mail",
			Detail: "--sandbox brings its own mail system, and mail.smtp.address names another one",
			Hint:   "leave one of the two out"}
	}
	firm, err := contoso.Start(ctx, contoso.Options{Dir: filepath.Join(cfg.Data, "sandbox"), SMTP: f.sandboxSMTP, IMAP: f.sandboxIMAP, HTTPS: f.sandboxAuth, Keep: true, Log: s.log})
	if err != nil {
		return err
	}
	s.firm, s.sandbox, s.entra = firm, firm.Sandbox, firm.Entra
	cfg.Mail = sandboxMail(s.sandbox.Addresses(), cfg.Mail)
	return nil
}

// sandboxCA is the file that vouches for the sandbox's servers, if there is a sandbox.
func (s *server) sandboxCA() []string {
	if s.sandbox == nil {
		return nil
	}
	return []string{s.sandbox.Addresses().CAFile}
}

// sandboxMail is the mail configuration of somebody whose provider is the sandbox.
func sandboxMail(a sandbox.Addresses, m MailConfig) MailConfig {
	service := sandboxAccount(a.Accounts, "workflow")
	m.From = (&mail.Address{Name: "signoff", Address: service.Address}).String()
	m.SMTP = SMTPConfig{Address: a.SMTP, TLS: "starttls", Username: service.Address, Password: seal.Secret(service.Password), CA: a.CAFile}
	m.IMAP.Address, m.IMAP.TLS, m.IMAP.CA = a.IMAP, "starttls", a.CAFile
	m.IMAP.Username, m.IMAP.Password = service.Address, seal.Secret(service.Password)
	m.Reply = ReplyConfig{Proof: "dmarc", Authserv: a.AuthServID}
	m.Pace.PerMinute = 6000 // the sandbox has no limit of its own
	return m
}

func sandboxAccount(all []sandbox.Account, id string) sandbox.Account {
	for _, a := range all {
		if a.ID == id {
			return a
		}
	}
	return sandbox.Account{}
}

func sandboxAdmin(all []sandbox.Account) identity.First {
	a := sandboxAccount(all, "admin")
	return identity.First{Login: a.ID, Name: a.Name, Email: a.Address, Password: seal.Secret(a.Password)}
}

// unfurnished marks a sandbox's data folder until it has everything, so that a
// start that was cut short is made good by the next one. A folder that was not
// made by a sandbox never gets the mark, nor accounts with a known password.
func unfurnished(data string) string { return filepath.Join(data, "sandbox", "unfurnished") }

func markUnfurnished(data string) error {
	if _, err := os.Stat(filepath.Join(data, storeFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return mark(data)
}

// markEmpty is markUnfurnished for a database that is no file: one in which
// anybody has an account is not a sandbox's.
func (s *server) markEmpty(ctx context.Context, data string) error {
	some, err := s.store.Accounts(ctx, 0, 1)
	if err != nil || len(some) > 0 {
		return err
	}
	return mark(data)
}

func mark(data string) error {
	if err := os.MkdirAll(filepath.Join(data, "sandbox"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(unfurnished(data), nil, 0o600)
}

// furnish gives a new sandbox its people, a group and the sample workflows.
func (s *server) furnish(ctx context.Context, data string) error {
	if _, err := os.Stat(unfurnished(data)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := s.people.CreateGroup(ctx, access.System, "Finance"); err != nil && signoff.CodeOf(err) != "group-taken" {
		return err
	}
	for _, a := range s.sandbox.Addresses().Accounts {
		if err := s.settle(ctx, a); err != nil {
			return err
		}
	}
	if err := s.deploySamples(ctx); err != nil {
		return err
	}
	return os.Remove(unfurnished(data))
}

// settle makes the account of one of the sandbox's people.
func (s *server) settle(ctx context.Context, a sandbox.Account) error {
	if a.ID == "admin" || a.ID == "workflow" {
		return nil
	}
	u := identity.NewUser{Login: a.ID, Name: a.Name, Email: a.Address, Password: seal.Secret(a.Password)}
	if _, err := s.people.CreateUser(ctx, access.System, u); err != nil && signoff.CodeOf(err) != "login-taken" {
		return err
	}
	if a.ID != "bob" && a.ID != "jane" {
		return nil
	}
	found, err := s.people.Resolve(ctx, []string{a.ID, "group:Finance"})
	if err != nil {
		return err
	}
	return s.people.SetMember(ctx, access.System, found["group:Finance"][0].Principal, found[a.ID][0].Principal, true)
}

func (s *server) deploySamples(ctx context.Context) error {
	admin, err := s.people.Resolve(ctx, []string{"admin"})
	if err != nil {
		return err
	}
	by := signoff.Caller{Person: admin["admin"][0], Admin: true, How: access.System.How}
	return fs.WalkDir(samples.Files, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".bpmn" {
			return err
		}
		xml, err := fs.ReadFile(samples.Files, name)
		if err != nil {
			return err
		}
		_, err = s.library.Deploy(ctx, by, xml)
		return err
	})
}

// sandboxWords tells a person how to try the sandbox.
func (s *server) sandboxWords(url string) string {
	a, e, x := s.sandbox.Addresses(), s.entra.Addresses(), s.firm.Addresses()
	var b strings.Builder
	fmt.Fprintf(&b, "\n  Sandbox mail    %s/sandbox\n  SMTP, IMAP      %s, %s (STARTTLS)\n  Entra ID        %s, its registrations and faults at %s/sandbox/entra/\n  Graph, EWS      %s, %s, their faults at %s/sandbox/exchange/\n  CA of these     %s\n",
		url, a.SMTP, a.IMAP, e.URL, url, x.Graph, x.EWS, url, a.CAFile)
	fmt.Fprintf(&b, "\n  Accounts, all with the password signoff:\n")
	for _, p := range a.Accounts {
		if p.ID != "workflow" { // has a mailbox, and nobody signs in as it
			fmt.Fprintf(&b, "    %-10s %s\n", p.ID, p.Role)
		}
	}
	fmt.Fprintf(&b, "\n  Tokens of its Entra ID are believed when you say so: %s/manage/trust, or\n    signoff trust add --tenant %s --audience %s --user admin%s\n", url, e.Domain, e.Registrations[0].ClientID, elsewhere(url))
	fmt.Fprintf(&b, "\n  Sign in as ana, start \"Leave request\", then open the sandbox mail and answer for jane.\n")
	return b.String()
}

// usualURL is where commands look for a server.
const usualURL = "http://localhost:8080"

// elsewhere says where the server is, to a command that would look for another.
func elsewhere(url string) string {
	if url == usualURL {
		return ""
	}
	return " --server " + url
}

func sandboxCommand() *cobra.Command {
	opts := contoso.Options{Keep: true}
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the sandbox's mail system, Entra ID and Exchange alone, for a server elsewhere on this machine",
		Long: `Run the sandbox's mail system, Entra ID and Exchange alone, for a server elsewhere
on this machine, and print where they are. That server has to be told to believe
the certificate authority it prints (outside.ca, mail.smtp.ca, mail.imap.ca), and
that it may call this machine (outside.allow: 127.0.0.0/8).`,
		Example: `  signoff sandbox --dir ./mail
  signoff serve --config with-that-mail.yaml`,
		Args:    cobra.NoArgs,
		GroupID: "server",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return sandboxAlone(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	c.Flags().StringVar(&opts.Dir, "dir", "./data/sandbox", "folder that mail and registrations are kept in")
	c.Flags().StringVar(&opts.SMTP, "smtp", "127.0.0.1:2525", "where mail is taken; port 0 takes a free one")
	c.Flags().StringVar(&opts.IMAP, "imap", "127.0.0.1:1143", "where mailboxes are read; port 0 takes a free one")
	c.Flags().StringVar(&opts.HTTPS, "https", "127.0.0.1:8443", "where Entra ID, Graph and EWS are; port 0 takes a free one")
	return c
}

// sandboxAlone runs all of it until ctx ends.
func sandboxAlone(ctx context.Context, opts contoso.Options, out io.Writer) error {
	f, err := contoso.Start(ctx, opts)
	if err != nil {
		return err
	}
	if err := printJSON(out, sandboxPlaces{Addresses: f.Sandbox.Addresses(), Entra: f.Entra.Addresses(), Exchange: f.Addresses()}); err != nil {
		return errors.Join(err, f.Close())
	}
	<-ctx.Done()
	return f.Close()
}

// places tells the page that connects Exchange where the sandbox's is.
func (s *server) places() http.Handler {
	var at struct {
		Entra struct {
			URL    string `json:"url"`
			Domain string `json:"domain"`
		} `json:"entra"`
		Exchange contoso.Addresses `json:"exchange"`
	}
	e := s.entra.Addresses()
	at.Entra.URL, at.Entra.Domain, at.Exchange = e.URL, e.Domain, s.firm.Addresses()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if err := printJSON(w, at); err != nil {
			s.log.Debug("a page of the sandbox went away", "err", err)
		}
	})
}

// sandboxPlaces is sandbox.json: where a program finds everything.
type sandboxPlaces struct {
	Server string `json:"server,omitempty"`
	sandbox.Addresses
	Entra    entra.Addresses   `json:"entra"`
	Exchange contoso.Addresses `json:"exchange"`
}
