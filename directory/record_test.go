package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/store"
)

// recorded takes changes and returns what they put on record, oldest first.
func (f *firm) recorded(c directory.Changes, r *directory.Record) []string {
	f.t.Helper()
	last := int64(0)
	if list, err := f.store.Changes(f.t.Context(), store.ChangeFilter{}, 0, 1); err != nil {
		f.t.Fatal(err)
	} else if len(list) > 0 {
		last = list[0].ID
	}
	f.takeWith(c, directory.Take{Record: r})
	if err := r.Finish(f.t.Context(), f.store, "contoso"); err != nil {
		f.t.Fatal(err)
	}
	list, err := f.store.Changes(f.t.Context(), store.ChangeFilter{}, 0, 5000)
	if err != nil {
		f.t.Fatal(err)
	}
	var out []string
	for _, c := range list {
		if c.ID <= last {
			break
		}
		if c.By != "directory:contoso" || c.How != "sync" {
			f.t.Errorf("changed by %q, %q", c.By, c.How)
		}
		out = append([]string{fmt.Sprintf("%s %s -> %s", c.What, c.Before, c.After)}, out...)
	}
	return out
}

func bySync() *directory.Record {
	return &directory.Record{By: directory.ByDirectory("contoso"), How: directory.HowSync}
}

func TestWhatADirectoryChangesIsOnRecord(t *testing.T) {
	f := newFirm(t)
	ana, ben, pay := ana, ben, pay
	for _, step := range []struct {
		name   string
		change func() directory.Changes
		want   []string // of each change in turn, what it says
	}{
		{"made", everything, []string{
			`user  -> {"login":"ana","name":"Ana López"*"source":"ldap:contoso"*"from":{"source":"ldap:contoso","subject":"s-ana","called":"ana@contoso.test"}}`,
			`user  -> {"login":"ben"*`,
			`group  -> {"name":"Finance","source":"ldap:contoso","came":["ben"]}`,
			`group  -> {"name":"Payables","source":"ldap:contoso","came":["ana"]}`}},
		{"the same again", everything, nil},
		{"renamed", func() directory.Changes {
			ana.Name = "Ana Berg"
			return directory.Changes{People: []directory.Person{ana}}
		}, []string{`user {"login":"ana","name":"Ana López"* -> {"login":"ana","name":"Ana Berg"*`}},
		{"switched off", func() directory.Changes {
			ben.Disabled = true
			return directory.Changes{People: []directory.Person{ben}}
		}, []string{`user {"login":"ben"* -> *"disabled":true*`}},
		{"a group renamed, with others in it", func() directory.Changes {
			pay.Name, pay.Members = "Paying", []string{"s-ben", "g-fin"}
			fin := fin
			fin.Members = []string{"s-ben"}
			return directory.Changes{Groups: []directory.Group{fin, pay}}
		}, []string{
			`group {"name":"Finance"* -> *"left":["Payables"]}`,
			`group {"name":"Payables"* -> {"name":"Paying","source":"ldap:contoso","came":["Finance","ben"],"left":["ana"]}`}},
		{"gone", func() directory.Changes { return directory.Changes{Gone: []string{"s-ana", "g-pay"}} }, []string{
			`user {"login":"ana"* -> *"disabled":true*`,
			`group {"name":"Paying"* -> *"left":["ben"],"gone":true}`}},
	} {
		got := f.recorded(step.change(), bySync())
		if len(got) != len(step.want) {
			t.Fatalf("%s: %d changes on record, not %d:\n%s", step.name, len(got), len(step.want), strings.Join(got, "\n"))
		}
		for i, want := range step.want {
			if !like(got[i], want) {
				t.Errorf("%s: on record is\n%s\nnot\n%s", step.name, got[i], want)
			}
		}
	}
}

// like compares text with a pattern in which a star stands for anything.
func like(text, pattern string) bool {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		at := strings.Index(text, part)
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return text == "" || strings.HasSuffix(pattern, "*")
}

func TestWhomADirectoryLinksIsOnRecord(t *testing.T) {
	f := newFirm(t)
	f.local("ana", "ana@contoso.test", false)
	f.takeWith(directory.Changes{People: []directory.Person{ana}}, directory.Take{ByAddress: true, Record: bySync()})
	list, err := f.store.Changes(t.Context(), store.ChangeFilter{What: "user"}, 0, 1)
	if err != nil || len(list) != 1 || !like(string(list[0].After), `{"login":"ana"*"source":"ldap:contoso"*"subject":"s-ana"*`) || strings.Contains(string(list[0].Before), "contoso\",") {
		t.Errorf("on record: %s -> %s, %v", list[0].Before, list[0].After, err)
	}
}

func TestALargeSyncIsOnRecordAsCountsBeyondTheFirstThousand(t *testing.T) {
	f := newFirm(t)
	var c directory.Changes
	everybody := directory.Group{Subject: "g", Name: "Everybody there"}
	for i := range 1050 {
		subject := fmt.Sprintf("s-%04d", i)
		c.People = append(c.People, directory.Person{Subject: subject, Login: fmt.Sprintf("p%04d", i), Name: "P"})
		everybody.Members = append(everybody.Members, subject)
	}
	c.Groups = []directory.Group{everybody}
	got := f.recorded(c, bySync())
	if len(got) != 1001 {
		t.Fatalf("%d changes on record, not 1001", len(got))
	}
	if want := `directory-sync {} -> {"people made":50,"groups made":1,"memberships begun or ended":1050}`; got[1000] != want {
		t.Errorf("the last is %s\nnot %s", got[1000], want)
	}
	if got = f.recorded(c, bySync()); len(got) != 0 {
		t.Errorf("the same again put on record %q", got)
	}
}

func TestAPreviewIsNotOnRecord(t *testing.T) {
	f := newFirm(t)
	r := bySync()
	f.takeWith(everything(), directory.Take{Only: true, Record: r})
	if err := r.Finish(t.Context(), f.store, "contoso"); err != nil {
		t.Fatal(err)
	}
	if list, err := f.store.Changes(t.Context(), store.ChangeFilter{}, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("%d changes on record, %v", len(list), err)
	}
}
