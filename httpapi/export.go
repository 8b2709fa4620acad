package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/worklist"
)

type exportInput struct {
	Workflow     string             `query:"workflow" maxLength:"255" doc:"number or key; who administers the server may leave it out"`
	Status       string             `query:"status" enum:"running,completed,cancelled"`
	Files        bool               `query:"files" doc:"with what is in files that people added, in base64; else only what they are called"`
	StartedSince time.Time          `query:"startedSince" doc:"at or after"`
	StartedUntil time.Time          `query:"startedUntil" doc:"before"`
	EndedSince   time.Time          `query:"endedSince" doc:"at or after"`
	EndedUntil   time.Time          `query:"endedUntil" doc:"before"`
	After        signoff.InstanceID `query:"after" minimum:"0" doc:"go on behind this instance: \"after\" of the last mark"`
}

type exportOutput struct{ Body func(huma.Context) }

// export streams instances as lines of JSON. One instance at a time is in
// memory, read as of one moment; what was committed before the request came is
// in it.
func (s *Server) export(ctx context.Context, by signoff.Caller, in *exportInput) (*exportOutput, error) {
	q := store.ExportQuery{Status: engine.Status(in.Status), StartedSince: in.StartedSince, StartedUntil: in.StartedUntil,
		EndedSince: in.EndedSince, EndedUntil: in.EndedUntil}
	var err error
	if q.Workflow, err = s.mayExport(ctx, by, in.Workflow); err != nil {
		return nil, err
	}
	return &exportOutput{func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		if !s.streams.take(by.Principal) {
			s.writeRefusal(w, r, &signoff.Error{Kind: signoff.TooMany, Code: "too-many-streams", Detail: "too many streams are open", Hint: "wait for another export to end"})
			return
		}
		defer s.streams.give(by.Principal)
		h := w.Header()
		h.Set("Content-Type", "application/jsonl")
		h.Set("X-Accel-Buffering", "no")
		x := &exporter{s: s, files: in.Files, lines: lines{w: w, c: http.NewResponseController(w)}, still: func(ctx context.Context) error {
			by, err := s.Identity.Still(ctx)
			if err == nil {
				_, err = s.mayExport(ctx, by, in.Workflow)
			}
			return err
		}}
		_ = x.c.SetReadDeadline(time.Time{})
		if err := x.run(r.Context(), q, in.After); err != nil && r.Context().Err() == nil {
			s.Log.ErrorContext(ctx, "export broken off", "err", err) // the client sees that the end is missing
		}
	}}, nil
}

// mayExport finds the workflow to export, 0 for all there are, for somebody who
// may: who administers it, or the server.
func (s *Server) mayExport(ctx context.Context, by signoff.Caller, workflow string) (signoff.WorkflowID, error) {
	if workflow == "" {
		return 0, access.May(by, access.Server, nil).Err()
	}
	w, err := s.administered(ctx, by, workflow)
	return w.ID, err
}

// exporter writes an export.
type exporter struct {
	lines
	s     *Server
	still func(context.Context) error // whether the caller still may
	files bool                        // with what is in files
	n     int64
}

// lines writes JSON values, one a line.
type lines struct {
	w   http.ResponseWriter
	c   *http.ResponseController
	buf bytes.Buffer
}

func (l *lines) add(v any) error {
	e := json.NewEncoder(&l.buf)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// send hands over what has been added, and gives up on a client that does not
// read.
func (l *lines) send() error {
	_ = l.c.SetWriteDeadline(time.Now().Add(exportWithin)) // not all writers have one
	_, err := l.w.Write(l.buf.Bytes())
	l.buf.Reset()
	return err
}

const (
	exportWithin = time.Minute // for what one instance is, to a slow client
	exportLook   = 500         // instances looked at in one query
)

// run writes until there is no more, and then the line that says so.
func (x *exporter) run(ctx context.Context, q store.ExportQuery, after signoff.InstanceID) error {
	for more := true; more; {
		ids, next, err := x.s.Worklist.Store.ExportNext(ctx, q, after, exportLook)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := x.instance(ctx, id); err != nil {
				return err
			}
		}
		if after, more = next, next != 0; !more {
			break
		}
		if err := x.pause(ctx, after); err != nil {
			return err
		}
	}
	if err := x.add(api.ExportEnd{Kind: "end", Instances: x.n}); err != nil {
		return err
	}
	return x.send()
}

// pause tells how far it is, and looks whether to go on.
func (x *exporter) pause(ctx context.Context, after signoff.InstanceID) error {
	select {
	case <-x.s.Stopping:
		return context.Canceled
	default:
	}
	if err := x.still(ctx); err != nil {
		return err // signed out, disabled, gone, or without the right
	}
	if err := x.add(api.ExportMark{Kind: "mark", After: int64(after)}); err != nil {
		return err
	}
	if err := x.send(); err != nil {
		return err
	}
	return x.c.Flush()
}

// instance writes all lines about one instance, unless it is gone by now.
func (x *exporter) instance(ctx context.Context, id signoff.InstanceID) error {
	e, err := x.s.Worklist.Store.Export(ctx, id)
	if signoff.KindOf(err) == signoff.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	v, err := x.s.Library.Version(ctx, e.Version)
	if err != nil {
		return err
	}
	t, err := x.s.tellerOf(ctx, e.Instance, e.Facts)
	if err != nil {
		return err
	}
	var who []signoff.Principal
	for i := range e.Tasks {
		who = append(who, e.Tasks[i].Claimed, e.Tasks[i].ClosedBy, e.Tasks[i].Behind)
	}
	for i := range e.Files {
		who = append(who, e.Files[i].By, e.Files[i].For)
	}
	for i := range e.Sent {
		who = append(who, e.Sent[i].Principal)
	}
	for i := range e.Received {
		who = append(who, e.Received[i].Principal)
	}
	known, err := x.s.named(ctx, append(who, e.State.Starter.Principal)...)
	if err != nil {
		return err
	}
	x.n++
	for _, lines := range [][]any{{exportedInstance(&e, v, known)}, exportedEvents(&e, t), exportedTasks(&e, known), exportedMails(&e, known)} {
		for _, line := range lines {
			if err := x.add(line); err != nil {
				return err
			}
		}
	}
	if err := x.attachments(ctx, &e, known); err != nil {
		return err
	}
	if err := x.add(api.ExportMark{Kind: "mark", After: int64(id)}); err != nil {
		return err
	}
	return x.send()
}

// attachments writes a line for each file, and what is in it if that was asked
// for: one file at a time is in memory.
func (x *exporter) attachments(ctx context.Context, e *store.Exported, known names) error {
	for i := range e.Files {
		line := api.ExportedFile{Kind: "file", Instance: int64(e.ID), File: fileOf(e.ID, &e.Files[i], known)}
		if x.files {
			_, content, err := x.s.Worklist.Store.Attachment(ctx, e.ID, e.Files[i].Seq)
			if signoff.KindOf(err) == signoff.NotFound {
				continue // removed meanwhile
			}
			if err != nil {
				return err
			}
			line.Content = content
		}
		if err := x.add(line); err != nil {
			return err
		}
		if x.files {
			if err := x.send(); err != nil {
				return err
			}
		}
	}
	return nil
}

func exportedInstance(e *store.Exported, v library.Version, known names) api.ExportedInstance {
	in := instanceOf(&worklist.Instance{Instance: e.Instance, Key: v.Key, Name: v.Name, Number: v.Number}, known)
	return api.ExportedInstance{Kind: "instance", Instance: in, Variables: toGo(e.State.Vars)}
}

func toGo(vars map[string]expr.Value) map[string]any {
	out := make(map[string]any, len(vars))
	for name, v := range vars {
		out[name] = expr.ToGo(v)
	}
	return out
}

func exportedEvents(e *store.Exported, t *teller) (out []any) {
	for _, f := range e.Facts {
		line := api.ExportedEvent{Kind: "event", Instance: int64(e.ID), Event: t.event(f)}
		if len(f.Vars) > 0 {
			line.Values = toGo(f.Vars)
		}
		out = append(out, line)
	}
	return out
}

func exportedTasks(e *store.Exported, known names) (out []any) {
	for _, t := range e.Tasks {
		line := api.ExportedTask{Kind: "task", Instance: int64(e.ID), Serial: serialOf(e.ID, t.Seq), Step: t.Node, Title: t.Title,
			OfferedAt: t.OfferedAt, Due: t.Due, ClaimedBy: known.personPtr(t.Claimed), ClosedAt: t.ClosedAt, ClosedBy: known.personPtr(t.ClosedBy), Outcome: t.Outcome}
		if t.Behind != "" {
			line.ClosedBy, line.ClosedFor = known.personPtr(t.Behind), line.ClosedBy
		}
		out = append(out, line)
	}
	return out
}

func exportedMails(e *store.Exported, known names) (out []any) {
	for _, m := range e.Sent {
		out = append(out, api.ExportedMail{Kind: "mail", Instance: int64(e.ID), Task: serialOf(e.ID, m.Task), Purpose: m.Purpose, State: string(m.State),
			To: m.To, Person: known.personPtr(m.Principal), Subject: m.Subject, MessageID: m.MessageID, Created: m.Created, Since: m.Since, Error: m.Error, Bounce: m.Bounce})
	}
	for _, m := range e.Received {
		line := api.ExportedReply{Kind: "reply", Instance: int64(e.ID), Task: serialOf(e.ID, m.Task), At: m.At, From: m.From, Person: known.personPtr(m.Principal),
			Subject: m.Subject, MessageID: m.MessageID, Verdict: m.Verdict, Action: m.Action, Detail: m.Detail}
		if json.Valid([]byte(m.Evidence)) {
			line.Evidence = json.RawMessage(m.Evidence)
		}
		out = append(out, line)
	}
	return out
}

// givesLines documents the lines of an export.
func givesLines(s *Server, h *huma.Operation) {
	schemas := s.huma.OpenAPI().Components.Schemas
	var kinds []any
	for _, t := range []reflect.Type{reflect.TypeFor[api.ExportedInstance](), reflect.TypeFor[api.ExportedEvent](), reflect.TypeFor[api.ExportedTask](),
		reflect.TypeFor[api.ExportedMail](), reflect.TypeFor[api.ExportedReply](), reflect.TypeFor[api.ExportedFile](), reflect.TypeFor[api.ExportMark](), reflect.TypeFor[api.ExportEnd]()} {
		kinds = append(kinds, schemas.Schema(t, true, t.Name()))
	}
	h.Responses["200"] = &huma.Response{
		Description: "One JSON value a line. All lines of an instance stand together, from \"instance\" to \"mark\"; \"end\" is the last line of an answer that is whole.",
		Content:     map[string]*huma.MediaType{"application/jsonl": {Schema: &huma.Schema{Type: huma.TypeString, Extensions: map[string]any{"x-lines": kinds}}}},
	}
}
