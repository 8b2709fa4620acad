package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// TakePerson is somebody as a directory tells of them, with the account they
// should have.
type TakePerson struct {
	Entry   DirectoryEntry
	Account Account  // Name and Addresses
	Logins  []string // what a new account may be called, the best first
	Words   func(Account) []string
	Outer   []string // Subjects of groups that do not list them

	// ByAddress lets them be an account that has their main address already.
	ByAddress bool
}

// TookPerson is what became of a TakePerson.
type TookPerson struct {
	Account                                          int64 // 0: none
	Made, Linked, Changed, Disabled, Enabled, Beyond bool  // Beyond: disabled there, and never was here
	Members                                          int
	Problems                                         []*signoff.Error

	Was, Is        Account // before and after; no ID: was not there, and is none
	Joined, Parted []int64 // groups
}

// TakePeople writes people of a source, all in one transaction. A person who
// cannot be taken has problems and hinders nobody else. What becomes of each goes
// on record with the change that is given.
func (s *Store) TakePeople(ctx context.Context, source string, list []TakePerson, record ...Change) ([]TookPerson, error) {
	now := s.Now()
	var out []TookPerson
	err := s.exclusively(ctx, func(t *tx) (err error) {
		out, err = t.takePeople(source, list, record, now)
		return err
	})
	return out, err
}

func (t *tx) takePeople(source string, list []TakePerson, record []Change, now time.Time) ([]TookPerson, error) {
	out := make([]TookPerson, len(list))
	for i := range list {
		if err := t.takePerson(source, list[i], &out[i], micros(now)); err != nil {
			return nil, fmt.Errorf("person %s: %w", list[i].Entry.Subject, err)
		}
	}
	for i := range list {
		if err := t.takeManager(source, list[i], &out[i]); err != nil {
			return nil, err
		}
	}
	for i, p := range list {
		if err := t.notePerson(record, now, &fromWords{source, p.Entry.Subject, labelOf(p)}, out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *tx) takePerson(source string, p TakePerson, out *TookPerson, now int64) error {
	was, _, err := t.entry(source, p.Entry.Subject) // never told of: as if there, so that an account that is off stays so
	if err != nil {
		return err
	}
	var id int64
	err = t.row(`select account from identity_link where source = $1 and subject = $2`, source, p.Entry.Subject).Scan(&id)
	if err != nil && !isNoRows(err) {
		return err
	}
	switch {
	case id != 0:
		err = t.keepPerson(id, source, was, p, out)
	case p.Entry.State != EntryThere:
		out.Beyond, err = true, nil
	default:
		err = t.newPerson(source, p, out, now)
	}
	if err != nil {
		return err
	}
	if p.Entry.Mark != "" && len(out.Problems) > 0 {
		p.Entry.Mark = "" // to be tried again
	}
	p.Entry.Source = source
	if err := t.keepEntry(p.Entry); err != nil {
		return err
	}
	if err := t.setOuter(source, p.Entry.Subject, p.Outer); err != nil || out.Account == 0 {
		return err
	}
	return t.joinPerson(source, out)
}

// keepPerson brings the account of somebody who has one in line. One that nobody
// rules so far comes under the directory: an administrator or a token has said
// who it is there.
func (t *tx) keepPerson(id int64, source string, was DirectoryEntry, p TakePerson, out *TookPerson) error {
	out.Account = id
	before, err := t.account(id)
	out.Was, out.Is = before, before
	if err != nil || before.Source != source && before.Source != "" {
		return err
	}
	a := before
	a.Source, a.Name = source, p.Account.Name
	out.Linked = before.Source == ""
	if a.Addresses, err = t.freeAddresses(id, p.Account.Addresses, out); err != nil {
		return err
	}
	if off := p.Entry.State != EntryThere; off != (was.State != EntryThere) {
		a.Disabled = off
	}
	return t.changePerson(before, a, p.Words, out)
}

// changePerson writes what is different. Whoever is the last administrator stays
// able to sign in.
func (t *tx) changePerson(before, a Account, words func(Account) []string, out *TookPerson) error {
	defer func() { out.Was, out.Is = before, a }()
	out.Changed = a.Name != before.Name || !slices.Equal(a.Addresses, before.Addresses)
	out.Disabled, out.Enabled = a.Disabled && !before.Disabled, before.Disabled && !a.Disabled
	if !out.Changed && !out.Disabled && !out.Enabled && a.Source == before.Source {
		return nil
	}
	if out.Disabled {
		a.Epoch++
	}
	if a.Words = nil; !a.Disabled {
		a.Words = words(a)
	}
	if !out.Disabled {
		return updateAccount(t, before, a)
	}
	err := t.keepingAdministrator(func() error { return updateAccount(t, before, a) })
	if e := refusal(err); e != nil {
		out.Problems, out.Disabled = append(out.Problems, e), false
		a.Disabled, a.Epoch, a.Words = false, before.Epoch, wordsKept(before, words)
		return updateAccount(t, before, a)
	}
	return err
}

// wordsKept is what a search finds somebody by who stays.
func wordsKept(a Account, words func(Account) []string) []string {
	if w := words(a); w != nil {
		return w
	}
	return []string{a.Login}
}

func (t *tx) account(id int64) (Account, error) {
	list, err := scanAccounts(t.query(accountColumns+` where id = $1`, id))
	if err == nil && len(list) == 0 {
		err = noUser
	}
	if err == nil {
		err = addAddresses(list, t.query)
	}
	if err != nil {
		return Account{}, err
	}
	return list[0], nil
}

// newPerson makes an account, or finds the one that is theirs by address.
func (t *tx) newPerson(source string, p TakePerson, out *TookPerson, now int64) error {
	a := p.Account
	a.Source = source
	if len(a.Addresses) > 0 {
		owner, ruled, found, err := t.ownerOf(a.Addresses[0].Key)
		if err != nil {
			return err
		}
		if found && ruled != source {
			return t.claimAccount(owner, ruled, source, p, out, now)
		}
	}
	var err error
	if a.Addresses, err = t.freeAddresses(0, a.Addresses, out); err != nil {
		return err
	}
	a.Login, err = freeLogin(t, p.Logins)
	if e := refusal(err); e != nil {
		out.Problems = append(out.Problems, e)
		return nil
	}
	if err != nil {
		return err
	}
	a.Words = p.Words(a)
	if a.ID, err = insertAccount(t, a, "", now); err != nil {
		return err
	}
	out.Account, out.Made, out.Is = a.ID, true, a
	return t.link(IdentityLink{Source: source, Subject: p.Entry.Subject, Account: a.ID, Label: labelOf(p)}, now)
}

func labelOf(p TakePerson) string {
	if p.Entry.Label != "" {
		return p.Entry.Label
	}
	return p.Entry.Login
}

func (t *tx) ownerOf(address string) (id int64, ruled string, found bool, err error) {
	err = t.row(`select a.id, a.source from address d join account a on a.id = d.account where d.key = $1`, address).Scan(&id, &ruled)
	if isNoRows(err) {
		return 0, "", false, nil
	}
	return id, ruled, err == nil, err
}

// claimAccount takes an account that is here under the rule of the directory, if
// that is allowed: the same mailbox never makes two people.
func (t *tx) claimAccount(id int64, ruled, source string, p TakePerson, out *TookPerson, now int64) error {
	refuse := func(code, detail, hint string) error {
		out.Problems = append(out.Problems, &signoff.Error{Kind: signoff.Conflict, Code: code, Detail: detail, Hint: hint})
		return nil
	}
	before, err := t.account(id)
	if err != nil {
		return err
	}
	power, err := t.holdsPower(id)
	if err != nil {
		return err
	}
	others, err := t.ids(`select account from identity_link where source = $1 and account = $2`, source, id)
	if err != nil {
		return err
	}
	switch {
	case ruled != "":
		return refuse("person-ruled-elsewhere", signoff.Mention(before.Principal())+" has the address "+p.Account.Addresses[0].Text+" and comes from "+ruled,
			"let one of the two directories leave them out")
	case !p.ByAddress:
		return refuse("address-taken", "somebody has the address "+p.Account.Addresses[0].Text+" already",
			"if they are the same, say so on that person's page, or let the directory find people by address")
	case len(others) > 0:
		return refuse("address-taken", "the address "+p.Account.Addresses[0].Text+" belongs to somebody here who is another one in that directory",
			"say on that person's page who they are there now")
	case before.App || power:
		return refuse("address-taken", "the address "+p.Account.Addresses[0].Text+" belongs to an administrator or an application here",
			"these are not taken over by an address: say on their page who they are in the directory")
	}
	a := before
	a.Source, a.Name = source, p.Account.Name
	if a.Addresses, err = t.freeAddresses(id, p.Account.Addresses, out); err != nil {
		return err
	}
	if err := t.changePerson(before, a, p.Words, out); err != nil {
		return err
	}
	out.Account, out.Linked, out.Changed = id, true, false
	return t.link(IdentityLink{Source: source, Subject: p.Entry.Subject, Account: id, Label: labelOf(p)}, now)
}

// freeAddresses leaves out what others have, and says so.
func (t *tx) freeAddresses(id int64, list []Address, out *TookPerson) ([]Address, error) {
	var free []Address
	for _, a := range list {
		owner, _, found, err := t.ownerOf(a.Key)
		if err != nil {
			return nil, err
		}
		if found && owner != id {
			out.Problems = append(out.Problems, &signoff.Error{Kind: signoff.Conflict, Code: "address-taken",
				Detail: "the address " + a.Text + " belongs to " + signoff.Mention(userPrincipal(owner)) + ", so it was left out"})
			continue
		}
		free = append(free, a)
	}
	return free, nil
}

// takeManager says who somebody's manager is, and whose manager they are.
func (t *tx) takeManager(source string, p TakePerson, out *TookPerson) error {
	if out.Account == 0 {
		return nil
	}
	n, err := t.exec(`update account set manager = coalesce((select l.account from identity_link l where l.source = $1 and l.subject = $2 and l.account <> $3), 0)
		where id = $3 and source = $1
		and manager <> coalesce((select l.account from identity_link l where l.source = $1 and l.subject = $2 and l.account <> $3), 0)`, source, p.Entry.Manager, out.Account)
	if err != nil {
		return err
	}
	out.Changed = out.Changed || n > 0 && !out.Made && !out.Linked
	if n > 0 {
		if err := t.row(`select manager from account where id = $1`, out.Account).Scan(&out.Is.Manager); err != nil {
			return err
		}
	}
	if !out.Made && !out.Linked {
		return nil
	}
	reports, err := t.ids(`select l.account from directory_entry e join identity_link l on l.source = e.source and l.subject = e.subject
		where e.source = $1 and e.manager = $2 and e.manager <> ''`, source, p.Entry.Subject)
	if err != nil {
		return err
	}
	for _, id := range reports {
		if _, err := t.exec(`update account set manager = $1 where id = $2 and id <> $1 and source = $3`, out.Account, id, source); err != nil {
			return err
		}
	}
	return nil
}

// TakeGone notes people who are in a directory no more and switches the
// accounts off that it rules; groups lose the members that came from there. Nothing is deleted.
func (s *Store) TakeGone(ctx context.Context, source string, subjects []string, record ...Change) ([]TookPerson, error) {
	now := s.Now()
	var out []TookPerson
	err := s.exclusively(ctx, func(t *tx) (err error) {
		out, err = t.takeAway(source, subjects, record, now)
		return err
	})
	return out, err
}

func (t *tx) takeAway(source string, subjects []string, record []Change, now time.Time) ([]TookPerson, error) {
	out := make([]TookPerson, len(subjects))
	for i, subject := range subjects {
		e, known, err := t.entry(source, subject)
		if err == nil && known && e.State != EntryGone {
			err = t.takeGone(source, e, &out[i], record, now)
		}
		if err != nil {
			return nil, fmt.Errorf("gone %s: %w", subject, err)
		}
	}
	return out, nil
}

func (t *tx) takeGone(source string, e DirectoryEntry, out *TookPerson, record []Change, now time.Time) error {
	was := e
	e.State, e.Mark = EntryGone, ""
	if e.Group {
		return t.goneGroup(source, e, out, record, now)
	}
	var id int64
	err := t.row(`select account from identity_link where source = $1 and subject = $2`, source, e.Subject).Scan(&id)
	if err == nil && was.State == EntryThere {
		var before Account
		if before, err = t.account(id); err == nil && before.Source == source {
			a := before
			a.Disabled, out.Account = true, id
			err = t.changePerson(before, a, func(Account) []string { return nil }, out)
		}
	}
	if err != nil && !isNoRows(err) {
		return err
	}
	if len(out.Problems) > 0 {
		return nil // stays as it was, to be tried again
	}
	if err := t.notePerson(record, now, nil, *out); err != nil {
		return err
	}
	return t.keepEntry(e)
}
