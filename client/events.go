package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff/api"
)

// maxEventBytes bounds one line of the stream.
const maxEventBytes = 1 << 20

// Event is one message of the event stream.
type Event struct {
	ID   string
	Kind string   // "task", "instance" or "resync"
	Live api.Live // for "task" and "instance"
}

// Events calls each for every change the caller may see, until ctx is done, the
// stream ends (io.EOF) or each returns an error. It does not connect again by
// itself: a caller who does passes the ID of the last event it saw.
func (c *Client) Events(ctx context.Context, lastID string, each func(Event) error) error {
	k := call{method: http.MethodGet, path: "/events", header: http.Header{"Accept": {"text/event-stream"}}}
	if lastID != "" {
		k.header.Set("Last-Event-Id", lastID)
	}
	answer, err := c.stream(ctx, k)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return readEvents(answer.Body, each)
}

// readEvents reads the event stream format:
// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
func readEvents(r io.Reader, each func(Event) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEventBytes)
	var e Event
	var data strings.Builder
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			if err := emit(e, data.String(), each); err != nil {
				return err
			}
			e = Event{ID: e.ID}
			data.Reset()
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			e.ID = value
		case "event":
			e.Kind = value
		case "data":
			data.WriteString(value)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.EOF
}

func emit(e Event, data string, each func(Event) error) error {
	if data == "" {
		return nil // a heartbeat
	}
	if err := json.Unmarshal([]byte(data), &e.Live); err != nil {
		return fmt.Errorf("read event %q: %w", e.Kind, err)
	}
	return each(e)
}
