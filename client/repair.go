package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

// Skip goes on behind a failed step as if it were done.
func (c *Client) Skip(ctx context.Context, serial string, b api.SkipBody) error {
	return c.send(ctx, http.MethodPost, "/incidents/"+url.PathEscape(serial)+"/skip", b, NewKey(), nil)
}

// SetVariables changes variables of a running instance.
func (c *Client) SetVariables(ctx context.Context, id int64, b api.SetVariablesBody) error {
	return c.send(ctx, http.MethodPost, instancePath(id, "/variables"), b, NewKey(), nil)
}

// Move takes an instance from one step to another.
func (c *Client) Move(ctx context.Context, id int64, b api.MoveBody) error {
	return c.send(ctx, http.MethodPost, instancePath(id, "/move"), b, NewKey(), nil)
}

// HoldInstance stops an instance, ResumeInstance lets it go on.
func (c *Client) HoldInstance(ctx context.Context, id int64, reason string) error {
	return c.send(ctx, http.MethodPost, instancePath(id, "/hold"), api.StopBody{Reason: reason}, NewKey(), nil)
}

// ResumeInstance lets a stopped instance go on.
func (c *Client) ResumeInstance(ctx context.Context, id int64, reason string) error {
	return c.send(ctx, http.MethodPost, instancePath(id, "/resume"), api.ResumeBody{Reason: reason}, NewKey(), nil)
}

// EndInstance completes an instance as it stands.
func (c *Client) EndInstance(ctx context.Context, id int64, b api.EndBody) error {
	return c.send(ctx, http.MethodPost, instancePath(id, "/end"), b, NewKey(), nil)
}

// WhyWaiting says why an instance does not go on.
func (c *Client) WhyWaiting(ctx context.Context, id int64) (l api.List[api.Reason], err error) {
	return l, c.get(ctx, instancePath(id, "/waiting"), nil, &l)
}

// DeleteInstance removes an ended instance.
func (c *Client) DeleteInstance(ctx context.Context, id int64, reason string) error {
	return c.send(ctx, http.MethodDelete, instancePath(id, "")+"?reason="+url.QueryEscape(reason), nil, "", nil)
}
