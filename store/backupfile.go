package store

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// The backup file; docs/backup.md describes it for people. It is one gzip
// stream of records, each a letter, the length of what follows, and that:
//
//	H  the header, JSON
//	T  a table begins: its shape, JSON
//	R  a row: for each column a letter and the value
//	E  the table ends: how many rows, and the SHA-256 of their records, JSON
//	Z  the end: how many tables and rows, and the SHA-256 of all before, JSON
//
// Lengths are unsigned varints. A value is "n" (nothing), "i" and a varint, or
// "s" (text) or "b" (bytes), a length and so many bytes.

// backupForm is the version of the file that this program writes.
const backupForm = 1

const (
	maxHeaderBytes = 64 << 10
	maxRowBytes    = 128 << 20 // more than the server takes in as one thing
	maxTables      = 1000
)

// BackupHeader says where a backup comes from.
type BackupHeader struct {
	Signoff string    `json:"signoff"`           // "backup"
	Form    int       `json:"form"`              // of the file
	Tables  int64     `json:"tables"`            // version of the tables
	Program string    `json:"program"`           // version of the program that wrote it
	From    string    `json:"from"`              // sqlite, postgres
	Made    time.Time `json:"made"`              // all that was acknowledged before is in it
	KeyMark string    `json:"keyMark,omitempty"` // fingerprint of the key its secrets are sealed with
}

// sealedHeader is the header in the file, which may hold the key itself.
type sealedHeader struct {
	BackupHeader
	Key string `json:"key,omitempty"`
}

// TableRows says how many rows of a table there are, and the SHA-256 of them.
type TableRows struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

type backupEnd struct {
	Tables int    `json:"tables"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// sink takes tables in: begin, its rows, end, and then the next. A row and its
// record are good until the call returns.
type sink interface {
	begin(t *shape) error
	row(row []any, record []byte) error
	end(sum TableRows) error
}

// appendRow appends the record of a row.
func appendRow(dst []byte, row []any) ([]byte, error) {
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			dst = append(dst, 'n')
		case int64:
			dst = binary.AppendVarint(append(dst, 'i'), v)
		case string:
			dst = binary.AppendUvarint(append(dst, 's'), uint64(len(v)))
			dst = append(dst, v...)
		case []byte:
			dst = binary.AppendUvarint(append(dst, 'b'), uint64(len(v)))
			dst = append(dst, v...)
		default:
			return dst, fmt.Errorf("a value of type %T cannot be copied", v)
		}
	}
	return dst, nil
}

// parseRow is the inverse of appendRow, for the columns of a table. Text and
// bytes are parts of record.
func parseRow(row []any, record []byte, columns []shapedColumn) ([]any, error) {
	row = row[:0]
	for _, c := range columns {
		v, rest, ok := parseValue(record, c.Kind)
		if !ok {
			return nil, fmt.Errorf("the column %s does not hold a %s", c.Name, c.Kind)
		}
		row, record = append(row, v), rest
	}
	if len(record) > 0 {
		return nil, errors.New("a row is longer than its columns")
	}
	return row, nil
}

func parseValue(b []byte, kind string) (v any, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	letter, b := b[0], b[1:]
	switch {
	case letter == 'n':
		return nil, b, true
	case letter == 'i' && kind == holdsNumber:
		n, size := binary.Varint(b)
		return n, b[max(size, 0):], size > 0
	case letter == 's' && kind == holdsText, letter == 'b' && kind == holdsBytes:
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return nil, nil, false
		}
		v, rest := b[size:size+int(n)], b[size+int(n):]
		if letter == 's' {
			return string(v), rest, true
		}
		return v, rest, true
	}
	return nil, nil, false
}

// tally counts rows and digests their records.
type tally struct {
	hash.Hash
	table string
	rows  int64
	buf   []byte
}

func newTally(table string) *tally { return &tally{Hash: sha256.New(), table: table} }

// add adds a row and returns its record, which is good until the next.
func (s *tally) add(row []any) (record []byte, err error) {
	if s.buf, err = appendRow(s.buf[:0], row); err != nil {
		return nil, err
	}
	s.record(s.buf)
	return s.buf, nil
}

func (s *tally) record(b []byte) {
	s.rows++
	var length [binary.MaxVarintLen64]byte
	s.Write(binary.AppendUvarint(length[:0], uint64(len(b))))
	s.Write(b)
}

func (s *tally) total() TableRows {
	return TableRows{s.table, s.rows, hex.EncodeToString(s.Sum(nil))}
}

// backupWriter is the sink that writes a file.
type backupWriter struct {
	zip   *gzip.Writer
	out   *bufio.Writer // to zip
	all   hash.Hash     // of all records
	table string
	done  []TableRows
	rows  int64
	head  []byte
}

// newBackupWriter begins a file. The fastest compression is used: for as long as
// it takes the database has to keep what was true when it began.
func newBackupWriter(w io.Writer, h sealedHeader) (*backupWriter, error) {
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	b := &backupWriter{zip: zip, out: bufio.NewWriterSize(zip, 64<<10), all: sha256.New()}
	return b, b.json('H', h)
}

func (b *backupWriter) json(letter byte, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.record(letter, text)
}

func (b *backupWriter) record(letter byte, body []byte) error {
	b.head = binary.AppendUvarint(append(b.head[:0], letter), uint64(len(body)))
	for _, part := range [][]byte{b.head, body} {
		b.all.Write(part)
		if _, err := b.out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func (b *backupWriter) begin(t *shape) error {
	b.table = t.Name
	return b.json('T', t)
}

func (b *backupWriter) row(_ []any, record []byte) error {
	if len(record) > maxRowBytes {
		return &signoff.Error{Kind: signoff.TooLarge, Code: codeBadBackup,
			Detail: fmt.Sprintf("a row of the table %s is larger than a backup can hold (%d MiB)", b.table, maxRowBytes>>20)}
	}
	return b.record('R', record)
}

func (b *backupWriter) end(t TableRows) error {
	b.done, b.rows = append(b.done, t), b.rows+t.Rows
	return b.json('E', t)
}

// finish writes the end of the file and returns the digest of all of it.
func (b *backupWriter) finish() (digest string, err error) {
	digest = hex.EncodeToString(b.all.Sum(nil))
	err = b.json('Z', backupEnd{len(b.done), b.rows, digest})
	return digest, errors.Join(err, b.out.Flush(), b.zip.Close())
}

const codeBadBackup = "backup-bad"

// damaged says what is wrong with a file that is not, or no longer, a backup.
func damaged(what string, err error) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: codeBadBackup, Detail: "the backup " + what, Hint: "use another copy of it, or an older one", Err: err}
}

// backupReader reads a file and believes nothing it says.
type backupReader struct {
	file   *bufio.Reader
	zip    *gzip.Reader
	in     *bufio.Reader // from zip
	all    hash.Hash
	body   bytes.Buffer
	header sealedHeader
}

// openBackup reads a file's header.
func openBackup(r io.Reader) (*backupReader, error) {
	b := &backupReader{file: bufio.NewReaderSize(r, 64<<10), all: sha256.New()}
	var err error
	if b.zip, err = gzip.NewReader(b.file); err != nil {
		return nil, notABackup(err)
	}
	b.zip.Multistream(false)
	b.in = bufio.NewReaderSize(b.zip, 64<<10)
	letter, body, err := b.next()
	if err != nil || letter != 'H' || json.Unmarshal(body, &b.header) != nil || b.header.Signoff != "backup" {
		return nil, notABackup(err)
	}
	if b.header.Form > backupForm {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "data-newer",
			Detail: fmt.Sprintf("the backup was written by a newer signoff, %s, in a form this one does not know", oneLine(b.header.Program)),
			Hint:   "use that version, or a newer one"}
	}
	if b.header.Form < 1 || b.header.Tables < 1 {
		return nil, notABackup(nil)
	}
	return b, nil
}

func notABackup(err error) error {
	if _, ok := errors.AsType[*signoff.Error](err); ok {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) || err == nil {
		return &signoff.Error{Kind: signoff.Invalid, Code: codeBadBackup, Detail: "the file is not a backup of signoff, or only the beginning of one",
			Hint: "name a file that `signoff backup` has written", Err: err}
	}
	return unreadable(err)
}

// unreadable tells damage from a disk that cannot be read.
func unreadable(err error) error {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	switch {
	case corrupt, errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return damaged("is damaged: it is not what was written", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return damaged("ends too soon: it was not written or copied whole", err)
	}
	return fmt.Errorf("read the backup: %w", err)
}

// next reads a record, which is good until the next one.
func (b *backupReader) next() (letter byte, body []byte, err error) {
	if letter, err = b.in.ReadByte(); err != nil {
		return 0, nil, unreadable(err)
	}
	size, err := binary.ReadUvarint(b.in)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil, damaged("is damaged: a record has no length", err)
	}
	if err != nil {
		return 0, nil, unreadable(err)
	}
	if limit := limitOf(letter); size > limit {
		return 0, nil, damaged(fmt.Sprintf("is damaged: a record of %d bytes, where at most %d can be", size, limit), nil)
	}
	b.body.Reset() // grows with what is there, not with what is claimed
	if _, err := io.CopyN(&b.body, b.in, int64(size)); err != nil {
		return 0, nil, unreadable(err)
	}
	if b.body.Cap() > maxKeptBuffer && size < maxKeptBuffer {
		b.body = *bytes.NewBuffer(slices.Clone(b.body.Bytes()))
	}
	body = b.body.Bytes()
	if letter != 'Z' {
		b.all.Write(binary.AppendUvarint([]byte{letter}, size))
		b.all.Write(body)
	}
	return letter, body, nil
}

func limitOf(letter byte) uint64 {
	if letter == 'R' {
		return maxRowBytes
	}
	return maxHeaderBytes
}

// pour hands over all that the file holds and returns what that was, with the
// digest of the whole. An error of the sink comes back as it is.
func (b *backupReader) pour(to sink) (done []TableRows, digest string, err error) {
	rows := int64(0)
	for {
		letter, body, err := b.next()
		if err != nil {
			return nil, "", err
		}
		switch letter {
		case 'T':
			if len(done) == maxTables {
				return nil, "", damaged("is damaged: it has more tables than there can be", nil)
			}
			t, err := b.table(body, done, to)
			if err != nil {
				return nil, "", err
			}
			done, rows = append(done, t), rows+t.Rows
		case 'Z':
			digest, err := b.atEnd(body, len(done), rows)
			return done, digest, err
		default:
			return nil, "", damaged("is damaged: a table was expected", nil)
		}
	}
}

func (b *backupReader) table(head []byte, before []TableRows, to sink) (TableRows, error) {
	t := &shape{}
	if err := json.Unmarshal(head, t); err != nil || !t.plausible() {
		return TableRows{}, damaged("is damaged: a table without a name or columns", err)
	}
	if slices.ContainsFunc(before, func(o TableRows) bool { return o.Table == t.Name }) {
		return TableRows{}, damaged("is damaged: it has the table "+t.Name+" twice", nil)
	}
	if err := to.begin(t); err != nil {
		return TableRows{}, err
	}
	sum := newTally(t.Name)
	var row []any
	for {
		letter, body, err := b.next()
		if err != nil {
			return TableRows{}, err
		}
		switch letter {
		case 'R':
			sum.record(body)
			if row, err = parseRow(row, body, t.Columns); err != nil {
				return TableRows{}, damaged("is damaged in the table "+t.Name, err)
			}
			if err := to.row(row, body); err != nil {
				return TableRows{}, err
			}
		case 'E':
			var said TableRows
			is := sum.total()
			if err := json.Unmarshal(body, &said); err != nil || said != is {
				return TableRows{}, damaged(fmt.Sprintf("is damaged: its %d rows of the table %s are not those that were written", is.Rows, t.Name), err)
			}
			return is, to.end(is)
		default:
			return TableRows{}, damaged("is damaged in the table "+t.Name, nil)
		}
	}
}

// atEnd compares the whole with what the file says about it.
func (b *backupReader) atEnd(body []byte, tables int, rows int64) (string, error) {
	var said backupEnd
	is := backupEnd{tables, rows, hex.EncodeToString(b.all.Sum(nil))}
	if err := json.Unmarshal(body, &said); err != nil || said != is {
		return "", damaged("is damaged: the whole is not what was written", err)
	}
	if _, err := b.in.ReadByte(); !errors.Is(err, io.EOF) {
		if err == nil {
			return "", damaged("is damaged: it goes on after its end", nil)
		}
		return "", unreadable(err)
	}
	if _, err := b.file.ReadByte(); !errors.Is(err, io.EOF) {
		return "", damaged("is damaged: something follows it in the file", err)
	}
	return is.SHA256, nil
}

// plausible tells whether a shape read from a file can be one at all. Whether
// it is one of ours is for the database to say.
func (s *shape) plausible() bool {
	if !isName(s.Name) || len(s.Columns) == 0 || len(s.Columns) > math.MaxUint8 || len(s.Key) == 0 {
		return false
	}
	for i, c := range s.Columns {
		kind := c.Kind == holdsNumber || c.Kind == holdsText || c.Kind == holdsBytes
		if !isName(c.Name) || !kind || slices.ContainsFunc(s.Columns[:i], func(o shapedColumn) bool { return o.Name == c.Name }) {
			return false
		}
	}
	return !slices.ContainsFunc(s.Key, func(k string) bool {
		return !slices.ContainsFunc(s.Columns, func(c shapedColumn) bool { return c.Name == k })
	})
}

// isName tells whether a word can stand in a statement as it is.
func isName(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) < 64
}
