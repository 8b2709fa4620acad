package httpapi_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
)

// Programs that look for viruses open every link of a mail before its reader
// does, some with the reader's own session. Whatever is opened without being
// posted leaves every task as it is.
func TestOpeningAnAddressDecidesNothing(t *testing.T) {
	w := apitest.Start(t)
	id := w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	before, err := w.API.Runner.Store.Instance(t.Context(), id)
	must(t, err)
	serial := signoff.Serial{Instance: id, Seq: before.State.Tasks[0].Seq}.String()
	raw, err := httpapi.OpenAPI()
	must(t, err)
	var d struct {
		Paths map[string]map[string]json.RawMessage
	}
	must(t, json.Unmarshal(raw, &d))
	paths := []string{"/tasks/" + serial, "/inbox", "/tasks/" + serial + "?action=Approve", "/api/v1/tasks/" + serial + "?action=Approve"}
	marks := regexp.MustCompile(`\{[^}]+\}`)
	for path := range d.Paths {
		if strings.Contains(path, "events") { // a stream that does not end
			continue
		}
		paths = append(paths, marks.ReplaceAllStringFunc(path, func(mark string) string {
			if strings.Contains(path, "/tasks/") {
				return serial
			}
			return serial[:strings.IndexByte(serial, '_')]
		}))
	}
	opened := 0
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			for _, who := range []string{"", "jane"} {
				open(t, w, who, method, path)
				opened++
			}
		}
	}
	after, err := w.API.Runner.Store.Instance(t.Context(), id)
	must(t, err)
	if after.Rev != before.Rev || !after.State.Tasks[0].Open() || after.State.Facts != before.State.Facts {
		t.Errorf("after %d requests the request has changed: %+v", opened, after.State)
	}
	if opened < 500 {
		t.Errorf("only %d addresses were opened", opened)
	}
}

func open(t *testing.T, w *apitest.World, who, method, path string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, nil)
	must(t, err)
	r.Header.Set("User-Agent", "Mozilla/5.0 (compatible; link scanner)")
	if who != "" {
		r.SetBasicAuth(who, apitest.Password)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	must(t, err)
	answer.Body.Close()
}

func TestTheHistoryShowsWhatADecisionByMailRestsOn(t *testing.T) {
	w := apitest.Start(t)
	id := w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	in, err := w.API.Runner.Store.Instance(t.Context(), id)
	must(t, err)
	w.Do(t, "jane", id, engine.Act{Task: in.State.Tasks[0].Seq, Action: "Approve", Channel: "mail", Evidence: `{"method":"dmarc","line":"Approve"}`})
	h, err := as(w, "ana").History(t.Context(), int64(id), client.Paging{Limit: 200})
	must(t, err)
	shown := 0
	for _, e := range h.Items {
		if e.Evidence == nil {
			continue
		}
		shown++
		if e.Kind != "task decided" || e.Evidence.(map[string]any)["method"] != "dmarc" {
			t.Errorf("%+v", e)
		}
	}
	if shown != 1 {
		t.Errorf("%d events show what they rest on", shown)
	}
}
