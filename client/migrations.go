package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

func versionsPath(workflow, what string) string {
	return "/workflows/" + url.PathEscape(workflow) + "/" + what
}

// SetDefaultVersion chooses the version that new instances of a workflow get.
func (c *Client) SetDefaultVersion(ctx context.Context, workflow string, version int) error {
	return c.send(ctx, http.MethodPut, versionsPath(workflow, "default"), api.DefaultVersion{Version: version}, "", nil)
}

// PreviewMigration tells what a migration would do now.
func (c *Client) PreviewMigration(ctx context.Context, workflow string, m api.NewMigration) (out api.MigrationPreview, err error) {
	return out, c.send(ctx, http.MethodPost, versionsPath(workflow, "migrations/preview"), m, "", &out)
}

// BeginMigration lets running instances go on with another version.
func (c *Client) BeginMigration(ctx context.Context, workflow string, m api.NewMigration) (out api.Bulk, err error) {
	return out, c.send(ctx, http.MethodPost, versionsPath(workflow, "migrations"), m, "", &out)
}

// Migrations lists a workflow's migrations, newest first.
func (c *Client) Migrations(ctx context.Context, workflow string, p Paging) (l api.List[api.Bulk], err error) {
	return l, c.get(ctx, versionsPath(workflow, "migrations"), p.values(), &l)
}

// UndoMigration takes back those instances of a migration that have not moved on.
func (c *Client) UndoMigration(ctx context.Context, order int64, reason string) (out api.Bulk, err error) {
	return out, c.send(ctx, http.MethodPost, fmt.Sprintf("/bulk/%d/undo", order), api.UndoBody{Reason: reason}, "", &out)
}
