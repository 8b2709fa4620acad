package graph

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type batchRequest struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

type inBatch struct{}

// batch answers up to 20 requests in one, of mail and of the directory alike,
// at most four at a time.
func batch(c *call) (answer, error) {
	in, err := objectOf[struct{ Requests []batchRequest }](c.body)
	if err != nil {
		return answer{}, err
	}
	if c.r.Context().Value(inBatch{}) != nil {
		return answer{}, badRequest("A batch cannot hold a batch.")
	}
	if len(in.Requests) == 0 || len(in.Requests) > maxBatch {
		return answer{}, badRequest("Number of batch request steps exceeds the maximum of %d, or there are none.", maxBatch)
	}
	seen := map[string]bool{}
	for _, r := range in.Requests {
		for _, d := range r.DependsOn {
			if !seen[d] {
				return answer{}, badRequest("Request '%s' depends on '%s', which does not stand before it.", r.ID, d)
			}
		}
		if r.ID == "" || seen[r.ID] || r.Method == "" || r.URL == "" {
			return answer{}, badRequest("Every request of a batch needs an id of its own, a method and a url.")
		}
		seen[r.ID] = true
	}
	return answer{status: http.StatusOK, body: map[string]any{"responses": c.runBatch(in.Requests)}}, nil
}

func (c *call) runBatch(list []batchRequest) []map[string]any {
	out := make([]map[string]any, len(list))
	done := map[string]chan struct{}{}
	status := make([]int, len(list))
	index := map[string]int{}
	for i, r := range list {
		done[r.ID], index[r.ID] = make(chan struct{}), i
	}
	slots := make(chan struct{}, batchAtOnce)
	for i, r := range list {
		go func() {
			defer close(done[r.ID])
			for _, d := range r.DependsOn {
				<-done[d]
				if status[index[d]] >= 300 {
					status[i] = http.StatusFailedDependency
					out[i] = map[string]any{"id": r.ID, "status": status[i], "body": map[string]any{"error": map[string]any{"code": "FailedDependency", "message": "A request that this one depends on failed."}}}
					return
				}
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			status[i], out[i] = c.runOne(r)
		}()
	}
	for _, r := range list {
		<-done[r.ID]
	}
	return out
}

// runOne answers one request through the whole of Graph.
func (c *call) runOne(r batchRequest) (int, map[string]any) {
	rec := &recorder{header: http.Header{}}
	failed := func(status int, code, message string) (int, map[string]any) {
		return status, map[string]any{"id": r.ID, "status": status, "body": map[string]any{"error": map[string]any{"code": code, "message": message}}}
	}
	path := "/" + strings.TrimPrefix(r.URL, "/")
	u, err := url.Parse("/v1.0" + path)
	if err != nil || strings.Contains(u.Path, "//") || strings.HasPrefix(strings.ToLower(path), "/$batch") {
		return failed(http.StatusBadRequest, "BadRequest", "The url of the request cannot be used.")
	}
	method := strings.ToUpper(r.Method)
	if !slices.Contains([]string{"GET", "POST", "PATCH", "PUT", "DELETE"}, method) {
		return failed(http.StatusMethodNotAllowed, "BadRequest", "The method is not known.")
	}
	var body io.Reader = http.NoBody
	headers := http.Header{}
	for name, value := range r.Headers {
		headers.Set(name, value)
	}
	if len(r.Body) > 0 && string(r.Body) != "null" {
		content := []byte(r.Body)
		var text string
		if kind := headers.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") && json.Unmarshal(content, &text) == nil {
			content = []byte(text)
			if raw, err := base64.StdEncoding.DecodeString(text); err == nil && !strings.HasPrefix(kind, "text/plain") {
				content = raw
			}
		}
		body = bytes.NewReader(content)
	}
	req, err := http.NewRequestWithContext(context.WithValue(c.r.Context(), inBatch{}, true), method, "/", body)
	if err != nil {
		return failed(http.StatusBadRequest, "BadRequest", "The request cannot be read.")
	}
	req.URL, req.Host, req.RemoteAddr, req.Header = u, c.r.Host, c.r.RemoteAddr, headers
	headers.Set("Authorization", c.r.Header.Get("Authorization"))
	c.s.inside(rec, req)
	return rec.status, rec.response(r.ID)
}

// inside calls Graph and survives a connection that a fault closes.
func (s *Server) inside(rec *recorder, req *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			rec.status, rec.body = http.StatusServiceUnavailable, bytes.Buffer{}
			if p != http.ErrAbortHandler {
				s.log.Error("sandbox graph request failed", "err", p)
				rec.status = http.StatusInternalServerError
			}
		}
	}()
	s.joined().Handler().ServeHTTP(rec, req)
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}
func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

func (r *recorder) response(id string) map[string]any {
	headers := map[string]string{}
	for name := range r.header {
		headers[name] = r.header.Get(name)
	}
	out := map[string]any{"id": id, "status": r.status, "headers": headers}
	switch {
	case r.body.Len() == 0:
	case strings.HasPrefix(r.header.Get("Content-Type"), "application/json") && json.Valid(r.body.Bytes()):
		out["body"] = json.RawMessage(r.body.Bytes())
	default:
		out["body"] = base64.StdEncoding.EncodeToString(r.body.Bytes())
	}
	return out
}
