package store

import "context"

// Ping tells whether the store can be read now.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.read.PingContext(ctx); err != nil {
		return s.explain(err)
	}
	return nil
}
