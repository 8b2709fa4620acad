package client

import (
	"context"

	"github.com/signoffhq/signoff/api"
)

// Nodes lists the servers at work on the same data.
func (c *Client) Nodes(ctx context.Context) (l api.List[api.Node], err error) {
	return l, c.get(ctx, "/nodes", nil, &l)
}
