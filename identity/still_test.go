package identity

import (
	"context"
	"net/http"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
)

// keeping makes every request leave its context behind, as one does that a
// stream of events goes on after.
func (s *site) keeping(later *context.Context) {
	s.handler = s.Authenticate(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { *later = context.WithoutCancel(r.Context()) }),
		func(_ http.ResponseWriter, _ *http.Request, err error) { s.t.Error(err) })
}

func TestWhatGoesOnAfterARequestHearsThatItsAccessTokenHasEnded(t *testing.T) {
	s := newSite(t, Options{})
	ana := s.user("ana")
	ana.How = "basic"
	made, text, err := s.CreateToken(t.Context(), ana, NewToken{Name: "a screen on the wall", Days: 7}, 30)
	must(t, err)
	var later context.Context
	s.keeping(&later)
	s.client("GET", "/events", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+text.Reveal()) })
	c, err := s.Still(later)
	if must(t, err); c.Login != "ana" || c.How != "token" {
		t.Fatalf("still %+v", c)
	}
	must(t, s.EndToken(t.Context(), ana, made.ID))
	if _, err := s.Still(later); signoff.CodeOf(err) != "access-token-unknown" {
		t.Errorf("after the token was ended: %v", err)
	}
}

func TestWhatGoesOnInAnothersNameEndsWithTheSessionOfWhoStandsBehindIt(t *testing.T) {
	s := newSite(t, Options{})
	eve, jane := s.user("eve"), s.user("jane")
	must(t, s.ChangeServerGrants(t.Context(), access.System, func(is []access.Grant) ([]access.Grant, error) {
		return append(is, access.Grant{Who: eve.Principal, Right: access.Impersonate}), nil
	}))
	b := s.browser()
	b.signIn("eve")
	var later context.Context
	s.keeping(&later)
	b.handler = s.handler
	b.do("GET", "/events", func(r *http.Request) { r.Header.Set(ActFor, "jane") })
	c, err := s.Still(later)
	if must(t, err); c.Principal != jane.Principal || c.Behind != eve.Principal {
		t.Fatalf("still %+v", c)
	}
	_, err = s.EndSessions(t.Context(), access.System, eve.Principal)
	must(t, err)
	if _, err := s.Still(later); signoff.CodeOf(err) != "sign-in-needed" {
		t.Errorf("after the session ended: %v", err)
	}
}
