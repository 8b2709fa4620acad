package identity

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity/trust"
)

// How a caller with a token of a trusted issuer was recognised.
const howBearer = "bearer"

// bearerVisit looks at a bearer token of a trusted issuer; false when the
// header holds none. Personal access tokens never get here: see tokenVisit.
func (s *Service) bearerVisit(r *http.Request, header string, v *visit) (bool, error) {
	t := s.trust.Load()
	scheme, token, _ := strings.Cut(header, " ")
	if t == nil || !strings.EqualFold(scheme, "Bearer") {
		return false, nil
	}
	token = strings.Trim(token, " ")
	c, err := t.Caller(r.Context(), token)
	if err != nil {
		return true, err
	}
	v.caller, v.bearer = &c, token
	return true, nil
}

// errTokenInAddress answers RFC 6750 §2.3, which nobody should use: addresses
// end up in logs and histories.
var errTokenInAddress = &signoff.Error{Kind: signoff.Invalid, Code: "token-in-address",
	Detail: "the address of the request has an access token in it", Hint: "send it as Authorization: Bearer instead, and get a new one: addresses are written down in many places"}

// tokenInAddress tells whether somebody put a token into the address.
func tokenInAddress(r *http.Request) bool {
	return strings.Contains(r.URL.RawQuery, "access_token") && r.URL.Query().Has("access_token")
}

// A vouched stranger is what an accepted token comes to.
type vouched struct {
	stranger  Stranger
	key       strangerKey
	newcomers Newcomers
	via       string
}

// Caller returns who a token of a trusted issuer speaks for. It refuses with a
// *trust.Refusal, or as Recognise does.
func (t *Trust) Caller(ctx context.Context, token string) (signoff.Caller, error) {
	a, err := t.verifier.Verify(ctx, token)
	if err != nil {
		return signoff.Caller{}, err
	}
	v, era, found := t.vouched.get(a)
	if !found {
		v = t.vouch(a)
		t.vouched.put(a, v, era)
	}
	c, err := t.people.stranger(ctx, v.key, v.stranger, v.newcomers, howBearer)
	if err != nil {
		return signoff.Caller{}, &Unwelcome{Via: v.via, Err: err}
	}
	c.Via = v.via
	return c, nil
}

// Unwelcome is the refusal of somebody whose token is good.
type Unwelcome struct {
	Via string // issuer and client, as in signoff.Caller
	Err error
}

func (u *Unwelcome) Error() string { return u.Err.Error() }

func (u *Unwelcome) Unwrap() error { return u.Err }

// viaOf is what a token came through: the trust entry, and the client it was
// given to.
func viaOf(issuer, client string) string {
	if client == "" {
		return issuer
	}
	return issuer + ", " + clipText(client)
}

// CameThrough tells where a refused token came from, as in signoff.Caller, as
// far as it is proven: the client stands behind the issuer's signature. It is
// "" when no trusted issuer has to do with it.
func CameThrough(err error) string {
	if u, ok := errors.AsType[*Unwelcome](err); ok {
		return u.Via
	}
	if no, ok := errors.AsType[*trust.Refusal](err); ok {
		return viaOf(no.Issuer, no.Client)
	}
	return ""
}

// vouch makes of an accepted token what Recognise needs, by the rules of the
// entry that accepted it.
func (t *Trust) vouch(a *trust.Accepted) vouched {
	entry := t.entry(a.Issuer)
	v := vouched{stranger: strangerOf(a, entry), newcomers: entry.Newcomers, via: viaOf(a.Issuer, a.Client)}
	v.key = v.stranger.key(v.newcomers)
	return v
}

// strangerOf reads who a token speaks for. An access token is taken at its
// word about groups and roles: what it does not name is not held, unless it
// says that there were too many.
func strangerOf(a *trust.Accepted, entry TrustedIssuer) Stranger {
	st := Stranger{Source: "oidc:" + a.URL, Subject: a.Subject, App: a.App, Label: a.Client, Login: a.Client,
		Groups: append([]string{}, a.Groups...), Roles: append([]string{}, a.Roles...), Overage: a.Overage, Said: a.IssuedAt}
	if a.Profile == trust.Entra {
		st.Source, st.Subject = "entra:"+a.Tenant, a.Object
	}
	if a.Overage {
		st.Groups = nil
	}
	if a.App {
		st.Name = "Application " + a.Client
		return st
	}
	p := a.Person
	st.Login = cmp.Or(p.Login, p.Named)
	if entry.PersonClaim != "" {
		st.Login = cmp.Or(p.Named, p.Login)
	}
	st.Label, st.Name = st.Login, cmp.Or(p.Name, st.Login)
	st.Email, st.EmailTheirs = provenAddress(a, entry)
	st.EmailProven = st.EmailTheirs && entry.LinkByAddress
	if st.Email == "" {
		st.Email = cmp.Or(p.Email, p.Login)
	}
	return st
}

// provenAddress is an address that is the person's on more than their own word:
// one the issuer says it proved, or the user principal name of a member of one
// of the tenants the entry names, whose domain that tenant had to prove. The
// email claim by itself proves nothing: whoever administers any tenant can
// write what they like there.
func provenAddress(a *trust.Accepted, entry TrustedIssuer) (string, bool) {
	if a.Person.EmailProven {
		return a.Person.Email, true
	}
	if a.Profile == trust.Entra && !entry.AnyTenant && !a.Person.Guest && strings.Contains(a.Person.Login, "@") && !strings.Contains(a.Person.Login, "#EXT#") {
		return a.Person.Login, true
	}
	return "", false
}
