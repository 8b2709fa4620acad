package storetest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// attachmentTests are about files that people add, and about what is done in
// another's name.
var attachmentTests = map[string]func(*testing.T, *store.Store){
	"files are kept with what is in them until they are removed": files,
	"a hold keeps the files of an instance":                      heldFiles,
	"files go with their instance":                               goneFiles,
	"what was decided for another is among what both decided":    decidedFor,
}

// add adds a file in the name of one by another.
func (g *saga) add(seq, task int, name string, content []byte, by, behind signoff.Principal) {
	g.t.Helper()
	g.content = content
	g.must([]engine.Fact{{Kind: engine.FileAdded, Ref: task, Subject: seq, Title: name, Text: "application/pdf", Number: len(content),
		Code: fmt.Sprintf("%x", sha256.Sum256(content)), By: by, Behind: behind}})
	g.content = nil
}

func (g *saga) names() (out []string) {
	list, err := g.s.Attachments(g.t.Context(), g.in.ID)
	must(g.t, err)
	for _, a := range list {
		out = append(out, fmt.Sprint(a.Seq, " ", a.Task, " ", a.Name, " ", a.Bytes, " ", a.By, " ", a.For))
	}
	return out
}

func files(t *testing.T, s *store.Store) {
	g, other := begin(t, s, offer(2, "user:2")), begin(t, s, offer(2, "user:2"))
	large := bytes.Repeat([]byte("\x00\xff'; drop table attachment --"), 100_000)
	g.add(3, 2, "quote.pdf", large, "user:2", "user:3")
	g.add(4, 0, "plan.pdf", []byte("%PDF-"), "user:1", "")
	other.add(3, 0, "other.pdf", []byte("other"), "user:1", "")
	want := []string{fmt.Sprint("3 2 quote.pdf ", len(large), " user:3 user:2"), "4 0 plan.pdf 5 user:1 "}
	if got := g.names(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	a, content, err := s.Attachment(t.Context(), g.in.ID, 3)
	if err != nil || !bytes.Equal(content, large) || a.Type != "application/pdf" || a.Digest != fmt.Sprintf("%x", sha256.Sum256(large)) || a.At.IsZero() {
		t.Errorf("%+v of %d bytes, %v", a, len(content), err)
	}
	if e, err := s.Export(t.Context(), g.in.ID); err != nil || len(e.Files) != 2 || e.Files[0] != a {
		t.Errorf("exported %+v, %v", e.Files, err)
	}
	g.must([]engine.Fact{{Kind: engine.FileRemoved, Ref: 2, Subject: 3, By: "user:3"}})
	if _, _, err := s.Attachment(t.Context(), g.in.ID, 3); signoff.CodeOf(err) != store.CodeNoFile {
		t.Errorf("a removed file: %v", err)
	}
	if got := g.names(); !slices.Equal(got, want[1:]) || len(other.names()) != 1 {
		t.Errorf("left: %q, %q", got, other.names())
	}
}

func heldFiles(t *testing.T, s *store.Store) {
	leave := shop(t, s, "leave")
	g := beginOf(t, s, leave, noon)
	g.add(3, 0, "quote.pdf", []byte("%PDF-"), "user:5", "")
	remove := []engine.Fact{{Kind: engine.FileRemoved, Subject: 3, By: "user:5"}}
	for _, h := range []store.LegalHold{{Instance: g.in.ID}, {Workflow: leave}, {Person: "user:5"}} {
		h.Reason, h.Placed, h.PlacedBy = "a lawsuit", noon, "user:9"
		h, err := s.PlaceHold(t.Context(), h)
		must(t, err)
		wantCode(t, g.step(slices.Clone(remove)), store.CodeLegalHold)
		if got := g.names(); len(got) != 1 {
			t.Errorf("left of a held instance: %q", got)
		}
		_, err = s.LiftHold(t.Context(), h.ID, "user:8", "settled", noon)
		must(t, err)
	}
	g.must(remove)
}

func goneFiles(t *testing.T, s *store.Store) {
	leave := shop(t, s, "leave")
	must(t, s.SetKeepDays(t.Context(), leave, 1))
	g := beginOf(t, s, leave, noon)
	g.add(3, 0, "quote.pdf", []byte("%PDF-"), "user:5", "")
	g.must([]engine.Fact{endedAt(noon)})
	if n, err := s.Retain(t.Context(), noon.AddDate(0, 0, 2)); err != nil || n != 1 {
		t.Fatalf("%d removed, %v", n, err)
	}
	if got := g.names(); len(got) != 0 {
		t.Errorf("left of an instance that is no longer kept: %q", got)
	}
	must(t, s.SetKeepDays(t.Context(), leave, 0))
	g = beginOf(t, s, leave, noon)
	g.add(3, 0, "quote.pdf", []byte("%PDF-"), "user:5", "")
	g.must([]engine.Fact{endedAt(noon)})
	must(t, s.Delete(t.Context(), store.Deletion{Instance: g.in.ID, By: "user:9", Reason: "a mistake", At: noon.Add(time.Hour), Server: true}))
	if got := g.names(); len(got) != 0 {
		t.Errorf("left of a deleted instance: %q", got)
	}
}

func decidedFor(t *testing.T, s *store.Store) {
	decided := func(p signoff.Principal, want ...string) {
		t.Helper()
		list, err := s.Decided(t.Context(), p, store.Mark{}, 10)
		must(t, err)
		var got []string
		for _, d := range list {
			got = append(got, fmt.Sprint(d.Outcome, " for=", d.For, " by=", d.ClosedBy, " behind=", d.Behind))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s decided %q, want %q", p, got, want)
		}
	}
	one := begin(t, s, offer(2, "user:2"))
	one.must([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Action: "Approve", Outcome: "Approve", By: "user:2", Behind: "user:3"}, ended()})
	decided("user:2", "Approve for= by=user:2 behind=")
	decided("user:3", "Approve for=user:2 by=user:2 behind=user:3")

	several := offer(2, "user:2", "user:4")
	several.Slots = 2
	g := begin(t, s, several)
	first := answer(2, "user:2", "Reject", noon.Add(time.Hour))
	first.Behind = "user:3"
	g.must([]engine.Fact{first})
	decided("user:3", "Reject for=user:2 by=user:2 behind=user:3", "Approve for=user:2 by=user:2 behind=user:3")
	last := answer(2, "user:4", "Approve", noon.Add(2*time.Hour))
	last.Behind = "user:5"
	g.must([]engine.Fact{last, {Kind: engine.TaskConcluded, Ref: 2, Outcome: "No", By: "user:4", Behind: "user:5", At: noon.Add(2 * time.Hour)}, ended()})
	decided("user:3", "Reject for=user:2 by=user:2 behind=user:3", "Approve for=user:2 by=user:2 behind=user:3")
	decided("user:5", "No for=user:4 by=user:4 behind=user:5")
}
