package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

// Trust returns whose bearer tokens are believed, and the tag that SetTrust
// takes. For administrators, as everything in this file.
func (c *Client) Trust(ctx context.Context) (set api.Trust, tag string, err error) {
	header, err := c.do(ctx, call{method: http.MethodGet, path: "/trust", safe: true}, &set)
	return set, header.Get("ETag"), err
}

// SetTrust changes it, unless somebody saved since the tag was given.
func (c *Client) SetTrust(ctx context.Context, tag string, issuers []api.TrustedIssuer) (set api.Trust, err error) {
	if issuers == nil {
		issuers = []api.TrustedIssuer{}
	}
	body, err := json.Marshal(api.SetTrust{Issuers: issuers})
	if err != nil {
		return set, err
	}
	k := call{method: http.MethodPut, path: "/trust", body: body, contentType: "application/json", header: http.Header{}}
	if tag != "" {
		k.header.Set("If-Match", tag)
	}
	_, err = c.do(ctx, k, &set)
	return set, err
}

// ProposeTrust finds out about an issuer and fills in an entry.
func (c *Client) ProposeTrust(ctx context.Context, ask api.ProposeTrust) (p api.TrustProposal, err error) {
	return p, c.send(ctx, http.MethodPost, "/trust/propose", ask, "", &p)
}

// ExplainToken goes through every check of a token.
func (c *Client) ExplainToken(ctx context.Context, token string) (e api.TokenExplained, err error) {
	return e, c.send(ctx, http.MethodPost, "/trust/explain", api.ExplainToken{Token: token}, "", &e)
}

// TrustKeys lists what is known of the issuers' keys.
func (c *Client) TrustKeys(ctx context.Context) (l api.List[api.TrustKeys], err error) {
	return l, c.get(ctx, "/trust/keys", nil, &l)
}

// RefreshKeys asks an issuer for its keys now.
func (c *Client) RefreshKeys(ctx context.Context, issuer string) (l api.List[api.TrustKeys], err error) {
	return l, c.send(ctx, http.MethodPost, "/trust/keys/refresh", api.RefreshKeys{Issuer: issuer}, "", &l)
}

// Links lists who a person is in other systems.
func (c *Client) Links(ctx context.Context, id string) (l api.List[api.IdentityLink], err error) {
	return l, c.get(ctx, "/users/"+url.PathEscape(id)+"/links", nil, &l)
}

// Link says who a person is in another system.
func (c *Client) Link(ctx context.Context, id string, l api.NewLink) (list api.List[api.IdentityLink], err error) {
	return list, c.send(ctx, http.MethodPost, "/users/"+url.PathEscape(id)+"/links", l, "", &list)
}

// Unlink undoes a link of a person.
func (c *Client) Unlink(ctx context.Context, id, source, subject string) error {
	v := url.Values{"source": {source}, "subject": {subject}}
	return c.send(ctx, http.MethodDelete, "/users/"+url.PathEscape(id)+"/links?"+v.Encode(), nil, "", nil)
}

// Changes lists who changed what, newest first; what is "" for everything.
func (c *Client) Changes(ctx context.Context, what string, p Paging) (l api.List[api.Change], err error) {
	v := p.values()
	set(v, "what", what)
	return l, c.get(ctx, "/changes", v, &l)
}
