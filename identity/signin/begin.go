package signin

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/signoffhq/signoff"
)

// A Beginning is what a browser is sent away with.
type Beginning struct {
	Location string // at the provider
	Cookies  []*http.Cookie
}

// Begin sends a browser to a provider to sign in there. back is where to go
// afterwards. With tester, an administrator tries the provider: nobody is
// signed in at the end.
//
// Nothing is kept for it, and the provider is asked for its metadata at most
// once an hour.
func (s *Service) Begin(ctx context.Context, id, back string, tester signoff.Principal, cookies []*http.Cookie) (Beginning, error) {
	p, err := s.byID(ctx, id)
	if err != nil {
		return Beginning{}, err
	}
	m, err := p.metadata(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "a sign-in provider is away", slog.String("provider", p.ID), slog.Any("err", err))
		return Beginning{}, away(&p.Provider, err)
	}
	f := flow{State: rand.Text(), Provider: p.ID, Issuer: p.Issuer, Client: p.ClientID, Nonce: rand.Text(),
		Verifier: oauth2.GenerateVerifier(), Return: SafeReturn(back), Test: tester, At: s.now().Unix()}
	cookie, err := s.cookie(f)
	if err != nil {
		return Beginning{}, err
	}
	// A test asks which account is meant: the administrator may want another.
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	if tester != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	return Beginning{Location: p.oauth(m, s.public).AuthCodeURL(f.State, options...), Cookies: append(s.surplus(cookies), cookie)}, nil
}
