package directory

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/store"
)

// Take says how Changes are taken. The zero value is right for one change at a
// time, as SCIM sends them.
type Take struct {
	// ByAddress lets somebody be an account that has their main address already,
	// unless an administrator or an application has it.
	ByAddress bool
	// MostPercent stops, before anything is written, what would switch off more
	// than so many of a hundred people that are there (and more than fewPeople).
	// 0: no such bound.
	MostPercent int
	// Only shows what would be done, and does nothing. The counts are those of a
	// Take that is meant, as long as mostForeseen people and groups at most are
	// new or different; of more they are close.
	Only bool
	// Called is what the directory is called here, for groups whose name is taken;
	// "": what its source says.
	Called string
	// Record says on whose word changes are put on record; nil: they are not.
	Record *Record
	// Told hears how far it is, unless Only is set; nil: nobody does.
	Told func(done, all int)
}

// fewPeople may always be switched off: of five people two may leave in one day.
const fewPeople = 3

// batch is how many people one transaction writes: few, so that nobody waits
// long for it.
const batch = 100

// CodeStopped is the code of the error by which Take stops for safety.
const CodeStopped = "sync-stopped"

// Take brings accounts, groups and who is in them in line with what a source
// says. Taking the same again changes nothing; when it breaks off, taking it
// again goes on. Nobody is ever deleted: who is gone is switched off.
//
// Somebody who cannot be taken is a Problem and hinders nobody else. It refuses
// more than it can hold ("directory-too-large"), and with "sync-stopped" what
// MostPercent keeps from being done; the Outcome then tells how many it would be.
func (s *Service) Take(ctx context.Context, source string, c Changes, how Take) (Outcome, error) {
	if err := c.check(); err != nil {
		return Outcome{}, err
	}
	t := &taking{service: s, source: source, how: how, changes: c, known: map[string]store.DirectoryEntry{}}
	t.out.Problems = []Problem{}
	if err := t.look(ctx); err != nil {
		return t.out, err
	}
	if err := t.safe(); err != nil {
		return t.out, err
	}
	t.all = len(t.people) + len(t.groups) + len(t.gone)
	t.write = forGood{s.store, source}
	do := t.everything
	if how.Only {
		do = t.foresee
	}
	err := do(ctx)
	return t.out, err
}

func (t *taking) everything(ctx context.Context) error {
	for _, step := range []func(context.Context) error{t.takePeople, t.takeGroups, t.takeGone} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// taking is one Take under way.
type taking struct {
	service *Service
	source  string
	how     Take
	changes Changes
	write   writer
	made    []string // with Only: Subjects that are new
	renames []string // with Only: how problems mention new people, and their names
	known   map[string]store.DirectoryEntry

	people []store.TakePerson // that are new or different
	groups []store.TakeGroup
	gone   []string
	there  int // people who are there now
	off    int // of them, how many would be switched off

	out       Outcome
	done, all int
}

// look finds out what is new, by what was last taken.
func (t *taking) look(ctx context.Context) error {
	if err := t.load(ctx); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, p := range t.changes.People {
		if !soundSubject(p.Subject) || seen[p.Subject] {
			t.out.trouble(Problem{clipped(p.Subject), clipped(p.Name), "subject-unusable", "what names them there for good is missing, too long, or somebody else's too"})
			continue
		}
		seen[p.Subject] = true
		t.person(p)
	}
	for _, g := range t.changes.Groups {
		if !soundSubject(g.Subject) || seen[g.Subject] {
			t.out.trouble(Problem{clipped(g.Subject), clipped(g.Name), "subject-unusable", "what names the group there for good is missing, too long, or somebody else's too"})
			continue
		}
		seen[g.Subject] = true
		t.group(g)
	}
	t.leave(seen)
	return nil
}

// load reads what was last taken: all of it when it will be compared, else only
// what changes speak of.
func (t *taking) load(ctx context.Context) error {
	db := t.service.store
	if t.changes.Present != nil || t.how.MostPercent > 0 || len(t.changes.People)+len(t.changes.Groups) > 1000 {
		return db.DirectoryEntries(ctx, t.source, func(e store.DirectoryEntry) {
			t.known[e.Subject] = e
			if !e.Group && e.State == store.EntryThere {
				t.there++
			}
		})
	}
	var subjects []string
	for _, p := range t.changes.People {
		subjects = append(subjects, p.Subject)
	}
	for _, g := range t.changes.Groups {
		subjects = append(subjects, g.Subject)
	}
	for _, subject := range append(subjects, t.changes.Gone...) {
		e, found, err := db.DirectoryEntry(ctx, t.source, subject)
		if err != nil {
			return err
		}
		if found {
			t.known[subject] = e
		}
	}
	return nil
}

func (t *taking) person(p Person) {
	e := store.DirectoryEntry{Source: t.source, Subject: p.Subject, Name: clipped(cmp.Or(p.Name, p.Login)), Login: strings.ToLower(clipped(p.Login)),
		Label: strings.ToLower(clipped(p.Label)), Manager: p.Manager, Mark: markOf(p)}
	if p.Disabled {
		e.State = store.EntryOff
	}
	if !soundSubject(e.Manager) {
		e.Manager = ""
	}
	was, known := t.known[p.Subject]
	if known && was.Mark == e.Mark && was.State == e.State {
		t.out.Same++
		return
	}
	if known && was.State == store.EntryThere && p.Disabled {
		t.off++
	}
	shaped, left := identity.Shape(t.source, p.Subject, p.Login, p.Label, cmp.Or(p.Name, p.Login), p.Addresses)
	for _, address := range left {
		t.out.trouble(Problem{p.Subject, e.Name, "address-unusable", "the address " + address + " was left out: it is none, or one too many"})
	}
	shaped.Entry, shaped.ByAddress = e, t.how.ByAddress
	for _, g := range p.Groups {
		if soundSubject(g) {
			shaped.Outer = append(shaped.Outer, g)
		}
	}
	t.people = append(t.people, shaped)
}

func (t *taking) group(g Group) {
	e := store.DirectoryEntry{Source: t.source, Subject: g.Subject, Group: true, Name: clipped(g.Name), Mark: markOf(g)}
	if was, known := t.known[g.Subject]; known && !g.Partial && was.Mark == e.Mark && was.State == e.State {
		t.out.Same++
		return
	}
	to, ok := identity.ShapeGroup(g.Name, g.About)
	if !ok {
		t.out.trouble(Problem{g.Subject, e.Name, "bad-group", "the group has no name that could be kept"})
		return
	}
	other, _ := identity.ShapeGroup(fmt.Sprintf("%s (%s)", g.Name, t.called()), g.About)
	sound := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !soundSubject(s) })
	}
	t.groups = append(t.groups, store.TakeGroup{Entry: e, Group: to, Fallback: other, Members: sound(g.Members), Partial: g.Partial, Without: sound(g.Without)})
}

// called is what the directory is called.
func (t *taking) called() string {
	_, name, _ := strings.Cut(t.source, ":")
	return cmp.Or(t.how.Called, name)
}

// leave finds who is gone.
func (t *taking) leave(told map[string]bool) {
	gone := func(subject string) {
		if e, known := t.known[subject]; known && e.State != store.EntryGone {
			t.gone = append(t.gone, subject)
			if !e.Group && e.State == store.EntryThere {
				t.off++
			}
		}
	}
	for _, subject := range t.changes.Gone {
		if !told[subject] {
			gone(subject)
		}
	}
	if t.changes.Present == nil {
		return
	}
	present := make(map[string]bool, len(t.changes.Present))
	for _, subject := range t.changes.Present {
		present[subject] = true
	}
	var missing []string
	for subject := range t.known {
		if !present[subject] && !told[subject] && !slices.Contains(t.changes.Gone, subject) {
			missing = append(missing, subject)
		}
	}
	slices.Sort(missing)
	for _, subject := range missing {
		gone(subject)
	}
}

// safe stops what would switch off too many: a wrong filter looks like everybody
// leaving.
func (t *taking) safe() error {
	t.out.Leaving = t.off
	if t.how.MostPercent <= 0 || t.off <= fewPeople && t.off < t.there || t.off == 0 || t.off*100 <= t.there*t.how.MostPercent {
		return nil
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: CodeStopped,
		Detail: fmt.Sprintf("%d of %d people would be switched off, more than the %d %% that are let pass", t.off, t.there, t.how.MostPercent),
		Hint:   "look at base and filter; if they really left, sync once more and say so"}
}

func (t *taking) takePeople(ctx context.Context) error {
	for part := range slices.Chunk(t.people, batch) {
		record, was := t.how.Record.next(len(part), "user"), t.out
		took, err := t.write.people(ctx, part, record)
		if err != nil {
			return err
		}
		for i, r := range took {
			t.count(part[i].Entry, r)
		}
		if record == nil {
			t.unrecorded(was)
		}
		t.tell(took, len(part))
	}
	return nil
}

// count adds up what became of one person.
func (t *taking) count(e store.DirectoryEntry, r store.TookPerson) {
	for _, n := range []struct {
		is   bool
		into *int
	}{{r.Made, &t.out.Made}, {r.Linked, &t.out.Linked}, {r.Changed, &t.out.Changed}, {r.Disabled, &t.out.Disabled}, {r.Enabled, &t.out.Enabled}, {r.Beyond, &t.out.Left}} {
		if n.is {
			*n.into++
		}
	}
	if t.how.Only && (r.Made || r.Linked) {
		t.made = append(t.made, e.Subject)
	}
	if t.how.Only && r.Made {
		t.renames = append(t.renames, signoff.Mention(r.Is.Principal()), e.Name)
	}
	t.out.Members += r.Members
	if !r.Made && !r.Linked && !r.Changed && !r.Disabled && !r.Enabled && !r.Beyond && len(r.Problems) == 0 {
		t.out.Same++
	}
	t.troubles(e, r.Problems)
	t.show(e, r)
}

// show adds somebody to the first few of whom a preview tells.
func (t *taking) show(e store.DirectoryEntry, r store.TookPerson) {
	if !t.how.Only || len(t.out.First) == maxFirst {
		return
	}
	for _, n := range []struct {
		is   bool
		what string
	}{{r.Made, "make"}, {r.Linked, "link"}, {r.Disabled, "disable"}, {r.Enabled, "enable"}, {r.Changed, "change"}} {
		if n.is {
			t.out.First = append(t.out.First, Foreseen{What: n.what, Name: e.Name, Login: e.Login, Label: e.Label})
			return
		}
	}
}

func (t *taking) troubles(e store.DirectoryEntry, list []*signoff.Error) {
	for _, p := range list {
		reason := p.Detail
		if p.Hint != "" {
			reason += "; " + p.Hint
		}
		t.out.trouble(Problem{e.Subject, cmp.Or(e.Name, e.Login, e.Subject), p.Code, reason})
	}
}

// tell drops what is remembered of those who changed, and says how far it is.
func (t *taking) tell(took []store.TookPerson, n int) {
	var users []int64
	for _, r := range took {
		if r.Account != 0 && (r.Changed || r.Linked || r.Disabled || r.Enabled || r.Members > 0) {
			users = append(users, r.Account)
		}
	}
	if t.done += n; t.how.Only {
		return
	}
	t.service.people.Changed(users...)
	if t.how.Told != nil {
		t.how.Told(t.done, t.all)
	}
}

func (t *taking) takeGroups(ctx context.Context) error {
	for _, g := range t.groups {
		var total store.TookGroup
		record, was := t.how.Record.next(1, "group"), t.out
		for {
			r, err := t.write.group(ctx, g, record)
			if err != nil {
				return err
			}
			total.Made, total.Changed = total.Made || r.Made, total.Changed || r.Changed
			if t.how.Only && r.Made {
				t.made = append(t.made, g.Entry.Subject)
			}
			total.Members += r.Members
			total.Problems = r.Problems
			if !r.More {
				break
			}
		}
		switch {
		case total.Made:
			t.out.GroupsMade++
		case total.Changed:
			t.out.GroupsChanged++
		case total.Members == 0 && len(total.Problems) == 0:
			t.out.Same++
		}
		t.out.Members += total.Members
		if record == nil {
			t.unrecorded(was)
		}
		t.troubles(g.Entry, total.Problems)
		t.tell(nil, 1)
	}
	return nil
}

func (t *taking) takeGone(ctx context.Context) error {
	for part := range slices.Chunk(t.gone, batch) {
		record, was := t.how.Record.next(len(part), "user"), t.out
		took, err := t.write.gone(ctx, part, record)
		if err != nil {
			return err
		}
		for i, r := range took {
			e := t.known[part[i]]
			if e.Group {
				t.out.GroupsGone++
			} else if r.Disabled {
				t.out.Disabled++
				t.show(e, r)
			}
			t.out.Members += r.Members
			t.troubles(e, r.Problems)
		}
		if record == nil {
			t.unrecorded(was)
		}
		t.tell(took, len(part))
	}
	return nil
}

// markOf stands for all that a directory told of somebody or a group.
func markOf[T Person | Group](told T) string {
	switch v := any(&told).(type) {
	case *Person:
		v.Groups = slices.Sorted(slices.Values(v.Groups))
	case *Group:
		v.Members = slices.Sorted(slices.Values(v.Members))
	}
	text, err := json.Marshal(told)
	if err != nil {
		panic(err) // texts and flags always encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// clipped makes text short enough to be kept.
func clipped(text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	for len(text) > maxTextBytes {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
