package store

import (
	"context"
	"time"
)

// GraphPlace is how far the reading of a directory is that tells its changes in
// pages. A round is all pages up to one that ends.
type GraphPlace struct {
	Source string
	Kind   string    // "users", "groups"
	Link   string    // where to go on; "": from the beginning
	Whole  bool      // this round tells of everybody: who is not in it is gone
	Pages  int       // read in this round
	Since  time.Time // when it began; zero: none is under way
}

// GraphPlace returns how far it is; from the beginning, if nothing is known.
func (s *Store) GraphPlace(ctx context.Context, source, kind string) (GraphPlace, error) {
	p := GraphPlace{Source: source, Kind: kind}
	var since int64
	err := s.row(ctx, `select link, whole, pages, since from graph_place where source = $1 and kind = $2`, source, kind).
		Scan(&p.Link, &p.Whole, &p.Pages, &since)
	if isNoRows(err) {
		return p, nil
	}
	p.Since = moment(since)
	return p, s.explain(err)
}

// MoveGraphPlace keeps how far it is, and whom the page that was read told of.
// anew forgets whom the round has told of before.
func (s *Store) MoveGraphPlace(ctx context.Context, p GraphPlace, told []string, anew bool) error {
	return s.exclusively(ctx, func(t *tx) error {
		if anew {
			if _, err := t.exec(`delete from graph_told where source = $1 and kind = $2`, p.Source, p.Kind); err != nil {
				return err
			}
		}
		for _, subject := range told {
			if _, err := t.exec(`insert into graph_told (source, kind, subject) values ($1, $2, $3) on conflict do nothing`, p.Source, p.Kind, subject); err != nil {
				return err
			}
		}
		_, err := t.exec(`insert into graph_place (source, kind, link, whole, pages, since) values ($1, $2, $3, $4, $5, $6)
			on conflict (source, kind) do update set link = excluded.link, whole = excluded.whole, pages = excluded.pages, since = excluded.since`,
			p.Source, p.Kind, p.Link, flag(p.Whole), p.Pages, micros(p.Since))
		return err
	})
}

// GraphTold tells whether the round has told of somebody or a group before.
func (s *Store) GraphTold(ctx context.Context, source, kind, subject string) (bool, error) {
	var some int
	err := s.row(ctx, `select 1 from graph_told where source = $1 and kind = $2 and subject = $3`, source, kind, subject).Scan(&some)
	if isNoRows(err) {
		return false, nil
	}
	return err == nil, s.explain(err)
}

// GraphUntold returns up to limit subjects above after that a directory has told
// of before and not in this round.
func (s *Store) GraphUntold(ctx context.Context, source, kind, after string, limit int) ([]string, error) {
	rows, err := s.query(ctx, `select e.subject from directory_entry e
		where e.source = $1 and e.subject > $2 and e.kind = $3 and e.state <> 2
		and not exists (select 1 from graph_told t where t.source = e.source and t.kind = $4 and t.subject = e.subject) order by e.subject limit $5`,
		source, after, flag(kind == "groups"), kind, limit)
	if err != nil {
		return nil, s.explain(err)
	}
	var list []string
	err = eachRow(rows, func() error {
		var subject string
		err := rows.Scan(&subject)
		list = append(list, subject)
		return err
	})
	return list, s.explain(err)
}
