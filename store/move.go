package store

import (
	"context"
	"errors"
	"slices"

	"github.com/signoffhq/signoff"
)

// Move copies everything in the SQLite file from to the PostgreSQL database to,
// which must be empty, and compares every row that arrived. It happens in one
// transaction: a move that is interrupted leaves nothing behind and is simply
// made again; one that has been made says the same again. No server may run on
// the file. It keeps its content, and is marked at the end: it is no data to
// start a server on any more ("data-moved"), until UndoMove.
func Move(ctx context.Context, from, to string, o Options) ([]TableRows, error) {
	o.fill()
	if isPostgres(from) || !isPostgres(to) {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: codeUnusable, Detail: "data can be moved from a file to PostgreSQL only",
			Hint: "name the database as postgres://user:password@host:5432/database; for other ways make a backup and restore it there"}
	}
	path, err := sqlitePath(from)
	if err != nil {
		return nil, err
	}
	if err := mustExist(path); err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	defer lock.release()
	pg, where, err := pgParse(to, o.Log)
	if err != nil {
		return nil, err
	}
	moved, err := moveFile(ctx, path, pg, o)
	if err == nil {
		_, err = mark(ctx, path, AddressOf(to))
	}
	return moved, (&Store{where: where, pg: pg}).explain((&Store{where: "the data file " + path}).explain(err))
}

func moveFile(ctx context.Context, path string, pg *pgServer, o Options) ([]TableRows, error) {
	if err := markable(ctx, path); err != nil {
		return nil, err
	}
	src, _, err := openSnapshot(ctx, path, o)
	if err != nil {
		return nil, err
	}
	defer src.close()
	if src.version > newest() {
		return nil, newer("the data file "+path, src.version, newest())
	}
	src.unmarked()
	moved, err := src.moveTo(ctx, pg)
	if errors.Is(err, errNotEmpty) {
		moved, err = src.movedBefore(ctx, pg)
	}
	return moved, err
}

func (s *snapshot) moveTo(ctx context.Context, pg *pgServer) ([]TableRows, error) {
	t, err := pgTarget(ctx, pg, s.version)
	if err != nil {
		return nil, err
	}
	defer t.close()
	f := &filling{ctx: ctx, to: t, p: newProgress("moving", nil)}
	if err := s.pour(ctx, f, atWork, f.p); err != nil {
		return nil, err
	}
	if err := f.verify(); err != nil {
		return nil, err
	}
	if err := t.after(ctx); err != nil {
		return nil, err
	}
	return f.done, t.commit(ctx)
}

// movedBefore compares what is in the file with what is in the database: it may
// be that it was moved, and that nobody heard of it.
func (s *snapshot) movedBefore(ctx context.Context, pg *pgServer) ([]TableRows, error) {
	there, err := pgSnapshot(ctx, pg)
	if err != nil {
		return nil, err
	}
	defer there.close()
	there.tables = s.tables // the columns in the same order
	var is, want sums
	if err := errors.Join(s.pour(ctx, &want, atWork, newProgress("", nil)), there.pour(ctx, &is, atWork, newProgress("", nil))); err != nil {
		return nil, err
	}
	if !slices.Equal(is.all, want.all) {
		return nil, errNotEmpty
	}
	return want.all, nil
}

// sums is the sink that keeps the digests only.
type sums struct{ all []TableRows }

func (s *sums) begin(*shape) error      { return nil }
func (s *sums) row([]any, []byte) error { return nil }
func (s *sums) end(t TableRows) error   { s.all = append(s.all, t); return nil }
