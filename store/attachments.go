package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// Attachment is a file that somebody added to an instance or one of its tasks.
type Attachment struct {
	engine.File
	Type   string // media type
	Digest string // SHA-256 in hex
	At     time.Time
	For    signoff.Principal // in whose name it was added; File.By did it
}

// CodeNoFile is of the refusal of a file that is not there.
const CodeNoFile = engine.CodeNoFile

// putFiles keeps what is in a file the step adds, and lets go of what it takes
// away: not while a legal hold keeps the instance.
func (c *change) putFiles(t *tx) error {
	for i := range c.Facts {
		f := &c.Facts[i]
		switch f.Kind {
		case engine.FileAdded:
			if err := t.send(`insert into attachment (instance, seq, task, name, type, bytes, digest, at, by_whom, acted, content)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
				int64(c.Instance), f.Subject, f.Ref, f.Title, f.Text, f.Number, f.Code, micros(f.At), string(f.By), string(f.Behind), c.Content); err != nil {
				return err
			}
		case engine.FileRemoved:
			if err := t.then(orHeld, `delete from attachment where instance = $1 and seq = $2
				and exists (select 1 from instance i where i.id = $1 and `+notHeld+`)`, int64(c.Instance), f.Subject); err != nil {
				return err
			}
		}
	}
	return nil
}

func orHeld(n int64) error {
	if n == 0 {
		return &signoff.Error{Kind: signoff.Conflict, Code: CodeLegalHold, Detail: "a legal hold keeps this instance, and with it its files",
			Hint: "an administrator of the server can lift the hold, once what it is for is over"}
	}
	return nil
}

const attachmentColumns = `seq, task, name, type, bytes, digest, at, by_whom, acted`

// Attachments lists the files of an instance, in the order they were added.
func (s *Store) Attachments(ctx context.Context, id signoff.InstanceID) ([]Attachment, error) {
	rows, err := s.query(ctx, `select `+attachmentColumns+` from attachment where instance = $1 order by seq`, int64(id))
	if err != nil {
		return nil, err
	}
	list, err := readAttachments(rows)
	return list, s.explain(err)
}

// Attachment returns a file with what is in it; NotFound when it is not there.
func (s *Store) Attachment(ctx context.Context, id signoff.InstanceID, seq int) (Attachment, []byte, error) {
	var content []byte
	a, err := scanAttachment(s.row(ctx, `select `+attachmentColumns+`, content from attachment where instance = $1 and seq = $2`, int64(id), seq), &content)
	if isNoRows(err) {
		return a, nil, &signoff.Error{Kind: signoff.NotFound, Code: CodeNoFile, Detail: "there is no such file"}
	}
	return a, content, s.explain(err)
}

func readAttachments(rows *sql.Rows) (list []Attachment, err error) {
	err = eachRow(rows, func() error {
		a, err := scanAttachment(rows)
		list = append(list, a)
		return err
	})
	return list, err
}

func scanAttachment(row interface{ Scan(...any) error }, more ...any) (a Attachment, err error) {
	var by, acted signoff.Principal
	into := append([]any{&a.Seq, &a.Task, &a.Name, &a.Type, &a.Bytes, &a.Digest, (*stored)(&a.At), &by, &acted}, more...)
	err = row.Scan(into...)
	if a.By = by; acted != "" {
		a.By, a.For = acted, by
	}
	return a, err
}
