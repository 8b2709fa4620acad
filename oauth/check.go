package oauth

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
)

// Limits of resources and types.
const (
	maxText       = 500
	maxSecret     = 4000
	maxScopes     = 60
	maxParameters = 60
	maxValue      = 2000
)

var (
	nameForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`)
	parameterForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,60}$`)
	scopeForm     = regexp.MustCompile(`^[\x21\x23-\x5b\x5d-\x7e]{1,300}$`) // RFC 6749 §3.3
	tenantForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,150}$`)
)

// checker collects what is wrong.
type checker struct{ fields []signoff.FieldError }

func (c *checker) when(wrong bool, field, detail string) {
	if wrong {
		c.fields = append(c.fields, signoff.FieldError{Field: field, Detail: detail})
	}
}

func (c *checker) text(field, text string, least, most int) {
	n := utf8.RuneCountInString(text)
	c.when(n < least || n > most || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text,
		field, fmt.Sprintf("is text of %d to %d characters on one line, without spaces around it", least, most))
}

func (c *checker) err(code, detail string) error {
	if len(c.fields) == 0 {
		return nil
	}
	if len(c.fields) == 1 {
		detail = c.fields[0].Field + " " + c.fields[0].Detail
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: code, Detail: detail, Fields: c.fields}
}

// checkResource lists everything wrong with a resource.
func (s *Service) checkResource(r *Resource, t *Type) error {
	var c checker
	c.when(!nameForm.MatchString(r.Name), "name", "is 1 to 60 letters, digits, dots, hyphens and underscores")
	c.text("title", r.Title, 1, 100)
	c.text("clientId", r.ClientID, 1, maxText)
	c.addresses(s, r, t)
	c.when(len(r.Scopes) > maxScopes || slices.ContainsFunc(r.Scopes, func(x string) bool { return !scopeForm.MatchString(x) }),
		"scopes", "are words without spaces or quotation marks, at most 60")
	c.when(len(r.Audience) > maxAudience || strings.ContainsAny(r.Audience, " \t\r\n|"), "audience", "is at most 200 characters without spaces and |")
	c.when(r.Redirect != CallbackPath && r.Redirect != K2CallbackPath && r.Redirect != CallbackPath+"/"+r.Name, "redirect",
		"is "+CallbackPath+", "+CallbackPath+"/"+r.Name+" or "+K2CallbackPath)
	switch r.Auth {
	case WithSecret, WithNothing:
	case WithCertificate:
	case WithFederation:
		c.when(!filepath.IsAbs(r.TokenFile) || len(r.TokenFile) > maxText, "tokenFile", "is the whole path of the file that holds the token")
	case WithOwnIssuer:
		c.when(!strings.Contains(t.Metadata, "{tenant}"), "auth", "cannot be own-issuer: only Entra ID fetches this server's keys")
		c.when(s.usable(s.public) != nil, "auth", "cannot be own-issuer while people reach this server by "+s.public+": Entra ID fetches its keys over https only")
	default:
		c.when(true, "auth", "is secret, certificate, federated, own-issuer or none")
	}
	c.when(t.App && !t.People && r.Auth == WithNothing, "auth", "cannot be none: an application that calls as itself has to prove who it is")
	c.values(r, t)
	return c.err("bad-oauth-resource", "something about this resource is not right")
}

func (c *checker) addresses(s *Service, r *Resource, t *Type) {
	byHand := r.TokenURL != "" && (!t.People || r.AuthorizationURL != "")
	if strings.Contains(t.Metadata, "{tenant}") {
		c.when(r.Tenant == "" && !byHand || r.Tenant != "" && !tenantForm.MatchString(r.Tenant), "tenant", "is the directory (tenant) id or one of its domains")
	}
	if strings.Contains(t.Metadata, "{issuer}") {
		c.when(r.Issuer == "" && !byHand, "issuer", "is needed, unless you enter the provider's addresses")
	}
	c.when(t.Metadata == "" && !byHand, "tokenUrl", "is needed: providers of this type do not describe themselves")
	for _, a := range []struct{ field, text string }{{"authority", r.Authority}, {"issuer", r.Issuer}, {"authorizationUrl", r.AuthorizationURL},
		{"tokenUrl", r.TokenURL}, {"deviceUrl", r.DeviceURL}} {
		switch {
		case a.text == "":
		case len(a.text) > maxText:
			c.when(true, a.field, "is too long")
		default:
			if err := s.usable(a.text); err != nil {
				c.when(true, a.field, err.Error())
			}
		}
	}
}

func (c *checker) values(r *Resource, t *Type) {
	c.when(len(r.Values) > maxParameters, "values", "are too many")
	for _, name := range slices.Sorted(maps.Keys(r.Values)) {
		p := t.parameter(name)
		c.when(p == nil, "values."+name, "is no parameter of the type "+t.Title)
		c.when(p != nil && p.Secret && r.Values[name].Authorization != nil, "values."+name, "would show a secret in the browser's address")
		r.Values[name].each(func(_ Request, text string) string {
			c.when(len(text) > maxValue && !strings.HasPrefix(text, lockedValue) || strings.ContainsFunc(text, unicode.IsControl), "values."+name, "is at most 2000 characters on one line")
			return text
		})
	}
}

// checkType lists everything wrong with a type.
func (s *Service) checkType(t *Type) error {
	var c checker
	c.when(!nameForm.MatchString(t.Name), "name", "is 1 to 60 letters, digits, dots, hyphens and underscores")
	c.when(slices.ContainsFunc(shipped, func(o Type) bool { return strings.EqualFold(o.Name, t.Name) }), "name", "is that of a type that comes with signoff")
	c.text("title", t.Title, 1, 100)
	c.text("text", t.Text, 0, maxText)
	c.when(!t.People && !t.App, "people", "or app is needed: somebody has to get tokens")
	c.when(len(t.Metadata) > maxText || t.Metadata != "" && !strings.HasPrefix(t.Metadata, "https://") && !strings.HasPrefix(t.Metadata, "{"), "metadata", "is an https address, which may have {issuer}, {authority} and {tenant} in it")
	c.when(t.RefreshDays < 0 || t.RefreshDays > 3650, "refreshDays", "is 0 to 3650")
	c.text("audienceScope", t.AudienceScope, 0, maxText)
	if t.Issuer != "" {
		if err := s.usable(t.Issuer); err != nil || len(t.Issuer) > maxText {
			c.when(true, "issuer", "is an https address")
		}
	}
	c.when(len(t.Parameters) > maxParameters, "parameters", "are too many")
	seen := map[string]bool{}
	for i := range t.Parameters {
		p, field := &t.Parameters[i], fmt.Sprintf("parameters[%d]", i)
		c.when(!parameterForm.MatchString(p.Name), field+".name", "is letters, digits and _ . -")
		c.when(slices.Contains(reserved, p.Name), field+".name", "is filled in by signoff itself")
		c.when(seen[p.Name], field+".name", "is there twice")
		c.text(field+".text", p.Text, 0, maxText)
		seen[p.Name] = true
		for _, r := range []Request{ForAuthorization, ForToken, ForRefresh, ForApp, ForDevice} {
			if text := p.in(r); text != nil {
				c.when(len(*text) > maxValue || strings.ContainsFunc(*text, unicode.IsControl), field+"."+string(r), "is at most 2000 characters on one line")
				c.when(p.Secret && r == ForAuthorization, field+"."+string(r), "would show a secret in the browser's address")
				c.when(p.Secret && *text != "", field+"."+string(r), "of a secret parameter is entered in the resource, not here")
			}
		}
	}
	return c.err("bad-oauth-type", "something about this type is not right")
}

// keepSecrets locks new secrets and keeps those there are, as long as they go to
// the same place: one entered for a provider must not be sent to another.
func (s *Service) keepSecrets(r *Resource, t *Type, old *Resource) error {
	moved := old != nil && (r.elsewhere(old) || old.DeviceURL != r.DeviceURL)
	switch {
	case r.Auth != WithSecret:
		r.Secret, r.SecretExpires = "", nil
	case len(r.Secret) > maxSecret || strings.ContainsAny(r.Secret, "\r\n\x00"):
		return badSecret("is at most 4000 characters on one line")
	case signoff.IsGUID(strings.ToLower(r.Secret)) && r.Tenant != "":
		return badSecret("is the id of a secret, not the secret: copy the column Value, which Entra shows once, when the secret is made")
	case r.Secret != "":
		r.Secret = s.cfg.Seal.Lock(secretPurpose, seal.Secret(r.Secret))
	case old == nil || old.Secret == "":
		return badSecret("is needed")
	case moved:
		return badSecret("has to be entered again: the provider is another, and the old secret is not sent there")
	default:
		r.Secret = old.Secret
	}
	r.Certificate, r.Next = nil, nil
	if old != nil {
		r.Certificate, r.Next = old.Certificate, old.Next
	}
	if r.Auth != WithFederation {
		r.TokenFile = ""
	}
	return s.keepValues(r, t, old, moved)
}

// keepValues does so for secret parameters: an empty text keeps the old value.
func (s *Service) keepValues(r *Resource, t *Type, old *Resource, moved bool) error {
	out := map[string]Value{}
	var again string
	for name, v := range r.Values {
		p := t.parameter(name)
		secret := p != nil && p.Secret
		out[name] = v.each(func(in Request, text string) string {
			switch {
			case !secret:
				return strings.TrimPrefix(text, lockedValue)
			case text != "":
				return lockedValue + s.cfg.Seal.Lock(valuePurpose, seal.Secret(text))
			case old != nil && old.Values[name].in(in) != nil:
				if moved {
					again = name
				}
				return *old.Values[name].in(in)
			}
			return ""
		})
	}
	r.Values = out
	if again != "" {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-oauth-resource", Detail: again + " has to be entered again: the provider is another",
			Fields: []signoff.FieldError{{Field: "values." + again, Detail: "has to be entered again: the provider is another"}}}
	}
	return nil
}

func badSecret(detail string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-oauth-resource", Detail: "the secret " + detail, Fields: []signoff.FieldError{{Field: "secret", Detail: detail}}}
}
