package store

import (
	"context"
	"errors"
	"time"
)

// A Foreseeing takes people, groups and who is gone like TakePeople, TakeGroup
// and TakeGone do, and each sees what the calls before it did. None of it is kept.
type Foreseeing struct {
	tx  *tx
	now time.Time
}

// errForeseen undoes a transaction that was only to show what it would do.
var errForeseen = errors.New("store: nothing was to be written")

// Foresee has fn take things to see what would come of them. Until it returns
// nothing else is written where there is one writer: fn has to be short.
func (s *Store) Foresee(ctx context.Context, fn func(*Foreseeing) error) error {
	now := s.Now()
	err := s.exclusively(ctx, func(t *tx) error {
		if err := fn(&Foreseeing{t, now}); err != nil {
			return err
		}
		return errForeseen
	})
	if errors.Is(err, errForeseen) {
		return nil
	}
	return err
}

// TakePeople tells what would become of people.
func (f *Foreseeing) TakePeople(source string, list []TakePerson) ([]TookPerson, error) {
	return f.tx.takePeople(source, list, nil, f.now)
}

// TakeGroup tells what would become of a group; it is to be called again as long
// as there is more.
func (f *Foreseeing) TakeGroup(source string, g TakeGroup) (out TookGroup, err error) {
	err = f.tx.takeGroup(source, g, &out)
	return out, err
}

// TakeGone tells what would become of those who are gone.
func (f *Foreseeing) TakeGone(source string, subjects []string) ([]TookPerson, error) {
	return f.tx.takeAway(source, subjects, nil, f.now)
}
