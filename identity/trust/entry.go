package trust

import (
	"slices"
	"strings"
)

// An entry is an Issuer made ready for checking. It never changes.
type entry struct {
	Issuer
	algs     []string
	audience map[string]bool
	scope    map[string]bool
	role     map[string]bool
	client   map[string]bool // nil: all
	listed   map[string]bool
	sources  []*source
}

// A source is one issuer of tokens that an entry accepts: of Entra, one tenant
// in one version, or one version of all tenants.
type source struct {
	entry   *entry
	iss     string // "{tenantid}" in it for all tenants
	tenant  string // "" for all, and for others than Entra
	version string // "" for others than Entra
	keys    *keySet
}

// newEntry takes an Issuer that Check finds nothing wrong with.
func newEntry(is Issuer) *entry {
	is.Tenants = slices.Clone(is.Tenants)
	for i, t := range is.Tenants {
		is.Tenants[i] = strings.ToLower(t)
	}
	is.AppID = strings.ToLower(is.AppID)
	e := &entry{Issuer: is, algs: is.algorithms(), audience: set(is.Audiences), scope: set(is.Scopes), role: set(is.Roles), listed: set(is.AppClients)}
	if len(is.Clients) > 0 {
		e.client = set(is.Clients)
	}
	if is.SlashVariants {
		for _, a := range is.Audiences {
			if isURI(a) {
				e.audience[strings.TrimSuffix(a, "/")], e.audience[strings.TrimSuffix(a, "/")+"/"] = true, true
			}
		}
	}
	e.sources = e.makeSources()
	return e
}

func (e *entry) makeSources() (out []*source) {
	if e.Profile != Entra {
		return []*source{{entry: e, iss: e.URL}}
	}
	for _, v := range e.Versions {
		if e.AnyTenant {
			out = append(out, &source{entry: e, iss: e.issText(tenantTemplate, v), version: v})
		}
		for _, t := range e.Tenants {
			out = append(out, &source{entry: e, iss: e.issText(t, v), tenant: t, version: v})
		}
	}
	return out
}

func set(all []string) map[string]bool {
	m := make(map[string]bool, len(all))
	for _, s := range all {
		m[s] = true
	}
	return m
}

// trusted is all entries at one time, and what was verified under them. It is
// replaced as a whole.
type trusted struct {
	entries []*entry
	byIss   map[string][]*source
	anyOnes []*source // of all tenants
	tokens  *tokens
}

func newTrusted(issuers []Issuer, keys func(*source) *keySet, size int) *trusted {
	t := &trusted{byIss: map[string][]*source{}, tokens: newTokens(size)}
	for _, is := range issuers {
		e := newEntry(is)
		t.entries = append(t.entries, e)
		for _, s := range e.sources {
			s.keys = keys(s)
			if e.AnyTenant {
				t.anyOnes = append(t.anyOnes, s)
			} else {
				t.byIss[s.iss] = append(t.byIss[s.iss], s)
			}
		}
	}
	return t
}

// choose finds the entry that a token with this iss belongs to, by what it says
// unverified. With several the audience decides. The source is nil when the
// entry is for other tenants or versions of the same Entra.
func (t *trusted) choose(iss string, audiences []string) (*entry, *source, string, string) {
	sources := t.byIss[iss]
	for _, s := range t.anyOnes {
		if _, v, ok := s.entry.issForm(iss); ok && v == s.version {
			sources = append(slices.Clip(sources), s)
		}
	}
	if len(sources) > 0 {
		s := sources[0]
		if i := slices.IndexFunc(sources, func(s *source) bool { return s.entry.accepts(audiences) }); i > 0 {
			s = sources[i]
		}
		tenant, version, _ := s.entry.issFormOf(s, iss)
		return s.entry, s, tenant, version
	}
	var near *entry
	for _, e := range t.entries {
		if e.Profile != Entra {
			continue
		}
		if _, _, ok := e.issForm(iss); ok && (near == nil || !near.near(iss, audiences) && e.near(iss, audiences)) {
			near = e
		}
	}
	if near == nil {
		return nil, nil, "", ""
	}
	tenant, version, _ := near.issForm(iss)
	return near, nil, tenant, version
}

func (e *entry) issFormOf(s *source, iss string) (string, string, bool) {
	if s.tenant != "" || e.Profile != Entra {
		return s.tenant, s.version, true
	}
	return e.issForm(iss)
}

// near tells whether an entry is probably the one that was meant.
func (e *entry) near(iss string, audiences []string) bool {
	tenant, _, _ := e.issForm(iss)
	return e.accepts(audiences) || slices.Contains(e.Tenants, tenant)
}

// accepts tells whether one of the audiences is the entry's.
func (e *entry) accepts(audiences []string) bool {
	return slices.ContainsFunc(audiences, func(a string) bool { return e.audience[a] })
}

// audiences of a token, nil if there are none that can be read.
func audiences(body *value) []string {
	v, there := body.get("aud")
	if !there {
		return nil
	}
	if v.shape == isString {
		return []string{v.text}
	}
	list, _ := v.strings()
	return list
}
