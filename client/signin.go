package client

import (
	"context"

	"github.com/signoffhq/signoff/api"
)

// SignInOptions says how one can sign in; it needs no credentials.
func (c *Client) SignInOptions(ctx context.Context) (o api.SignInOptions, err error) {
	err = c.get(ctx, "/signin/options", nil, &o)
	return o, err
}
