package directory

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/ldap"
	"github.com/signoffhq/signoff/seal"
)

func secretOf(text string) seal.Secret { return seal.Secret(text) }

// asks lists the directories that are asked for passwords.
func (d *Directories) asks() (out []Entry) {
	for _, e := range d.inForce.Load().Value.Directories {
		if e.On && e.LDAP != nil && e.LDAP.SignIn {
			out = append(out, e)
		}
	}
	return out
}

// Called finds who a directory calls that; see identity.Elsewhere.
func (d *Directories) Called(ctx context.Context, domain, login, address string) (account int64, found, known bool, err error) {
	for _, e := range d.asks() {
		if domain != "" && !slices.Contains(e.domains(), domain) {
			continue
		}
		known = known || domain != ""
		id, one, err := d.store.DirectoryPerson(ctx, e.Source(), strings.ToLower(login), strings.ToLower(address))
		switch {
		case err != nil:
			return 0, false, false, err
		case one && found && id != account:
			return 0, false, true, nil // two directories, two people
		case one:
			account, found = id, true
		}
	}
	return account, found, known, nil
}

// domains are what may stand before a backslash, in lower case: those that are
// set, else the first part of the base, and the whole domain always.
func (e Entry) domains() []string {
	var parts []string
	for part := range strings.SplitSeq(strings.ToLower(e.LDAP.Base), ",") {
		if dc, ok := strings.CutPrefix(strings.TrimSpace(part), "dc="); ok {
			parts = append(parts, dc)
		}
	}
	out := []string{strings.ToLower(e.LDAP.Domain), strings.Join(parts, ".")}
	for _, name := range e.LDAP.Domains {
		out = append(out, strings.ToLower(name))
	}
	if len(e.LDAP.Domains) == 0 && len(parts) > 0 {
		out = append(out, parts[0])
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// Checks tells whether passwords of people of a source are asked there.
func (d *Directories) Checks(source string) bool {
	return slices.ContainsFunc(d.asks(), func(e Entry) bool { return e.Source() == source })
}

// askWithin is how long somebody waits for a directory.
const askWithin = 15 * time.Second

var (
	errBusy = &signoff.Error{Kind: signoff.Unavailable, Code: "sign-in-busy", Detail: "too many people are signing in at this moment", Hint: "try again in a few seconds"}
	// errExpired is told to whoever knows the password: it was right.
	errExpired = &signoff.Error{Kind: signoff.Unauthenticated, Code: "password-expired", Detail: "this password has to be changed first",
		Hint: "change it where you change your Windows password, then sign in here"}
)

// Right asks the directory whether a password is right. Why it says no is for
// the log and for administrators; whoever asked learns it only when they knew
// the password.
func (d *Directories) Right(ctx context.Context, source string, account int64, password seal.Secret) (bool, error) {
	i := slices.IndexFunc(d.asks(), func(e Entry) bool { return e.Source() == source })
	if i < 0 {
		return false, nil
	}
	e := d.asks()[i]
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	select {
	case d.asking <- struct{}{}:
		defer func() { <-d.asking }()
	case <-ctx.Done():
		return false, errBusy
	}
	client, err := d.client(e)
	if err != nil {
		return false, err
	}
	subjects, err := d.store.DirectorySubjects(ctx, source, account)
	if err != nil {
		return false, err
	}
	for _, s := range subjects {
		err := client.VerifySubject(ctx, s.Subject, ldap.Password(password.Reveal()))
		if err == nil {
			return true, nil
		}
		v := ldap.VerdictOf(err)
		if v == "" {
			return false, err
		}
		if v != ldap.Wrong {
			d.refused.note(source, Refused{At: d.now(), Who: s.Name, Login: s.Login, Why: v.Words()})
		}
		d.log.Info("sign-in refused by the directory", slog.String("directory", e.Name), slog.Int64("user", account), slog.String("why", string(v)))
		if v == ldap.Expired || v == ldap.MustReset {
			return false, errExpired
		}
	}
	return false, nil
}

// Refused is a sign-in that a directory refused for another reason than a wrong
// password.
type Refused struct {
	At         time.Time
	Who, Login string
	Why        string
}

const maxRefused = 20 // of each directory

// refusals keeps the last of them, for administrators.
type refusals struct {
	mu   sync.Mutex
	list map[string][]Refused
}

func (r *refusals) note(source string, one Refused) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.list == nil {
		r.list = map[string][]Refused{}
	}
	all := slices.DeleteFunc(r.list[source], func(old Refused) bool { return old.Login == one.Login && old.Why == one.Why })
	all = append([]Refused{one}, all...)
	r.list[source] = all[:min(len(all), maxRefused)]
}

func (r *refusals) of(source string) []Refused {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list[source])
}
