package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/directory"
)

// What a preview says is what the sync after it does, to the number.
func TestAPreviewCountsWhatTheSyncDoes(t *testing.T) {
	f := newFirm(t)
	f.local("old", "old@contoso.test", false)
	old := directory.Person{Subject: "s-old", Login: "old2", Name: "Old", Addresses: []string{"old@contoso.test"}}
	twin := directory.Person{Subject: "s-twin", Login: "twin", Name: "Twin", Addresses: []string{"ben@contoso.test"}}
	var crowd []directory.Person
	everybody := directory.Group{Subject: "g-all", Name: "Everybody there", Members: []string{"g-fin"}}
	for i := range 1050 { // more than one batch, and more than a sync takes without looking first
		p := directory.Person{Subject: fmt.Sprintf("s-%d", i), Login: fmt.Sprintf("p%d", i), Name: "P", Groups: []string{"g-pay"}}
		if i%2 == 0 {
			p.Groups = nil
		}
		crowd = append(crowd, p)
		everybody.Members = append(everybody.Members, p.Subject)
	}
	renamed := directory.Group{Subject: "g-pay", Name: "Paying", Members: []string{"s-ben"}}
	moved := ana
	moved.Manager = "s-0"
	off := ben
	off.Disabled = true
	for _, step := range []struct {
		name string
		c    directory.Changes
	}{
		{"the first", directory.Changes{People: append([]directory.Person{ana, ben, old, twin}, crowd...), Groups: []directory.Group{everybody, fin, pay}}},
		{"the same again", directory.Changes{People: append([]directory.Person{ana, ben, old}, crowd...), Groups: []directory.Group{everybody, fin}}},
		{"changes", directory.Changes{People: []directory.Person{moved, off}, Groups: []directory.Group{renamed}, Gone: []string{"s-3", "s-4", "g-fin"}}},
	} {
		would := f.takeWith(step.c, directory.Take{ByAddress: true, Only: true})
		did := f.takeWith(step.c, directory.Take{ByAddress: true})
		would.First = nil
		for i, p := range would.Problems { // whoever is not there yet has no number
			if !strings.Contains(p.Reason, "belongs to Ben, ") {
				t.Errorf("%s: %s", step.name, p.Reason)
			}
			would.Problems[i].Reason = did.Problems[i].Reason
		}
		if fmt.Sprint(would) != fmt.Sprint(did) {
			t.Errorf("%s: the preview says\n%+v\nand the sync\n%+v", step.name, would, did)
		}
	}
}

// A first preview in parts counts the same, memberships across parts too.
func TestALargePreviewCountsAcrossItsParts(t *testing.T) {
	f := newFirm(t)
	c := everything()
	c.People[0].Groups = []string{"g-all", "g-pay"}
	c.Groups = append(c.Groups, directory.Group{Subject: "g-all", Name: "Everybody there", Members: []string{"g-fin"}})
	f.dir.ForeseeTogether(1)
	would := f.takeWith(c, directory.Take{Only: true})
	did := f.takeWith(c, directory.Take{})
	would.First = nil
	if fmt.Sprint(would) != fmt.Sprint(did) || did.Members != 5 {
		t.Errorf("the preview says\n%+v\nand the sync\n%+v", would, did)
	}
}
