package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/store"
)

// raw sends a body as it is.
func raw(t *testing.T, w *apitest.World, by, method, path string, content []byte) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL+"/api/v1"+path, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(by, apitest.Password)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, body
}

func codeOf(body []byte) string {
	var p api.Problem
	_ = json.Unmarshal(body, &p)
	return p.Code
}

func TestFilesOfATaskAreThereForWhoSeesIt(t *testing.T) {
	w := apitest.Start(t)
	id := int64(w.Begin(t, "ana", "leave", map[string]any{"days": 1}))
	content := append([]byte("%PDF-1.7 "), bytes.Repeat([]byte{0, 0xff, '\n'}, 100_000)...)
	ana, jane, eve := as(w, "ana"), as(w, "jane"), as(w, "eve")
	ticket, err := ana.AddFile(t.Context(), id, "ticket.txt", []byte("there and back"), "")
	must(t, err)
	f, err := jane.AddTaskFile(t.Context(), "1_2", `C:\Users\jane\Plan für "Ana".pdf`, content, "once")
	must(t, err)
	if f.Name != "Plan für _Ana_.pdf" || f.Type != "application/pdf" || f.Bytes != len(content) || f.By.Login != "jane" || f.Task != "1_2" || f.For != nil {
		t.Errorf("added is %+v", f)
	}
	if again, err := jane.AddTaskFile(t.Context(), "1_2", `C:\Users\jane\Plan für "Ana".pdf`, content, "once"); err != nil || again.Number != f.Number {
		t.Errorf("sent again it is %+v, %v", again, err)
	}
	list, err := jane.TaskFiles(t.Context(), "1_2")
	if err != nil || len(list.Items) != 2 || list.Items[0] != ticket || list.Items[1] != f {
		t.Errorf("listed are %+v, %v", list.Items, err)
	}
	d, _, err := jane.Task(t.Context(), "1_2")
	if err != nil || len(d.Files) != 2 {
		t.Errorf("the task has %+v, %v", d.Files, err)
	}
	if got, err := ana.File(t.Context(), id, f.Number); err != nil || !bytes.Equal(got, content) {
		t.Errorf("ana downloads %d bytes, %v", len(got), err)
	}
	for _, path := range []string{"/instances/1/files", "/instances/1/files/3", "/tasks/1_2/files"} {
		if a, body := raw(t, w, "eve", "GET", path, nil); a.StatusCode != 404 || bytes.Contains(body, []byte("Plan")) {
			t.Errorf("eve gets %d %s", a.StatusCode, body)
		}
	}
	if _, err := eve.AddFile(t.Context(), id, "a.txt", []byte("a"), ""); code(err) != "instance-not-found" {
		t.Errorf("eve adds a file: %v", err)
	}
	if err := eve.RemoveFile(t.Context(), id, f.Number, ""); code(err) != "instance-not-found" {
		t.Errorf("eve removes a file: %v", err)
	}
	if err := ana.RemoveFile(t.Context(), id, f.Number, ""); code(err) != "administrators-only" {
		t.Errorf("ana removes jane's: %v", err)
	}
	must(t, jane.RemoveFile(t.Context(), id, f.Number, "the wrong one"))
	if _, err := ana.File(t.Context(), id, f.Number); code(err) != "file-not-found" {
		t.Errorf("removed: %v", err)
	}
	var told []string
	h, err := ana.History(t.Context(), id, client.Paging{Limit: 200})
	must(t, err)
	for _, e := range h.Items {
		if strings.HasPrefix(e.Kind, "file") {
			told = append(told, e.Text+" "+e.Comment+" "+e.Task)
		}
	}
	if got, want := strings.Join(told, "|"), "Ana Asker added the file “ticket.txt”  |Jane Judge added the file “Plan für _Ana_.pdf”  1_2|Jane Judge removed the file “Plan für _Ana_.pdf” the wrong one 1_2"; got != want {
		t.Errorf("the history says\n%s, want\n%s", got, want)
	}
}

// What is downloaded is saved and never carried out, whatever somebody has put in
// it and called it.
func TestADownloadIsHarmless(t *testing.T) {
	w := apitest.Start(t)
	w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	for name, want := range map[string]string{
		"note.txt":                  `attachment; filename=note.txt`,
		"a b.txt":                   `attachment; filename="a b.txt"`,
		"über;x=\"y\".txt":          `attachment; filename="_ber;x=_y_.txt"; filename*=UTF-8''%C3%BCber%3Bx=_y_.txt`,
		"x\r\nSet-Cookie: a=b.txt":  `attachment; filename="xSet-Cookie_ a=b.txt"`,
		"exe.\u202etxt.txt":         `attachment; filename=exe.txt.txt`,
		"../../../etc/passwd.txt":   `attachment; filename=passwd.txt`,
		"50%20off\u2028<script>.md": `attachment; filename=50_20off_script_.md; filename*=UTF-8''50%2520off_script_.md`,
	} {
		a, body := raw(t, w, "ana", "POST", "/instances/1/files?name="+url.QueryEscape(name), []byte("<html><script>alert(1)</script>"))
		if a.StatusCode != 201 {
			t.Fatalf("%q: %d %s", name, a.StatusCode, body)
		}
		a, body = raw(t, w, "ana", "GET", strings.TrimPrefix(a.Header.Get("Location"), "/api/v1"), nil)
		h := a.Header
		if h.Get("Content-Disposition") != want || h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox; default-src 'none'") ||
			h.Get("Cross-Origin-Resource-Policy") != "same-origin" || !strings.HasPrefix(h.Get("Content-Type"), "text/") || strings.Contains(h.Get("Content-Type"), "html") ||
			h.Get("Set-Cookie") != "" || !bytes.HasPrefix(body, []byte("<html>")) {
			t.Errorf("%q: %v", name, h)
		}
	}
}

func TestFilesThatCannotBeAddedAreRefused(t *testing.T) {
	w := apitest.Start(t)
	w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	for _, c := range []struct {
		name    string
		content []byte
		status  int
		code    string
	}{
		{"", []byte("x"), 422, "invalid-request"},
		{"..", []byte("x"), 422, "bad-file"},
		{"a.txt", nil, 0, ""},
		{"a.exe", []byte("MZ"), 422, "file-type-refused"},
		{"a.html", []byte("<p>"), 422, "file-type-refused"},
		{"a.svg", []byte("<svg>"), 422, "file-type-refused"},
		{"a.txt", []byte("MZ\x90"), 422, "file-type-refused"}, // a program under another name
		{"a.pdf", []byte("<html>"), 422, "file-type-refused"},
		{"a.pdf\x00.exe", []byte("%PDF-"), 422, "file-type-refused"},
		{"a.pdf", append([]byte("%PDF-"), make([]byte, engine.MaxFileBytes-5)...), 201, ""},
		{"a.pdf", append([]byte("%PDF-"), make([]byte, engine.MaxFileBytes-4)...), 413, "body-too-large"},
		{strings.Repeat("long ", 99) + ".txt", []byte("x"), 201, ""},
	} {
		a, body := raw(t, w, "ana", "POST", "/tasks/1_2/files?name="+url.QueryEscape(c.name), c.content)
		if c.status == 0 {
			if a.StatusCode < 400 || a.StatusCode >= 500 {
				t.Errorf("nothing: %d %s", a.StatusCode, body)
			}
			continue
		}
		if a.StatusCode == 404 { // ana started it and does not have the task
			a, body = raw(t, w, "jane", "POST", "/tasks/1_2/files?name="+url.QueryEscape(c.name), c.content)
		}
		if a.StatusCode != c.status || c.code != "" && codeOf(body) != c.code {
			t.Errorf("%.40q: %d %s, want %d %s", c.name, a.StatusCode, body, c.status, c.code)
		}
	}
}

func TestAnExportHasTheFiles(t *testing.T) {
	w := apitest.Start(t)
	id := int64(w.Begin(t, "ana", "leave", map[string]any{"days": 1}))
	_, err := as(w, "ana").AddFile(t.Context(), id, "ticket.txt", []byte("there and back"), "")
	must(t, err)
	for path, want := range map[string]string{"/export": "", "/export?files=true": "there and back"} {
		_, body := raw(t, w, "admin", "GET", path, nil)
		found := false
		for line := range strings.Lines(string(body)) {
			var f api.ExportedFile
			if err := json.Unmarshal([]byte(line), &f); err == nil && f.Kind == "file" {
				found = f.Instance == id && f.Name == "ticket.txt" && string(f.Content) == want && f.By.Login == "ana"
			}
		}
		if !found {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestAHoldKeepsFiles(t *testing.T) {
	w := apitest.Start(t)
	id := w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	f, err := as(w, "ana").AddFile(t.Context(), int64(id), "ticket.txt", []byte("x"), "")
	must(t, err)
	_, err = w.API.Worklist.Store.PlaceHold(t.Context(), store.LegalHold{Instance: id, Reason: "a lawsuit", PlacedBy: "user:1"})
	must(t, err)
	if err := as(w, "ana").RemoveFile(t.Context(), int64(id), f.Number, ""); code(err) != store.CodeLegalHold {
		t.Errorf("of a held instance: %v", err)
	}
	if list, err := as(w, "ana").Files(t.Context(), int64(id)); err != nil || len(list.Items) != 1 {
		t.Errorf("left: %+v, %v", list, err)
	}
}
