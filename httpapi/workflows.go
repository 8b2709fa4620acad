package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

type listWorkflowsInput struct {
	Page
	Startable bool   `query:"startable" doc:"only those you may start"`
	Q         string `query:"q" maxLength:"200" doc:"part of name, key or category"`
}

func (s *Server) listWorkflows(ctx context.Context, by signoff.Caller, in *listWorkflowsInput) (*body[api.List[api.Workflow]], error) {
	all, err := s.Library.Workflows(ctx, by)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(w library.Workflow) bool {
		return in.Startable && !w.CanStart || !contains(in.Q, w.Name, w.Key, w.Category)
	})
	some, next, err := cut(all, in.Page, workflowPlace)
	if err != nil {
		return nil, err
	}
	out := api.List[api.Workflow]{Items: []api.Workflow{}, Next: next}
	people, err := people(ctx, s, some, func(w library.Workflow) signoff.Principal { return w.Default.DeployedBy })
	if err != nil {
		return nil, err
	}
	for _, w := range some {
		out.Items = append(out.Items, workflowOf(w, people))
	}
	return &body[api.List[api.Workflow]]{out}, nil
}

// workflowPlace is where a workflow stands in the list: by name, then number.
func workflowPlace(w library.Workflow) string { return fmt.Sprintf("%s\x00%019d", w.Name, w.ID) }

func workflowOf(w library.Workflow, people names) api.Workflow {
	return api.Workflow{
		ID: int64(w.ID), Key: w.Key, Name: w.Name, Category: w.Category, Description: w.Doc,
		Version: w.Default.Number, DeployedAt: w.Default.DeployedAt, DeployedBy: people.person(w.Default.DeployedBy),
		CanStart: w.CanStart, CanManage: w.CanManage,
	}
}

type deployInput struct {
	RawBody []byte `contentType:"application/xml"`
}

type deployOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     api.Deployed
}

func (s *Server) deploy(ctx context.Context, by signoff.Caller, in *deployInput) (*deployOutput, error) {
	xml := slices.Clone(in.RawBody) // huma takes its buffer back
	d, err := s.Library.Deploy(ctx, by, xml)
	s.Runner.Scheduled()
	if signoff.CodeOf(err) == "bpmn-problems" {
		return nil, s.fileProblems(ctx, xml, err)
	}
	if err != nil {
		return nil, err
	}
	people, err := s.named(ctx, d.Workflow.Default.DeployedBy)
	if err != nil {
		return nil, err
	}
	out := &deployOutput{Status: http.StatusCreated, Location: fmt.Sprintf("%s/workflows/%d", base, d.Workflow.ID),
		Body: api.Deployed{Workflow: workflowOf(d.Workflow, people), Unchanged: d.Unchanged, Warnings: problemsOf(d.Warnings)}}
	if d.Unchanged {
		out.Status = http.StatusOK
	}
	return out, nil
}

// fileProblems turns the refusal of a file into one that lists its problems
// part by part, warnings included, so that an editor can mark them.
func (s *Server) fileProblems(ctx context.Context, xml []byte, refused error) error {
	r := s.refuse(ctx, refused)
	doc, err := bpmn.Parse(xml)
	if err != nil {
		return refused
	}
	_, all := doc.Definition()
	r.Problems, r.Errors = problemsOf(all), nil
	return r
}

func problemsOf(ps bpmn.Problems) []api.FileProblem {
	var out []api.FileProblem
	for _, p := range ps {
		out = append(out, api.FileProblem{Element: p.Element, Name: p.Name, Line: p.Line,
			Reason: p.Reason, Advice: p.Advice, Warning: p.Warning})
	}
	return out
}

func (s *Server) getWorkflow(ctx context.Context, by signoff.Caller, in *ByWorkflow) (*body[api.WorkflowDetail], error) {
	w, err := s.Library.Lookup(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	def, err := s.Library.Definition(ctx, w.Default.ID)
	if err != nil {
		return nil, err
	}
	versions, err := s.Library.Versions(ctx, by, w.ID)
	if err != nil {
		return nil, err
	}
	people, err := people(ctx, s, versions, func(v store.Version) signoff.Principal { return v.DeployedBy })
	if err != nil {
		return nil, err
	}
	out := api.WorkflowDetail{Workflow: workflowOf(w, people), Variables: startVariables(def, s.Now().In(s.location())), Versions: []api.Version{}}
	for _, v := range versions {
		out.Versions = append(out.Versions, api.Version{Number: v.Number, DeployedAt: v.DeployedAt,
			DeployedBy: people.person(v.DeployedBy), Default: v.Number == w.Default.Number})
	}
	return &body[api.WorkflowDetail]{out}, nil
}

type versionInput struct {
	ByWorkflow
	IfNoneMatch
	N int `path:"n" minimum:"1" doc:"number of the version"`
}

// xmlOutput is a BPMN file.
type xmlOutput struct {
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

func (s *Server) versionBPMN(ctx context.Context, by signoff.Caller, in *versionInput) (*xmlOutput, error) {
	w, err := s.Library.Lookup(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	xml, err := s.Library.XML(ctx, by, w.ID, in.N)
	if err != nil {
		return nil, err
	}
	return xmlAnswer(xml, in.IfNoneMatch)
}

// xmlAnswer may be kept by the browser it was sent to, as long as it asks
// whether the caller may still see it.
func xmlAnswer(xml []byte, known IfNoneMatch) (*xmlOutput, error) {
	etag := strongTag(xml)
	if anyTagMatches(known.Tags, etag) {
		return nil, notModified(etag)
	}
	return &xmlOutput{"application/xml", etag, "private, no-cache", xml}, nil
}
