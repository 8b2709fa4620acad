package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

// BeginBulk orders something to be done to many incidents.
func (c *Client) BeginBulk(ctx context.Context, b api.NewBulk) (out api.Bulk, err error) {
	return out, c.send(ctx, http.MethodPost, "/bulk", b, "", &out)
}

// Bulk tells how far an order is.
func (c *Client) Bulk(ctx context.Context, id int64) (out api.Bulk, err error) {
	return out, c.get(ctx, fmt.Sprintf("/bulk/%d", id), nil, &out)
}

// BulkItems lists what became of an order's incidents; with a state only those
// in it.
func (c *Client) BulkItems(ctx context.Context, id int64, state string, p Paging) (l api.List[api.BulkItem], err error) {
	q := p.values()
	if q == nil {
		q = url.Values{}
	}
	set(q, "state", state)
	return l, c.get(ctx, fmt.Sprintf("/bulk/%d/items", id), q, &l)
}
