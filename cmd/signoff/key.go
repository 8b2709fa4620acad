package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// keyInstalled is the name under which the data keeps the fingerprint of the
// key its secrets are sealed with.
const keyInstalled = "key"

// keyPlace is where the key of a server is.
type keyPlace struct {
	file string
	env  seal.Secret // what the environment says instead; "": the file holds
}

func keyOf(data string) (keyPlace, error) {
	env, problem := secretIn(seal.KeyVariable, os.Environ())
	if problem != "" {
		return keyPlace{}, badConfig(seal.KeyVariable+inFile+": "+problem, nil)
	}
	return keyPlace{filepath.Join(data, "key"), env}, nil
}

func (p keyPlace) String() string {
	if p.env != "" {
		return "the key in " + seal.KeyVariable
	}
	return "the key in " + p.file
}

// load returns the key, and refuses one that the data was not sealed with: what
// was sealed with another could not be opened, on this server or on the others.
// A server that begins on empty data makes a key where there is none.
func (p keyPlace) load(ctx context.Context, st *store.Store) (seal.Key, error) {
	want, err := st.Installation(ctx, keyInstalled)
	if err != nil {
		return seal.Key{}, err
	}
	if p.env == "" && want != "" { // of a rotation that ended before its last act
		if err := p.takeNext(want); err != nil {
			return seal.Key{}, err
		}
	}
	key, err := seal.ReadKey(p.file, p.env)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = p.first(ctx, st, want)
	}
	if err != nil {
		return key, keyUnusable(err)
	}
	if want == "" {
		if want, err = st.Install(ctx, keyInstalled, key.Fingerprint()); err != nil {
			return key, err
		}
	}
	if is := key.Fingerprint(); is != want {
		return key, &signoff.Error{Kind: signoff.Invalid, Code: "key-differs",
			Detail: fmt.Sprintf("%s is not the one this data was begun with (its fingerprint is %s, and %s is needed); nothing was changed", p, is, want),
			Hint: "all servers on the same data need the same key: copy the file `key` from the data folder of one that works, or from a backup, or set " + seal.KeyVariable +
				"; if it is lost for good, see `signoff key replace --help`"}
	}
	return key, nil
}

// first makes the key of an installation that begins, and of no other.
func (p keyPlace) first(ctx context.Context, st *store.Store, want string) (seal.Key, error) {
	people, err := st.Accounts(ctx, 0, 1)
	if err != nil {
		return seal.Key{}, err
	}
	if want == "" && len(people) == 0 {
		return seal.LoadKey(p.file, "")
	}
	which := "that this data was begun with"
	if want != "" {
		which += " (its fingerprint is " + want + ")"
	}
	return seal.Key{}, &signoff.Error{Kind: signoff.Invalid, Code: "key-missing",
		Detail: "there is no key in " + p.file + ", and one is needed " + which + "; none was made",
		Hint: "copy the file `key` from the data folder of a server that works, or from a backup, or set " + seal.KeyVariable +
			"; if it is lost for good, see `signoff key replace --help`"}
}

func keyUnusable(err error) error {
	if _, ok := errors.AsType[*signoff.Error](err); ok {
		return err
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "key-unusable", Detail: err.Error(), Err: err}
}

func keyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "Make a key for several servers, seal with another, or replace one that is lost",
		Long: `The key seals what must not be read by whoever reads the database. It is the file
key in the data folder, made at the first start, or the value of SIGNOFF_KEY.
All servers on one database need the same one; the database knows its
fingerprint, and a server with another key refuses to start. The file may hold
what key new prints; it must be readable by its owner only.`,
		Example: "  signoff key new\n  signoff key rotate --data ./data",
		GroupID: "server",
	}
	c.AddCommand(newKeyCommand(), rotateKeyCommand(), replaceKeyCommand())
	return c
}

func newKeyCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "new",
		Short:   "Print a new random key for SIGNOFF_KEY or the file key",
		Example: "  signoff key new > key.txt\n  umask 077; signoff key new > ./data/key",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k := seal.NewKey()
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]string{"key": k.Text().Reveal(), "fingerprint": k.Fingerprint()})
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), k.Text().Reveal())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, with the fingerprint")
	return c
}

func replaceKeyCommand() *cobra.Command {
	var at dataPlace
	var asJSON bool
	c := &cobra.Command{
		Use:   "replace",
		Short: "Let the data go on with another key, because the old one is lost",
		Long: `Let the data go on with the key that is here: the one in SIGNOFF_KEY, or the
file key in the data folder, which is made when there is none. Stop all servers
first, and give all of them this key.

What the old key made is worth nothing afterwards: replies to mails that were
sent before are not taken, and people decide those tasks on the page instead.`,
		Example: `  signoff key replace --data ./data
  SIGNOFF_STORE=postgres://signoff:secret@db.example.com/signoff signoff key replace`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := at.load(cmd)
			if err != nil {
				return err
			}
			fingerprint, err := replaceKey(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]string{"fingerprint": fingerprint})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The data goes on with the key %s.\n", fingerprint)
			return err
		},
	}
	at.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// hasData refuses a folder in which no server ever was.
func hasData(cfg Config) error {
	if cfg.Store != "" {
		return nil
	}
	if _, err := os.Stat(cfg.database()); err != nil {
		return &signoff.Error{Kind: signoff.Invalid, Code: "data-unusable", Detail: "there is no data in " + cfg.Data,
			Hint: "name the folder it is in with --data, or the database with --store", Err: err}
	}
	return nil
}

func replaceKey(ctx context.Context, cfg Config) (string, error) {
	if err := hasData(cfg); err != nil {
		return "", err
	}
	place, err := keyOf(cfg.Data)
	if err != nil {
		return "", err
	}
	st, err := store.Open(ctx, cfg.database(), store.Options{})
	if err != nil {
		return "", err
	}
	defer st.Close()
	if err := makeFolder(cfg.Data); err != nil {
		return "", err
	}
	key, err := seal.LoadKey(place.file, place.env)
	if err != nil {
		return "", keyUnusable(err)
	}
	return key.Fingerprint(), st.Reinstall(ctx, keyInstalled, key.Fingerprint())
}
