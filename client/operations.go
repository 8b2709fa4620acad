package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/signoffhq/signoff/api"
)

// Me tells who the server takes the caller for.
func (c *Client) Me(ctx context.Context) (me api.Me, err error) {
	return me, c.get(ctx, "/me", nil, &me)
}

// People finds people and groups by the beginning of a name, login or address.
func (c *Client) People(ctx context.Context, q string) (l api.List[api.Person], err error) {
	return l, c.get(ctx, "/people", url.Values{"q": {q}}, &l)
}

// WorkflowQuery says which workflows are wanted.
type WorkflowQuery struct {
	Paging
	Startable bool
	Q         string
}

// Workflows lists workflows the caller may see.
func (c *Client) Workflows(ctx context.Context, w WorkflowQuery) (l api.List[api.Workflow], err error) {
	q := w.values()
	set(q, "q", w.Q)
	if w.Startable {
		q.Set("startable", "true")
	}
	return l, c.get(ctx, "/workflows", q, &l)
}

// Workflow returns one workflow by number or key.
func (c *Client) Workflow(ctx context.Context, id string) (w api.WorkflowDetail, err error) {
	return w, c.get(ctx, "/workflows/"+url.PathEscape(id), nil, &w)
}

// Deploy sends a BPMN file. Deploying the same file again changes nothing, so
// it is safe to repeat. Everything that is wrong with the file is in
// Problem.Problems.
func (c *Client) Deploy(ctx context.Context, xml []byte) (d api.Deployed, err error) {
	_, err = c.do(ctx, call{method: http.MethodPost, path: "/workflows", body: xml, contentType: "application/xml", safe: true}, &d)
	return d, err
}

// ImportWorkflow says a BPMN file of another engine in signoff's words. Nothing is
// stored.
func (c *Client) ImportWorkflow(ctx context.Context, xml []byte) (out api.Imported, err error) {
	_, err = c.do(ctx, call{method: http.MethodPost, path: "/workflows/import", body: xml, contentType: "application/xml", safe: true}, &out)
	return out, err
}

// BPMN returns the file of one version of a workflow.
func (c *Client) BPMN(ctx context.Context, workflow string, version int) (xml []byte, err error) {
	return xml, c.get(ctx, "/workflows/"+url.PathEscape(workflow)+"/versions/"+strconv.Itoa(version)+"/bpmn", nil, &xml)
}

// Rights lists who may do what with a workflow.
func (c *Client) Rights(ctx context.Context, workflow string) (l api.List[api.Grant], err error) {
	return l, c.get(ctx, "/workflows/"+url.PathEscape(workflow)+"/rights", nil, &l)
}

// SetRights replaces the rights on a workflow.
func (c *Client) SetRights(ctx context.Context, workflow string, r api.Rights) (l api.List[api.Grant], err error) {
	return l, c.send(ctx, http.MethodPut, "/workflows/"+url.PathEscape(workflow)+"/rights", r, "", &l)
}

// Start starts a workflow, named by number or key. key makes it happen once
// however often it is sent; "" takes a new one.
func (c *Client) Start(ctx context.Context, workflow string, b api.StartBody, key string) (s api.Started, err error) {
	return s, c.send(ctx, http.MethodPost, "/workflows/"+url.PathEscape(workflow)+"/instances", b, keyOr(key), &s)
}

// InstanceQuery says which instances are wanted.
type InstanceQuery struct {
	Paging
	Scope    string // "mine" or "all"; "": mine
	Status   string // running, completed, cancelled, incident; "": any
	Workflow string // number or key
	Q        string
}

// Instances lists instances, newest first.
func (c *Client) Instances(ctx context.Context, i InstanceQuery) (l api.List[api.Instance], err error) {
	q := i.values()
	set(q, "scope", i.Scope)
	set(q, "status", i.Status)
	set(q, "workflow", i.Workflow)
	set(q, "q", i.Q)
	return l, c.get(ctx, "/instances", q, &l)
}

func instancePath(id int64, rest string) string {
	return "/instances/" + strconv.FormatInt(id, 10) + rest
}

// Instance returns one instance.
func (c *Client) Instance(ctx context.Context, id int64) (i api.InstanceDetail, err error) {
	return i, c.get(ctx, instancePath(id, ""), nil, &i)
}

// InstanceBPMN returns the diagram an instance runs.
func (c *Client) InstanceBPMN(ctx context.Context, id int64) (xml []byte, err error) {
	return xml, c.get(ctx, instancePath(id, "/bpmn"), nil, &xml)
}

// History lists what happened in an instance, oldest first.
func (c *Client) History(ctx context.Context, id int64, p Paging) (l api.List[api.Event], err error) {
	return l, c.get(ctx, instancePath(id, "/history"), p.values(), &l)
}

// CommentInstance writes a comment about an instance.
func (c *Client) CommentInstance(ctx context.Context, id int64, text string) error {
	return c.send(ctx, http.MethodPost, instancePath(id, "/comments"), api.CommentBody{Text: text}, NewKey(), nil)
}

// Cancel ends an instance.
func (c *Client) Cancel(ctx context.Context, id int64, reason string) error {
	return c.send(ctx, http.MethodPost, instancePath(id, "/cancel"), api.CancelBody{Reason: reason}, NewKey(), nil)
}

// FinishStep completes a step that waits for another system. key makes it happen
// once however often it is sent; "" takes a new one.
func (c *Client) FinishStep(ctx context.Context, serial string, variables map[string]any, key string) error {
	return c.send(ctx, http.MethodPost, "/steps/"+url.PathEscape(serial)+"/finish", api.FinishBody{Variables: variables}, keyOr(key), nil)
}

// Incidents lists failed steps that wait to be put right.
func (c *Client) Incidents(ctx context.Context, workflow string, p Paging) (l api.List[api.Incident], err error) {
	q := p.values()
	set(q, "workflow", workflow)
	return l, c.get(ctx, "/incidents", q, &l)
}

// Retry tries a failed step again, after corrections.
func (c *Client) Retry(ctx context.Context, serial string, variables map[string]any) error {
	return c.send(ctx, http.MethodPost, "/incidents/"+url.PathEscape(serial)+"/retry", api.RetryBody{Variables: variables}, NewKey(), nil)
}
