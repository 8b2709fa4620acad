package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

// Directories lists where people and groups are taken from.
func (c *Client) Directories(ctx context.Context) (out api.Directories, err error) {
	return out, c.get(ctx, "/directories", nil, &out)
}

// Directory tells how one stands, with its last syncs.
func (c *Client) Directory(ctx context.Context, name string) (out api.DirectoryDetail, err error) {
	return out, c.get(ctx, "/directories/"+url.PathEscape(name), nil, &out)
}

// TestDirectory tries one as it was saved, step by step.
func (c *Client) TestDirectory(ctx context.Context, name string) (out api.DirectoryTested, err error) {
	return out, c.send(ctx, http.MethodPost, "/directories/"+url.PathEscape(name)+"/test", api.TestDirectory{}, "", &out)
}

// SyncDirectory begins a sync or a preview; Directory tells how it fares.
func (c *Client) SyncDirectory(ctx context.Context, name string, ask api.SyncDirectory) (out api.DirectoryRun, err error) {
	return out, c.send(ctx, http.MethodPost, "/directories/"+url.PathEscape(name)+"/sync", ask, "", &out)
}
