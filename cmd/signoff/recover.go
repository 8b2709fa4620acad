package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/store"
)

// recovered is what recover did.
type recovered struct {
	Login    string `json:"login"`
	Password string `json:"password,omitempty"`
	Link     string `json:"link,omitempty"`
	Until    string `json:"until,omitempty"`
	Reopened bool   `json:"reopened"` // local accounts were off
}

func recoverCommand() *cobra.Command {
	var at dataPlace
	var link, asJSON bool
	c := &cobra.Command{
		Use:   "recover [LOGIN]",
		Short: "Let a locked-out administrator in again",
		Long: `Let an administrator in again who cannot sign in: because the provider is away or
set up wrong, or because the password is lost. It works on the data, not through
the server: whoever may read the data folder may do this.

A new password is made and printed once, or with --link an address that signs
in one time within the hour. Where local accounts are off, administrators may
use theirs again. All of it is on record.

Without LOGIN it is for the only administrator there is. With data in a file,
stop the server first.`,
		Example: `  signoff recover --data ./data
  signoff recover admin --link --config /etc/signoff.yaml`,
		Args:    cobra.MaximumNArgs(1),
		GroupID: "server",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := at.load(cmd)
			if err != nil {
				return err
			}
			out, err := recoverAccess(cmd.Context(), cfg, strings.Join(args, ""), link)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), out)
			}
			return out.print(cmd.OutOrStdout())
		},
	}
	at.flags(c)
	c.Flags().BoolVar(&link, "link", false, "make a one-time link instead of a new password")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (r recovered) print(w io.Writer) error {
	var b strings.Builder
	if r.Link != "" {
		fmt.Fprintf(&b, "%s can sign in once until %s with\n\n  %s\n", r.Login, r.Until, r.Link)
	} else {
		fmt.Fprintf(&b, "%s has a new password, shown this once:\n\n  %s\n\nAll sessions of %s have ended.\n", r.Login, r.Password, r.Login)
	}
	if r.Reopened {
		fmt.Fprint(&b, "\nLocal accounts were off; administrators may use theirs again.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func recoverAccess(ctx context.Context, cfg Config, login string, link bool) (recovered, error) {
	if cfg.Store == "" {
		if _, err := os.Stat(cfg.database()); err != nil {
			return recovered{}, &signoff.Error{Kind: signoff.Invalid, Code: "data-unusable", Detail: "there is no data in " + cfg.Data,
				Hint: "name the folder it is in with --data, or the database with --store", Err: err}
		}
	}
	st, err := store.Open(ctx, cfg.database(), store.Options{})
	if err != nil {
		return recovered{}, err
	}
	defer st.Close()
	who, err := lockedOut(ctx, st, login)
	if err != nil {
		return recovered{}, err
	}
	out := recovered{Login: who.Login}
	if out.Reopened, err = signin.Reopen(ctx, st); err != nil {
		return recovered{}, err
	}
	if link {
		err = out.makeLink(ctx, cfg, st, who)
	} else {
		err = out.makePassword(ctx, st, who)
	}
	return out, err
}

// lockedOut finds the administrator who is meant.
func lockedOut(ctx context.Context, st *store.Store, login string) (store.Account, error) {
	var admins []store.Account
	for after := int64(0); ; {
		page, err := st.Accounts(ctx, after, 200)
		if err != nil {
			return store.Account{}, err
		}
		for _, a := range page {
			after = a.ID
			if a.Admin && !a.Disabled && !a.App {
				admins = append(admins, a)
			}
		}
		if len(page) < 200 {
			break
		}
	}
	var names []string
	for _, a := range admins {
		if a.Login == strings.ToLower(login) || login == "" && len(admins) == 1 {
			return a, nil
		}
		names = append(names, a.Login)
	}
	detail := "nobody called " + login + " is an administrator"
	if login == "" {
		detail = "there are several administrators"
	}
	return store.Account{}, &signoff.Error{Kind: signoff.Invalid, Code: "user-not-found", Detail: detail,
		Hint: "name one: signoff recover " + strings.Join(names[:min(len(names), 10)], ", or ")}
}

func (r *recovered) makeLink(ctx context.Context, cfg Config, st *store.Store, who store.Account) error {
	ticket, until, err := signin.NewRecovery(ctx, st, who.ID)
	if err != nil {
		return err
	}
	public := cfg.URL
	if public == "" {
		public = "http://" + strings.Replace(cfg.Listen, "127.0.0.1", "localhost", 1)
	}
	r.Link, r.Until = signin.RecoverPage(strings.TrimSuffix(public, "/"), ticket), until.Local().Format("2006-01-02 15:04")
	return noteRecovery(ctx, st, who, "one-time link")
}

func (r *recovered) makePassword(ctx context.Context, st *store.Store, who store.Account) error {
	people, err := identity.Open(ctx, st, identity.Options{Now: st.Now})
	if err != nil {
		return err
	}
	password := identity.NewPassword()
	if err := people.SetPassword(ctx, access.System, who.Principal(), password); err != nil {
		return err
	}
	r.Password = password.Reveal()
	return noteRecovery(ctx, st, who, "new password")
}

func noteRecovery(ctx context.Context, st *store.Store, who store.Account, made string) error {
	after, err := json.Marshal(map[string]string{"made": made})
	if err != nil {
		return err
	}
	return st.NoteChange(ctx, store.Change{How: "recover", What: "recovery", Subject: string(who.Principal()), After: after})
}
