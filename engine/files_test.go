package engine

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
)

func TestNamesOfFilesSayNothingElse(t *testing.T) {
	for given, want := range map[string]string{
		"quote.pdf":             "quote.pdf",
		"  quote .pdf ":         "quote .pdf",
		`C:\Temp\quote.pdf`:     "quote.pdf",
		"../../etc/passwd.txt":  "passwd.txt",
		"a\u202efdp.exe.txt":    "afdp.exe.txt", // would read exe.pdf
		"a\x00b\r\nc.txt":       "abc.txt",
		"a:b*c?.txt":            "a_b_c_.txt",
		"\u200b.txt":            "txt",
		"bad \xff.txt":          "bad \uFFFD.txt",
		"...":                   "",
		"\t":                    "",
		"x" + "\u0301" + ".pdf": "x\u0301.pdf",
	} {
		if got := fileName(given); got != want {
			t.Errorf("%q is called %q, want %q", given, got, want)
		}
	}
	long := fileName(strings.Repeat("ä", 400) + ".pdf")
	if utf8.RuneCountInString(long) != MaxFileName || !strings.HasSuffix(long, ".pdf") {
		t.Errorf("a long one is called %q", long)
	}
}

func FuzzNewFile(f *testing.F) {
	f.Add("quote.pdf", []byte("%PDF-1.7"))
	f.Add("a.txt", []byte("MZ"))
	f.Add("a\u202e.exe", []byte("x"))
	f.Add(strings.Repeat("ä.", 200)+"png", []byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		e, err := NewFile(0, name, content)
		if err != nil {
			if signoff.CodeOf(err) == "" {
				t.Fatalf("%q: %v has no code", name, err)
			}
			return
		}
		dot := strings.LastIndexByte(e.Name, '.')
		kind, known := fileTypes[strings.ToLower(e.Name[dot+1:])]
		if !known || e.Type != kind.media || e.Bytes != len(content) || len(e.Digest) != 64 || utf8.RuneCountInString(e.Name) > MaxFileName ||
			!utf8.ValidString(e.Name) || strings.ContainsAny(e.Name, "/\\\"\r\n") || strings.ContainsFunc(e.Name, unicode.IsControl) {
			t.Fatalf("%q became %+v", name, e)
		}
		if again := fileName(e.Name); again != e.Name {
			t.Fatalf("%q is cleaned again to %q", e.Name, again)
		}
	})
}

func TestAnInstanceTakesOnlySoManyFiles(t *testing.T) {
	var st State
	for i := range MaxFiles {
		st = Apply(st, Fact{Kind: FileAdded, Seq: i + 1, Subject: i + 1, Title: "a.txt", Number: 1, By: "user:1"})
	}
	turn := turn{st: st}
	turn.in.By.Principal = "user:1"
	e, err := NewFile(0, "b.txt", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := turn.addFile(e); signoff.CodeOf(err) != CodeTooManyFiles {
		t.Errorf("one more: %v", err)
	}
	st = Apply(st, Fact{Kind: FileRemoved, Seq: MaxFiles + 1, Subject: 1, By: "user:1"})
	if len(st.Files) != MaxFiles-1 || st.Files[0].Seq != 2 {
		t.Errorf("after one was removed there are %d", len(st.Files))
	}
	turn.st = st
	if err := turn.addFile(e); err != nil {
		t.Errorf("in its place: %v", err)
	}
}

// Who administers the workflow removes a file from an instance that has ended,
// too; who added it does so only while it runs.
func TestFilesOfAnEndedInstanceAreRemovedByAdministrators(t *testing.T) {
	st := Apply(State{Status: Completed}, Fact{Kind: FileAdded, Seq: 1, Subject: 1, Title: "a.txt", Number: 1, By: "user:1", Behind: "user:2"})
	at := st.StartedAt
	st.EndedAt = &at
	for who, want := range map[signoff.Principal]string{"user:1": CodeAdminsOnly, "user:2": CodeInstanceEnded} {
		in := Input{By: signoff.Caller{Person: signoff.Person{Principal: who}}, Event: RemoveFile{File: 1}}
		if _, err := Decide(nil, st, in); signoff.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", who, err, want)
		}
	}
	in := Input{By: signoff.Caller{Person: signoff.Person{Principal: "user:9"}, Admin: true}, Event: RemoveFile{File: 1, Reason: "private"}}
	step, err := Decide(nil, st, in)
	if err != nil || len(step.State.Files) != 0 || len(step.Facts) != 1 || step.Facts[0].Text != "private" {
		t.Errorf("an administrator: %+v, %v", step.Facts, err)
	}
}
