package store

import (
	"context"
	"fmt"

	"github.com/signoffhq/signoff"
)

// A Sealed is a value in which there may be locked texts.
type Sealed struct {
	Table, Column, Key string // Key is that of the row
	Text               []byte
}

// sealedColumns are those with locked texts in them.
var sealedColumns = []struct {
	table, column, key string
	text               bool // the column is text, not bytes
}{
	{"setting", "body", "name", false}, {"session", "id_token", "token", true},
	{"oauth_resource", "body", "name", false}, {"oauth_token", "access", "need", true}, {"oauth_token", "refresh", "need", true}, {"oauth_connecting", "body", "state", false},
	{"service", "body", "name", false},
}

// resealAtOnce is how many rows are taken at a time.
const resealAtOnce = 200

// Reseal hands over everything in which there may be locked texts, keeps what it
// is given back, and keeps is instead of was under name: all of it or nothing, an
// error of each included.
// again is called before each attempt. It refuses while servers are at work
// ("data-in-use"), who would go on with the old key.
func (s *Store) Reseal(ctx context.Context, name, was, is string, again func(), each func(Sealed) ([]byte, error)) error {
	return s.exclusively(ctx, func(t *tx) error {
		again()
		if err := t.nobodyAtWork(s); err != nil {
			return err
		}
		n, err := t.exec(`update installation set value = $1 where name = $2 and value = $3`, is, name, was)
		if err != nil {
			return err
		}
		if n != 1 {
			return &signoff.Error{Kind: signoff.Conflict, Code: "key-differs", Detail: "the key of this data was changed meanwhile", Hint: "look which one it is, then try again"}
		}
		for i := range sealedColumns {
			if err := t.resealColumn(i, each); err != nil {
				return err
			}
		}
		return nil
	})
}

// nobodyAtWork refuses while nodes live. On a file there is none but us: it is
// locked by whoever has it open.
func (t *tx) nobodyAtWork(s *Store) error {
	if s.pg == nil {
		return nil
	}
	var n int
	if err := t.row(`select count(*) from node where until > $1`, micros(s.Now())).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return &signoff.Error{Kind: signoff.Conflict, Code: "data-in-use", Detail: fmt.Sprintf("%d servers are at work on this data", n),
			Hint: "stop all of them first; one that was killed counts as working for 20 seconds"}
	}
	return nil
}

func (t *tx) resealColumn(i int, each func(Sealed) ([]byte, error)) error {
	c := sealedColumns[i]
	query := fmt.Sprintf(`select %[1]s, %[2]s from %[3]s order by %[1]s limit %[4]d`, c.key, c.column, c.table, resealAtOnce)
	var args []any
	for {
		list, last, err := t.sealed(i, query, args)
		if err != nil {
			return err
		}
		for _, v := range list {
			next, err := each(v.Sealed)
			if err != nil {
				return err
			}
			if string(next) == string(v.Text) {
				continue
			}
			var value any = next
			if c.text {
				value = string(next)
			}
			if _, err := t.exec(fmt.Sprintf(`update %s set %s = $1 where %s = $2`, c.table, c.column, c.key), value, v.key); err != nil {
				return err
			}
		}
		if len(list) < resealAtOnce {
			return nil
		}
		query = fmt.Sprintf(`select %[1]s, %[2]s from %[3]s where %[1]s > $1 order by %[1]s limit %[4]d`, c.key, c.column, c.table, resealAtOnce)
		args = []any{last}
	}
}

type sealedRow struct {
	Sealed
	key any
}

func (t *tx) sealed(i int, query string, args []any) (list []sealedRow, last any, err error) {
	c := sealedColumns[i]
	rows, err := t.query(query, args...)
	if err != nil {
		return nil, nil, err
	}
	err = eachRow(rows, func() error {
		r := sealedRow{Sealed: Sealed{Table: c.table, Column: c.column}}
		if err := rows.Scan(&r.key, &r.Text); err != nil {
			return err
		}
		if b, ok := r.key.([]byte); ok {
			r.key = string(b)
		}
		r.Key, last = fmt.Sprint(r.key), r.key
		list = append(list, r)
		return nil
	})
	return list, last, err
}
