package client

import (
	"context"
	"net/http"
	"strconv"

	"github.com/signoffhq/signoff/api"
)

// Tokens lists one's own personal access tokens.
func (c *Client) Tokens(ctx context.Context) (l api.TokenList, err error) {
	return l, c.get(ctx, "/me/tokens", nil, &l)
}

// CreateToken makes a personal access token and returns it with its text. It is
// not repeated by itself: a second one would be refused for its name.
func (c *Client) CreateToken(ctx context.Context, n api.NewToken) (made api.MadeToken, err error) {
	return made, c.send(ctx, http.MethodPost, "/me/tokens", n, "", &made)
}

// EndToken ends one of one's own tokens.
func (c *Client) EndToken(ctx context.Context, id int64) error {
	return c.send(ctx, http.MethodDelete, "/me/tokens/"+strconv.FormatInt(id, 10), nil, "", nil)
}

// AllTokens lists everybody's tokens. For administrators, as what follows.
func (c *Client) AllTokens(ctx context.Context, p Paging) (l api.TokenList, err error) {
	return l, c.get(ctx, "/tokens", p.values(), &l)
}

// EndAnyToken ends anybody's token.
func (c *Client) EndAnyToken(ctx context.Context, id int64) error {
	return c.send(ctx, http.MethodDelete, "/tokens/"+strconv.FormatInt(id, 10), nil, "", nil)
}
