package mailroom

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"testing"
	"time"
)

// eventStream opens a stream of events.
func eventStream(url string) (io.ReadCloser, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

func contextWithStop(t *testing.T) (context.Context, func()) {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(stop)
	return ctx, stop
}

// until waits for mailboxes to change until cond is true.
func (o *office) until(events io.Reader, cond func() bool) {
	o.t.Helper()
	lines := bufio.NewScanner(events)
	for !cond() {
		if !lines.Scan() {
			o.t.Fatalf("the events ended: %v", lines.Err())
		}
	}
}
