package directory

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/graph"
	"github.com/signoffhq/signoff/connector/ldap"
	"github.com/signoffhq/signoff/seal"
)

// Graph is what to know of an Entra ID tenant.
type Graph struct {
	Tenant    string   `json:"tenant"`              // id
	ClientID  string   `json:"clientId"`            // of the application that reads
	Secret    string   `json:"secret,omitempty"`    // locked: its client secret, or a certificate with its key in PEM
	Authority string   `json:"authority,omitempty"` // of another cloud than the public one
	Graph     string   `json:"graph,omitempty"`     // likewise
	Guests    bool     `json:"guests,omitempty"`    // people of other tenants, too
	NoGroups  bool     `json:"noGroups,omitempty"`
	Groups    []string `json:"groups,omitempty"` // ids: only these; none: all
}

// SCIM is what to know of a client that writes to us.
type SCIM struct {
	Tenant      string            `json:"tenant,omitempty"`      // of Entra ID, whose object ids its externalIds are
	Application signoff.Principal `json:"application,omitempty"` // of a trusted issuer, that may write as this client
}

const maxChosen = 500 // groups

func (s *SCIM) check(wrong func(field, detail string)) {
	if s.Tenant != "" && !signoff.IsGUID(strings.ToLower(s.Tenant)) {
		wrong("tenant", "the id of a tenant looks like 72f988bf-86f1-41af-91ab-2d7cd011db47")
	}
	if s.Application != "" && !s.Application.IsUser() {
		wrong("application", "an application's account, such as user:12")
	}
}

func (d *Directories) checkGraph(e Entry, wrong func(field, detail string)) {
	g := e.Graph
	if !signoff.IsGUID(strings.ToLower(g.Tenant)) {
		wrong("tenant", "the id of the tenant, such as 72f988bf-86f1-41af-91ab-2d7cd011db47; Entra ID shows it under Overview")
	}
	if !signoff.IsGUID(strings.ToLower(g.ClientID)) {
		wrong("clientId", "the Application (client) ID of the registration, not its object id or name")
	}
	for _, one := range []struct{ field, text string }{{"authority", g.Authority}, {"graph", g.Graph}} {
		if u, err := url.Parse(one.text); one.text != "" && (err != nil || u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil) {
			wrong(one.field, "an address such as https://login.microsoftonline.us, with nothing behind the name")
		}
	}
	if len(g.Groups) > maxChosen {
		wrong("groups", fmt.Sprintf("at most %d groups can be chosen", maxChosen))
	}
	for _, id := range g.Groups {
		if !signoff.IsGUID(strings.ToLower(id)) {
			wrong("groups", "groups are chosen by object id")
			break
		}
	}
	if _, err := d.graphClient(e); err != nil {
		wrong("secret", err.Error())
	}
}

// lockGraph is lock for the secret of an Entra ID directory.
func (d *Directories) lockGraph(e *Entry, was Setting, secrets Secrets) {
	if e.Graph == nil {
		return
	}
	g := *e.Graph
	e.Graph, g.Secret = &g, ""
	if given := secrets[e.Name]; given != nil {
		g.Secret = d.key.Lock(e.lockPurpose(), seal.Secret(strings.TrimSpace(given.Reveal())))
	} else if old, found := was.entry(e.Name); found && old.Graph != nil && sameTenant(*old.Graph, g) {
		g.Secret = old.Graph.Secret
	}
}

func sameTenant(a, b Graph) bool {
	text := func(g Graph) string {
		return strings.ToLower(fmt.Sprint(g.Tenant, " ", g.ClientID, " ", g.Authority, " ", g.Graph))
	}
	return text(a) == text(b)
}

// graphs are the clients of Entra ID directories, kept so that their tokens are.
type graphs struct {
	http *http.Client

	mu   sync.Mutex
	each map[string]keptGraph // by source
}

type keptGraph struct {
	of     Graph // as it was saved
	client *graph.Client
}

// graphClient is how a tenant is asked.
func (d *Directories) graphClient(e Entry) (*graph.Client, error) {
	g := *e.Graph
	g.Groups = nil
	d.graph.mu.Lock()
	defer d.graph.mu.Unlock()
	if kept, ok := d.graph.each[e.Source()]; ok && fmt.Sprint(kept.of) == fmt.Sprint(g) {
		return kept.client, nil
	}
	secret, err := d.key.Unlock(e.lockPurpose(), g.Secret)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-directory", Detail: "the secret was kept with another key; give it again", Err: err}
	}
	if d.graph.http == nil {
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: "bad-directory", Detail: "this server asks nobody outside"}
	}
	c := &graph.Client{HTTP: d.graph.http, Authority: g.Authority, Graph: g.Graph, Tenant: g.Tenant, ClientID: g.ClientID, Now: d.now, PageSize: d.graphPage}
	if text := secret.Reveal(); strings.HasPrefix(text, "-----BEGIN") {
		if c.Key, err = graph.ReadCertificate([]byte(text)); err != nil {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-directory", Detail: err.Error()}
		}
	} else {
		c.Secret = graph.Secret(text)
	}
	if d.graph.each == nil || len(d.graph.each) > maxDirectories {
		d.graph.each = map[string]keptGraph{}
	}
	d.graph.each[e.Source()] = keptGraph{g, c}
	return c, nil
}

var errPushes = &signoff.Error{Kind: signoff.Conflict, Code: "directory-pushes", Detail: "this directory writes to us by SCIM; nobody asks it",
	Hint: "begin the provisioning there"}

// probeGraph tries a tenant step by step.
func (d *Directories) probeGraph(ctx context.Context, e Entry) (Probed, error) {
	c, err := d.graphClient(e)
	if err != nil {
		return Probed{}, err
	}
	var p Probed
	step := func(name string, do func() (string, error)) bool {
		began := time.Now()
		words, err := do()
		s := ldap.Step{Name: name, OK: err == nil, Words: words, Took: time.Since(began)}
		if told, ok := asRefusal(graph.Explain(err)); err != nil && ok {
			s.Words, s.Hint = told.Detail, told.Hint
		} else if err != nil {
			s.Words = "it did not work: the connection was given up"
		}
		p.Steps = append(p.Steps, s)
		return err == nil
	}
	if !step("sign-in", func() (string, error) { return "the application was given a token", c.SignIn(ctx) }) {
		return p, nil
	}
	ok := step("people", func() (string, error) {
		page, err := c.Users(ctx, "")
		for _, u := range page.Items[:min(len(page.Items), 10)] {
			p.People = append(p.People, ldap.Person{Name: u.Name, Login: u.Nickname, Label: u.UPN, Addresses: u.Addresses, Disabled: !u.Enabled, DN: u.ID})
		}
		return fmt.Sprintf("%d people on the first page", len(page.Items)), err
	})
	if !ok || e.Graph.NoGroups {
		return p, nil
	}
	step("groups", func() (string, error) {
		page, err := c.Groups(ctx, "")
		for _, g := range page.Items[:min(len(page.Items), 10)] {
			p.Groups = append(p.Groups, ldap.Group{Name: g.Name, About: g.About, Members: g.Came, DN: g.ID})
		}
		return fmt.Sprintf("%d groups on the first page", len(page.Items)), err
	})
	return p, nil
}

// LookUpGroups asks Entra ID for the groups of somebody whose token had too many
// to list. It is identity's GroupLookup.
func (d *Directories) LookUpGroups(ctx context.Context, source, subject string) ([]string, bool, error) {
	for _, e := range d.inForce.Load().Value.Directories {
		if !e.On || e.Type != typeGraph || e.Source() != source {
			continue
		}
		ids, ok, err := d.groupsOf(ctx, e, subject)
		if err != nil {
			d.log.Warn("groups not looked up", slog.String("directory", e.Name), slog.Any("err", err))
			why := "their groups could not be looked up: "
			if told, ok := asRefusal(graph.Explain(err)); ok {
				why += told.Detail
			} else {
				why += "Microsoft Graph did not answer in time"
			}
			d.refused.note(source, Refused{At: d.now(), Login: subject, Why: why})
		}
		return ids, ok, err
	}
	return nil, false, nil
}

func (d *Directories) groupsOf(ctx context.Context, e Entry, subject string) ([]string, bool, error) {
	c, err := d.graphClient(e)
	if err != nil {
		return nil, false, err
	}
	return c.GroupsOf(ctx, subject)
}
