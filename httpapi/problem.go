package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
)

const problemType = "application/problem+json"

// refusal is a problem on its way to the caller. It is what huma knows how to
// write, and it carries the headers that belong to it.
type refusal struct {
	api.Problem
	header http.Header
}

func (r *refusal) Error() string             { return r.Code + ": " + r.Detail }
func (r *refusal) GetStatus() int            { return r.Status }
func (r *refusal) GetHeaders() http.Header   { return r.header }
func (r *refusal) ContentType(string) string { return problemType }

// statusOf maps what sort of refusal it is to HTTP.
func statusOf(k signoff.Kind) int {
	switch k {
	case signoff.Invalid:
		return http.StatusUnprocessableEntity
	case signoff.Unauthenticated:
		return http.StatusUnauthorized
	case signoff.Forbidden:
		return http.StatusForbidden
	case signoff.NotFound:
		return http.StatusNotFound
	case signoff.Conflict:
		return http.StatusConflict
	case signoff.Unavailable:
		return http.StatusServiceUnavailable
	case signoff.TooLarge:
		return http.StatusRequestEntityTooLarge
	case signoff.TooMany:
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}

// refuse is the one adapter from a service's error to what the caller sees.
// What is our fault is logged here, once, and shown to nobody.
func (s *Server) refuse(ctx context.Context, err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return s.finish(ctx, r)
	}
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || e.Kind == signoff.Internal {
		return s.internal(ctx, err)
	}
	if e.Kind == signoff.Unavailable && e.Err != nil {
		s.Log.WarnContext(ctx, "request put off", "request", requestOf(ctx).id, "err", err)
	}
	if no, ok := errors.AsType[*trust.Refusal](err); ok {
		s.logToken(ctx, no)
	}
	refusedFrom(ctx, identity.CameThrough(err))
	r := &refusal{Problem: api.Problem{Status: statusOf(e.Kind), Code: e.Code, Detail: e.Detail, Hint: e.Hint}}
	if known, ok := api.CodeByName(e.Code); ok && known.Status != 0 {
		r.Status = known.Status
	}
	for _, f := range e.Fields {
		r.Errors = append(r.Errors, api.FieldError{Field: f.Field, Detail: f.Detail, Advice: f.Advice})
	}
	s.tell(ctx, r)
	if q := requestOf(ctx).r; q != nil {
		r.header = http.Header{}
		identity.Challenge(r.header, q, err)
		s.challenge(r.header, q, err)
	}
	return s.finish(ctx, r)
}

// internal answers a caller who has gone away with nothing, and everybody else
// with the request id under which the log has the cause.
func (s *Server) internal(ctx context.Context, err error) *refusal {
	r := &refusal{Problem: api.Problem{Status: http.StatusInternalServerError, Code: "internal",
		Detail: "something went wrong on our side; nothing half done is kept",
		Hint:   "try again; if it stays, give your administrator the request id"}}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		r.Status, r.Code = http.StatusServiceUnavailable, "unavailable"
		r.Detail, r.Hint = "the request was given up before it was done", "try again"
		return s.finish(ctx, r)
	}
	by, _ := identity.Who(ctx)
	s.Log.ErrorContext(ctx, "request failed", "request", requestOf(ctx).id, "user", by.Principal, "err", err)
	return s.finish(ctx, r)
}

// finish fills in what follows from the code and the request.
func (s *Server) finish(ctx context.Context, r *refusal) *refusal {
	Refused(ctx, r.Code)
	r.Type = api.ProblemBase + r.Code
	r.Title = http.StatusText(r.Status)
	if known, ok := api.CodeByName(r.Code); ok {
		r.Title = known.Title
	}
	r.RequestID = requestOf(ctx).id
	return r
}

// inBody makes names of fields, as services know them, into places in the
// request: the services do not know where their arguments came from.
func (r *refusal) inBody() *refusal {
	prefix := "body."
	if r.Code == engine.CodeBadVariables {
		prefix = "body.variables."
	}
	for i, e := range r.Errors {
		if !strings.HasPrefix(e.Field, "body.") && r.Code != "bpmn-unreadable" && r.Code != "bpmn-too-large" {
			r.Errors[i].Field = prefix + e.Field
		}
	}
	return r
}

func (r *refusal) setHeader(key, value string) {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(key, value)
}

// tell puts names and moments in place of the marks in the refusal's texts.
func (s *Server) tell(ctx context.Context, r *refusal) {
	texts := []*string{&r.Detail, &r.Hint}
	for i := range r.Errors {
		texts = append(texts, &r.Errors[i].Detail, &r.Errors[i].Advice)
	}
	var who []signoff.Principal
	for _, t := range texts {
		who = append(who, mentioned(*t)...)
	}
	known, err := s.named(ctx, who...)
	if err != nil { // the refusal itself matters more than the names in it
		s.Log.WarnContext(ctx, "names for a refusal not found", "request", requestOf(ctx).id, "err", err)
	}
	for _, t := range texts {
		*t = signoff.Tell(*t, known.name, s.location())
	}
}

// mentioned lists the principals that text speaks of as {user:7}.
func mentioned(text string) []signoff.Principal {
	var out []signoff.Principal
	for _, part := range strings.Split(text, "{")[1:] {
		inner, _, closed := strings.Cut(part, "}")
		if p := signoff.Principal(inner); closed && (p.IsUser() || p.IsGroup()) {
			out = append(out, p)
		}
	}
	return out
}

// problems turns huma's own refusals (validation, limits) into ours. It copies
// field and message and drops the rejected value, which huma would send back.
func (s *Server) problems(hc huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	r := &refusal{Problem: api.Problem{Status: m.Status}}
	r.Code, r.Detail = codeOfStatus(m, hc.Operation())
	for _, e := range m.Errors {
		if e != nil && r.Code != "bad-json" {
			// What our own types say of a path comes with the code before it.
			message := strings.TrimPrefix(e.Message, "invalid value: bad-serial: ")
			r.Errors = append(r.Errors, api.FieldError{Field: e.Location, Detail: message})
		}
	}
	if m.Status >= http.StatusInternalServerError {
		return s.internal(hc.Context(), fmt.Errorf("huma: %w", m)).Problem, nil
	}
	return s.finish(hc.Context(), r).Problem, nil
}

func codeOfStatus(m *huma.ErrorModel, o *huma.Operation) (code, detail string) {
	switch m.Status {
	case http.StatusBadRequest:
		if len(m.Errors) == 0 {
			return "body-missing", "this operation needs a body"
		}
		return "bad-json", m.Errors[len(m.Errors)-1].Message
	case http.StatusRequestEntityTooLarge:
		return "body-too-large", tooLargeText(o.MaxBodyBytes - 1)
	case http.StatusRequestTimeout:
		return "body-too-slow", "the body did not arrive in time"
	case http.StatusUnsupportedMediaType:
		return "unsupported-media-type", "the Content-Type is not one this operation takes"
	case http.StatusNotAcceptable:
		return "not-acceptable", "this operation does not answer in the form the Accept header asks for"
	case http.StatusUnprocessableEntity:
		return "invalid-request", "the request has " + count(len(m.Errors), "part") + " that cannot be right"
	}
	return "bad-request", "the request cannot be read"
}

func tooLargeText(limit int64) string {
	return "the body is over the limit of " + strconv.FormatInt(limit, 10) + " bytes"
}

func count(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// writeRefusal answers outside huma: before an operation is found, or from its
// middleware.
func (s *Server) writeRefusal(w http.ResponseWriter, r *http.Request, err error) {
	ref := s.refuse(r.Context(), err)
	for key, values := range ref.header {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(ref.Status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(ref.Problem) // nobody is left to hear of an error
	}
}

// Refuse is the adapter for APIs that write refusals in a shape of their own.
func (s *Server) Refuse(ctx context.Context, err error) (api.Problem, http.Header) {
	r := s.refuse(ctx, err)
	return r.Problem, r.header
}

func (s *Server) location() *time.Location {
	if s.Location != nil {
		return s.Location
	}
	return time.UTC
}
