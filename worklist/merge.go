package worklist

import "context"

// source is one walk along an index: batches of items, each behind the last.
type source[T any] struct {
	fetch func(ctx context.Context, behind *T, n int) ([]T, error)
	items []T
	ended bool
}

// merge walks several sources at once in their common order.
type merge[T any] struct {
	sources []*source[T]
	before  func(a, b T) bool // a stands before b
	batch   int
}

// sized sets how many items a walk takes at a time so that n can be had: all of
// them from one source, a few from each of many.
func (m *merge[T]) sized(n int) *merge[T] {
	m.batch = min(n, max(8, 2*n/max(1, len(m.sources))))
	return m
}

// head returns the next item of s without taking it.
func (m *merge[T]) head(ctx context.Context, s *source[T], last *T) (*T, error) {
	if len(s.items) == 0 && !s.ended {
		items, err := s.fetch(ctx, last, m.batch)
		if err != nil {
			return nil, err
		}
		s.items, s.ended = items, len(items) < m.batch
	}
	if len(s.items) == 0 {
		return nil, nil
	}
	return &s.items[0], nil
}

// next takes the items that stand first: more than one when several sources
// hold an item in the same place. It returns none at the end. behind is where
// the walk has come to.
func (m *merge[T]) next(ctx context.Context, behind *T) ([]T, error) {
	var first []T
	var from []*source[T]
	for _, s := range m.sources {
		h, err := m.head(ctx, s, behind)
		if err != nil {
			return nil, err
		}
		switch {
		case h == nil:
		case len(first) == 0 || m.before(*h, first[0]):
			first, from = append(first[:0], *h), append(from[:0], s)
		case !m.before(first[0], *h):
			first, from = append(first, *h), append(from, s)
		}
	}
	for _, s := range from {
		s.items = s.items[1:]
	}
	return first, nil
}
