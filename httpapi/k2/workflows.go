package k2

import (
	"encoding/json"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/runner"
)

func (s *Server) getWorkflows(c *call) (any, error) {
	kind := strings.ToLower(c.ask("type"))
	if kind != "" && kind != "all" && kind != "viewable" && kind != "startable" {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "type is All, Viewable or Startable"}
	}
	all, err := s.HTTP.Library.Workflows(c.ctx, c.by)
	if err != nil {
		return nil, err
	}
	out := WorkflowLabelsResponse{Workflows: []WorkflowLabel{}}
	for _, w := range all {
		if kind == "startable" && !w.CanStart {
			continue
		}
		out.Workflows = append(out.Workflows, WorkflowLabel{ID: int64(w.ID), DefaultVersionID: int64(w.Default.ID),
			Name: w.Name, Folder: folder(w.Category), SystemName: systemName(w.Category, w.Key)})
	}
	out.ItemCount = len(out.Workflows)
	return out, nil
}

// folder writes a category the way K2 writes folders.
func folder(category string) string { return strings.ReplaceAll(category, "/", `\`) }

// systemName is unique, which the name for people need not be.
func systemName(category, key string) string {
	if category == "" {
		return key
	}
	return folder(category) + `\` + key
}

// workflow finds the workflow a path names: by number, as K2 does, or by key.
func (s *Server) workflow(c *call) (library.Workflow, *process.Definition, error) {
	w, err := s.HTTP.Library.Lookup(c.ctx, c.by, c.params["id"])
	if err != nil {
		return w, nil, err
	}
	def, err := s.HTTP.Library.Definition(c.ctx, w.Default.ID)
	return w, def, err
}

func (s *Server) getWorkflow(c *call) (any, error) {
	w, def, err := s.workflow(c)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(startSchema(def))
	if err != nil {
		return nil, err
	}
	return WorkflowDataResponse{
		WorkflowInfo: WorkflowDefinition{Name: w.Name, Description: w.Doc, Folder: folder(w.Category),
			SystemName: systemName(w.Category, w.Key)},
		WorkflowSchema: string(text),
	}, nil
}

func (s *Server) getWorkflowSchema(c *call) (any, error) {
	_, def, err := s.workflow(c)
	if err != nil {
		return nil, err
	}
	return startSchema(def), nil
}

// start answers with the instance's number alone: that is what K2 clients read.
func (s *Server) start(c *call) (any, error) {
	w, def, err := s.workflow(c)
	if err != nil {
		return nil, err
	}
	if err := s.HTTP.Library.Allow(c.ctx, c.by, access.Start, w.ID); err != nil {
		return nil, err
	}
	q := runner.StartRequest{Workflow: w.Key, Once: c.once}
	if q.Vars, err = dataFields(def, c.body); err != nil {
		return nil, err
	}
	if q.Folio, err = c.body.text("folio"); err != nil {
		return nil, err
	}
	if _, _, err := c.body.integer("expectedDuration"); err != nil {
		return nil, err
	}
	priority, given, err := c.body.integer("priority")
	if err != nil {
		return nil, err
	}
	if given {
		p := int(min(max(priority, -1), 3)) // what is out of bounds stays so
		q.Priority = &p
	}
	id, err := s.HTTP.Runner.Start(c.ctx, c.by, q)
	return int64(id), err
}

// startSchema is the JSON schema of the body that starts a workflow.
func startSchema(def *process.Definition) map[string]any {
	fields := map[string]any{}
	required := []string{}
	for _, v := range def.Variables {
		fields[v.Name] = fieldSchema(v)
		if v.Required && v.Default == nil {
			required = append(required, v.Name)
		}
	}
	data := map[string]any{"type": "object", "properties": fields}
	top := map[string]any{
		"$schema": "http://json-schema.org/draft-04/schema#",
		"title":   def.Name,
		"type":    "object",
		"properties": map[string]any{
			"expectedDuration": map[string]any{"type": "integer"},
			"folio":            map[string]any{"type": "string"},
			"priority":         map[string]any{"type": "integer", "enum": []int{0, 1, 2}},
			"xmlFields":        map[string]any{"type": "array", "items": map[string]any{"type": "object"}},
			"dataFields":       data,
			"itemReferences":   map[string]any{"type": "object"},
		},
	}
	if len(required) > 0 { // draft 4 forbids an empty list
		data["required"] = required
		top["required"] = []string{"dataFields"}
	}
	return top
}

func fieldSchema(v process.Variable) map[string]any {
	out := map[string]any{}
	switch v.Type {
	case process.Number:
		out["type"] = "number"
	case process.Boolean:
		out["type"] = "boolean"
	case process.Date, process.DateTime:
		out["type"], out["format"] = "string", "date-time"
		if v.Type == process.Date {
			out["format"] = "date"
		}
	case process.JSON:
	default:
		out["type"] = "string"
	}
	if v.Label != "" {
		out["title"] = v.Label
	}
	if len(v.Choices) > 0 {
		out["enum"] = v.Choices
	}
	return out
}

// operation answers what K2 reserves for its own use. There is nothing to
// reload here: changes hold from the next request.
func (s *Server) operation(c *call) (any, error) {
	if err := access.May(c.by, access.Server, nil).Err(); err != nil {
		return nil, err
	}
	if !strings.EqualFold(c.params["operation"], "refresh") {
		return nil, &signoff.Error{Kind: signoff.NotFound, Code: "no-such-route", Detail: "the operations are: refresh"}
	}
	return "OK", nil
}
