package worklist

import "context"

// source is one walk, or some that are merged already: batches of about n items,
// each behind the last, and whether there are more. Items in the same place come
// in the same batch.
type source[T any] struct {
	fetch func(ctx context.Context, behind *T, n int) (items []T, more bool, err error)
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
		items, more, err := s.fetch(ctx, last, m.batch)
		if err != nil {
			return nil, err
		}
		s.items, s.ended = items, !more
	}
	if len(s.items) == 0 {
		return nil, nil
	}
	return &s.items[0], nil
}

// next takes the items that stand first: more than one when several stand in
// the same place. It returns none at the end. behind is where the walk has come
// to.
func (m *merge[T]) next(ctx context.Context, behind *T) ([]T, error) {
	var least *T
	for _, s := range m.sources {
		h, err := m.head(ctx, s, behind)
		if err != nil {
			return nil, err
		}
		if h != nil && (least == nil || m.before(*h, *least)) {
			least = h
		}
	}
	if least == nil {
		return nil, nil
	}
	var first []T
	for _, s := range m.sources {
		for len(s.items) > 0 && !m.before(*least, s.items[0]) {
			first, s.items = append(first, s.items[0]), s.items[1:]
		}
	}
	return first, nil
}
