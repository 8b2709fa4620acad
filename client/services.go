package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

func servicePath(name string, more ...string) string {
	path := "/services/" + url.PathEscape(name)
	for _, m := range more {
		path += "/" + url.PathEscape(m)
	}
	return path
}

// Services lists the systems that can be called.
func (c *Client) Services(ctx context.Context) (out api.List[api.Service], err error) {
	return out, c.get(ctx, "/services", nil, &out)
}

// Service tells how one is set up, to whoever may change it.
func (c *Client) Service(ctx context.Context, name string) (out api.Service, err error) {
	return out, c.get(ctx, servicePath(name), nil, &out)
}

// ServiceObjects lists what one offers.
func (c *Client) ServiceObjects(ctx context.Context, name string) (out api.List[api.ServiceObject], err error) {
	return out, c.get(ctx, servicePath(name, "objects"), nil, &out)
}

// ServiceUses lists the steps of workflows that call one.
func (c *Client) ServiceUses(ctx context.Context, name string) (out api.List[api.ServiceUse], err error) {
	return out, c.get(ctx, servicePath(name, "uses"), nil, &out)
}

// TestService tries one as it was saved, step by step.
func (c *Client) TestService(ctx context.Context, name string) (out api.ServiceTested, err error) {
	return out, c.send(ctx, http.MethodPost, servicePath(name, "test"), api.TestService{}, "", &out)
}

// RefreshService asks one what it offers now.
func (c *Client) RefreshService(ctx context.Context, name string, ask api.RefreshService) (out api.ServiceRefreshed, err error) {
	return out, c.send(ctx, http.MethodPost, servicePath(name, "refresh"), ask, "", &out)
}

// CallService calls a method.
func (c *Client) CallService(ctx context.Context, name, object, method string, call api.CallService) (out api.ServiceResult, err error) {
	return out, c.send(ctx, http.MethodPost, servicePath(name, object, method), call, "", &out)
}
