package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/api"
)

// Problem is a refusal by the server. Its Error is what a person reads: what
// happened, every part that is wrong, and what to do.
type Problem struct {
	api.Problem
	RetryAfter time.Duration // 0: not said
}

func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Detail)
	for _, e := range p.Errors {
		fmt.Fprintf(&b, "\n  %s: %s", e.Field, e.Detail)
		if e.Advice != "" {
			fmt.Fprintf(&b, " (%s)", e.Advice)
		}
	}
	for _, f := range p.Problems {
		b.WriteString("\n  " + fileProblem(f))
	}
	if p.Hint != "" {
		b.WriteString("\n" + p.Hint)
	}
	if p.Status >= http.StatusInternalServerError && p.RequestID != "" {
		b.WriteString("\nrequest id: " + p.RequestID)
	}
	return b.String()
}

func fileProblem(f api.FileProblem) string {
	var where []string
	if f.Line > 0 {
		where = append(where, "line "+strconv.Itoa(f.Line))
	}
	if f.Name != "" {
		where = append(where, strconv.Quote(f.Name))
	}
	if f.Element != "" {
		where = append(where, f.Element)
	}
	text := strings.Join(where, ", ") + ": " + f.Reason
	if f.Advice != "" {
		text += " — " + f.Advice
	}
	return strings.TrimPrefix(text, ": ")
}

// problemOf reads a refusal. What does not look like one, a proxy's page
// perhaps, is told by its status alone.
func problemOf(answer *http.Response, content []byte) *Problem {
	p := &Problem{}
	kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(kind) != "application/problem+json" || json.Unmarshal(content, &p.Problem) != nil || p.Detail == "" {
		p.Problem = api.Problem{Detail: "the server answered " + answer.Status + ", and not in the way signoff does",
			Hint: "is this the address of a signoff server?"}
	}
	p.Status = answer.StatusCode
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}
