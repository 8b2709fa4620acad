package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
)

func tokenOf(t identity.Token) api.Token {
	out := api.Token{ID: t.ID, Name: t.Name, Ending: t.Ending, ReadOnly: t.Limits.ReadOnly, API: t.Limits.API, Created: t.Created, Expires: t.Expires}
	if !t.Used.IsZero() {
		out.Used = &t.Used
	}
	return out
}

func (s *Server) listTokens(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.TokenList], error) {
	list, err := s.Identity.Tokens(ctx, by)
	if err != nil {
		return nil, err
	}
	return &body[api.TokenList]{api.TokenList{Items: listOf(list, tokenOf).Items, Rules: s.apisNow().set.Tokens}}, nil
}

type createTokenInput struct{ Body api.NewToken }

func (s *Server) createToken(ctx context.Context, by signoff.Caller, in *createTokenInput) (*body[api.MadeToken], error) {
	rules := s.apisNow().set.Tokens
	if in.Body.Days == 0 {
		in.Body.Days = rules.DefaultDays
	}
	made, text, err := s.Identity.CreateToken(ctx, by, identity.NewToken{Name: in.Body.Name, Days: in.Body.Days,
		Limits: identity.Limits{ReadOnly: in.Body.ReadOnly, API: in.Body.API}}, rules.MaxDays)
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "access token made", "user", by.Principal)
	return &body[api.MadeToken]{api.MadeToken{Token: tokenOf(made), Text: text.Reveal()}}, nil
}

// ByTokenID is the path of operations on one access token.
type ByTokenID struct {
	ID int64 `path:"id" minimum:"1"`
}

func (s *Server) endToken(ctx context.Context, by signoff.Caller, in *ByTokenID) (*nothing, error) {
	if err := s.Identity.EndToken(ctx, by, in.ID); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "access token ended", "user", by.Principal)
	return &nothing{}, nil
}

// endOwnToken leaves administrators' power over others' tokens to endToken:
// below /me one finds what is one's own.
func (s *Server) endOwnToken(ctx context.Context, by signoff.Caller, in *ByTokenID) (*nothing, error) {
	by.Admin = false
	return s.endToken(ctx, by, in)
}

func (s *Server) listAllTokens(ctx context.Context, by signoff.Caller, in *Page) (*body[api.TokenList], error) {
	after, err := in.number()
	if err != nil {
		return nil, err
	}
	list, err := s.Identity.AllTokens(ctx, by, after, in.Limit)
	if err != nil {
		return nil, err
	}
	var who []signoff.Principal
	for _, t := range list {
		who = append(who, t.Owner)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := api.TokenList{Items: []api.Token{}, Rules: s.apisNow().set.Tokens,
		Next: nextNumber(list, in.Limit, func(t identity.Token) int64 { return t.ID })}
	for _, t := range list {
		a := tokenOf(t)
		a.Owner = known.personPtr(t.Owner)
		out.Items = append(out.Items, a)
	}
	return &body[api.TokenList]{out}, nil
}
