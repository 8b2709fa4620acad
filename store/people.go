package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
)

// Account is a user of this server: a person, or an application that calls by
// itself. Package identity makes the keys and words: the store
// compares them byte by byte.
type Account struct {
	ID        int64
	Login     string // lower case
	Name      string
	Addresses []Address // the first is the one mail goes to; may be empty
	App       bool      // an application, not a person
	Source    string    // the directory that rules it, "" nobody
	Manager   int64     // account of their manager, 0 none known
	Admin     bool
	Disabled  bool
	Epoch     int64    // raised by whoever wants sessions and remembered passwords to end
	Words     []string // what a search finds it by; written, never read back
}

// Address is a mail address as written and as compared.
type Address struct{ Key, Text string }

// Principal returns "user:7".
func (a Account) Principal() signoff.Principal { return userPrincipal(a.ID) }

// Email returns the main address, "" when there is none.
func (a Account) Email() string {
	if len(a.Addresses) == 0 {
		return ""
	}
	return a.Addresses[0].Text
}

// Person returns the account as the rest of the program speaks of it.
func (a Account) Person() signoff.Person {
	return signoff.Person{Principal: a.Principal(), Login: a.Login, Name: a.Name, Email: a.Email()}
}

// Group is a set of users and of other groups.
type Group struct {
	ID     int64
	Name   string
	Key    string   // the name without regard to case
	Role   bool     // a role of ours, not a group
	Source string   // the directory that rules it, "" nobody
	About  string   // what it is for
	Words  []string // as for Account
}

// Principal returns "group:3".
func (g Group) Principal() signoff.Principal { return groupPrincipal(g.ID) }

// Person returns the group as the rest of the program speaks of it.
func (g Group) Person() signoff.Person {
	return signoff.Person{Principal: g.Principal(), Login: g.Name, Name: g.Name}
}

func userPrincipal(id int64) signoff.Principal {
	return signoff.Principal("user:" + strconv.FormatInt(id, 10))
}

func groupPrincipal(id int64) signoff.Principal {
	return signoff.Principal("group:" + strconv.FormatInt(id, 10))
}

// AccountID takes the number out of "user:7"; false for anything else.
func AccountID(p signoff.Principal) (int64, bool) { return numberAfter(p, "user:") }

// GroupID takes the number out of "group:3"; false for anything else,
// signoff.Everyone included.
func GroupID(p signoff.Principal) (int64, bool) { return numberAfter(p, "group:") }

func numberAfter(p signoff.Principal, prefix string) (int64, bool) {
	text, ok := strings.CutPrefix(string(p), prefix)
	id, err := strconv.ParseInt(text, 10, 64)
	return id, ok && err == nil && id > 0 && strconv.FormatInt(id, 10) == text
}

// CreateAccount adds a user with a hashed password. It refuses a login
// ("login-taken") or address ("address-taken") somebody has. Here and below,
// record is what to put on record with the change.
func (s *Store) CreateAccount(ctx context.Context, a Account, password string, record ...Change) (Account, error) {
	now := s.Now()
	err := s.exclusively(ctx, func(tx *tx) error {
		var err error
		if a.ID, err = insertAccount(tx, a, password, micros(now)); err != nil {
			return err
		}
		return tx.record(record, now, a.Principal(), nil, accountText(a))
	})
	return a, err
}

// CreateFirstAccount is CreateAccount for the very first user. When there are
// users already it changes nothing and returns false.
func (s *Store) CreateFirstAccount(ctx context.Context, a Account, password string) (Account, bool, error) {
	made := false
	err := s.exclusively(ctx, func(tx *tx) error {
		made = false
		var some int
		err := tx.row(`select 1 from account limit 1`).Scan(&some)
		if !isNoRows(err) {
			return err
		}
		a.ID, err = insertAccount(tx, a, password, micros(s.Now()))
		made = err == nil
		return err
	})
	return a, made, err
}

func insertAccount(tx *tx, a Account, password string, now int64) (id int64, err error) {
	if err := addressesFree(tx, a); err != nil {
		return 0, err
	}
	err = tx.row(`
		insert into account (login, name, email, kind, source, manager, admin, disabled, epoch, created, password)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (login) do nothing returning id`,
		a.Login, a.Name, a.Email(), flag(a.App), a.Source, a.Manager, flag(a.Admin), flag(a.Disabled), a.Epoch, now, password).Scan(&id)
	if isNoRows(err) {
		return 0, &signoff.Error{Kind: signoff.Conflict, Code: "login-taken",
			Detail: fmt.Sprintf("somebody has the login %s already", a.Login)}
	}
	if err != nil {
		return 0, err
	}
	a.ID = id
	return id, writeAccountParts(tx, a)
}

// ChangeAccount lets change alter all of a user but the login, and keeps the
// result; change has to set Words again. Raising Epoch
// ends the user's sessions, disabling them their access tokens for ever. It refuses a missing user ("user-not-found"), an
// address of somebody else, and to leave the server without an administrator
// who can sign in ("last-administrator"). change may be run more than once.
func (s *Store) ChangeAccount(ctx context.Context, id int64, change func(*Account) error, record ...Change) (Account, error) {
	now := s.Now()
	var a Account
	err := s.exclusively(ctx, func(tx *tx) error {
		list, err := scanAccounts(tx.query(accountColumns+` where id = $1`, id))
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return noUser
		}
		if err := addAddresses(list, tx.query); err != nil {
			return err
		}
		before := list[0]
		a = before
		if err := change(&a); err != nil {
			return err
		}
		a.ID, a.Login = id, before.Login
		if err := tx.record(record, now, a.Principal(), accountText(before), accountText(a)); err != nil {
			return err
		}
		return tx.keepingAdministrator(func() error { return updateAccount(tx, before, a) })
	})
	return a, err
}

var noUser = &signoff.Error{Kind: signoff.NotFound, Code: "user-not-found", Detail: "there is no such user"}

func updateAccount(tx *tx, before, a Account) error {
	if err := addressesFree(tx, a); err != nil {
		return err
	}
	if a.Disabled && !before.Disabled { // for ever: being let in again gives no lost token back
		if _, err := tx.exec(`delete from access_token where account = $1`, a.ID); err != nil {
			return err
		}
	}
	if a.Epoch != before.Epoch {
		if _, err := tx.exec(`delete from session where account = $1`, a.ID); err != nil {
			return err
		}
	}
	if _, err := tx.exec(`
		update account set name = $2, email = $3, admin = $4, disabled = $5, epoch = $6, kind = $7, source = $8, manager = $9 where id = $1`,
		a.ID, a.Name, a.Email(), flag(a.Admin), flag(a.Disabled), a.Epoch, flag(a.App), a.Source, a.Manager); err != nil {
		return err
	}
	return writeAccountParts(tx, a)
}

func addressesFree(tx *tx, a Account) error {
	for _, addr := range a.Addresses {
		var some int
		err := tx.row(`select 1 from address where key = $1 and account <> $2`, addr.Key, a.ID).Scan(&some)
		if err == nil {
			return &signoff.Error{Kind: signoff.Conflict, Code: "address-taken",
				Detail: fmt.Sprintf("somebody has the address %s already", addr.Text)}
		}
		if !isNoRows(err) {
			return err
		}
	}
	return nil
}

func writeAccountParts(tx *tx, a Account) error {
	if _, err := tx.exec(`delete from address where account = $1`, a.ID); err != nil {
		return err
	}
	for i, addr := range a.Addresses {
		if _, err := tx.exec(`insert into address (key, account, pos, text) values ($1, $2, $3, $4)`,
			addr.Key, a.ID, i, addr.Text); err != nil {
			return err
		}
	}
	return writeWords(tx, a.Principal(), a.Words)
}

func writeWords(tx *tx, p signoff.Principal, words []string) error {
	if _, err := tx.exec(`delete from people_word where principal = $1`, string(p)); err != nil {
		return err
	}
	for _, w := range words {
		if _, err := tx.exec(`insert into people_word (word, principal) values ($1, $2) on conflict do nothing`, w, string(p)); err != nil {
			return err
		}
	}
	return nil
}

// SetPassword keeps a hashed password, raises the user's epoch and ends their sessions.
func (s *Store) SetPassword(ctx context.Context, id int64, password string, record ...Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(tx *tx) error {
		n, err := tx.exec(`update account set password = $2, epoch = epoch + 1 where id = $1`, id, password)
		if err != nil {
			return err
		}
		if n == 0 {
			return noUser
		}
		if err := tx.record(record, now, userPrincipal(id), nil, passwordText); err != nil {
			return err
		}
		_, err = tx.exec(`delete from session where account = $1`, id)
		return err
	})
}

// UpgradePassword keeps another hash of the same password, unless the password
// is no longer the one hashed in was.
func (s *Store) UpgradePassword(ctx context.Context, id int64, was, now string) error {
	return s.exclusively(ctx, func(tx *tx) error {
		_, err := tx.exec(`update account set password = $3 where id = $1 and password = $2`, id, was, now)
		return err
	})
}

const accountColumns = `select id, login, name, kind, source, manager, admin, disabled, epoch from account`

// Account returns a user by number; false when there is none.
func (s *Store) Account(ctx context.Context, id int64) (Account, bool, error) {
	return s.oneAccount(s.accounts(ctx, accountColumns+` where id = $1`, id))
}

// AccountByLogin returns the user with a login.
func (s *Store) AccountByLogin(ctx context.Context, login string) (Account, bool, error) {
	return s.oneAccount(s.accounts(ctx, accountColumns+` where login = $1`, login))
}

// AccountByAddress returns the user with an address, given its key.
func (s *Store) AccountByAddress(ctx context.Context, key string) (Account, bool, error) {
	return s.oneAccount(s.accounts(ctx, accountColumns+` where id = (select account from address where key = $1)`, key))
}

// accountCalled is the one account that is called $2 in a directory: the user
// principal name in Entra or Active Directory. What other systems call people
// is theirs to choose, and counts for nothing.
const accountCalled = `(select min(account) from identity_link where lower(label) = $2 and $2 <> ''
	and (source like 'entra:%' or source like 'ldap:%') having min(account) = max(account))`

// AccountByUPN returns the user that is called that in a directory, lower case,
// when it is one only.
func (s *Store) AccountByUPN(ctx context.Context, upn string) (Account, bool, error) {
	return s.oneAccount(s.accounts(ctx, accountColumns+` where $1 = '' and id = `+accountCalled, "", upn))
}

// Credential is what a password is checked against.
type Credential struct {
	Account  int64
	Password string // hashed; "" for none
	Epoch    int64
	Disabled bool
	Source   string // the directory that rules the account, "" nobody
}

// Credential finds whoever has the login or the address key (one of them is
// ""), or is called so in a directory where nobody has the address. It takes one
// statement whether there is somebody or not, so that time does not tell.
func (s *Store) Credential(ctx context.Context, login, address string) (c Credential, found bool, err error) {
	err = s.row(ctx, `
		select id, password, epoch, disabled, source from account
		where login = $1 or id = coalesce((select account from address where key = $2), `+accountCalled+`)`,
		login, address).Scan(&c.Account, &c.Password, &c.Epoch, &c.Disabled, &c.Source)
	if isNoRows(err) {
		return Credential{}, false, nil
	}
	return c, err == nil, s.explain(err)
}

// Accounts returns up to limit users numbered above after, by number.
func (s *Store) Accounts(ctx context.Context, after int64, limit int) ([]Account, error) {
	return s.accounts(ctx, accountColumns+` where id > $1 order by id limit $2`, after, limit)
}

// EnabledAccounts returns up to limit people who can sign in, numbered above after.
func (s *Store) EnabledAccounts(ctx context.Context, after int64, limit int) ([]Account, error) {
	return s.accounts(ctx, accountColumns+` where id > $1 and disabled = 0 and kind = 0 order by id limit $2`, after, limit)
}

// Members returns up to limit users who can sign in and are in a group or in one
// that is in it, numbered above after.
func (s *Store) Members(ctx context.Context, group, after int64, limit int) ([]Account, error) {
	return s.accounts(ctx, `
		with recursive inside (id) as (
			select cast($1 as bigint) union select n.member from nesting n join inside i on n.people_group = i.id)
		`+accountColumns+`
		where id in (select m.account from membership m join inside i on m.people_group = i.id where m.account > $2)
		and disabled = 0 order by id limit $3`, group, after, limit)
}

func (s *Store) oneAccount(list []Account, err error) (Account, bool, error) {
	if err != nil || len(list) == 0 {
		return Account{}, false, err
	}
	return list[0], true, nil
}

func (s *Store) accounts(ctx context.Context, query string, args ...any) ([]Account, error) {
	list, err := scanAccounts(s.query(ctx, query, args...))
	if err != nil {
		return nil, s.explain(err)
	}
	return list, s.explain(addAddresses(list, func(query string, args ...any) (*sql.Rows, error) {
		return s.query(ctx, query, args...)
	}))
}

func scanAccounts(rows *sql.Rows, err error) ([]Account, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Account
	for rows.Next() {
		var a Account
		if err := rows.Scan(&a.ID, &a.Login, &a.Name, &a.App, &a.Source, &a.Manager, &a.Admin, &a.Disabled, &a.Epoch); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// inList is how many values a constant statement can ask for at once; unused
// places are filled with 0, which is nobody's number.
const inList = 32

const inListSQL = `($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
	$17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)`

func inArgs(ids []int64) []any {
	args := make([]any, inList)
	for i := range args {
		args[i] = int64(0)
		if i < len(ids) {
			args[i] = ids[i]
		}
	}
	return args
}

func addAddresses(list []Account, query func(string, ...any) (*sql.Rows, error)) error {
	for start := 0; start < len(list); start += inList {
		part := list[start:min(start+inList, len(list))]
		byID := make(map[int64]*Account, len(part))
		ids := make([]int64, len(part))
		for i := range part {
			ids[i], byID[part[i].ID] = part[i].ID, &part[i]
		}
		rows, err := query(`select account, key, text from address where account in `+inListSQL+` order by account, pos`, inArgs(ids)...)
		if err != nil {
			return err
		}
		if err := eachRow(rows, func() error {
			var id int64
			var addr Address
			if err := rows.Scan(&id, &addr.Key, &addr.Text); err != nil {
				return err
			}
			byID[id].Addresses = append(byID[id].Addresses, addr)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func eachRow(rows *sql.Rows, fn func() error) error {
	defer rows.Close()
	for rows.Next() {
		if err := fn(); err != nil {
			return err
		}
	}
	return rows.Err()
}
