package k2_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/k2"
)

func start(t *testing.T) *apitest.World {
	t.Helper()
	return apitest.Start(t, func(s *httpapi.Server) {
		s.K2 = &k2.Server{HTTP: s, Public: "https://signoff.example.test"}
	})
}

func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.http")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { start(t).Play(t, f) })
	}
}

// answer is a whole answer, without what names the request.
func answer(t *testing.T, w *apitest.World, who, method, path, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(who, apitest.Password)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	a.Header.Del("X-Request-Id")
	a.Header.Del("Date")
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	out.WriteString(a.Status + "\n")
	if err := a.Header.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String() + string(text)
}

func TestSomebodyElsesTaskAndAMissingOneGiveTheSameBytes(t *testing.T) {
	w := start(t)
	w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/api/workflow/v1/tasks/%s", ""},
		{"GET", "/api/workflow/v1/tasks/%s/actions", ""},
		{"POST", "/api/workflow/v1/tasks/%s/actions/Approve", "{}"},
		{"POST", "/api/workflow/v1/tasks/%s/actions/assign", ""},
		{"POST", "/api/workflow/v1/tasks/%s/actions/release", ""},
		{"POST", "/api/workflow/v1/tasks/%s/actions/redirect", `{"RedirectTo":"eve"}`},
		{"POST", "/api/workflow/v1/tasks/%s/actions/sleep", `{"SleepFor":60}`},
		{"POST", "/api/workflow/v1/tasks/%s/actions/wake", ""},
		{"GET", "/api/workflow/v1/serverEvents/%s", ""},
		{"POST", "/api/workflow/v1/serverEvents/%s/finish", "{}"},
	} {
		var first string
		for _, serial := range []string{"1_2", "1_99", "77_1", "0_0", "rubbish"} {
			got := answer(t, w, "eve", c.method, strings.Replace(c.path, "%s", serial, 1), c.body)
			if first == "" {
				first = got
			}
			if !strings.HasPrefix(got, "404") || got != first {
				t.Errorf("%s %s with %s:\n%s\nand with 1_2:\n%s", c.method, c.path, serial, got, first)
			}
		}
	}
}

func TestStartAnswersWithABareInteger(t *testing.T) {
	w := start(t)
	got := answer(t, w, "ana", "POST", "/Api/Workflow/V1/Workflows/1", `{"folio":"Add-on","priority":1,"dataFields":{"Days":"2"}}`)
	head, body, _ := strings.Cut(got, "\r\n\r\n")
	if !strings.HasPrefix(head, "200 OK") || strings.TrimSpace(body) != "1" && !strings.HasSuffix(strings.TrimSpace(got), "\n1") {
		t.Errorf("got %q", got)
	}
}

func TestABodyOverTheLimitIsRefused(t *testing.T) {
	w := start(t)
	got := answer(t, w, "ana", "POST", "/api/workflow/v1/workflows/1", `{"folio":"`+strings.Repeat("x", 1<<20)+`"}`)
	if !strings.HasPrefix(got, "413") || !strings.Contains(got, `{"Message":"the body is over the limit of 1048576 bytes"}`) {
		t.Errorf("got %q", got[:min(len(got), 600)])
	}
}
