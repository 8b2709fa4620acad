package graph

import "context"

// TokenFor is a client's token, for tests that speak to the sandbox themselves.
func TokenFor(ctx context.Context, c *Client) (string, error) { return c.accessToken(ctx, "") }
