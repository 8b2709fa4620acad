package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

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

// Newcomers lists those who asked to come in.
func (c *Client) Newcomers(ctx context.Context, refused bool, p Paging) (l api.List[api.Newcomer], err error) {
	v := p.values()
	if refused {
		v.Set("refused", "true")
	}
	return l, c.get(ctx, "/newcomers", v, &l)
}

// AdmitNewcomer makes an account for one of them.
func (c *Client) AdmitNewcomer(ctx context.Context, id int64) (u api.User, err error) {
	return u, c.send(ctx, http.MethodPost, newcomerPath(id, "admit"), nil, "", &u)
}

// LinkNewcomer says that one of them is an existing account.
func (c *Client) LinkNewcomer(ctx context.Context, id int64, person string) (u api.User, err error) {
	return u, c.send(ctx, http.MethodPost, newcomerPath(id, "link"), api.LinkNewcomer{Person: person}, "", &u)
}

// RefuseNewcomer refuses one of them, or with again lets them ask again.
func (c *Client) RefuseNewcomer(ctx context.Context, id int64, again bool) error {
	return c.send(ctx, http.MethodPost, newcomerPath(id, "refuse"), api.RefuseNewcomer{Again: again}, "", nil)
}

func newcomerPath(id int64, act string) string {
	return "/newcomers/" + strconv.FormatInt(id, 10) + "/" + act
}

// Links lists who a person is in other systems.
func (c *Client) Links(ctx context.Context, id string) (l api.List[api.IdentityLink], err error) {
	return l, c.get(ctx, "/users/"+url.PathEscape(id)+"/links", nil, &l)
}

// LinkPerson says who a person is in another system.
func (c *Client) LinkPerson(ctx context.Context, id string, n api.NewLink) (l api.List[api.IdentityLink], err error) {
	return l, c.send(ctx, http.MethodPost, "/users/"+url.PathEscape(id)+"/links", n, "", &l)
}

// LinkGroup lets a group or role stand for one in another system.
func (c *Client) LinkGroup(ctx context.Context, id string, n api.NewGroupLink) (l api.List[api.GroupLink], err error) {
	return l, c.send(ctx, http.MethodPost, "/groups/"+url.PathEscape(id)+"/links", n, "", &l)
}

// Changes lists who changed what, newest first; what is "" for everything.
func (c *Client) Changes(ctx context.Context, what string, p Paging) (l api.List[api.Change], err error) {
	v := p.values()
	set(v, "what", what)
	return l, c.get(ctx, "/changes", v, &l)
}
