package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

// Files lists the files of an instance and of its tasks.
func (c *Client) Files(ctx context.Context, instance int64) (l api.List[api.File], err error) {
	return l, c.get(ctx, instancePath(instance, "/files"), nil, &l)
}

// TaskFiles lists the files of a task, and those of its instance as a whole.
func (c *Client) TaskFiles(ctx context.Context, serial string) (l api.List[api.File], err error) {
	return l, c.get(ctx, taskPath(serial, "/files"), nil, &l)
}

// AddFile adds a file to an instance. key makes it happen once however often it
// is sent; "" takes a new one.
func (c *Client) AddFile(ctx context.Context, instance int64, name string, content []byte, key string) (api.File, error) {
	return c.addFile(ctx, instancePath(instance, "/files"), name, content, key)
}

// AddTaskFile adds a file to a task, as AddFile does.
func (c *Client) AddTaskFile(ctx context.Context, serial, name string, content []byte, key string) (api.File, error) {
	return c.addFile(ctx, taskPath(serial, "/files"), name, content, key)
}

func (c *Client) addFile(ctx context.Context, path, name string, content []byte, key string) (f api.File, err error) {
	k := call{method: http.MethodPost, path: path, query: url.Values{"name": {name}}, header: http.Header{}, safe: true,
		body: content, contentType: "application/octet-stream"}
	k.header.Set("Idempotency-Key", keyOr(key))
	_, err = c.do(ctx, k, &f)
	return f, err
}

// File returns what is in a file.
func (c *Client) File(ctx context.Context, instance int64, number int) (content []byte, err error) {
	return content, c.get(ctx, instancePath(instance, fmt.Sprintf("/files/%d", number)), nil, &content)
}

// RemoveFile removes a file; reason is for the history.
func (c *Client) RemoveFile(ctx context.Context, instance int64, number int, reason string) error {
	q := url.Values{}
	set(q, "reason", reason)
	_, err := c.do(ctx, call{method: http.MethodDelete, path: instancePath(instance, fmt.Sprintf("/files/%d", number)), query: q, safe: true}, nil)
	return err
}
