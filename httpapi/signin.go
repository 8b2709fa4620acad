package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
)

// signInRoutes are those of signing in through providers, and of sessions.
func (s *Server) signInRoutes() {
	route(s, op{"get-signin", "GET /signin", "Sign-in", "How people sign in on the pages", admin, 0}, s.getSignIn)
	route(s, op{"put-signin", "PUT /signin", "Sign-in", "Change how people sign in, on all servers at once", admin, 0}, s.putSignIn, hasCondition)
	route(s, op{"add-signin-provider", "POST /signin/providers", "Sign-in", "Let people sign in through a provider: a trusted issuer, a tenant, or any other", admin, http.StatusCreated}, s.addSignIn)
	route(s, op{"get-signin-options", "GET /signin/options", "Sign-in", "What the sign-in page offers", anybody, 0}, s.signInOptions)
	route(s, op{"open-signin-failure", "POST /signin/failure", "Sign-in", "Why a sign-in failed, from the address of the sign-in page", anybody, 0}, s.openFailure)
	route(s, op{"explain-signin", "POST /signin/explain", "Sign-in", "What an error of a provider means, and what to do", admin, 0}, s.explainSignIn)
	route(s, op{"get-signin-test", "GET /signin/test", "Sign-in", "What your test of a provider found out", admin, 0}, s.signInTest)
	route(s, op{"recover", "POST /signin/recover", "Sign-in", "Sign in with the one-time link of signoff recover", anybody, 0}, s.recover)

	route(s, op{"list-my-sessions", "GET /me/sessions", "Session", "Where you are signed in, the latest first", signedIn, 0}, s.mySessions)
	route(s, op{"end-my-sessions", "DELETE /me/sessions", "Session", "Sign out everywhere but here", signedIn, 0}, s.endMySessions)
	route(s, op{"end-my-session", "DELETE /me/sessions/{session}", "Session", "Sign out in one place", signedIn, 0}, s.endMySession)
	route(s, op{"list-sessions", "GET /users/{id}/sessions", "People", "Where somebody is signed in, the latest first", admin, 0}, s.sessions)
	route(s, op{"end-sessions", "DELETE /users/{id}/sessions", "People", "Sign somebody out everywhere", admin, 0}, s.endSessions)
	route(s, op{"end-session", "DELETE /users/{id}/sessions/{session}", "People", "Sign somebody out in one place", admin, 0}, s.endSession)

	s.browserRoutes()
	s.issuerRoutes()
}

var errNoSignIn = &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "this server signs nobody in through providers"}

// signInWay is what signs people in through providers, or why there is none.
func (s *Server) signInWay() (*signin.Service, error) {
	if s.Signin == nil {
		return nil, errNoSignIn
	}
	return s.Signin, nil
}

func (s *Server) getSignIn(ctx context.Context, by signoff.Caller, _ *nothing) (*settingOutput[api.SignInSettings], error) {
	in, err := s.signInWay()
	if err != nil {
		return nil, err
	}
	k, err := in.Setting(ctx, by)
	if err != nil {
		return nil, err
	}
	return signInAnswer(k)
}

func signInAnswer(k signin.Kept) (*settingOutput[api.SignInSettings], error) {
	out := api.SignInSettings{FrontLogout: k.Public + signin.FrontLogoutPath, BackLogout: k.Public + signin.BackLogoutPath, SignedOut: k.Public + signin.LeavePage}
	out.Local, out.CommandLine = string(k.Local), commandLine(k.CommandLine)
	out.Providers = listOf(k.Providers, func(p signin.Provider) api.SignInProvider {
		return api.SignInProvider{ID: p.ID, Name: p.Name, Tenant: p.Tenant, Issuer: p.Issuer, MetadataURL: p.MetadataURL, ClientID: p.ClientID,
			HasSecret: k.Secret[p.ID], Scopes: list(p.Scopes), Redirect: p.Redirect, RedirectURI: k.Public + p.Redirect,
			Newcomers: string(p.Newcomers), LinkByAddress: p.LinkByAddress, StaySignedIn: p.StaySignedIn}
	}).Items
	return settingAnswer(k.Rev, out)
}

func commandLine(c *signin.CommandLine) *api.SignInCommandLine {
	if c == nil {
		return nil
	}
	return &api.SignInCommandLine{Issuer: c.Issuer, ClientID: c.ClientID, Scopes: list(c.Scopes)}
}

type putSignInInput struct {
	IfSaved
	Body api.SignInSetting
}

func (s *Server) putSignIn(ctx context.Context, by signoff.Caller, in *putSignInInput) (*settingOutput[api.SignInSettings], error) {
	way, err := s.signInWay()
	if err != nil {
		return nil, err
	}
	is, err := way.Saved(ctx)
	if err != nil {
		return nil, err
	}
	if err := in.still(is); err != nil {
		return nil, err
	}
	w := signin.Wanted{Rev: is.Rev, Setting: signin.Setting{Local: identity.LocalAccounts(in.Body.Local), Providers: []signin.Provider{}}}
	if c := in.Body.CommandLine; c != nil {
		w.CommandLine = &signin.CommandLine{Issuer: c.Issuer, ClientID: c.ClientID, Scopes: c.Scopes}
	}
	for _, p := range in.Body.Providers {
		if !p.HasSecret && p.Secret == "" {
			w.NoSecret = append(w.NoSecret, p.ID)
		}
		w.Providers = append(w.Providers, signin.Provider{ID: p.ID, Name: p.Name, Tenant: p.Tenant, Issuer: p.Issuer, MetadataURL: p.MetadataURL, ClientID: p.ClientID,
			Secret: p.Secret, Scopes: p.Scopes, Redirect: p.Redirect, Newcomers: identity.Newcomers(p.Newcomers), LinkByAddress: p.LinkByAddress, StaySignedIn: p.StaySignedIn})
	}
	k, err := way.Save(ctx, by, w)
	if err != nil {
		return nil, err
	}
	return signInAnswer(k)
}

type addSignInInput struct{ Body api.AddSignIn }

func (s *Server) addSignIn(ctx context.Context, by signoff.Caller, in *addSignInInput) (*settingOutput[api.SignInSettings], error) {
	way, err := s.signInWay()
	if err != nil {
		return nil, err
	}
	a := in.Body
	k, _, err := way.Add(ctx, by, signin.Addition{Trust: a.Trust, From: a.From, Name: a.Name, ClientID: a.ClientID, Secret: a.Secret,
		Scopes: a.Scopes, Newcomers: identity.Newcomers(a.Newcomers), LinkByAddress: a.LinkByAddress})
	if err != nil {
		return nil, err
	}
	return signInAnswer(k)
}

// signInOptions is for anybody: without providers, passwords are what there is.
func (s *Server) signInOptions(ctx context.Context, _ signoff.Caller, _ *nothing) (*body[api.SignInOptions], error) {
	out := api.SignInOptions{Providers: []api.SignInOption{}, Local: string(identity.LocalOn)}
	if s.Signin == nil {
		return &body[api.SignInOptions]{out}, nil
	}
	providers, local, cl, err := s.Signin.Options(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range providers {
		out.Providers = append(out.Providers, api.SignInOption{ID: p.ID, Name: p.Name, Kind: p.Kind, Start: base + "/signin/" + p.ID + "/start"})
	}
	out.Local, out.CommandLine = string(local), commandLine(cl)
	return &body[api.SignInOptions]{out}, nil
}

type openFailureInput struct{ Body api.OpenFailure }

var errNoFailure = &signoff.Error{Kind: signoff.NotFound, Code: "failure-not-found", Detail: "this address does not say why a sign-in failed", Hint: "sign in again"}

func (s *Server) openFailure(_ context.Context, _ signoff.Caller, in *openFailureInput) (*body[api.SignInFailure], error) {
	way, err := s.signInWay()
	if err != nil {
		return nil, err
	}
	f := way.Unsealed(in.Body.Refused)
	if f == nil {
		return nil, errNoFailure
	}
	return &body[api.SignInFailure]{*failureOf(f)}, nil
}

func failureOf(f *signin.Failure) *api.SignInFailure {
	if f == nil {
		return nil
	}
	return &api.SignInFailure{Code: f.Code, Detail: f.Detail, Advice: f.Advice, Who: string(f.Who), Provider: f.Provider, Copy: f.Copy,
		Said: f.Said, Number: f.Number, Trace: f.Trace, Request: f.Request, Next: f.Return}
}

type explainSignInInput struct{ Body api.ExplainSignIn }

func (s *Server) explainSignIn(ctx context.Context, by signoff.Caller, in *explainSignInInput) (*body[api.SignInFailure], error) {
	way, err := s.signInWay()
	if err != nil {
		return nil, err
	}
	k, err := way.Setting(ctx, by)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(k.Providers, func(p signin.Provider) bool { return p.ID == in.Body.Provider })
	if i < 0 {
		return nil, &signoff.Error{Kind: signoff.NotFound, Code: "provider-not-found", Detail: "there is no provider of that id"}
	}
	return &body[api.SignInFailure]{*failureOf(way.Explain(k.Providers[i], in.Body.Text))}, nil
}

type signInTestInput struct {
	Test string `query:"test" required:"true" maxLength:"100" doc:"from the address that the test came back to"`
}

func (s *Server) signInTest(ctx context.Context, by signoff.Caller, in *signInTestInput) (*body[api.SignInTest], error) {
	way, err := s.signInWay()
	if err != nil {
		return nil, err
	}
	t, err := way.Tested(ctx, by.Principal, in.Test)
	if err != nil {
		return nil, err
	}
	out := api.SignInTest{Provider: t.Provider, Claims: t.Claims, Source: t.Source, Subject: t.Subject, Groups: []string{}, Failure: failureOf(t.Failure)}
	if w := t.Would; w != nil {
		out.Would, out.Groups = w.Would, list(w.Groups)
		if w.Person != nil {
			p := personOf(*w.Person)
			out.Person = &p
		}
	}
	return &body[api.SignInTest]{out}, nil
}

type recoverInput struct{ Body api.Recover }

func (s *Server) recover(ctx context.Context, _ signoff.Caller, in *recoverInput) (*signInOutput, error) {
	way, err := s.signInWay()
	if err != nil {
		return nil, err
	}
	session, err := way.Recover(ctx, in.Body.Ticket, identity.Remote(ctx))
	if err != nil {
		return nil, err
	}
	me, err := s.me(ctx, session.Caller, session.CSRF)
	if err != nil {
		return nil, err
	}
	return &signInOutput{session.Cookie.String(), me}, nil
}
