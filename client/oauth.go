package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/signoffhq/signoff/api"
)

func oauthPath(name, rest string) string { return "/oauth/resources/" + url.PathEscape(name) + rest }

// OAuthTypes lists the kinds of providers. For administrators, as everything in
// this file but what one's own account is connected with.
func (c *Client) OAuthTypes(ctx context.Context) (l api.List[api.OAuthType], err error) {
	return l, c.get(ctx, "/oauth/types", nil, &l)
}

// OAuthResources lists the systems this server has tokens for.
func (c *Client) OAuthResources(ctx context.Context) (l api.List[api.OAuthResource], err error) {
	return l, c.get(ctx, "/oauth/resources", nil, &l)
}

// OAuthResource returns one, and the tag that SetOAuthResource takes.
func (c *Client) OAuthResource(ctx context.Context, name string) (r api.OAuthResource, tag string, err error) {
	header, err := c.do(ctx, call{method: http.MethodGet, path: oauthPath(name, ""), safe: true}, &r)
	return r, header.Get("ETag"), err
}

// CreateOAuthResource sets up a system to have tokens for.
func (c *Client) CreateOAuthResource(ctx context.Context, n api.NewOAuthResource) (r api.OAuthResource, err error) {
	return r, c.send(ctx, http.MethodPost, "/oauth/resources", n, "", &r)
}

// SetOAuthResource changes one, unless somebody saved since the tag was given.
func (c *Client) SetOAuthResource(ctx context.Context, name, tag string, set api.SetOAuthResource) (r api.OAuthResource, err error) {
	body, err := json.Marshal(set)
	if err != nil {
		return r, err
	}
	_, err = c.do(ctx, call{method: http.MethodPut, path: oauthPath(name, ""), body: body, contentType: "application/json", header: http.Header{"If-Match": {tag}}}, &r)
	return r, err
}

// RemoveOAuthResource removes one with all its tokens.
func (c *Client) RemoveOAuthResource(ctx context.Context, name string) error {
	return c.send(ctx, http.MethodDelete, oauthPath(name, ""), nil, "", nil)
}

// CheckOAuthResource asks the provider whether it knows this server.
func (c *Client) CheckOAuthResource(ctx context.Context, name string) (r api.OAuthCheck, err error) {
	return r, c.send(ctx, http.MethodPost, oauthPath(name, "/check"), nil, "", &r)
}

// MakeOAuthCertificate makes a key and a certificate for one.
func (c *Client) MakeOAuthCertificate(ctx context.Context, name string) (r api.OAuthResource, err error) {
	return r, c.send(ctx, http.MethodPost, oauthPath(name, "/certificate"), nil, "", &r)
}

// ConnectOAuth begins to connect an account, or gets a token for the application.
func (c *Client) ConnectOAuth(ctx context.Context, name string, ask api.ConnectOAuth) (r api.OAuthConnect, err error) {
	return r, c.send(ctx, http.MethodPost, oauthPath(name, "/connect"), ask, "", &r)
}

// OAuthConnecting tells how a connecting of the caller fares.
func (c *Client) OAuthConnecting(ctx context.Context, state string) (r api.OAuthConnecting, err error) {
	return r, c.get(ctx, "/oauth/connect/"+url.PathEscape(state), nil, &r)
}

// OAuthTokens lists tokens, of one resource unless that is "".
func (c *Client) OAuthTokens(ctx context.Context, resource string, p Paging) (l api.List[api.OAuthToken], err error) {
	v := p.values()
	set(v, "resource", resource)
	return l, c.get(ctx, "/oauth/tokens", v, &l)
}

// DeleteOAuthToken forgets a token; the provider is not told.
func (c *Client) DeleteOAuthToken(ctx context.Context, id int64) error {
	return c.send(ctx, http.MethodDelete, "/oauth/tokens/"+strconv.FormatInt(id, 10), nil, "", nil)
}
