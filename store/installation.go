package store

import "context"

// Installation returns what is kept under a name about the installation: all
// servers there are on this data. It returns "" when nothing is.
func (s *Store) Installation(ctx context.Context, name string) (value string, err error) {
	err = s.row(ctx, `select value from installation where name = $1`, name).Scan(&value)
	if isNoRows(err) {
		return "", nil
	}
	return value, s.explain(err)
}

// Install keeps value under a name, unless something is kept there already, and
// returns what is: of several servers that begin at once, all get the same.
func (s *Store) Install(ctx context.Context, name, value string) (kept string, err error) {
	err = s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`insert into installation (name, value) values ($1, $2) on conflict (name) do nothing`, name, value); err != nil {
			return err
		}
		return t.row(`select value from installation where name = $1`, name).Scan(&kept)
	})
	return kept, err
}

// Reinstall keeps value under a name whatever was kept there; "" keeps nothing.
func (s *Store) Reinstall(ctx context.Context, name, value string) error {
	return s.write(ctx, func(t *tx) error {
		if value == "" {
			_, err := t.exec(`delete from installation where name = $1`, name)
			return err
		}
		_, err := t.exec(`insert into installation (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value`, name, value)
		return err
	})
}
