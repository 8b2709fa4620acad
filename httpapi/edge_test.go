package httpapi_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/k2"
	"github.com/signoffhq/signoff/store"
)

func as(w *apitest.World, login string) *client.Client {
	return &client.Client{Server: w.URL, Login: login, Password: apitest.Password}
}

func TestTheClientDoesAWholeApproval(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	ana, jane := as(w, "ana"), as(w, "jane")
	started, err := ana.Start(ctx, "leave", api.StartBody{Variables: map[string]any{"days": 3}}, "")
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := jane.Tasks(ctx, client.TaskQuery{})
	if err != nil || len(tasks.Items) != 1 {
		t.Fatalf("%+v %v", tasks, err)
	}
	task, etag, err := jane.Task(ctx, tasks.Items[0].Serial)
	if err != nil || etag == "" || !task.CanDecide {
		t.Fatalf("%+v %v", task, err)
	}
	if err := jane.CommentTask(ctx, task.Serial, "Looks fine"); err != nil {
		t.Fatal(err)
	}
	if err := jane.Claim(ctx, task.Serial); err != nil {
		t.Fatal(err)
	}
	if err := jane.Release(ctx, task.Serial); err != nil {
		t.Fatal(err)
	}
	decided, err := jane.Decide(ctx, task.Serial, api.Decide{Action: "Approve"}, "")
	if err != nil || decided.Outcome != "Approve" || decided.Status != "completed" {
		t.Fatalf("%+v %v", decided, err)
	}
	in, err := ana.Instance(ctx, started.ID)
	if err != nil || in.Status != "completed" {
		t.Fatalf("%+v %v", in, err)
	}
	history, err := ana.History(ctx, started.ID, client.Paging{Limit: 200})
	if err != nil || len(history.Items) < 8 || history.Next != "" {
		t.Fatalf("%+v %v", history, err)
	}
	xml, err := ana.InstanceBPMN(ctx, started.ID)
	if err != nil || string(xml) != string(apitest.File("leave")) {
		t.Errorf("the diagram is not the file that was deployed: %v", err)
	}
	_, err = jane.Decide(ctx, task.Serial, api.Decide{Action: "Approve"}, "")
	if p, ok := errors.AsType[*client.Problem](err); !ok || p.Code != "task-already-done" || !strings.HasPrefix(p.Error(), "Jane Judge already approved this task on ") {
		t.Errorf("got %v", err)
	}
}

func TestTheClientFinishesAStepOfAnotherSystem(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	started, err := as(w, "ana").Start(ctx, "purchase", api.StartBody{Variables: map[string]any{"goods": "A chair"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	w.Do(t, "bob", signoff.InstanceID(started.ID), engine.Act{Task: 2, Action: "Approve"})
	in, err := as(w, "ana").Instance(ctx, started.ID)
	if err != nil || len(in.Waiting) != 1 || in.Waiting[0].Serial == "" {
		t.Fatalf("%+v, %v", in.Waiting, err)
	}
	if err := as(w, "admin").FinishStep(ctx, in.Waiting[0].Serial, map[string]any{"order": "A-17"}, ""); err != nil {
		t.Fatal(err)
	}
	if in, err = as(w, "ana").Instance(ctx, started.ID); err != nil || in.Status != "completed" {
		t.Fatalf("%+v, %v", in, err)
	}
}

func TestTheClientLooksAfterPeople(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	admin := as(w, "admin")
	u, err := admin.CreateUser(ctx, api.NewUser{Login: "carl", Name: "Carl", Password: "a long enough one"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := admin.CreateGroup(ctx, "Board")
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.AddMember(ctx, g.ID, u.ID); err != nil {
		t.Fatal(err)
	}
	if g, err = admin.RenameGroup(ctx, g.ID, "Directors"); err != nil || len(g.Members) != 1 {
		t.Fatalf("%+v %v", g, err)
	}
	carl := &client.Client{Server: w.URL, Login: "carl", Password: "a long enough one"}
	if me, err := carl.Me(ctx); err != nil || len(me.Groups) != 2 {
		t.Fatalf("%+v %v", me, err)
	}
	yes := true
	if _, err := admin.ChangeUser(ctx, u.ID, api.ChangeUser{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, err := carl.Me(ctx); err == nil {
		t.Error("a disabled account may still sign in")
	}
	if _, err := admin.SetRights(ctx, "leave", api.Rights{Grants: []api.NewGrant{{Who: "Directors", Right: "start"}}}); err != nil {
		t.Fatal(err)
	}
	if l, err := admin.Rights(ctx, "leave"); err != nil || len(l.Items) != 1 || l.Items[0].Who.ID != g.ID {
		t.Errorf("%+v %v", l, err)
	}
}

func TestEventsReachTheClientAsTheyHappen(t *testing.T) {
	w := apitest.Start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got := make(chan client.Event, 100)
	failed := make(chan error, 1)
	go func() {
		failed <- as(w, "jane").Events(ctx, "41", func(e client.Event) error { got <- e; return nil })
	}()
	next := func() client.Event {
		select {
		case e := <-got:
			return e
		case err := <-failed:
			t.Fatalf("the stream ended: %v", err)
		case <-ctx.Done():
			t.Fatal("no event came")
		}
		return client.Event{}
	}
	if e := next(); e.Kind != "resync" {
		t.Fatalf("first came %+v", e)
	}
	id := w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	for {
		e := next()
		if e.Kind == "task" && e.Live.Instance == int64(id) && e.Live.Task == (signoff.Serial{Instance: id, Seq: 2}).String() {
			return
		}
	}
}

func TestMailsAreListedNewestFirst(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	st := w.API.Worklist.Store
	for _, subject := range []string{"one", "two", "three"} {
		_, err := st.RecordMail(ctx, store.InMail{Digest: subject, Mailbox: "INBOX", At: time.Now(), From: "jane@contoso.test", Subject: subject,
			Verdict: "unclear", Principal: "user:3", Instance: 4, Task: 2, Detail: "its first line is no action", Evidence: `{"dmarc":"pass"}`, Look: subject != "two"}, nil, store.AdviceLimit{})
		if err != nil {
			t.Fatal(err)
		}
	}
	status, _, text := ask(t, w, "admin", "GET", "/api/v1/mail/received?look=true&limit=1", "")
	if status != 200 || !strings.Contains(text, `"subject":"three"`) || !strings.Contains(text, `"task":"4_2"`) ||
		!strings.Contains(text, `"evidence":{"dmarc":"pass"}`) || !strings.Contains(text, `"next":"3"`) {
		t.Errorf("%d %s", status, text)
	}
	if _, _, text = ask(t, w, "admin", "GET", "/api/v1/mail/received?look=true&cursor=3", ""); strings.Contains(text, "two") || !strings.Contains(text, "one") {
		t.Errorf("%s", text)
	}
	if status, p, _ := ask(t, w, "admin", "POST", "/api/v1/mail/received/3/looked-at", ""); status != 204 {
		t.Errorf("%d %+v", status, p)
	}
	if _, _, text = ask(t, w, "admin", "GET", "/api/v1/mail/received?look=true", ""); strings.Contains(text, "three") {
		t.Errorf("it still needs a look: %s", text)
	}
}

func TestTheDocumentationNeedsNothingFromElsewhere(t *testing.T) {
	w := apitest.Start(t, func(s *httpapi.Server) { s.K2 = &k2.Server{HTTP: s} })
	_, _, page := fetch(t, w.URL+"/api/v1/docs")
	if !strings.Contains(page, "decide-task") || !strings.Contains(page, "task-already-done") {
		t.Error("the page lacks operations or codes")
	}
	for _, way := range []string{"Bearer", "personal access token", "HTTP Basic", "/api/v1/session"} {
		if !strings.Contains(page, way) {
			t.Errorf("the page lacks a way to sign in: %s", way)
		}
	}
	for _, no := range []string{"<script", "=\"http", "='http", "url(", "@import", "//cdn", "{{"} {
		if strings.Contains(page, no) {
			t.Errorf("the page holds %q", no)
		}
	}
	header, etag, document := fetch(t, w.URL+"/api/v1/openapi.json")
	want, err := httpapi.OpenAPI()
	if err != nil || strings.ReplaceAll(document, `"version":"test"`, `"version":"dev"`) != string(want) {
		t.Errorf("the served document is not the printed one: %v", err)
	}
	if header.Get("Content-Type") != "application/json" || etag == "" {
		t.Errorf("%v", header)
	}
	if _, _, swagger := fetch(t, w.URL+"/API/Workflow/V1/Swagger/Docs/v1"); !strings.Contains(swagger, `"swagger":"2.0"`) {
		t.Errorf("no Swagger: %.200s", swagger)
	}
}

func fetch(t *testing.T, url string) (http.Header, string, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Header, answer.Header.Get("ETag"), string(text)
}

func TestWhatIsOurFaultIsLoggedOnceAndShownToNobody(t *testing.T) {
	w := apitest.Start(t, func(s *httpapi.Server) {
		s.Also = map[string]http.Handler{"/api/v1/broken": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret-of-ours") })}
	})
	status, p, text := ask(t, w, "ana", "GET", "/api/v1/broken", "")
	if status != 500 || p.Code != "internal" || strings.Contains(text, "secret-of-ours") {
		t.Errorf("%d %s", status, text)
	}
	log := w.Log.String()
	if strings.Count(log, "request failed") != 1 || !strings.Contains(log, "secret-of-ours") || !strings.Contains(log, p.RequestID) {
		t.Errorf("log:\n%s", log)
	}
	if status, _, _ := ask(t, w, "ana", "GET", "/api/v1/me", ""); status != 200 {
		t.Errorf("the server did not survive: %d", status)
	}
}

func TestReadinessIsTheDatabases(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
		said string
	}{
		{nil, 200, "ready\n"},
		{errors.New("away"), 503, "not ready\n"},
		{&signoff.Error{Detail: "away", Err: errors.New("away")}, 503, "not ready\n"}, // internal
		{&signoff.Error{Kind: signoff.Unavailable, Detail: "the data cannot be reached", Err: errors.New("away")}, 503, "not ready: the data cannot be reached\n"},
	} {
		h, err := (&httpapi.Server{Ready: func(context.Context) error { return c.err }}).Handler()
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest("GET", "/readyz", nil))
		if answer.Code != c.want || answer.Body.String() != c.said {
			t.Errorf("%v: %d %s", c.err, answer.Code, answer.Body)
		}
	}
}

// A balancer asks every second.
func TestReadinessIsLoggedWhenItChanges(t *testing.T) {
	log, err := &apitest.Lines{}, errors.New("away")
	h, e := (&httpapi.Server{Log: slog.New(slog.NewTextHandler(log, nil)), Ready: func(context.Context) error { return err }}).Handler()
	if e != nil {
		t.Fatal(e)
	}
	ask := func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/readyz", nil)) }
	ask()
	ask()
	err = nil
	ask()
	ask()
	if text := log.String(); strings.Count(text, "not ready") != 1 || strings.Count(text, "ready again") != 1 {
		t.Errorf("log:\n%s", text)
	}
}

func TestPagesAreServedBesideTheAPI(t *testing.T) {
	w := apitest.Start(t, func(s *httpapi.Server) {
		s.Pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "page "+r.URL.Path) })
	})
	if _, _, text := fetch(t, w.URL+"/inbox/1_2"); text != "page /inbox/1_2" {
		t.Errorf("got %q", text)
	}
	if status, p, _ := ask(t, w, "ana", "GET", "/api/unknown", ""); status != 404 || p.Code != "no-such-route" {
		t.Errorf("%d %+v", status, p)
	}
}

// A decision made by reply or another client meanwhile is found out by If-Match.
func TestAChangedTaskIsNotDecidedUnseen(t *testing.T) {
	w := apitest.Start(t)
	id := w.Begin(t, "ana", "purchase", map[string]any{"goods": "A chair", "price": 1})
	_, etag, err := as(w, "bob").Task(t.Context(), "1_2")
	if err != nil {
		t.Fatal(err)
	}
	w.Do(t, "jane", id, engine.Claim{Task: 2})
	w.Do(t, "jane", id, engine.Release{Task: 2})
	decide := func() int {
		r, err := http.NewRequestWithContext(t.Context(), "POST", w.URL+"/api/v1/tasks/1_2/decision", strings.NewReader(`{"action":"Approve"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("If-Match", etag)
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth("bob", apitest.Password)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	w.Do(t, "jane", id, engine.Redirect{Task: 2, To: "bob"})
	if status := decide(); status != 412 {
		t.Errorf("a task that went elsewhere meanwhile: %d", status)
	}
	if _, etag, err = as(w, "bob").Task(t.Context(), "1_2"); err != nil {
		t.Fatal(err)
	}
	if status := decide(); status != 200 {
		t.Errorf("with its present tag: %d", status)
	}
}

func TestBasicCanBeSwitchedOff(t *testing.T) {
	w := apitest.Start(t, func(s *httpapi.Server) {
		s.NoBasic = true
		s.K2 = &k2.Server{HTTP: s}
	})
	for _, path := range []string{"/api/v1/me", "/api/workflow/v1/tasks"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("ana", apitest.Password)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := strings.Join(answer.Header.Values("WWW-Authenticate"), ", "); answer.StatusCode != 401 || strings.Contains(got, "Basic") || !strings.HasPrefix(got, "Bearer ") {
			t.Errorf("%s: %d, challenge %s", path, answer.StatusCode, got)
		}
	}
	if status, _, text := ask(t, w, "", "POST", "/api/v1/session", `{"login":"ana","password":"`+apitest.Password+`"}`); status != 200 {
		t.Errorf("signing in on the page: %d %s", status, text)
	}
}
