package ldap

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/signoffhq/signoff"
)

// Step is one step of a probe: what was tried and what came of it.
type Step struct {
	Name   string // name, tcp, tls, sign-in, base, people, groups
	OK     bool
	Words  string // what was found
	Hint   string // what to do about it
	Took   time.Duration
	Server string
}

// Probed is what a probe found: the steps as far as it came, and a sample.
type Probed struct {
	Steps       []Step
	Certificate *Certificate
	Kind        Kind
	People      []Person // a few, as they would be taken
	Groups      []Group
}

// Certificate is what a server showed, believed or not.
type Certificate struct {
	Subject, Issuer string
	Names           []string
	From, Until     time.Time
	SHA256          string
}

const sampleSize = 10

// Probe goes from a name to people, one step after the other on each server,
// and says how far it came. It reads a few entries and changes nothing.
func (c *Client) Probe(ctx context.Context) Probed {
	p := &probe{client: c}
	all := p.find(ctx)
	for _, s := range all {
		if p.ask(ctx, s) {
			break
		}
	}
	return p.out
}

type probe struct {
	client *Client
	out    Probed
	server string
	began  time.Time
}

func (p *probe) note(name, words string, err error) bool {
	s := Step{Name: name, OK: err == nil, Words: words, Server: p.server, Took: time.Since(p.began)}
	p.began = time.Now()
	if err != nil {
		s.Words = err.Error()
		if e, ok := errors.AsType[*signoff.Error](err); ok {
			s.Words, s.Hint = e.Detail, e.Hint
		}
		s.Words = clip(s.Words, 600)
	}
	p.out.Steps = append(p.out.Steps, s)
	return s.OK
}

func (p *probe) find(ctx context.Context) []server {
	p.began = time.Now()
	all, err := p.client.servers(ctx)
	var names []string
	for _, s := range all {
		names = append(names, s.String())
	}
	p.note("name", strings.Join(names, ", "), err)
	return all
}

// ask goes through one server; false says that another may be tried.
func (p *probe) ask(ctx context.Context, s server) bool {
	p.server, p.began = s.String(), time.Now()
	raw, err := p.client.dial(ctx, s)
	words := ""
	if err == nil {
		words = "connected to " + raw.RemoteAddr().String()
	}
	if !p.note("tcp", words, err) {
		return false
	}
	l, err := p.client.protect(ctx, s, raw)
	words = "not encrypted, on this machine only"
	if err == nil && p.client.cfg.Security != Plain {
		state, _ := l.conn.TLSConnectionState()
		p.out.Certificate = shown(state)
		words = "encrypted with " + tls.VersionName(state.Version)
	} else if err != nil {
		p.out.Certificate = p.peek(ctx, s)
	}
	if !p.note("tls", words, err) {
		return false
	}
	defer l.close()
	words = "signed in as " + clip(p.client.cfg.Bind, 200)
	if p.client.cfg.Bind == "" {
		words = "not signed in; only what everybody may see is read"
	}
	if !p.note("sign-in", words, p.client.signIn(ctx, l)) {
		return true
	}
	p.sample(ctx, l)
	return true
}

// peek looks at the certificate of a server that is not believed, and says
// nothing to it.
func (p *probe) peek(ctx context.Context, s server) *Certificate {
	if p.client.cfg.Security != LDAPS {
		return nil
	}
	raw, err := p.client.dial(ctx, s)
	if err != nil {
		return nil
	}
	defer raw.Close()
	raw.SetDeadline(time.Now().Add(p.client.cfg.Timeout))
	conn := tls.Client(raw, &tls.Config{ServerName: s.host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}) // shown to an administrator, never used
	if conn.HandshakeContext(ctx) != nil {
		return nil
	}
	return shown(conn.ConnectionState())
}

func shown(state tls.ConnectionState) *Certificate {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	c := state.PeerCertificates[0]
	sum := sha256.Sum256(c.Raw)
	out := &Certificate{Subject: clip(c.Subject.String(), 300), Issuer: clip(c.Issuer.String(), 300), From: c.NotBefore, Until: c.NotAfter, SHA256: hex.EncodeToString(sum[:])}
	for _, n := range namesOf(c) {
		if len(out.Names) < 20 {
			out.Names = append(out.Names, clip(n, 200))
		}
	}
	return out
}

func namesOf(c *x509.Certificate) []string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, net.IP(ip).String())
	}
	return names
}

// sample reads a few people and groups as they would be taken.
func (p *probe) sample(ctx context.Context, l *link) {
	root, err := l.root(ctx)
	r := &reading{client: p.client, link: l, root: root, out: &Answer{}, names: names{byDN: map[string]string{}, byLogin: map[string]string{}, byRID: map[uint32]string{}}}
	r.prepare()
	p.out.Kind = root.kind
	if err == nil {
		err = readable(ctx, l, r)
	}
	if !p.note("base", r.peopleBase+" is readable", err) {
		return
	}
	q := query{base: r.peopleBase, filter: r.peopleFilter, scope: ldap.ScopeWholeSubtree, attrs: r.personAttrs(), most: sampleSize}
	err = l.search(ctx, q, func(e *ldap.Entry) error {
		r.name(e)
		if person, ok := r.person(e); ok {
			p.out.People = append(p.out.People, person)
		}
		return nil
	})
	p.note("people", found(len(p.out.People), "people", r.out.Unnamed), err)
	if p.client.cfg.Groups.Off {
		return
	}
	q = query{base: r.groupsBase, filter: r.groupsFilter, scope: ldap.ScopeWholeSubtree, attrs: r.groupAttrs(), most: sampleSize}
	err = l.search(ctx, q, func(e *ldap.Entry) error {
		g := Group{Subject: subjectOf(e, r.attrs.Subject), DN: clip(e.DN, maxTextBytes), Name: text(e, r.attrs.Group), About: text(e, "description")}
		g.Foreign = len(e.GetEqualFoldAttributeValues(r.attrs.Member)) // of members, in a sample: who they are is not looked up
		p.out.Groups = append(p.out.Groups, g)
		return nil
	})
	p.note("groups", found(len(p.out.Groups), "groups", 0), err)
}

func readable(ctx context.Context, l *link, r *reading) error {
	for _, base := range kept(r.peopleBase, r.groupsBase) {
		e, err := l.one(ctx, base, "objectClass")
		if err != nil {
			return err
		}
		if e == nil {
			return &signoff.Error{Kind: signoff.Invalid, Code: CodeBase, Detail: "nothing stands at " + clip(base, 300),
				Hint: "a base looks like DC=contoso,DC=test or OU=Staff,DC=contoso,DC=test; this server begins at " + r.root.base}
		}
	}
	return nil
}

func found(n int, what string, unnamed int) string {
	text := fmt.Sprintf("%d %s, to begin with", n, what)
	switch {
	case n == 0 && unnamed > 0:
		return fmt.Sprintf("%d entries, but none of them has what tells people apart for good", unnamed)
	case n == 0:
		return "no " + what + " are found: look at base and filter"
	case n < sampleSize:
		return fmt.Sprintf("%d %s", n, what)
	}
	return text
}
