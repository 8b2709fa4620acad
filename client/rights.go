package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

// A Place is where rights are kept. Make it with OnServer, OnWorkflow or OnCategory.
type Place struct{ path string }

// OnServer is the server itself.
func OnServer() Place { return Place{"/rights"} }

// OnWorkflow is a workflow, by key or number.
func OnWorkflow(key string) Place { return Place{"/workflows/" + url.PathEscape(key) + "/rights"} }

// OnCategory is a category, with all its workflows.
func OnCategory(name string) Place { return Place{"/categories/" + url.PathEscape(name) + "/rights"} }

// RightsOn returns the rights on a place, and the tag to replace them by.
func (c *Client) RightsOn(ctx context.Context, on Place) (l api.List[api.Grant], tag string, err error) {
	header, err := c.do(ctx, call{method: http.MethodGet, path: on.path, safe: true}, &l)
	return l, header.Get("ETag"), err
}

// PutRightsOn replaces the rights kept on a place, if nobody has since tag was given.
func (c *Client) PutRightsOn(ctx context.Context, on Place, tag string, grants []api.NewGrant) (l api.List[api.Grant], err error) {
	k := call{method: http.MethodPut, path: on.path, header: http.Header{}}
	if tag != "" {
		k.header.Set("If-Match", tag)
	}
	if k.body, err = json.Marshal(api.Rights{Grants: append([]api.NewGrant{}, grants...)}); err != nil {
		return l, err
	}
	k.contentType = "application/json"
	_, err = c.do(ctx, k, &l)
	return l, err
}

// Categories lists the categories of workflows.
func (c *Client) Categories(ctx context.Context) (l api.List[api.Category], err error) {
	return l, c.get(ctx, "/categories", nil, &l)
}

// Why answers whether somebody may do something, and why. Right may be "".
func (c *Client) Why(ctx context.Context, person, right, thing string) (w api.Why, err error) {
	v := url.Values{}
	set(v, "person", person)
	set(v, "right", right)
	set(v, "thing", thing)
	return w, c.get(ctx, "/rights/why", v, &w)
}
