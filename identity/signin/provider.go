package signin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/seal"
)

// How long what a provider says of itself is used, and how soon it is asked
// again when it did not answer. Old metadata is better than none.
const (
	metadataFor   = time.Hour
	metadataRetry = 15 * time.Second
	metadataWait  = 12 * time.Second
)

// metadata is what we need of OpenID metadata (OpenID Connect Discovery §3,
// RFC 8414 §2, RFC 9207 §3).
type metadata struct {
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	EndSession    string   `json:"end_session_endpoint"`
	Device        string   `json:"device_authorization_endpoint"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	SaysIssuer    bool     `json:"authorization_response_iss_parameter_supported"`
	FrontChannel  bool     `json:"frontchannel_logout_supported"`
	BackChannel   bool     `json:"backchannel_logout_supported"`
}

// A provider is a Provider at work on this server.
type provider struct {
	Provider
	secret seal.Secret
	keys   *trust.Keys
	trust  *trust.Verifier
	now    func() time.Time
	places chan struct{} // one for each code being exchanged

	asking singleflight.Group
	mu     sync.Mutex
	meta   *metadata // nil: none yet
	at     time.Time // of meta
	tried  time.Time
	err    error
}

func (p *provider) profile() trust.Profile {
	if p.Tenant != "" {
		return trust.Entra
	}
	return trust.OIDC
}

// metadata returns what the provider says of itself. However many ask, it is
// fetched once an hour, and while it fails every few seconds.
func (p *provider) metadata(ctx context.Context) (*metadata, error) {
	p.mu.Lock()
	m, err, now := p.meta, p.err, p.now()
	fresh := m != nil && now.Sub(p.at) < metadataFor
	paused := !p.tried.IsZero() && now.Sub(p.tried) < metadataRetry && err != nil
	p.mu.Unlock()
	switch {
	case fresh || paused && m != nil:
		return m, nil
	case paused:
		return nil, err
	}
	done := p.asking.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), metadataWait)
		defer cancel()
		got, err := p.ask(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tried, p.err = p.now(), err
		if err == nil {
			p.meta, p.at = got, p.tried
		}
		return p.meta, err
	})
	select {
	case r := <-done:
		if m, _ := r.Val.(*metadata); m != nil {
			return m, nil
		}
		return nil, r.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *provider) ask(ctx context.Context) (*metadata, error) {
	raw, err := p.trust.Metadata(ctx, p.metadataURL(), p.Issuer)
	if err != nil {
		return nil, err
	}
	return readMetadata(raw, p.trust.Usable)
}

// readMetadata reads what a provider says of itself. Every address in it must
// be one we would call or send people to.
func readMetadata(raw []byte, usable func(string) error) (*metadata, error) {
	var m metadata
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, errors.New("the provider's metadata is not of the form OpenID demands")
	}
	for _, need := range []string{m.Authorization, m.Token} {
		if err := usable(need); err != nil {
			return nil, errors.New("the provider's metadata names no usable place to sign in at and get tokens from: " + err.Error())
		}
	}
	if m.EndSession != "" && usable(m.EndSession) != nil {
		m.EndSession = ""
	}
	m.Algorithms = slices.DeleteFunc(m.Algorithms, func(a string) bool { return !slices.Contains(trust.Algorithms(), a) })
	if len(m.Algorithms) == 0 {
		m.Algorithms = []string{"RS256"} // the one every provider has (OpenID Connect Core §15.1)
	}
	return &m, nil
}

// oauth is the client's side of the code flow. Whether the secret goes into the
// header or the body is the provider's choice; the header is its default.
func (p *provider) oauth(m *metadata, public string) *oauth2.Config {
	style := oauth2.AuthStyleInHeader
	if p.secret == "" || slices.Contains(m.AuthMethods, "client_secret_post") {
		style = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.secret.Reveal(), Scopes: p.Scopes,
		RedirectURL: public + p.Redirect,
		Endpoint:    oauth2.Endpoint{AuthURL: m.Authorization, TokenURL: m.Token, AuthStyle: style}}
}

// noRedirects is the client that codes are exchanged with: an answer that sends
// on would take the code and the secret to another place.
func noRedirects(c *http.Client) *http.Client {
	only := *cmp.Or(c, http.DefaultClient)
	only.Jar = nil
	only.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &only
}
