package store

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/signoffhq/signoff"
)

// pretend is a server that lets everybody in and answers every question with
// one row, or with a refusal.
func pretend(t *testing.T, row []string, refusal *pgproto3.ErrorResponse) (dsn string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveOne(c, row, refusal)
		}
	}()
	return "postgres://signoff:hunter2@" + l.Addr().String() + "/signoff?sslmode=disable"
}

func serveOne(c net.Conn, row []string, refusal *pgproto3.ErrorResponse) {
	defer c.Close()
	b := pgproto3.NewBackend(c, c)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	if refusal != nil {
		b.Send(refusal)
		b.Flush()
		return
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	b.Flush()
	for {
		m, err := b.Receive()
		if err != nil {
			return
		}
		if _, end := m.(*pgproto3.Sync); !end {
			continue
		}
		answer := &pgproto3.DataRow{}
		fields := &pgproto3.RowDescription{}
		for _, v := range row {
			answer.Values = append(answer.Values, []byte(v))
			fields.Fields = append(fields.Fields, pgproto3.FieldDescription{Name: []byte("x"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1})
		}
		for _, m := range []pgproto3.BackendMessage{&pgproto3.ParseComplete{}, &pgproto3.BindComplete{}, fields, answer,
			&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")}, &pgproto3.ReadyForQuery{TxStatus: 'I'}} {
			b.Send(m)
		}
		b.Flush()
	}
}

func TestAServerThatCannotKeepOurDataIsRefusedInOneSentence(t *testing.T) {
	refusal := func(code, words string) *pgproto3.ErrorResponse {
		return &pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: words}
	}
	for name, c := range map[string]struct {
		row     []string
		refusal *pgproto3.ErrorResponse
		words   string
	}{
		"a version nobody maintains": {[]string{"false", "UTF8", "130011", "on", "on"}, nil, "runs PostgreSQL 13"},
		"text in another encoding":   {[]string{"false", "LATIN1", "150018", "on", "on"}, nil, "keeps its text in LATIN1"},
		"a standby":                  {[]string{"true", "UTF8", "150018", "on", "on"}, nil, "is a read-only standby"},
		"something like PostgreSQL":  {[]string{"1"}, nil, "is not PostgreSQL"},
		"a wrong password":           {nil, refusal("28P01", `password authentication failed for user "signoff"`), "does not accept this user name and password"},
		"a host that is not let in":  {nil, refusal("28000", "no pg_hba.conf entry for host"), "does not accept this user name and password"},
		"no connection left":         {nil, refusal("53300", "sorry, too many clients already"), "has no connection left"},
		"one that is starting":       {nil, refusal("57P03", "the database system is starting up"), "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			dsn := pretend(t, c.row, c.refusal)
			refusedWith(t, dsn, "data-unusable", c.words)
			// Every command that works on the data says the same.
			file := filepath.Join(t.TempDir(), "b")
			_, err := Backup(t.Context(), dsn, file, BackupOptions{})
			sameWords(t, err, c.words)
			_, _, err = TablesVersion(t.Context(), dsn, Options{})
			sameWords(t, err, c.words)
			if _, err := os.Stat(file + ".part"); err == nil {
				t.Error("a file was begun")
			}
		})
	}
}

func sameWords(t *testing.T, err error, words string) {
	t.Helper()
	if !saysPlainly(err, "data-unusable", words) {
		t.Errorf("got %v", err)
	}
}

// A MySQL server speaks first, and says something PostgreSQL never would.
func TestAMySQLServerIsNotTakenForPostgreSQL(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("J\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcdefghijkl\x00caching_sha2_password\x00"))
			io.CopyN(io.Discard, c, 8)
			c.Close()
		}
	}()
	refusedWith(t, "postgres://signoff:hunter2@"+l.Addr().String()+"/signoff", "data-unusable", "cannot be reached")
}

func TestAFileThatIsNoDataFileIsRefusedAndLeftAlone(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"a page of PostgreSQL": string(make([]byte, 8192)) + "PGDATA", "text": "listen: 127.0.0.1:8080\n",
		"the beginning of SQLite": "SQLite format 3\x00\x10\x00"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "x")
			must(t, os.WriteFile(path, []byte(content), 0o600))
			refusedWith(t, path, "data-unusable", "")
			is, err := os.ReadFile(path)
			if err != nil || string(is) != content {
				t.Errorf("it was changed (%v)", err)
			}
		})
	}
	t.Run("a folder", func(t *testing.T) { refusedWith(t, dir, "data-unusable", "") })
	for i, theirs := range []string{`create table bookmarks (url text)`, `create view names as select 1 as id`, `create table workflow_version (id int)`,
		`create table goose_db_version (id int, version_id int, is_applied int); create table bookmarks (url text)`,
		`create table goose_db_version (id int, version_id int, is_applied int); insert into goose_db_version values (1, 3, 1)`} {
		t.Run("another program's SQLite file: "+theirs, func(t *testing.T) {
			path := filepath.Join(dir, fmt.Sprint("other", i, ".db"))
			db, err := openSQLite(path, 1, 2, false)
			must(t, err)
			_, err = db.Exec(theirs)
			must(t, err)
			must(t, db.Close())
			refusedWith(t, path, "data-unusable", "another program")
			if _, _, err := TablesVersion(t.Context(), path, Options{}); !saysPlainly(err, "data-unusable", "another program") {
				t.Errorf("a look said %v", err)
			}
		})
	}
}

// Pages in the middle of the file are overwritten, as by a failing disk. What
// needs them is refused in words; a backup is not made of half the data.
func TestDamageInTheMiddleOfTheFileIsSaidAndNotBackedUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	must(t, s.write(t.Context(), func(tx *tx) error {
		for i := range 2000 {
			if _, err := tx.exec(`insert into once (key, digest, instance, at) values ($1, $2, 1, 1)`, string(rune('a'+i%26))+string(make([]byte, i%90)), i); err != nil {
				return nil // a key that is there
			}
		}
		return nil
	}))
	for i := range 400 {
		_, err := s.CreateGroup(context.Background(), Group{Name: "group", Key: string(rune('a'+i%26)) + string(rune('a'+i/26))})
		must(t, err)
	}
	must(t, s.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	damagedPages, at := 0, len(data)/4096-12
	for page := at; page < len(data)/4096-1; page++ {
		for i := range 4096 {
			data[page*4096+i] ^= 0x5A
		}
		damagedPages++
	}
	must(t, os.WriteFile(path, data, 0o600))
	file := filepath.Join(t.TempDir(), "b")
	_, err = Backup(t.Context(), path, file, BackupOptions{})
	if !saysPlainly(err, "data-unusable", "is damaged") {
		t.Errorf("a backup of %d damaged pages: %v", damagedPages, err)
	}
	if left, _ := filepath.Glob(file + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	s, err = Open(t.Context(), path, Options{})
	if err == nil {
		_, err = s.DumpText(t.Context())
		s.Close()
	}
	if signoff.CodeOf(err) != "data-unusable" {
		t.Errorf("reading all of it: %v", err)
	}
}
