package entra

import (
	"crypto/subtle"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox"
)

// login checks a name and a password. A person it names is returned with the
// refusal too.
func (s *Server) login(name, password string, client *application) (*user, *oauthError) {
	u, e := s.named(name, client)
	if e != nil {
		return u, e
	}
	if u.Password == "" {
		return u, aad(50056)
	}
	if subtle.ConstantTimeCompare([]byte(u.Password), []byte(password)) != 1 {
		return u, aad(50126)
	}
	if !u.AccountEnabled {
		return u, aad(50057)
	}
	return u, nil
}

// named finds somebody by the name they type.
func (s *Server) named(name string, client *application) (*user, *oauthError) {
	u := look(s.dir, func(t *tables) *user { return t.person(strings.TrimSpace(name)) })
	about := map[int][]any{50034: {name, TenantID}, 50020: {name, "Contoso", client.DisplayName}}
	if e := s.faults.strike(atSignIn, client.AppID, u, about); e != nil {
		return u, e
	}
	if u != nil {
		return u, nil
	}
	if strings.HasSuffix(strings.ToLower(name), "@"+partnerDomain) {
		return nil, aad(50020, name, "Contoso", client.DisplayName)
	}
	return nil, aad(50034, name, sandbox.Domain)
}

// hinted finds somebody by a login_hint: their name, or the opaque hint that
// tokens carry.
func (t *tables) hinted(hint string) *user {
	for _, u := range t.everybody() {
		if hint == loginHint(u) || strings.EqualFold(hint, u.UserPrincipalName) || strings.EqualFold(hint, deref(u.Mail)) {
			return u
		}
	}
	return nil
}

// mayIssue is what stands between a person who has proved who they are and
// their tokens, at every grant: the account, policies, assignment.
func (s *Server) mayIssue(g grantee) *oauthError {
	if !g.user.AccountEnabled {
		return aad(50057)
	}
	if e := s.policy(g, s.faults.first); e != nil {
		return e
	}
	if g.sp == nil || !g.sp.AppRoleAssignmentRequired {
		return nil
	}
	assigned := look(s.dir, func(t *tables) bool {
		_, ok := t.rolesOf(g.user.ID, &resource{sp: t.view(g.sp), app: g.client})
		return ok
	})
	if !assigned {
		return aad(50105, g.user.UserPrincipalName, g.client.AppID, g.client.DisplayName)
	}
	return nil
}

// policy is Conditional Access: the faults, and what the claims parameter asks
// to be met. look is peek or first of the faults.
func (s *Server) policy(g grantee, look func(func(Fault) bool) (Fault, bool)) *oauthError {
	var hit Switch
	_, on := look(func(f Fault) bool {
		sw, _ := switchNamed(f.Name)
		if sw.where != atIssue || !f.fits(g.client.AppID, g.user) || satisfied(sw, f, g.signIn) {
			return false
		}
		hit = sw
		return true
	})
	if on {
		r, _ := refusal(hit.Code)
		about := []any{g.user.UserPrincipalName, g.client.AppID, g.client.DisplayName}
		if strings.Contains(r.text, "for '%s'") {
			about = []any{g.client.AppID}
		}
		return aad(hit.Code, about[:strings.Count(r.text, "%s")]...)
	}
	if g.claims.MFA && !g.signIn.MFA {
		return aad(50076, g.client.AppID)
	}
	for _, acr := range g.claims.ACRs {
		if !slices.Contains(g.signIn.ACRs, acr) {
			e := aad(50076, g.client.AppID)
			e.claims = `{"access_token":{"acrs":{"essential":true,"value":"` + strings.Map(plain, acr) + `"}}}`
			return e
		}
	}
	return nil
}

func plain(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// satisfied tells whether a sign-in meets what a policy wants: the second
// factor answers those that want one.
func satisfied(sw Switch, f Fault, in signIn) bool {
	switch sw.Code {
	case 50074, 50076:
		return in.MFA
	case 50078:
		return in.MFA && !in.At.Before(f.Since)
	}
	return false
}

// secondFactor tells whether a person has to show one to satisfy a policy that
// can be satisfied so.
func (s *Server) secondFactor(g grantee) bool {
	e := s.policy(g, s.faults.peek)
	return e != nil && slices.Contains([]int{50074, 50076, 50078}, e.code)
}
