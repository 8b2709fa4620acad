package store

import "context"

// Ping tells whether the store can be read now and, when the last write failed
// because of the file or its disk, whether it can be written again.
func (s *Store) Ping(ctx context.Context) error {
	ping := s.read.PingContext
	if s.pg != nil {
		ping = s.pgPing
	}
	if err := ping(ctx); err != nil {
		return s.explain(err)
	}
	if !s.writer.ailing.Load() {
		return nil
	}
	return s.write(ctx, probe)
}

// probe changes pages and leaves nothing behind.
func probe(t *tx) error {
	if _, err := t.exec(`insert into guess (key, wrong, until) values ('', 0, 0) on conflict (key) do nothing`); err != nil {
		return err
	}
	_, err := t.exec(`delete from guess where key = ''`)
	return err
}
