package httpapi

import (
	"bytes"
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/bpmn/movein"
)

// importWorkflow says what another engine's file says in signoff's words, as a
// draft that nobody has deployed. Who may not deploy the workflow is refused:
// they have no use for it.
func (s *Server) importWorkflow(ctx context.Context, by signoff.Caller, in *deployInput) (*body[api.Imported], error) {
	doc, err := bpmn.Parse(slices.Clone(in.RawBody)) // huma takes its buffer back
	if err != nil {
		return nil, err
	}
	moved, report := movein.Import(doc)
	if err := s.Library.MayDeploy(ctx, by, report.Process); err != nil {
		return nil, err
	}
	var draft bytes.Buffer
	if err := moved.Write(&draft); err != nil {
		return nil, err
	}
	out := ImportedOf(report)
	out.BPMN = draft.String()
	return &body[api.Imported]{out}, nil
}

// ImportedOf is a report as programs read it.
func ImportedOf(r *movein.Report) api.Imported {
	out := api.Imported{Engines: r.Engines, Runs: r.Runs(), Findings: []api.ImportFinding{}, Problems: problemsOf(r.Problems)}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, api.ImportFinding{Outcome: string(f.Outcome), Element: f.Element, Name: f.Name, Line: f.Line,
			What: f.What, From: f.From, To: f.To, Advice: f.Advice})
	}
	return out
}

// readsFile is for uploads of a workflow that change nothing.
func readsFile(_ *Server, h *huma.Operation) {
	h.MaxBodyBytes, h.BodyReadTimeout = maxWorkflowBytes+1, fileWithin
}
