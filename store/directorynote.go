package store

import (
	"fmt"
	"slices"
	"time"
)

// What a directory made of people and groups, as it stands on record: a change
// for each, with how they were before. Names of groups and members are kept as
// they were called then.

// mostNamed bounds how many members one change names; the others are counted.
const mostNamed = inList

type fromWords struct {
	Source  string `json:"source"`
	Subject string `json:"subject"`
	Called  string `json:"called,omitempty"`
}

// notePerson puts on record what became of a person. from says who they are in
// the directory, when that is new.
func (t *tx) notePerson(record []Change, now time.Time, from *fromWords, took TookPerson) error {
	if len(record) == 0 || took.Is.ID == 0 {
		return nil
	}
	after := struct {
		accountWords
		From   *fromWords `json:"from,omitempty"`
		Joined []string   `json:"joined,omitempty"`
		Parted []string   `json:"parted,omitempty"`
	}{accountWords: wordsOfAccount(took.Is), From: from}
	if !took.Made && !took.Linked {
		after.From = nil
	}
	var err error
	if after.Joined, err = t.called(`select id, name from people_group where id in `, took.Joined); err != nil {
		return err
	}
	if after.Parted, err = t.called(`select id, name from people_group where id in `, took.Parted); err != nil {
		return err
	}
	var before []byte
	if took.Was.ID != 0 {
		before = accountText(took.Was)
	}
	return t.record(record, now, took.Is.Principal(), before, textOf(after))
}

// noteGroup puts on record what became of a group and who came and left. gone
// says that it is not in the directory any more.
func (t *tx) noteGroup(record []Change, now time.Time, took TookGroup, gone bool) error {
	if len(record) == 0 || took.Is.ID == 0 {
		return nil
	}
	after := struct {
		groupWords
		Came []string `json:"came,omitempty"`
		Left []string `json:"left,omitempty"`
		Gone bool     `json:"gone,omitempty"`
	}{groupWords: wordsOfGroup(took.Is), Gone: gone}
	for _, list := range []struct {
		into             *[]string
		accounts, groups []int64
	}{{&after.Came, took.Came, took.Nested}, {&after.Left, took.Left, took.Unnested}} {
		groups, err := t.called(`select id, name from people_group where id in `, list.groups)
		if err != nil {
			return err
		}
		people, err := t.called(`select id, login from account where id in `, list.accounts)
		if err != nil {
			return err
		}
		*list.into = append(groups, people...)
	}
	var before []byte
	if took.Was.ID != 0 {
		before = groupText(took.Was)
	}
	return t.record(record, now, took.Is.Principal(), before, textOf(after))
}

// called is what some accounts or groups are called, the first few of them.
func (t *tx) called(query string, ids []int64) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := t.query(query+inListSQL+` order by id`, inArgs(ids[:min(len(ids), mostNamed)])...)
	if err != nil {
		return nil, err
	}
	var list []string
	err = eachRow(rows, func() error {
		var id int64
		var name string
		err := rows.Scan(&id, &name)
		list = append(list, name)
		return err
	})
	slices.Sort(list)
	if more := len(ids) - mostNamed; more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return list, err
}

// inGroups are changes of groups, where those of people were given.
func inGroups(record []Change) []Change {
	record = slices.Clone(record)
	for i := range record {
		record[i].What = "group"
	}
	return record
}
