package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
)

// served is one answer of a server that says what it is told to.
type served struct {
	status int
	header map[string]string
	body   string
}

// script answers requests in turn and keeps what was asked.
type script struct {
	answers []served
	asked   []*http.Request
	bodies  []string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	s.asked, s.bodies = append(s.asked, r), append(s.bodies, string(b))
	a := s.answers[min(len(s.asked), len(s.answers))-1]
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

func serve(t *testing.T, answers ...served) (*Client, *script, *[]time.Duration) {
	t.Helper()
	s := &script{answers: answers}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	var waits []time.Duration
	return &Client{Server: h.URL, Login: "ana", Password: "secret-of-ana",
		Wait: func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }}, s, &waits
}

var (
	busy = served{503, map[string]string{"Content-Type": "application/problem+json", "Retry-After": "2"},
		`{"type":"/problems/unavailable","title":"x","status":503,"code":"unavailable","detail":"the database is away","hint":"try again","requestId":"q-1"}`}
	started = served{201, map[string]string{"Content-Type": "application/json"}, `{"id":12}`}
)

func TestAStartIsRepeatedUnderTheSameKey(t *testing.T) {
	c, s, waits := serve(t, busy, busy, started)
	got, err := c.Start(t.Context(), "leave", api.StartBody{Folio: "f"}, "")
	if err != nil || got.ID != 12 {
		t.Fatalf("got %v, %v", got, err)
	}
	if len(s.asked) != 3 || s.bodies[0] != s.bodies[2] {
		t.Fatalf("asked %d times: %q", len(s.asked), s.bodies)
	}
	key := s.asked[0].Header.Get("Idempotency-Key")
	if key == "" || key != s.asked[1].Header.Get("Idempotency-Key") || key != s.asked[2].Header.Get("Idempotency-Key") {
		t.Errorf("the key changed between attempts, or is missing: %q", key)
	}
	if want := []time.Duration{2 * time.Second, 2 * time.Second}; !slices.Equal(*waits, want) {
		t.Errorf("waited %v, want %v as Retry-After says", *waits, want)
	}
}

func TestARequestWithoutAKeyIsNotRepeated(t *testing.T) {
	c, s, _ := serve(t, busy)
	_, err := c.CreateUser(t.Context(), api.NewUser{Login: "x"})
	if err == nil || len(s.asked) != 1 {
		t.Fatalf("asked %d times, err %v; making a user twice is not safe", len(s.asked), err)
	}
}

func TestARefusalIsNotRepeated(t *testing.T) {
	c, s, _ := serve(t, served{404, map[string]string{"Content-Type": "application/problem+json"},
		`{"type":"/problems/task-not-found","title":"No such task","status":404,"code":"task-not-found","detail":"there is no such task, or it is not yours"}`})
	_, _, err := c.Task(t.Context(), "1_2")
	p, ok := errors.AsType[*Problem](err)
	if !ok || p.Code != "task-not-found" || len(s.asked) != 1 {
		t.Fatalf("got %v after %d requests", err, len(s.asked))
	}
}

func TestAttemptsEnd(t *testing.T) {
	c, s, _ := serve(t, busy)
	_, err := c.Me(t.Context())
	p, ok := errors.AsType[*Problem](err)
	if !ok || p.Status != 503 || len(s.asked) != attempts {
		t.Fatalf("got %v after %d requests", err, len(s.asked))
	}
	want := "the database is away\ntry again\nrequest id: q-1"
	if err.Error() != want {
		t.Errorf("a person reads %q, want %q", err, want)
	}
}

func TestWaitingForARetryEndsWithTheContext(t *testing.T) {
	c, _, _ := serve(t, busy)
	c.Wait = nil
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	if _, err := c.Me(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("waited %v after the caller had given up", took)
	}
}

func TestAnAnswerThatIsNotOursSaysSo(t *testing.T) {
	c, _, _ := serve(t, served{418, map[string]string{"Content-Type": "text/html"}, "<h1>teapot</h1>"})
	_, err := c.Me(t.Context())
	if err == nil || !strings.Contains(err.Error(), "418") || strings.Contains(err.Error(), "<h1>") {
		t.Errorf("got %v", err)
	}
}

func TestEveryFileProblemIsPrinted(t *testing.T) {
	c, _, _ := serve(t, served{422, map[string]string{"Content-Type": "application/problem+json"},
		`{"type":"/problems/x","title":"x","status":422,"code":"x","detail":"the file cannot be deployed","problems":[
		{"element":"G1","name":"Which?","line":14,"reason":"no way out fits","advice":"give it a default flow"},
		{"reason":"it has no start event","advice":"add one"}]}`})
	_, err := c.Deploy(t.Context(), []byte("<x/>"))
	want := "the file cannot be deployed\n  line 14, \"Which?\", G1: no way out fits — give it a default flow\n  it has no start event — add one"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestThePasswordIsInNoError(t *testing.T) {
	c := &Client{Server: "http://127.0.0.1:1", Login: "ana", Password: "secret-of-ana",
		Wait: func(context.Context, time.Duration) error { return nil }}
	_, err := c.Me(t.Context())
	if err == nil || strings.Contains(err.Error(), "secret-of-ana") {
		t.Errorf("got %v", err)
	}
	c.Server = "localhost:8080"
	if _, err := c.Me(t.Context()); err == nil || !strings.Contains(err.Error(), "http://localhost:8080") {
		t.Errorf("an address without a scheme: %v", err)
	}
}

func TestEventsAreReadAsTheFormatSays(t *testing.T) {
	stream := ": heartbeat\n\nid: 7\nevent: task\ndata: {\"instance\":3,\"task\":\"3_1\"}\n\nevent: resync\ndata: {\"reason\":\"missed\"}\n\nevent: cut off"
	var got []Event
	err := readEvents(strings.NewReader(stream), func(e Event) error { got = append(got, e); return nil })
	want := []Event{{ID: "7", Kind: "task", Live: api.Live{Instance: 3, Task: "3_1"}}, {ID: "7", Kind: "resync"}}
	if err != io.EOF || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestEventsEndWhenTheReaderHasEnough(t *testing.T) {
	c, s, _ := serve(t, served{200, map[string]string{"Content-Type": "text/event-stream"}, "event: task\ndata: {\"instance\":1}\n\n"})
	enough := errors.New("enough")
	if err := c.Events(t.Context(), "41", func(Event) error { return enough }); err != enough {
		t.Errorf("got %v", err)
	}
	if got := s.asked[0].Header.Get("Last-Event-Id"); got != "41" {
		t.Errorf("Last-Event-ID was %q", got)
	}
}
