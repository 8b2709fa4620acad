package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/mailroom/connections"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// newKeyVariable names the key to go on with where the present one is no file.
const newKeyVariable = seal.KeyVariable + "_NEW"

// A rotation is what became of a key and of what it sealed.
type rotation struct {
	Fingerprint string `json:"fingerprint"`
	Before      string `json:"before"`
	Secrets     int    `json:"secrets"`        // sealed anew
	Dead        int    `json:"dead,omitempty"` // could not be opened before either
	Old         string `json:"old,omitempty"`  // file in which the old key is
}

func rotateKeyCommand() *cobra.Command {
	var at dataPlace
	var asJSON bool
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Seal everything with a new key, and go on with that",
		Long: `Make a new key and seal with it everything that the present one sealed: client
secrets, tokens, passwords of mailboxes, services and directories. It happens
whole or not at all; when it is interrupted, run it again. Stop all servers
first.

The new key takes the place of the file key in the data folder; the old one is
kept beside it, for backups that were made before open with that one alone. A
key in SIGNOFF_KEY is not ours to change: give the new one as SIGNOFF_KEY_NEW,
and set SIGNOFF_KEY to it afterwards. All servers need the new one.`,
		Example: `  signoff key rotate --data ./data
  SIGNOFF_STORE=postgres://signoff:secret@db.example.com/signoff signoff key rotate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := at.load(cmd)
			if err != nil {
				return err
			}
			r, err := rotateKey(cmd.Context(), cfg)
			if err != nil || asJSON {
				return orJSON(cmd, err, r)
			}
			sayRotated(cmd.OutOrStdout(), r)
			return nil
		},
	}
	at.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func sayRotated(out io.Writer, r rotation) {
	fmt.Fprintf(out, "%d secrets are sealed with the key %s now, before %s.\n", r.Secrets, r.Fingerprint, r.Before)
	if r.Dead > 0 {
		fmt.Fprintf(out, "%d could not be opened before either, and have to be entered again.\n", r.Dead)
	}
	if r.Old != "" {
		fmt.Fprintf(out, "The old key is in %s: backups made until now need it. Delete it when there are none left.\n", r.Old)
	} else {
		fmt.Fprintf(out, "Set %s to the new key on all servers. Keep the old one for the backups made until now.\n", seal.KeyVariable)
	}
}

func rotateKey(ctx context.Context, cfg Config) (r rotation, err error) {
	if err := hasData(cfg); err != nil {
		return r, err
	}
	place, err := keyOf(cfg.Data)
	if err != nil {
		return r, err
	}
	st, err := store.Open(ctx, cfg.database(), store.Options{})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if r.Before, err = st.Installation(ctx, keyInstalled); err != nil {
		return r, err
	}
	if r.Before == "" {
		return r, &signoff.Error{Kind: signoff.Invalid, Code: "key-missing", Detail: "no server has been started on this data, so nothing is sealed", Hint: "start one first"}
	}
	if err := place.takeNext(r.Before); err != nil {
		return r, err
	}
	old, err := seal.ReadKey(place.file, place.env)
	if err != nil {
		return r, keyUnusable(err)
	}
	if is := old.Fingerprint(); is != r.Before {
		return r, place.differs(is, r.Before)
	}
	next, err := place.next()
	if err != nil {
		return r, err
	}
	if r.Fingerprint = next.Fingerprint(); r.Fingerprint == r.Before {
		return r, badConfig(newKeyVariable+": this is the key the data is sealed with already", nil)
	}
	n, err := resealAll(ctx, st, old, next)
	if err != nil {
		return r, err
	}
	r.Secrets, r.Dead = n.Moved, n.Dead
	if place.env != "" {
		return r, nil
	}
	r.Old = place.file + "." + r.Before
	return r, place.takeNext(r.Fingerprint)
}

// resealAll seals everything with another key, in one transaction with its
// fingerprint.
func resealAll(ctx context.Context, st *store.Store, old, next seal.Key) (total seal.Resealed, err error) {
	err = st.Reseal(ctx, keyInstalled, old.Fingerprint(), next.Fingerprint(), func() { total = seal.Resealed{} }, func(v store.Sealed) ([]byte, error) {
		purposes, err := purposesOf(v)
		if err != nil || len(purposes) == 0 {
			return v.Text, err
		}
		text, n := seal.Reseal(old, next, purposes, v.Text)
		total.Moved, total.Dead = total.Moved+n.Moved, total.Dead+n.Dead
		return text, nil
	})
	return total, err
}

// purposesOf is what locked texts in a value are locked for, none where there
// are not any.
func purposesOf(v store.Sealed) ([]string, error) {
	switch v.Table {
	case "session":
		return signin.Purposes(), nil
	case "oauth_token":
		return []string{oauth.TokenPurpose(v.Key)}, nil
	case "oauth_resource", "oauth_connecting":
		return oauth.Purposes(), nil
	case "service":
		return catalogue.Purposes(v.Key, v.Text)
	}
	switch v.Key { // of settings
	case signin.SettingName:
		return signin.Purposes(), nil
	case connections.Setting:
		return connections.Purposes(), nil
	case oauth.IssuerSetting:
		return oauth.Purposes(), nil
	case directory.SettingName:
		return directory.Purposes(v.Text)
	}
	return nil, nil
}

// next is the key to go on with. Beside a file it is a file, which is there
// before anything is sealed with it: a server that ends in between loses nothing.
func (p keyPlace) next() (seal.Key, error) {
	given, problem := secretIn(newKeyVariable, os.Environ())
	switch {
	case problem != "":
		return seal.Key{}, badConfig(newKeyVariable+inFile+": "+problem, nil)
	case p.env != "" && given == "":
		return seal.Key{}, &signoff.Error{Kind: signoff.Invalid, Code: "key-missing", Detail: "the present key is in " + seal.KeyVariable + ", and " + newKeyVariable + " does not say which to go on with",
			Hint: "set " + newKeyVariable + " to what `signoff key new` prints"}
	case p.env != "":
		k, err := seal.ReadKey("", given)
		if err != nil {
			err = keyUnusable(fmt.Errorf("%s: %w", newKeyVariable, err))
		}
		return k, err
	}
	if given != "" {
		if err := seal.WriteKey(p.nextFile(), given); err != nil {
			return seal.Key{}, keyUnusable(err)
		}
	}
	k, err := seal.LoadKey(p.nextFile(), "")
	if err != nil {
		err = keyUnusable(err)
	}
	return k, err
}

func (p keyPlace) nextFile() string { return p.file + ".next" }

// takeNext puts the next key into the place of the present one, if it is the
// one that is wanted: the data is sealed with it already. The present one is
// kept under its fingerprint.
func (p keyPlace) takeNext(want string) error {
	next, err := seal.ReadKey(p.nextFile(), "")
	if errors.Is(err, fs.ErrNotExist) || err == nil && next.Fingerprint() != want {
		return nil
	}
	if err != nil {
		return keyUnusable(err)
	}
	if is, err := seal.ReadKey(p.file, ""); err == nil && is.Fingerprint() != want {
		if err := os.Link(p.file, p.file+"."+is.Fingerprint()); err != nil && !errors.Is(err, fs.ErrExist) {
			return keyUnusable(err)
		}
	}
	if err := os.Rename(p.nextFile(), p.file); err != nil {
		return keyUnusable(err)
	}
	return nil
}
