package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/signoffhq/signoff/api"
)

func retentionPath(workflow string) string {
	return "/workflows/" + url.PathEscape(workflow) + "/retention"
}

// Retention tells how long a workflow's ended instances are kept. What is
// expired is counted for so many days, or for those that are set when days is
// below zero.
func (c *Client) Retention(ctx context.Context, workflow string, days int) (r api.Retention, err error) {
	q := url.Values{}
	if days >= 0 {
		q.Set("keep", strconv.Itoa(days))
	}
	return r, c.get(ctx, retentionPath(workflow), q, &r)
}

// SetRetention changes how many days a workflow's ended instances are kept, 0
// for ever.
func (c *Client) SetRetention(ctx context.Context, workflow string, days int) (r api.Retention, err error) {
	return r, c.send(ctx, http.MethodPut, retentionPath(workflow), api.SetRetention{KeepDays: days}, "", &r)
}

// Holds lists holds, last placed first; those that were lifted when asked for.
func (c *Client) Holds(ctx context.Context, lifted bool, p Paging) (l api.List[api.Hold], err error) {
	q := p.values()
	if lifted {
		q.Set("lifted", "true")
	}
	return l, c.get(ctx, "/holds", q, &l)
}

// PlaceHold keeps things from being removed. It is not repeated by itself: that
// would place a second hold.
func (c *Client) PlaceHold(ctx context.Context, h api.NewHold) (out api.Hold, err error) {
	return out, c.send(ctx, http.MethodPost, "/holds", h, "", &out)
}

// LiftHold ends a hold.
func (c *Client) LiftHold(ctx context.Context, id int64, reason string) (out api.Hold, err error) {
	return out, c.send(ctx, http.MethodPost, "/holds/"+strconv.FormatInt(id, 10)+"/lift", api.LiftHold{Reason: reason}, "", &out)
}

// CheckLift tells what lifting a hold would release, and lifts nothing.
func (c *Client) CheckLift(ctx context.Context, id int64, reason string) (out api.Hold, err error) {
	return out, c.send(ctx, http.MethodPost, "/holds/"+strconv.FormatInt(id, 10)+"/lift?check=true", api.LiftHold{Reason: reason}, "", &out)
}

// ExportQuery says which instances are to be exported; zero fields mean all.
type ExportQuery struct {
	Workflow                   string // key or number
	Status                     string
	StartedSince, StartedUntil time.Time
	EndedSince, EndedUntil     time.Time
	After                      int64 // go on behind this instance
}

func (e ExportQuery) values() url.Values {
	q := url.Values{}
	set(q, "workflow", e.Workflow)
	set(q, "status", e.Status)
	for name, at := range map[string]time.Time{"startedSince": e.StartedSince, "startedUntil": e.StartedUntil, "endedSince": e.EndedSince, "endedUntil": e.EndedUntil} {
		if !at.IsZero() {
			q.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	if e.After > 0 {
		q.Set("after", strconv.FormatInt(e.After, 10))
	}
	return q
}

// Exported is how far an export is.
type Exported struct {
	Instances int64
	After     int64 // the last instance looked at
}

// Export hands over everything about instances as lines of JSON, those of one
// instance at a time and whole, and last the line of kind "end". When the
// connection breaks it goes on behind what was handed over, a few times in a
// row. An error means that the end was not reached; Exported.After is where to
// go on.
func (c *Client) Export(ctx context.Context, q ExportQuery, each func(lines []byte, so Exported) error) (so Exported, err error) {
	so.After = q.After
	wait := firstWait
	for attempt := 1; ; attempt++ {
		before := so.After
		err := c.exportOnce(ctx, q, &so, each)
		after, again := retryable(err)
		if err == nil || !again {
			return so, err
		}
		if so.After > before {
			attempt, wait = 1, firstWait
		}
		if attempt == attempts {
			return so, err
		}
		if err := c.wait(ctx, max(wait, after)); err != nil {
			return so, err
		}
		wait, q.After = min(2*wait, longestWait), so.After
	}
}

func (c *Client) exportOnce(ctx context.Context, q ExportQuery, so *Exported, each func([]byte, Exported) error) error {
	answer, err := c.stream(ctx, call{method: http.MethodGet, path: "/export", query: q.values()})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return readExport(bufio.NewReaderSize(answer.Body, 64<<10), so, each)
}

// maxExportBytes bounds what is kept of one instance before it is whole.
const maxExportBytes = 256 << 20

// readExport reads lines up to the last, which is there only when it is whole.
func readExport(r *bufio.Reader, so *Exported, each func([]byte, Exported) error) error {
	var group bytes.Buffer
	for {
		line, err := r.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		for errors.Is(err, bufio.ErrBufferFull) && group.Len() < maxExportBytes {
			group.Write(line)
			line, err = r.ReadSlice('\n')
		}
		group.Write(line)
		if group.Len() >= maxExportBytes {
			return fmt.Errorf("an instance is over %d bytes", maxExportBytes)
		}
		switch {
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err)
		case long || len(line) > maxMarkBytes:
			continue
		}
		var l struct {
			Kind  string `json:"kind"`
			After int64  `json:"after"`
		}
		if json.Unmarshal(line, &l) != nil {
			return fmt.Errorf("the server's answer is no lines of JSON: %.40q", line)
		}
		switch l.Kind {
		case "mark":
			if group.Len() > len(line) {
				so.Instances++
			}
			so.After = l.After
			if err := each(group.Bytes(), *so); err != nil {
				return err
			}
			group.Reset()
		case "end":
			end, err := json.Marshal(api.ExportEnd{Kind: "end", Instances: so.Instances})
			if err != nil {
				return err
			}
			return each(append(end, '\n'), *so)
		}
	}
}

// maxMarkBytes is more than a mark takes; longer lines need no look.
const maxMarkBytes = 200
