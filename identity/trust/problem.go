package trust

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// A Problem is one mistake in a trust entry.
type Problem struct {
	Field   string `json:"field"`  // by its JSON name: "tenants[0]"
	Reason  string `json:"reason"` // what is wrong
	Advice  string `json:"advice"` // what to do, with the value to use where it is known
	Warning bool   `json:"warning,omitempty"`
}

func (p Problem) String() string { return p.Field + ": " + p.Reason + "; " + p.Advice }

// Limits of a trust entry.
const (
	maxIssuers = 100
	maxTenants = 100
	maxListed  = 500
	maxText    = 500
)

// Check lists every mistake in the entry. Only warnings: it can be used.
func (is *Issuer) Check() []Problem { return is.check(false) }

// check allows plain http to this machine if loopback says so.
func (is *Issuer) check(loopback bool) []Problem {
	c := &checker{Issuer: is, loopback: loopback}
	c.text("name", is.Name)
	switch is.Profile {
	case Entra:
		c.entra()
	case OIDC, Strict9068:
		c.other()
	default:
		c.wrong("profile", fmt.Sprintf("there is no profile %q", is.Profile), "use entra, oidc or strict9068")
	}
	c.audiences()
	c.algorithms()
	c.people()
	c.apps()
	c.list("clients", is.Clients, c.client)
	if is.Skew < 0 || is.Skew > MaxSkew {
		c.wrong("skew", "clocks may not differ that much", "use 1s to 5m, or leave it empty for 5m, and set the clocks by NTP")
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return strings.Compare(a.Field, b.Field) })
	return c.problems
}

// CheckAll lists the mistakes of several entries side by side; each Field
// begins with the entry's place, "issuers[2].name".
func CheckAll(all []Issuer) []Problem { return checkAll(all, false) }

func checkAll(all []Issuer, loopback bool) []Problem {
	var out []Problem
	if len(all) > maxIssuers {
		out = append(out, Problem{Field: "issuers", Reason: fmt.Sprintf("there are more than %d", maxIssuers),
			Advice: "put tenants with the same settings into one entry"})
		return out
	}
	names, taken := map[string]bool{}, map[string]string{}
	for i := range all {
		is := &all[i]
		at := fmt.Sprintf("issuers[%d].", i)
		for _, p := range is.check(loopback) {
			p.Field = at + p.Field
			out = append(out, p)
		}
		if name := strings.ToLower(is.Name); names[name] {
			out = append(out, Problem{Field: at + "name", Reason: "another entry is called " + clip(is.Name), Advice: "give each its own name"})
		} else {
			names[name] = true
		}
		out = append(out, is.overlap(at, taken)...)
	}
	return out
}

// overlap finds audiences of an issuer that an earlier entry accepts already.
func (is *Issuer) overlap(at string, taken map[string]string) (out []Problem) {
	for _, iss := range is.issTexts() {
		for _, aud := range is.Audiences {
			key := iss + " " + aud
			if other, twice := taken[key]; twice {
				out = append(out, Problem{Field: at + "audiences", Reason: fmt.Sprintf("%s accepts %s from %s already", clip(other), clip(aud), clip(iss)),
					Advice: "one token must have one answer: take the audience or the tenant out of one of the entries"})
			}
			taken[key] = is.Name
		}
	}
	return out
}

// issTexts lists every iss the entry accepts; "{tenantid}" for any tenant.
func (is *Issuer) issTexts() []string {
	if is.Profile != Entra {
		return []string{is.URL}
	}
	tenants := is.Tenants
	if is.AnyTenant {
		tenants = []string{tenantTemplate}
	}
	var out []string
	for _, v := range is.Versions {
		for _, t := range tenants {
			out = append(out, is.issText(strings.ToLower(t), v))
		}
	}
	return out
}

// Mistakes gathers problems as a refusal ("bad-issuer"); nil if there are only
// warnings.
func Mistakes(problems []Problem) error {
	e := &signoff.Error{Kind: signoff.Invalid, Code: "bad-issuer", Detail: "the trust entries cannot be used as they are"}
	for _, p := range problems {
		if !p.Warning {
			e.Fields = append(e.Fields, signoff.FieldError{Field: p.Field, Detail: p.Reason, Advice: p.Advice})
		}
	}
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

type checker struct {
	*Issuer
	loopback bool
	problems []Problem
}

func (c *checker) wrong(field, reason, advice string) {
	c.problems = append(c.problems, Problem{Field: field, Reason: reason, Advice: advice})
}

func (c *checker) warn(field, reason, advice string) {
	c.problems = append(c.problems, Problem{Field: field, Reason: reason, Advice: advice, Warning: true})
}

// text checks one value that people or other systems typed.
func (c *checker) text(field, s string) bool {
	switch {
	case strings.TrimSpace(s) == "":
		c.wrong(field, "it is empty", "fill it in")
	case s != strings.TrimSpace(s):
		c.wrong(field, fmt.Sprintf("%q has a space before or after it", clip(s)), "use "+clip(strings.TrimSpace(s)))
	case len(s) > maxText:
		c.wrong(field, fmt.Sprintf("it is longer than %d characters", maxText), "shorten it")
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		c.wrong(field, "it has characters that cannot be seen", "type it anew instead of pasting it")
	default:
		return true
	}
	return false
}

// list checks each value of a list with its place, and that none is there twice.
func (c *checker) list(field string, all []string, each func(at, s string)) {
	if len(all) > maxListed {
		c.wrong(field, fmt.Sprintf("there are more than %d", maxListed), "shorten the list")
		return
	}
	for i, s := range all {
		at := fmt.Sprintf("%s[%d]", field, i)
		if !c.text(at, s) {
			continue
		}
		if slices.Index(all, s) < i {
			c.warn(at, clip(s)+" is there twice", "take one out")
		}
		each(at, s)
	}
}

func (c *checker) entra() {
	c.tenants()
	if _, known := clouds[c.Cloud]; !known && c.Cloud != "" {
		c.wrong("cloud", fmt.Sprintf("there is no cloud %q", c.Cloud), "use global, us or china")
	}
	for field, s := range map[string]string{"authority": c.Authority, "authorityV1": c.AuthorityV1} {
		if s != "" {
			c.address(field, s)
		}
	}
	if c.AppID != "" && !signoff.IsGUID(strings.ToLower(c.AppID)) {
		c.wrong("appId", clip(c.AppID)+" is no application (client) id", "leave it empty, unless the API's registration has a claims mapping policy with signing keys of its own")
	}
	if c.URL != "" || c.MetadataURL != "" || c.KeysURL != "" {
		c.wrong("url", "Entra's addresses follow from the tenant", "leave url, metadataUrl and keysUrl empty, or choose the profile oidc")
	}
	if len(c.Versions) == 0 {
		c.wrong("versions", "no version of tokens is accepted", `use ["2.0"], and "1.0" as well if requestedAccessTokenVersion of the API's registration is not 2`)
	}
	for i, v := range c.Versions {
		if v != V1 && v != V2 {
			c.wrong(fmt.Sprintf("versions[%d]", i), fmt.Sprintf("there is no token version %q", clip(v)), "use 1.0 or 2.0")
		}
	}
}

func (c *checker) tenants() {
	switch {
	case c.AnyTenant && len(c.Tenants) > 0:
		c.wrong("tenants", "it is either these tenants or any", "empty the list, or switch anyTenant off")
	case c.AnyTenant:
		c.warn("anyTenant", "everybody with an account in any organisation gets as far as scopes, roles and people allow",
			"list the tenants you work with, unless this server is open to all")
	case len(c.Tenants) == 0:
		c.wrong("tenants", "there is no tenant", "copy the Directory (tenant) ID from the overview page of Entra ID")
	case len(c.Tenants) > maxTenants:
		c.wrong("tenants", fmt.Sprintf("there are more than %d", maxTenants), "use anyTenant with an allow list of clients")
		return
	}
	c.list("tenants", c.Tenants, func(at, s string) {
		switch low := strings.ToLower(s); {
		case signoff.IsGUID(low):
		case low == "common" || low == "organizations" || low == "consumers":
			c.wrong(at, clip(s)+" is no tenant", "copy the Directory (tenant) ID from the overview page of Entra ID; for every tenant use anyTenant")
		case strings.Contains(s, "."):
			c.wrong(at, clip(s)+" is a domain, and tokens name the tenant's id", "look the id up with the button beside the field, or copy the Directory (tenant) ID from the overview page of Entra ID")
		default:
			c.wrong(at, clip(s)+" is no tenant id", "it looks like 72f988bf-86f1-41af-91ab-2d7cd011db47: copy the Directory (tenant) ID from the overview page of Entra ID")
		}
	})
}

func (c *checker) other() {
	for field, set := range map[string]bool{"tenants": len(c.Tenants) > 0 || c.AnyTenant, "versions": len(c.Versions) > 0,
		"cloud": c.Cloud != "" || c.Authority != "" || c.AuthorityV1 != "", "appId": c.AppID != "", "guests": c.Guests != "",
		"authContext": c.AuthContext != "", "strongApps": c.StrongApps} {
		if set {
			c.wrong(field, "only Entra has that", "leave it empty, or choose the profile entra")
		}
	}
	if c.KeysURL != "" && c.MetadataURL != "" {
		c.wrong("keysUrl", "the metadata names the keys already", "fill in one of the two")
	}
	if c.MetadataURL != "" {
		c.address("metadataUrl", c.MetadataURL)
	}
	if c.KeysURL != "" {
		c.address("keysUrl", c.KeysURL)
	}
	if !c.text("url", c.URL) {
		return
	}
	if c.MetadataURL == "" && c.KeysURL == "" {
		c.address("url", c.URL)
	}
	for _, cloud := range clouds {
		if strings.HasPrefix(c.URL, cloud.authority+"/") || strings.HasPrefix(c.URL, cloud.authorityV1+"/") {
			c.wrong("url", "that is Entra", "choose the profile entra and give the tenant")
		}
	}
}

// address checks a URL that this server will ask for documents.
func (c *checker) address(field, s string) {
	if !c.text(field, s) {
		return
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		c.wrong(field, clip(s)+" is no address", "it looks like https://login.example.com")
	case u.User != nil:
		c.wrong(field, "it has a name or password in it", "take them out")
	case u.Fragment != "" || field != "metadataUrl" && field != "keysUrl" && u.RawQuery != "":
		c.wrong(field, "it has something after ? or #", "take it out")
	case u.Scheme != "https" && !(u.Scheme == "http" && c.loopback && isLoopback(u.Hostname())):
		c.wrong(field, "it is not https, so anybody on the way could put in keys of their own", "use https://"+u.Host+u.Path)
	}
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
