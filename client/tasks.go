package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/signoffhq/signoff/api"
)

// TaskQuery says which tasks are wanted.
type TaskQuery struct {
	Paging
	View     string // open, sleeping or closed; "": open
	Sort     string // "": newest first
	Workflow string // number or key
	Q        string
}

// Tasks lists the caller's tasks.
func (c *Client) Tasks(ctx context.Context, t TaskQuery) (l api.List[api.Task], err error) {
	q := t.values()
	set(q, "view", t.View)
	set(q, "sort", t.Sort)
	set(q, "workflow", t.Workflow)
	set(q, "q", t.Q)
	return l, c.get(ctx, "/tasks", q, &l)
}

// TaskCounts tells how many tasks wait for the caller.
func (c *Client) TaskCounts(ctx context.Context) (n api.TaskCounts, err error) {
	return n, c.get(ctx, "/tasks/counts", nil, &n)
}

// Task returns one task with everything needed to decide it, and the tag by
// which Decide can insist on having seen its present state.
func (c *Client) Task(ctx context.Context, serial string) (t api.TaskDetail, etag string, err error) {
	h, err := c.do(ctx, call{method: http.MethodGet, path: taskPath(serial, ""), safe: true}, &t)
	return t, h.Get("ETag"), err
}

func taskPath(serial, rest string) string { return "/tasks/" + url.PathEscape(serial) + rest }

// Decide decides a task. key makes it happen once however often it is sent;
// "" takes a new one.
func (c *Client) Decide(ctx context.Context, serial string, d api.Decide, key string) (out api.Decided, err error) {
	return out, c.send(ctx, http.MethodPost, taskPath(serial, "/decision"), d, keyOr(key), &out)
}

// Claim takes a task, so that nobody else works on it.
func (c *Client) Claim(ctx context.Context, serial string) error {
	return c.move(ctx, serial, "/claim", nil)
}

// Release gives a claimed task back.
func (c *Client) Release(ctx context.Context, serial string) error {
	return c.move(ctx, serial, "/release", nil)
}

// Wake shows a sleeping task again.
func (c *Client) Wake(ctx context.Context, serial string) error {
	return c.move(ctx, serial, "/wake", nil)
}

// Sleep hides a task until a time.
func (c *Client) Sleep(ctx context.Context, serial string, until time.Time) error {
	return c.move(ctx, serial, "/sleep", api.SleepBody{Until: until})
}

// Share puts a task before somebody else, too.
func (c *Client) Share(ctx context.Context, serial string, s api.Share) error {
	return c.move(ctx, serial, "/share", s)
}

// Redirect hands a task to somebody else.
func (c *Client) Redirect(ctx context.Context, serial string, r api.Redirect) error {
	return c.move(ctx, serial, "/redirect", r)
}

// Withdraw ends a task without an answer, for administrators.
func (c *Client) Withdraw(ctx context.Context, serial string, w api.Withdraw) error {
	return c.move(ctx, serial, "/withdraw", w)
}

// Ask puts a question about a task to somebody.
func (c *Client) Ask(ctx context.Context, serial string, a api.Ask) error {
	return c.move(ctx, serial, "/questions", a)
}

// Reply answers a question about a task, by its number.
func (c *Client) Reply(ctx context.Context, serial string, question int, text string) error {
	return c.move(ctx, serial, fmt.Sprintf("/questions/%d/reply", question), api.CommentBody{Text: text})
}

// CommentTask writes a comment about a task.
func (c *Client) CommentTask(ctx context.Context, serial, text string) error {
	return c.move(ctx, serial, "/comments", api.CommentBody{Text: text})
}

func (c *Client) move(ctx context.Context, serial, what string, in any) error {
	return c.send(ctx, http.MethodPost, taskPath(serial, what), in, NewKey(), nil)
}
