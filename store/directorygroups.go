package store

import (
	"context"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
)

// TakeGroup is a group as a directory tells of it, with the group it should be.
type TakeGroup struct {
	Entry    DirectoryEntry
	Group    Group // Name, Key, About and Words
	Fallback Group // another name, when that one is taken

	Members []string // Subjects; all of them, or with Partial those to add
	Partial bool
	Without []string // with Partial: those to take out
}

// TookGroup is what became of a TakeGroup.
type TookGroup struct {
	Group         int64
	Made, Changed bool
	Members       int  // memberships and nested groups begun and ended
	More          bool // there is more to write: take it again
	Problems      []*signoff.Error

	Was, Is          Group   // before and after; no ID: was not there, and is none
	Came, Left       []int64 // accounts
	Nested, Unnested []int64 // groups that came into it and left it
}

// atOnce is how many rows of a group's members one transaction writes.
const atOnce = 2000

// TakeGroup writes a group of a source and who is in it. A large one takes
// several calls: as long as More is true it is to be called again. What each of
// them makes of the group goes on record with the change that is given.
func (s *Store) TakeGroup(ctx context.Context, source string, g TakeGroup, record ...Change) (TookGroup, error) {
	now := s.Now()
	var out TookGroup
	err := s.exclusively(ctx, func(t *tx) error {
		out = TookGroup{}
		if err := t.takeGroup(source, g, &out); err != nil {
			return err
		}
		return t.noteGroup(record, now, out, false)
	})
	if err != nil {
		return out, fmt.Errorf("group %s: %w", g.Entry.Subject, err)
	}
	return out, nil
}

func (t *tx) takeGroup(source string, g TakeGroup, out *TookGroup) error {
	if err := t.groupItself(source, g, out); err != nil || out.Group == 0 {
		return err
	}
	was, _, err := t.entry(source, g.Entry.Subject)
	if err != nil {
		return err
	}
	mark := g.Entry.Mark
	g.Entry.Source, g.Entry.Mark = source, "" // until all is written
	if was.Mark == "" || was.Mark != mark {
		if err := t.keepEntry(g.Entry); err != nil {
			return err
		}
	}
	if err := t.setInner(source, g, out); err != nil || out.More {
		return err
	}
	if err := t.joinGroup(source, g.Entry.Subject, out); err != nil || out.More {
		return err
	}
	if err := t.nestGroup(source, g.Entry.Subject, out); err != nil {
		return err
	}
	if g.Entry.Mark = mark; g.Partial || len(out.Problems) > 0 {
		g.Entry.Mark = ""
	}
	return t.keepEntry(g.Entry)
}

// groupItself finds or makes the group, and gives it its name.
func (t *tx) groupItself(source string, g TakeGroup, out *TookGroup) error {
	err := t.row(`select people_group from group_link where source = $1 and external = $2`, source, g.Entry.Subject).Scan(&out.Group)
	if isNoRows(err) {
		return t.newGroup(source, g, out)
	}
	if err != nil {
		return err
	}
	is, err := t.group(out.Group)
	out.Was, out.Is = is, is
	if err != nil || is.Source != source {
		return err // a group of ours that stands for one there keeps its name
	}
	if (is.Name == g.Group.Name || is.Name == g.Fallback.Name && t.taken(g.Group.Key, is.ID)) && is.About == g.Group.About {
		return nil
	}
	for _, to := range []Group{g.Group, g.Fallback} {
		if to.Key == "" || t.taken(to.Key, is.ID) {
			continue
		}
		out.Changed, out.Is.Name, out.Is.About = true, to.Name, to.About
		if _, err := t.exec(`update people_group set key = $2, name = $3, about = $4 where id = $1`, is.ID, to.Key, to.Name, to.About); err != nil {
			return err
		}
		return writeWords(t, is.Principal(), to.Words)
	}
	out.Problems = append(out.Problems, groupTaken(g.Group.Name).(*signoff.Error))
	return nil
}

// taken tells whether another group has a name.
func (t *tx) taken(key string, but int64) bool {
	var some int
	return t.row(`select 1 from people_group where key = $1 and id <> $2`, key, but).Scan(&some) == nil
}

func (t *tx) newGroup(source string, g TakeGroup, out *TookGroup) error {
	for _, to := range []Group{g.Group, g.Fallback} {
		if to.Key == "" {
			continue
		}
		to.Source = source
		err := t.row(`insert into people_group (key, name, kind, source, about) values ($1, $2, 0, $3, $4) on conflict (key) do nothing returning id`,
			to.Key, to.Name, source, to.About).Scan(&to.ID)
		if isNoRows(err) {
			continue
		}
		if err != nil {
			return err
		}
		out.Group, out.Made, out.Is = to.ID, true, to
		if err := writeWords(t, to.Principal(), to.Words); err != nil {
			return err
		}
		return t.linkGroup(GroupLink{Source: source, External: g.Entry.Subject, Group: to.ID, Label: g.Entry.Name})
	}
	said := *groupTaken(g.Group.Name).(*signoff.Error)
	said.Hint = "rename one of the two, or say on that group's page what it is called in the directory"
	out.Problems = append(out.Problems, &said)
	return nil
}

// setInner writes who is in a group there, as the group says.
func (t *tx) setInner(source string, g TakeGroup, out *TookGroup) error {
	rows, err := t.query(`select inner_is from directory_edge where source = $1 and outer_is = $2 and told = 0`, source, g.Entry.Subject)
	if err != nil {
		return err
	}
	is := map[string]bool{}
	if err := eachRow(rows, func() error {
		var subject string
		err := rows.Scan(&subject)
		is[subject] = true
		return err
	}); err != nil {
		return err
	}
	left := atOnce
	for _, m := range g.Members {
		if is[m] {
			delete(is, m)
			continue
		}
		if left--; left < 0 {
			out.More = true
			return nil
		}
		if err := t.addEdge(source, g.Entry.Subject, m, 0); err != nil {
			return err
		}
	}
	gone := g.Without
	if !g.Partial {
		gone = firstKeys(is)
	}
	for _, m := range gone {
		if left--; left < 0 {
			out.More = true
			return nil
		}
		if _, err := t.exec(`delete from directory_edge where source = $1 and outer_is = $2 and inner_is = $3 and told = 0`, source, g.Entry.Subject, m); err != nil {
			return err
		}
	}
	return nil
}

func firstKeys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

func (t *tx) addEdge(source, outer, inner string, told int) error {
	_, err := t.exec(`insert into directory_edge (source, outer_is, inner_is, told) values ($1, $2, $3, $4) on conflict do nothing`, source, outer, inner, told)
	return err
}

// setOuter writes which groups somebody says they are in.
func (t *tx) setOuter(source, subject string, groups []string) error {
	if _, err := t.exec(`delete from directory_edge where source = $1 and inner_is = $2 and told = 1`, source, subject); err != nil {
		return err
	}
	for _, g := range groups {
		if err := t.addEdge(source, g, subject, 1); err != nil {
			return err
		}
	}
	return nil
}

// joinGroup gives a group the members it has there and who are known here.
func (t *tx) joinGroup(source, subject string, out *TookGroup) error {
	left, err := t.ids(`delete from membership where people_group = $1 and via = $2 and account not in (
		select l.account from directory_edge e join identity_link l on l.source = e.source and l.subject = e.inner_is
		where e.source = $2 and e.outer_is = $3) returning account`, out.Group, source, subject)
	if err != nil {
		return err
	}
	came, err := t.ids(`insert into membership (people_group, account, via)
		select distinct cast($1 as bigint), l.account, $2 from directory_edge e join identity_link l on l.source = e.source and l.subject = e.inner_is
		where e.source = $2 and e.outer_is = $3
		and not exists (select 1 from membership m where m.people_group = $1 and m.account = l.account)
		and (select count(*) from membership m where m.account = l.account) < `+fmt.Sprint(maxGroups)+` limit `+fmt.Sprint(atOnce)+` on conflict do nothing returning account`,
		out.Group, source, subject)
	out.Members += len(came) + len(left)
	out.Came, out.Left = append(out.Came, came...), append(out.Left, left...)
	out.More = len(came) == atOnce
	return err
}

// joinPerson gives somebody the groups they are in there and that are known here.
func (t *tx) joinPerson(source string, out *TookPerson) error {
	const theirs = `select gl.people_group from identity_link l
		join directory_edge e on e.source = l.source and e.inner_is = l.subject
		join group_link gl on gl.source = e.source and gl.external = e.outer_is
		join directory_entry d on d.source = gl.source and d.subject = gl.external and d.state <> 2
		where l.source = $2 and l.account = $1`
	// Only groups the directory tells of: a token may have said more under the same name.
	parted, err := t.ids(`delete from membership where account = $1 and via = $2 and people_group in (
		select gl.people_group from group_link gl join directory_entry d on d.source = gl.source and d.subject = gl.external where gl.source = $2)
		and people_group not in (`+theirs+`) returning people_group`, out.Account, source)
	if err != nil {
		return err
	}
	out.Members += len(parted)
	out.Parted = parted
	var has int
	if err := t.row(`select count(*) from membership where account = $1`, out.Account).Scan(&has); err != nil {
		return err
	}
	want, err := t.ids(`select distinct people_group from (`+theirs+`) as held
		where people_group not in (select people_group from membership where account = $1) order by people_group`, out.Account, source)
	if err != nil {
		return err
	}
	for _, g := range want {
		if has++; has > maxGroups {
			out.Problems = append(out.Problems, &signoff.Error{Kind: signoff.Conflict, Code: "too-many-groups",
				Detail: fmt.Sprintf("somebody can be in at most %d groups", maxGroups)})
			return nil
		}
		if _, err := t.exec(`insert into membership (people_group, account, via) values ($1, $2, $3) on conflict do nothing`, g, out.Account, source); err != nil {
			return err
		}
		out.Members++
		out.Joined = append(out.Joined, g)
	}
	return nil
}

// nestGroup puts the groups that are in this one there into it, and this one
// into those it is in.
func (t *tx) nestGroup(source, subject string, out *TookGroup) error {
	want, err := t.ids(`select distinct gl.people_group from directory_edge e join group_link gl on gl.source = e.source and gl.external = e.inner_is
		where e.source = $1 and e.outer_is = $2 order by gl.people_group`, source, subject)
	if err != nil {
		return err
	}
	is, err := t.ids(`select member from nesting where people_group = $1 and via = $2 order by member`, out.Group, source)
	if err != nil {
		return err
	}
	gone, begun := difference(is, want)
	for _, g := range gone {
		if _, err := t.exec(`delete from nesting where people_group = $1 and member = $2 and via = $3`, out.Group, g, source); err != nil {
			return err
		}
		out.Members++
		out.Unnested = append(out.Unnested, g)
	}
	outer, err := t.ids(`select distinct gl.people_group from directory_edge e join group_link gl on gl.source = e.source and gl.external = e.outer_is
		where e.source = $1 and e.inner_is = $2 order by gl.people_group`, source, subject)
	if err != nil {
		return err
	}
	for _, g := range begun {
		if err := t.nestTold(out.Group, g, source, out); err != nil {
			return err
		}
	}
	for _, g := range outer {
		if err := t.nestTold(g, out.Group, source, out); err != nil {
			return err
		}
	}
	return nil
}

// nestTold puts a group into another on a directory's word. There groups may be
// in each other in a circle; the link that would close it is left out.
func (t *tx) nestTold(group, member int64, source string, out *TookGroup) error {
	var some int
	err := t.row(`select 1 from nesting where people_group = $1 and member = $2`, group, member).Scan(&some)
	if err == nil || !isNoRows(err) {
		return err
	}
	err = t.nest(group, member, source, nil, time.Time{})
	if e := refusal(err); e != nil {
		out.Problems = append(out.Problems, e)
		return nil
	}
	out.Members++
	if group == out.Group {
		out.Nested = append(out.Nested, member)
	}
	return err
}

// goneGroup empties a group that is there no more; it stays, for rights may hang
// on it and an administrator should see that they lead nowhere now.
func (t *tx) goneGroup(source string, e DirectoryEntry, out *TookPerson, record []Change, now time.Time) error {
	var g TookGroup
	err := t.row(`select people_group from group_link where source = $1 and external = $2`, source, e.Subject).Scan(&g.Group)
	if err == nil {
		g.Was, err = t.group(g.Group)
	}
	if err != nil && !isNoRows(err) {
		return err
	}
	if g.Left, err = t.ids(`delete from membership where people_group = $1 and via = $2 returning account`, g.Group, source); err != nil {
		return err
	}
	n, err := t.exec(`delete from nesting where (people_group = $1 or member = $1) and via = $2`, g.Group, source)
	if err != nil {
		return err
	}
	out.Members += int(n) + len(g.Left)
	g.Is = g.Was
	if err := t.noteGroup(inGroups(record), now, g, true); err != nil {
		return err
	}
	if _, err := t.exec(`delete from directory_edge where source = $1 and outer_is = $2`, source, e.Subject); err != nil {
		return err
	}
	return t.keepEntry(e)
}
