package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// backupFlags are the flags of backup besides where the data is.
type backupFlags struct {
	place                         dataPlace
	check, force, withKey, asJSON bool
}

func backupCommand() *cobra.Command {
	var f backupFlags
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything the server keeps to one file",
		Long: `Write everything the server keeps to one file, as it is at this moment, and read
the file back. The server may run and is not held up. The file can be restored
into a data folder or into PostgreSQL, whichever it came from.

What the server has sealed can be read only with its key: the file key in the
data folder, or SIGNOFF_KEY. The key is not in the backup, so that whoever finds
one cannot read what is sealed; keep it in another place, or say --with-key.

With --check nothing is written: a backup is read to its end and held against
what it says of itself.`,
		Example: `  signoff backup --data ./data monday.backup
  signoff backup --store postgres://signoff@db.example.com/signoff --force /backup/signoff.backup
  signoff backup --check monday.backup`,
		Args:    cobra.ExactArgs(1),
		GroupID: "server",
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.check {
				return checkBackup(cmd, args[0], f.asJSON)
			}
			cfg, err := f.place.load(cmd)
			if err != nil {
				return err
			}
			return backup(cmd, cfg, args[0], f)
		},
	}
	f.place.flags(c)
	c.Flags().BoolVar(&f.check, "check", false, "verify a backup, and write none")
	c.Flags().BoolVar(&f.force, "force", false, "replace FILE if it is there")
	c.Flags().BoolVar(&f.withKey, "with-key", false, "put the key into the file, too: who has the file can then read everything")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	c.MarkFlagsMutuallyExclusive("check", "force")
	c.MarkFlagsMutuallyExclusive("check", "with-key")
	return c
}

func backup(cmd *cobra.Command, cfg Config, file string, f backupFlags) error {
	key, err := keyOf(cfg.Data)
	if err != nil {
		return err
	}
	o := store.BackupOptions{Program: version, Force: f.force, Tell: progressTo(cmd.ErrOrStderr())}
	if f.withKey {
		o.Key = key.fitting
	}
	made, err := store.Backup(cmd.Context(), cfg.database(), file, o)
	if err != nil {
		return err
	}
	if err := printContents(cmd.OutOrStdout(), made, f.asJSON); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s is complete: %d rows of %s, %s, read back and verified.\n%s\n", file, made.Rows, cfg.where(), bytesText(made.Bytes), key.aboutBackup(made))
	return nil
}

func checkBackup(cmd *cobra.Command, file string, asJSON bool) error {
	is, err := store.CheckBackup(cmd.Context(), file, progressTo(cmd.ErrOrStderr()))
	if err != nil {
		return err
	}
	if err := printContents(cmd.OutOrStdout(), is, asJSON); err != nil {
		return err
	}
	with := "without the key"
	if is.Key != "" {
		with = "with the key"
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s is complete and undamaged: %d rows as they were on %s, written by signoff %s, %s.\n",
		file, is.Rows, is.Made.UTC().Format("2006-01-02 15:04:05 UTC"), oneLine(is.Program), with)
	return nil
}

func printContents(w io.Writer, c store.Contents, asJSON bool) error {
	if asJSON {
		return printJSON(w, c)
	}
	printRows(w, c.Holds)
	return nil
}

func bytesText(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", (n+1023)>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

// fitting returns the key as text, if it is the one with that fingerprint.
func (p keyPlace) fitting(mark string) (string, error) {
	k, err := seal.ReadKey(p.file, p.env)
	if errors.Is(err, fs.ErrNotExist) {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: "key-missing", Detail: "there is no key in " + p.file + " to put into the backup",
			Hint: "name the data folder it is in with --data, or set " + seal.KeyVariable}
	}
	if err != nil {
		return "", keyUnusable(err)
	}
	if is := k.Fingerprint(); mark != "" && is != mark {
		return "", p.differs(is, mark)
	}
	return k.Text().Reveal(), nil
}

func (p keyPlace) differs(is, want string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "key-differs",
		Detail: fmt.Sprintf("%s is not the one the data is sealed with (its fingerprint is %s, and %s is needed); nothing was changed", p, is, want),
		Hint:   "put the right key in its place"}
}

// aboutBackup says where the key to a backup is.
func (p keyPlace) aboutBackup(c store.Contents) string {
	if c.Key != "" {
		return "The key is in the file: keep it as you would keep a password."
	}
	if c.KeyMark == "" {
		return "No server has been started on this data, so no key belongs to it."
	}
	k, err := seal.ReadKey(p.file, p.env)
	if err == nil && k.Fingerprint() == c.KeyMark {
		return "To use what is sealed in it you also need " + p.String() + ": keep a copy in another safe place."
	}
	return "To use what is sealed in it you also need the key with the fingerprint " + oneLine(c.KeyMark) + ", which is not here: see that you have it."
}

// restoreCommand is the other direction.
func restoreCommand() *cobra.Command {
	var place dataPlace
	var asJSON bool
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup into an empty data folder or database",
		Long: `Put what a backup holds into an empty data folder, or with --store into an empty
PostgreSQL database, and verify it: the file, every row that arrived, and every
instance against its history. A backup of an older version is brought to this
one; one of a newer version is refused.

It happens whole or not at all: when it is interrupted, run it again.

Mails that were on their way when the backup was made are in doubt afterwards,
for they may have been sent since; everybody signs in again.`,
		Example: `  signoff restore monday.backup --data ./data
  SIGNOFF_STORE=postgres://signoff:secret@db.example.com/signoff signoff restore monday.backup --data ./data`,
		Args:    cobra.ExactArgs(1),
		GroupID: "server",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := place.load(cmd)
			if err != nil {
				return err
			}
			return restore(cmd, cfg, args[0], asJSON)
		},
	}
	place.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func restore(cmd *cobra.Command, cfg Config, file string, asJSON bool) error {
	key, err := keyOf(cfg.Data)
	if err != nil {
		return err
	}
	advice := ""
	o := store.RestoreOptions{Tell: progressTo(cmd.ErrOrStderr())}
	o.Fits = func(c store.Contents) error {
		if err := makeFolder(cfg.Data); err != nil {
			return err
		}
		return key.fits(c)
	}
	o.Arrived = func(c store.Contents) (err error) {
		advice, err = key.bring(c)
		return err
	}
	r, err := store.Restore(cmd.Context(), file, cfg.database(), o)
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(cmd.OutOrStdout(), r)
	} else {
		printRows(cmd.OutOrStdout(), r.Holds)
	}
	if err != nil {
		return err
	}
	return tellRestored(cmd.ErrOrStderr(), r, cfg.where(), advice)
}

func tellRestored(w io.Writer, r store.Restored, where, advice string) error {
	fmt.Fprintf(w, "All %d rows are in %s, as they were on %s; every one was compared.\n", r.Rows, where, r.Made.UTC().Format("2006-01-02 15:04:05 UTC"))
	if r.TablesNow != r.Tables {
		fmt.Fprintf(w, "The tables were brought from version %d to %d.\n", r.Tables, r.TablesNow)
	}
	if r.Doubtful > 0 {
		fmt.Fprintf(w, "%d mails may have been sent since then: they are in doubt, and are looked for before they are sent again.\n", r.Doubtful)
	}
	if advice != "" {
		fmt.Fprintln(w, advice)
	}
	if len(r.Differ) == 0 {
		fmt.Fprintf(w, "%d instances were replayed: the history of each gives the state it is in.\n", r.Replayed)
		return nil
	}
	fmt.Fprintf(w, "Of %d instances that were replayed, some are not in the state their history gives. That was so before the backup:\n", r.Replayed)
	for _, d := range r.Differ {
		fmt.Fprintln(w, "  "+d)
	}
	return errSaid
}

// fits refuses a backup when the key that is here is not the one it needs.
func (p keyPlace) fits(c store.Contents) error {
	is, err := seal.ReadKey(p.file, p.env)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return keyUnusable(err)
	case c.KeyMark != "" && is.Fingerprint() != c.KeyMark:
		return p.differs(is.Fingerprint(), c.KeyMark)
	}
	return nil
}

// bring keeps the key that a backup brings, where there is none, or says which
// one is needed.
func (p keyPlace) bring(c store.Contents) (advice string, err error) {
	if _, err := seal.ReadKey(p.file, p.env); !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	switch {
	case c.Key != "":
		return "The key was in the backup, and is in " + p.file + " now.", seal.WriteKey(p.file, seal.Secret(c.Key))
	case c.KeyMark != "":
		return "Before a server is started, put the key with the fingerprint " + oneLine(c.KeyMark) + " into " + p.file + ".", nil
	}
	return "", nil
}

// migrateCommand brings the tables up to date without a server.
func migrateCommand() *cobra.Command {
	var place dataPlace
	var check, asJSON bool
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables to this version, without starting a server",
		Long: `Bring the tables to this version and say from which to which. A server does so
itself when it starts; this is for doing it beforehand, with another database
user or at a time of your choosing. There is no way back: make a backup first.

With --check nothing is changed.`,
		Example: "  signoff migrate --check --data ./data\n  SIGNOFF_STORE=postgres://owner:secret@db.example.com/signoff signoff migrate",
		Args:    cobra.NoArgs,
		GroupID: "server",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := place.load(cmd)
			if err != nil {
				return err
			}
			m, err := migrate(cmd.Context(), cfg, check)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), m)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), m)
			return err
		},
	}
	place.flags(c)
	c.Flags().BoolVar(&check, "check", false, "only say what there is to do")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// migrated says what a migration did, or would do.
type migrated struct {
	From  int64 `json:"from"`
	To    int64 `json:"to"`
	Check bool  `json:"check"` // nothing was changed
}

func (m migrated) String() string {
	switch {
	case m.From == m.To:
		return fmt.Sprintf("The tables are of version %d, which is this program's. There is nothing to do.", m.From)
	case m.Check && m.From == 0:
		return fmt.Sprintf("There are no tables yet. This program makes those of version %d.", m.To)
	case m.Check:
		return fmt.Sprintf("The tables are of version %d. This program brings them to %d.", m.From, m.To)
	case m.From == 0:
		return fmt.Sprintf("The tables were made, of version %d.", m.To)
	}
	return fmt.Sprintf("The tables were brought from version %d to %d.", m.From, m.To)
}

func migrate(ctx context.Context, cfg Config, check bool) (m migrated, err error) {
	m.Check = check
	if m.From, m.To, err = store.TablesVersion(ctx, cfg.database(), store.Options{}); err != nil {
		return m, err
	}
	if m.From == 0 && cfg.Store == "" {
		return m, &signoff.Error{Kind: signoff.Invalid, Code: "data-unusable", Detail: "there is no data in " + cfg.Data,
			Hint: "name the folder it is in with --data, or the database with --store"}
	}
	if check && m.From <= m.To {
		return m, nil
	}
	st, err := store.Open(ctx, cfg.database(), store.Options{}) // which refuses newer ones
	if err != nil {
		return m, err
	}
	return m, st.Close()
}
