package store

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/signoffhq/signoff"
)

// packed is a stream as a file holds it.
func packed(stream []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.NoCompression)
	z.Write(stream)
	z.Close()
	return b.Bytes()
}

func smallBackup(t testing.TB) []byte {
	var b bytes.Buffer
	w, err := newBackupWriter(&b, sealedHeader{BackupHeader: BackupHeader{Signoff: "backup", Form: 1, Tables: 5, Program: "v1"}})
	if err != nil {
		t.Fatal(err)
	}
	table := &shape{Name: "xyz", Columns: []shapedColumn{{"a", holdsNumber}, {"b", holdsText}, {"c", holdsBytes}}, Key: []string{"a"}}
	sum := newTally(table.Name)
	if err := w.begin(table); err != nil {
		t.Fatal(err)
	}
	for i := range int64(3) {
		row := []any{i - 1, "text", []byte{0, 255}}
		record, err := sum.add(row)
		if err == nil {
			err = w.row(row, record)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.end(sum.total()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.finish(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readAll(file []byte) (rows int64, err error) {
	r, err := openBackup(bytes.NewReader(file))
	if err != nil {
		return 0, err
	}
	done, _, err := r.pour(&sums{})
	for _, t := range done {
		rows += t.Rows
	}
	return rows, err
}

// Whatever is in a file, reading it ends with words or with all it says there is.
func FuzzReadingABackup(f *testing.F) {
	file := smallBackup(f)
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		f.Fatal(err)
	}
	stream, err := io.ReadAll(z)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stream, false)
	f.Add(file, true)
	f.Fuzz(func(t *testing.T, data []byte, isFile bool) {
		if !isFile {
			data = packed(data)
		}
		rows, err := readAll(data)
		if err != nil && signoff.CodeOf(err) == "" {
			t.Fatalf("no words for %v", err)
		}
		if err == nil && rows > int64(len(data))*1100 {
			t.Fatalf("%d rows of %d bytes", rows, len(data))
		}
	})
}

func FuzzARow(f *testing.F) {
	record, err := appendRow(nil, []any{int64(-5), "text", []byte{0, 255}, nil})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(record)
	columns := []shapedColumn{{"a", holdsNumber}, {"b", holdsText}, {"c", holdsBytes}, {"d", holdsText}}
	f.Fuzz(func(t *testing.T, record []byte) {
		row, err := parseRow(nil, record, columns)
		if err != nil {
			return
		}
		again, err := appendRow(nil, row)
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseRow(nil, again, columns)
		if err != nil || !reflect.DeepEqual(row, back) {
			t.Fatalf("%v became %v (%v)", row, back, err)
		}
	})
}

func TestASmallBackupIsRead(t *testing.T) {
	if rows, err := readAll(smallBackup(t)); err != nil || rows != 3 {
		t.Fatalf("%d rows, %v", rows, err)
	}
}

func TestOnlyNamesThatCanStandInAStatementAreTakenFromAFile(t *testing.T) {
	for _, text := range []string{`{"table":"x; drop","columns":[{"name":"a","kind":"number"}],"key":["a"]}`, `{"table":"x","columns":[],"key":["a"]}`,
		`{"table":"x","columns":[{"name":"a b","kind":"number"}],"key":["a b"]}`, `{"table":"x","columns":[{"name":"a","kind":"list"}],"key":["a"]}`,
		`{"table":"x","columns":[{"name":"a","kind":"number"}],"key":["b"]}`, `{"table":"x","columns":[{"name":"a","kind":"number"}],"key":[]}`,
		`{"table":"x","columns":[{"name":"a","kind":"number"},{"name":"a","kind":"number"}],"key":["a"]}`, `{"table":"","columns":[{"name":"a","kind":"number"}],"key":["a"]}`} {
		var s shape
		if err := json.Unmarshal([]byte(text), &s); err != nil || s.plausible() {
			t.Errorf("%s was taken (%v)", text, err)
		}
	}
}

func TestABackupThatIsDoneLeavesTheNextOneAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b")
	first, err := newPart(path)
	must(t, err)
	_, err = first.WriteString("first")
	must(t, err)
	late, err := os.OpenFile(path+".part", os.O_RDWR, 0) // what another sees that comes at the last moment
	must(t, err)
	defer late.Close()
	must(t, first.keep())
	if still, err := isStill(late, path+".part"); still || err != nil {
		t.Errorf("a finished backup is taken for one that is being written: %v", err)
	}
	second, err := newPart(path)
	must(t, err)
	first.discard()
	must(t, second.keep())
	second.discard()
	if text, err := os.ReadFile(path); err != nil || len(text) > 0 {
		t.Errorf("%q, %v: the second was to be there", text, err)
	}
}
