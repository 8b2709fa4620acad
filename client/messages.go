package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

// SendMessage sends a message to the instance that waits for it. With an ID it is
// taken in once however often it is sent.
func (c *Client) SendMessage(ctx context.Context, m api.SendMessage) (out api.Message, err error) {
	return out, c.send(ctx, http.MethodPost, "/messages", m, "", &out)
}

// SendSignal sends a signal to all who wait for it now. With an ID it is sent once.
func (c *Client) SendSignal(ctx context.Context, m api.SendSignal) (out api.Message, err error) {
	return out, c.send(ctx, http.MethodPost, "/signals", m, "", &out)
}

// Messages lists the caller's messages and signals, or everybody's for an
// administrator: those in one state, "" all; newest first.
func (c *Client) Messages(ctx context.Context, state string, p Paging) (l api.List[api.Message], err error) {
	q := p.values()
	set(q, "state", state)
	return l, c.get(ctx, "/messages", q, &l)
}

// Schedules lists what begins instances by the clock.
func (c *Client) Schedules(ctx context.Context) (l api.List[api.Schedule], err error) {
	return l, c.get(ctx, "/schedules", nil, &l)
}

// PauseSchedule stops a schedule until ResumeSchedule. step is the id of the
// start event.
func (c *Client) PauseSchedule(ctx context.Context, workflow, step string) (n api.Schedule, err error) {
	return n, c.send(ctx, http.MethodPost, schedulePath(workflow, step)+"/pause", nil, "", &n)
}

// ResumeSchedule lets a paused schedule go on.
func (c *Client) ResumeSchedule(ctx context.Context, workflow, step string) (n api.Schedule, err error) {
	return n, c.send(ctx, http.MethodPost, schedulePath(workflow, step)+"/resume", nil, "", &n)
}

func schedulePath(workflow, step string) string {
	return "/schedules/" + url.PathEscape(workflow) + "/" + url.PathEscape(step)
}
