package directory

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/connector/ldap"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// SettingName is what the setting is called in the store.
const SettingName = "directories"

const maxDirectories = 50

// Setting is which directories people and groups are taken from.
type Setting struct {
	Directories []Entry `json:"directories"`
}

// Entry is one directory. What is taken from it is kept under its source; one of
// another name is another directory.
type Entry struct {
	Name string `json:"name"`
	Type string `json:"type"` // "ldap", "graph", "scim"
	On   bool   `json:"on"`

	ByAddress   bool `json:"byAddress"`   // people who are here already are found by address
	MostPercent int  `json:"mostPercent"` // a sync that would switch off more stops; 0: no bound
	Every       int  `json:"every"`       // minutes between syncs; 0: by hand only

	LDAP  *LDAP  `json:"ldap,omitempty"`
	Graph *Graph `json:"graph,omitempty"`
	SCIM  *SCIM  `json:"scim,omitempty"`
}

// LDAP is what to know of an LDAP server.
type LDAP struct {
	Servers  []string `json:"servers,omitempty"`
	Domain   string   `json:"domain,omitempty"` // servers are found by DNS
	Security string   `json:"security"`
	CA       string   `json:"ca,omitempty"` // PEM, besides the system's
	Bind     string   `json:"bind,omitempty"`
	Password string   `json:"password,omitempty"` // locked

	SignIn  bool     `json:"signIn"`            // passwords of its people are asked there
	Domains []string `json:"domains,omitempty"` // what stands before a backslash; none: the first part of Base

	Base         string `json:"base,omitempty"`
	PeopleBase   string `json:"peopleBase,omitempty"`
	PeopleFilter string `json:"peopleFilter,omitempty"`
	GroupsBase   string `json:"groupsBase,omitempty"`
	GroupsFilter string `json:"groupsFilter,omitempty"`
	NoGroups     bool   `json:"noGroups,omitempty"`
	Map          Map    `json:"map,omitzero"`
}

// Map says which attribute of an LDAP server holds what.
type Map struct {
	Subject string `json:"subject,omitempty"`
	Login   string `json:"login,omitempty"`
	Label   string `json:"label,omitempty"`
	Name    string `json:"name,omitempty"`
	Mail    string `json:"mail,omitempty"`
	Manager string `json:"manager,omitempty"`
	Group   string `json:"group,omitempty"`
	Member  string `json:"member,omitempty"`
}

// Source is the name accounts and groups of a directory carry. For Entra ID it
// is what tokens of the tenant carry: whoever is told of is whoever they name.
func (e Entry) Source() string {
	if e.Type == typeGraph && e.Graph != nil {
		return "entra:" + strings.ToLower(e.Graph.Tenant)
	}
	return e.Type + ":" + e.Name
}

// The types of directories: those that are read, and one that writes to us.
const (
	typeLDAP  = "ldap"
	typeGraph = "graph"
	typeSCIM  = "scim"
)

// State is the setting with when it was saved.
type State struct {
	store.Setting
	Value Setting
}

// entry finds a directory by name.
func (s Setting) entry(name string) (Entry, bool) {
	for _, e := range s.Directories {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// Find returns the directory of that name ("directory-not-found").
func (s Setting) Find(name string) (Entry, error) {
	e, found := s.entry(name)
	if !found {
		return Entry{}, errNoDirectory
	}
	return e, nil
}

var errNoDirectory = &signoff.Error{Kind: signoff.NotFound, Code: "directory-not-found", Detail: "there is no directory of that name"}

// lockPurpose binds a password to the directory it is for: copied to another
// one it opens nothing.
func (e Entry) lockPurpose() string { return "directories/" + e.Source() }

// Purposes are all that secrets in a setting, as it is kept, are locked for.
func Purposes(body []byte) ([]string, error) {
	var set Setting
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("read the setting %s: %w", SettingName, err)
	}
	var list []string
	for _, e := range set.Directories {
		list = append(list, e.lockPurpose())
	}
	return list, nil
}

// State returns which directories there are; it takes the server right.
func (d *Directories) State(ctx context.Context, by signoff.Caller) (State, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return State{}, err
	}
	if err := d.load(ctx); err != nil {
		return State{}, err
	}
	return *d.inForce.Load(), nil
}

// InForce is the setting as this server goes by it now.
func (d *Directories) InForce() Setting { return d.inForce.Load().Value }

// Secrets are passwords administrators give with entries: nil leaves the
// one that is kept, "" takes it away.
type Secrets map[string]*seal.Secret // by name of the directory

// Save takes people from these directories instead of those of revision rev. It
// refuses what cannot be meant with every mistake ("bad-directory"), and with
// "setting-changed" when somebody else saved meanwhile.
func (d *Directories) Save(ctx context.Context, by signoff.Caller, rev int64, set Setting, secrets Secrets) (State, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return State{}, err
	}
	before, err := d.store.Setting(ctx, SettingName)
	if err != nil {
		return State{}, err
	}
	was, err := parseSetting(before.Body)
	if err != nil {
		return State{}, err
	}
	if set.Directories == nil {
		set.Directories = []Entry{}
	}
	for i := range set.Directories {
		d.lock(&set.Directories[i], was, secrets)
	}
	if err := d.check(set); err != nil {
		return State{}, err
	}
	body, err := json.Marshal(set)
	if err != nil {
		return State{}, err
	}
	if !bytes.Equal(body, before.Body) || before.Rev != rev {
		_, err = d.store.SaveSetting(ctx, store.Setting{Name: SettingName, Rev: rev, By: by.Principal, Body: body},
			store.Change{By: by.Principal, How: by.Recognised(), What: SettingName, Before: withoutSecrets(was), After: withoutSecrets(set)})
		if err != nil {
			return State{}, err
		}
	}
	if err := d.forget(ctx, was, set); err != nil {
		return State{}, err
	}
	return d.State(ctx, by)
}

// forget removes what SCIM clients that are no more wrote, and their tokens:
// another client of the same name must not find them.
func (d *Directories) forget(ctx context.Context, was, is Setting) error {
	for _, e := range was.Directories {
		if now, found := is.entry(e.Name); e.Type == typeSCIM && (!found || now.Type != typeSCIM) {
			if err := d.store.SCIMForget(ctx, e.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// lock puts the password into an entry that is to be kept.
func (d *Directories) lock(e *Entry, was Setting, secrets Secrets) {
	d.lockGraph(e, was, secrets)
	if e.LDAP == nil {
		return
	}
	l := *e.LDAP
	e.LDAP, l.Password = &l, ""
	if given := secrets[e.Name]; given != nil {
		l.Password = d.key.Lock(e.lockPurpose(), *given)
	} else if old, found := was.entry(e.Name); found && old.LDAP != nil && old.Type == e.Type && sameServer(*old.LDAP, l) {
		l.Password = old.LDAP.Password
	}
}

// sameServer tells whether a password that is kept may be sent again without
// being typed: only to where, and in the way, it was given for. Otherwise whoever
// may change settings could have it sent to a machine of theirs.
func sameServer(a, b LDAP) bool {
	text := func(l LDAP) string {
		return strings.ToLower(fmt.Sprint(l.Servers, l.Domain, l.Security, l.Bind, strings.TrimSpace(l.CA)))
	}
	return text(a) == text(b)
}

func withoutSecrets(set Setting) []byte {
	if set.Directories == nil {
		return nil
	}
	out := Setting{Directories: []Entry{}}
	for _, e := range set.Directories {
		if e.LDAP != nil {
			l := *e.LDAP
			if l.Password != "" {
				l.Password = "(kept)"
			}
			e.LDAP = &l
		}
		if e.Graph != nil {
			g := *e.Graph
			if g.Secret != "" {
				g.Secret = "(kept)"
			}
			e.Graph = &g
		}
		out.Directories = append(out.Directories, e)
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err) // texts and flags always encode
	}
	return text
}

func parseSetting(body []byte) (Setting, error) {
	var set Setting
	if len(body) == 0 {
		return set, nil
	}
	err := json.Unmarshal(body, &set)
	return set, err
}

// rootsOf is whom to believe: the system, the configuration's own authorities
// and what the setting names.
func (d *Directories) rootsOf(pem string) (*x509.CertPool, error) {
	roots := d.roots
	if strings.TrimSpace(pem) == "" {
		return roots, nil
	}
	if roots == nil {
		roots, _ = x509.SystemCertPool()
	}
	if roots == nil {
		roots = x509.NewCertPool() // a container without any
	} else {
		roots = roots.Clone()
	}
	if len(pem) > 1<<20 || !roots.AppendCertsFromPEM([]byte(pem)) {
		return nil, errors.New("directory: no certificate in PEM")
	}
	return roots, nil
}

// client is how an LDAP directory is asked.
func (d *Directories) client(e Entry) (*ldap.Client, error) {
	l := e.LDAP
	password, err := d.key.Unlock(e.lockPurpose(), l.Password)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-directory", Detail: "the password of " + e.Name + " was kept with another key; give it again", Err: err}
	}
	roots, err := d.rootsOf(l.CA)
	if err != nil {
		return nil, err
	}
	return ldap.New(ldap.Config{Servers: l.Servers, Domain: l.Domain, Security: ldap.Security(l.Security), Roots: roots,
		Bind: l.Bind, Password: ldap.Password(password.Reveal()), Base: l.Base,
		People: ldap.Scope{Base: l.PeopleBase, Filter: l.PeopleFilter}, Groups: ldap.Scope{Base: l.GroupsBase, Filter: l.GroupsFilter, Off: l.NoGroups},
		Map: ldap.Map(l.Map), Dial: d.dial})
}

// Heard takes in that another server saved a setting.
func (d *Directories) Heard(ctx context.Context, h store.Hint) {
	if !h.Resync && h.Payload != SettingName {
		return
	}
	if err := d.load(ctx); err != nil {
		d.log.Warn("setting not read", slog.String("setting", SettingName), slog.Any("err", err))
	}
}

// load takes up what was saved last.
func (d *Directories) load(ctx context.Context) error {
	d.loading.Lock()
	defer d.loading.Unlock()
	saved, err := d.store.Setting(ctx, SettingName)
	if err != nil {
		return err
	}
	if is := d.inForce.Load(); is != nil && is.Rev == saved.Rev {
		return nil
	}
	set, err := parseSetting(saved.Body)
	if err != nil {
		return fmt.Errorf("setting %s: %w", SettingName, err)
	}
	d.inForce.Store(&State{saved, set})
	d.people.ForgetPasswords()
	return nil
}
