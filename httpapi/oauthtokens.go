package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/oauth"
)

type connectOAuthInput struct {
	ByOAuthName
	Body api.ConnectOAuth
}

func (s *Server) connectOAuth(ctx context.Context, by signoff.Caller, in *connectOAuthInput) (*body[api.OAuthConnect], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	b := in.Body
	if b.For == "app" {
		held, err := o.GetApp(ctx, by, in.Name, b.Audience)
		if err != nil {
			return nil, err
		}
		known, err := s.named(ctx, held.ConnectedBy)
		if err != nil {
			return nil, err
		}
		t := oauthTokenOf(held, known)
		return &body[api.OAuthConnect]{api.OAuthConnect{Token: &t}}, nil
	}
	hint := cmp.Or(b.LoginHint, b.Account)
	if hint == "" && b.For == "me" && !b.Choose {
		hint = by.Email
	}
	begun, err := o.Connect(ctx, by, oauth.Ask{Resource: in.Name, Service: b.For == "service", Audience: b.Audience, LoginHint: hint, Account: b.Account, Device: b.Device, Claims: b.Claims})
	if err != nil {
		return nil, err
	}
	out := api.OAuthConnect{State: begun.State, Address: begun.Address, Until: &begun.Until}
	if d := begun.Device; d != nil {
		out.Device = &api.OAuthDevice{Code: d.Code, Address: d.Address, Direct: d.Direct}
	}
	return &body[api.OAuthConnect]{out}, nil
}

type oauthConnectingInput struct {
	State string `path:"state" maxLength:"100"`
}

func (s *Server) oauthConnecting(ctx context.Context, by signoff.Caller, in *oauthConnectingInput) (*body[api.OAuthConnecting], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	st, err := o.Connecting(ctx, by, in.State)
	if err != nil {
		return nil, err
	}
	out := api.OAuthConnecting{Status: st.Status, Resource: st.Need.Resource, Service: st.Need.Owner == "", Account: st.Account, Until: st.Until}
	if st.Problem != nil {
		out.Problem = oauthProblemOf(*st.Problem)
	}
	return &body[api.OAuthConnecting]{out}, nil
}

// oauthProblemOf is nil when nothing is wrong.
func oauthProblemOf(p oauth.Problem) *api.OAuthProblem {
	if p == (oauth.Problem{}) {
		return nil
	}
	return &api.OAuthProblem{Code: p.Code, Detail: p.Detail, Advice: p.Advice, Who: string(p.Who), Said: p.Said, Trace: p.Trace}
}

func momentPtr(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func forWhom(n oauth.Need) string {
	switch {
	case n.App:
		return "app"
	case n.Owner == "":
		return "service"
	}
	return "me"
}

func oauthTokenOf(h oauth.Held, known names) api.OAuthToken {
	return api.OAuthToken{ID: h.ID, Resource: h.Need.Resource, Title: h.Title, For: forWhom(h.Need), Owner: known.personPtr(h.Need.Owner), Audience: h.Need.Audience,
		State: string(h.State), Account: h.Account, Scope: h.Scope, Expires: momentPtr(h.Expires), Renewed: momentPtr(h.Renewed), Connected: h.Connected,
		ConnectedBy: known.personPtr(h.ConnectedBy), Used: momentPtr(h.Used), Lasting: h.Lasting, Problem: oauthProblemOf(h.Problem)}
}

// oauthNames names everybody that tokens speak of.
func (s *Server) oauthNames(ctx context.Context, list []oauth.Held) (names, error) {
	var who []signoff.Principal
	for _, h := range list {
		who = append(who, h.Need.Owner, h.ConnectedBy)
	}
	return s.named(ctx, who...)
}

type oauthTokensInput struct {
	Page
	Resource string `query:"resource" maxLength:"60" doc:"of this resource only"`
}

func (s *Server) oauthTokens(ctx context.Context, by signoff.Caller, in *oauthTokensInput) (*body[api.List[api.OAuthToken]], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	place, err := readCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	var after int64
	if place != "" {
		if after, err = strconv.ParseInt(place, 10, 64); err != nil {
			return nil, errBadCursor
		}
	}
	list, err := o.Tokens(ctx, by, in.Resource, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(list) > in.Limit {
		list = list[:in.Limit]
		next = writeCursor(strconv.FormatInt(list[in.Limit-1].ID, 10))
	}
	known, err := s.oauthNames(ctx, list)
	out := listOf(list, func(h oauth.Held) api.OAuthToken { return oauthTokenOf(h, known) })
	out.Next = next
	return &body[api.List[api.OAuthToken]]{out}, err
}

type byOAuthToken struct {
	ID int64 `path:"id" minimum:"1"`
}

func (s *Server) deleteOAuthToken(ctx context.Context, by signoff.Caller, in *byOAuthToken) (*nothing, error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	return nil, o.Delete(ctx, by, in.ID)
}

func (s *Server) deleteMyConnection(ctx context.Context, by signoff.Caller, in *byOAuthToken) (*nothing, error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	return nil, o.DeleteMine(ctx, by, in.ID)
}

// oauthWantsOf puts names into why something is wanted.
func (s *Server) oauthWantsOf(ctx context.Context, list []oauth.Wanted) ([]api.OAuthWant, error) {
	var who []signoff.Principal
	for _, w := range list {
		who = append(who, mentioned(w.Why)...)
	}
	known, err := s.named(ctx, who...)
	return listOf(list, func(w oauth.Wanted) api.OAuthWant {
		return api.OAuthWant{Name: w.Name, Resource: w.Need.Resource, Title: w.Title, For: forWhom(w.Need), Audience: w.Need.Audience,
			Why: sentence(signoff.Tell(w.Why, known.name, s.location())), Claims: w.Claims, Since: w.Since}
	}).Items, err
}

func (s *Server) oauthWants(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.List[api.OAuthWant]], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	list, err := o.Wants(ctx, by)
	if err != nil {
		return nil, err
	}
	out, err := s.oauthWantsOf(ctx, list)
	return &body[api.List[api.OAuthWant]]{api.List[api.OAuthWant]{Items: out}}, err
}

func (s *Server) myConnections(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.MyConnections], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	held, wants, err := o.Mine(ctx, by)
	if err != nil {
		return nil, err
	}
	possible, err := o.Connectables(ctx)
	if err != nil {
		return nil, err
	}
	known, err := s.oauthNames(ctx, held)
	if err != nil {
		return nil, err
	}
	out := api.MyConnections{Connections: listOf(held, func(h oauth.Held) api.OAuthToken { return oauthTokenOf(h, known) }).Items,
		Possible: listOf(possible, func(c oauth.Connectable) api.OAuthConnectTo { return api.OAuthConnectTo(c) }).Items}
	out.Wanted, err = s.oauthWantsOf(ctx, wants)
	return &body[api.MyConnections]{out}, err
}

// connectedPage shows how a connecting ended, tells the page that began it, and
// closes itself.
const connectedPage = "/connected"

// finishConnect is where browsers come back from a provider that somebody
// connects to. What came of it is on the page, which asks for it by the state:
// nothing of it is in the address.
func (s *Server) finishConnect(w http.ResponseWriter, r *http.Request) {
	by, _ := identity.Who(r.Context())
	state := r.URL.Query().Get("state")
	out, err := s.OAuth.Finish(r.Context(), oauth.Answer{Path: r.URL.Path, Query: r.URL.Query(), By: by})
	if err != nil {
		if signoff.KindOf(err) == signoff.Internal {
			s.internal(r.Context(), err) // logged; nothing of it is shown
		}
		seeOther(w, connectedPage+"#over", nil)
		return
	}
	if out.State == "" {
		out.State = state
	}
	seeOther(w, connectedPage+"#state="+url.QueryEscape(out.State), nil)
}
