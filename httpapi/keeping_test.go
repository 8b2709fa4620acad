package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	"github.com/signoffhq/signoff/store"
)

// inTwoYears is a server whose clock is ahead, so that what ended is expired.
func inTwoYears(s *httpapi.Server) {
	s.Now = func() time.Time { return time.Now().AddDate(2, 0, 0) }
}

// decided is an instance of leave that Jane has approved.
func decided(t *testing.T, w *apitest.World) signoff.InstanceID {
	t.Helper()
	id := w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	in, err := w.API.Runner.Store.Instance(t.Context(), id)
	must(t, err)
	w.Do(t, "jane", id, engine.Act{Task: in.State.Tasks[0].Seq, Action: "Approve", Comment: "Enjoy", Channel: "rest"})
	return id
}

func code(err error) string {
	p, _ := errors.AsType[*client.Problem](err)
	if p == nil {
		return fmt.Sprint(err)
	}
	return p.Code
}

func TestRetentionIsSetByWhoAdministersAndSaysWhatGoes(t *testing.T) {
	w := apitest.Start(t, inTwoYears)
	ctx := t.Context()
	ids := []signoff.InstanceID{decided(t, w), decided(t, w)}
	running := w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	admin := as(w, "admin")
	r, err := admin.Retention(ctx, "leave", -1)
	must(t, err)
	if r.KeepDays != 0 || r.Expired != (api.Expired{}) || len(r.Removed)+len(r.Holds) > 0 {
		t.Errorf("to begin with: %+v", r)
	}
	if r, err = admin.Retention(ctx, "leave", 365); err != nil || r.KeepDays != 0 || r.Expired.Go != 2 {
		t.Errorf("asked beforehand: %+v, %v", r, err)
	}
	h, err := admin.PlaceHold(ctx, api.NewHold{Instance: int64(ids[1]), Reason: "the Miller case"})
	must(t, err)
	if r, err = admin.SetRetention(ctx, "leave", 365); err != nil || r.KeepDays != 365 || r.Expired != (api.Expired{Go: 1, Held: 1}) {
		t.Errorf("set: %+v, %v", r, err)
	}
	n, err := w.API.Runner.Store.Retain(ctx, w.API.Now())
	if err != nil || n != 1 {
		t.Fatalf("%d removed, %v", n, err)
	}
	r, err = admin.Retention(ctx, "leave", -1)
	must(t, err)
	if len(r.Removed) != 1 || r.Removed[0].Instances != 1 || r.Removed[0].KeepDays != 365 || r.Removed[0].Day != w.API.Now().UTC().Format("2006-01-02") || r.Expired != (api.Expired{Held: 1}) {
		t.Errorf("afterwards: %+v", r)
	}
	if _, err := as(w, "ana").Instance(ctx, int64(ids[0])); code(err) != "instance-not-found" {
		t.Errorf("removed: %v", err)
	}
	in, err := admin.Instance(ctx, int64(ids[1]))
	if err != nil || len(in.Holds) != 1 || in.Holds[0].Reason != "the Miller case" || in.Holds[0].PlacedBy.Name != "Adele Admin" || in.Holds[0].ID != h.ID {
		t.Errorf("held: %+v, %v", in.Holds, err)
	}
	if in, err := as(w, "ana").Instance(ctx, int64(ids[1])); err != nil || in.Holds != nil {
		t.Errorf("the starter hears of the hold: %+v, %v", in.Holds, err)
	}
	if in, err := as(w, "ana").Instance(ctx, int64(running)); err != nil || in.Status != "running" {
		t.Errorf("%+v, %v", in, err)
	}
	for _, who := range []string{"ana", "jane"} {
		if _, err := as(w, who).Retention(ctx, "leave", -1); code(err) != "not-allowed" {
			t.Errorf("asked by %s: %v", who, err)
		}
	}
	for _, days := range []string{"-1", "36501", "1.5", `"for ever"`} {
		if status, p, _ := ask(t, w, "admin", "PUT", "/api/v1/workflows/leave/retention", `{"keepDays":`+days+`}`); status != 422 {
			t.Errorf("%s days: %d %+v", days, status, p)
		}
	}
}

func TestALiftTellsWhatOnlyThatHoldKept(t *testing.T) {
	w := apitest.Start(t, inTwoYears)
	ctx, admin := t.Context(), as(w, "admin")
	first := decided(t, w)
	decided(t, w)
	leave, err := admin.PlaceHold(ctx, api.NewHold{Workflow: "leave", Reason: "an audit"})
	must(t, err)
	one, err := admin.PlaceHold(ctx, api.NewHold{Instance: int64(first), Reason: "a case"})
	must(t, err)
	if h, err := admin.CheckLift(ctx, leave.ID, "over"); err != nil || h.Releases != nil {
		t.Errorf("without a rule: %+v, %v", h, err)
	}
	_, err = admin.SetRetention(ctx, "leave", 365)
	must(t, err)
	if h, err := admin.CheckLift(ctx, one.ID, "over"); err != nil || h.Releases != nil {
		t.Errorf("held twice: %+v, %v", h, err)
	}
	for _, lift := range []func() (api.Hold, error){
		func() (api.Hold, error) { return admin.CheckLift(ctx, leave.ID, "over") },
		func() (api.Hold, error) { return admin.LiftHold(ctx, leave.ID, "over") },
	} {
		if h, err := lift(); err != nil || len(h.Releases) != 1 || h.Releases[0] != (api.Released{Workflow: "leave", Go: 1}) {
			t.Errorf("%+v, %v", h, err)
		}
	}
	if _, err := admin.CheckLift(ctx, leave.ID, "over"); code(err) != "hold-lifted" {
		t.Errorf("lifted before: %v", err)
	}
	if n, err := w.API.Runner.Store.Retain(ctx, w.API.Now()); err != nil || n != 1 {
		t.Errorf("%d removed, %v", n, err)
	}
}

func TestHoldsAreOnOneThingAndStayOnRecord(t *testing.T) {
	w := apitest.Start(t, inTwoYears)
	ctx, admin := t.Context(), as(w, "admin")
	id := decided(t, w)
	for want, h := range map[string]api.NewHold{
		"bad-hold":           {Reason: "x"},
		"instance-not-found": {Instance: 99, Reason: "x"},
		"workflow-not-found": {Workflow: "nothing", Reason: "x"},
		"unknown-person":     {Person: "nobody", Reason: "x"},
		"invalid-request":    {Workflow: "leave"},
	} {
		if _, err := admin.PlaceHold(ctx, h); code(err) != want {
			t.Errorf("%+v: %v, want %s", h, err, want)
		}
	}
	if _, err := admin.PlaceHold(ctx, api.NewHold{Workflow: "leave", Instance: int64(id), Reason: "x"}); code(err) != "bad-hold" {
		t.Errorf("on two things: %v", err)
	}
	if _, err := admin.PlaceHold(ctx, api.NewHold{Person: "Finance", Reason: "x"}); code(err) != "unknown-person" {
		t.Errorf("on a group: %v", err)
	}
	jane, err := admin.PlaceHold(ctx, api.NewHold{Person: "jane", Reason: "a complaint"})
	must(t, err)
	leave, err := admin.PlaceHold(ctx, api.NewHold{Workflow: "leave", Reason: "an audit"})
	must(t, err)
	if r, err := admin.Retention(ctx, "leave", 1); err != nil || r.Expired.Held != 1 || len(r.Holds) != 1 || r.Holds[0].Workflow != "leave" {
		t.Errorf("%+v, %v", r, err)
	}
	if in, err := admin.Instance(ctx, int64(id)); err != nil || len(in.Holds) != 2 || in.Holds[0].Person == nil || in.Holds[0].Person.Name != "Jane Judge" {
		t.Errorf("%+v, %v", in.Holds, err)
	}
	if _, err := admin.PlaceHold(ctx, api.NewHold{Person: "jane", Reason: " \t\n"}); code(err) != "bad-hold" {
		t.Errorf("placed for a reason of blanks: %v", err)
	}
	if _, err := admin.LiftHold(ctx, jane.ID, "  "); code(err) != "bad-hold" {
		t.Errorf("lifted for a reason of blanks: %v", err)
	}
	lifted, err := admin.LiftHold(ctx, jane.ID, " settled ")
	if err != nil || lifted.Lifted == nil || lifted.LiftedBy == nil || lifted.LiftReason != "settled" {
		t.Errorf("%+v, %v", lifted, err)
	}
	if _, err := admin.LiftHold(ctx, jane.ID, "again"); code(err) != "hold-lifted" {
		t.Errorf("lifted twice: %v", err)
	}
	if _, err := admin.LiftHold(ctx, 99, "x"); code(err) != "hold-not-found" {
		t.Errorf("no hold: %v", err)
	}
	open, err := admin.Holds(ctx, false, client.Paging{})
	must(t, err)
	all, err := admin.Holds(ctx, true, client.Paging{Limit: 1})
	must(t, err)
	rest, err := admin.Holds(ctx, true, client.Paging{Limit: 1, Cursor: all.Next})
	must(t, err)
	if len(open.Items) != 1 || open.Items[0].ID != leave.ID || all.Items[0].ID != leave.ID || rest.Items[0].ID != jane.ID {
		t.Errorf("open %+v, all %+v %+v", open, all, rest)
	}
}

// exportOf reads a whole export and groups its lines by kind.
func exportOf(t *testing.T, c *client.Client, q client.ExportQuery) (kinds map[string][]map[string]any, text string) {
	t.Helper()
	var b strings.Builder
	kinds = map[string][]map[string]any{}
	_, err := c.Export(t.Context(), q, func(lines []byte, _ client.Exported) error {
		b.Write(lines)
		return nil
	})
	must(t, err)
	for line := range strings.Lines(b.String()) {
		var v map[string]any
		must(t, json.Unmarshal([]byte(line), &v))
		kinds[v["kind"].(string)] = append(kinds[v["kind"].(string)], v)
	}
	return kinds, b.String()
}

func TestAnExportHasEverythingAboutInstances(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	id := decided(t, w)
	running := w.Begin(t, "ana", "purchase", map[string]any{"goods": "Chairs"})
	mail := store.OutMail{Key: "k", Instance: id, Task: 2, Principal: "user:3", To: "jane@contoso.test", Subject: "Approve", MessageID: "<1@x>", Created: time.Now(), Raw: []byte("secret text")}
	must(t, w.API.Runner.Store.QueueMail(ctx, []store.OutMail{mail}, []store.ReplyAddress{{Hash: "secret-hash", MessageID: "<1@x>", Instance: id, Expires: time.Now()}}))
	_, err := w.API.Runner.Store.RecordMail(ctx, store.InMail{Digest: "d", At: time.Now(), From: "jane@contoso.test", Instance: id, Task: 2, Principal: "user:3",
		Verdict: "decided", Evidence: `{"method":"dmarc"}`}, nil, store.AdviceLimit{})
	must(t, err)
	kinds, text := exportOf(t, as(w, "admin"), client.ExportQuery{})
	if len(kinds["instance"]) != 2 || len(kinds["task"]) != 2 || len(kinds["mail"]) != 1 || len(kinds["reply"]) != 1 || len(kinds["end"]) != 1 {
		t.Fatalf("%s", text)
	}
	if strings.Contains(text, "secret") {
		t.Errorf("secrets are in it: %s", text)
	}
	first, end := kinds["instance"][0], kinds["end"][0]
	if first["id"] != float64(id) || first["status"] != "completed" || first["variables"].(map[string]any)["days"] != float64(1) || end["instances"] != float64(2) {
		t.Errorf("%s", text)
	}
	if kinds["reply"][0]["evidence"].(map[string]any)["method"] != "dmarc" || kinds["task"][0]["outcome"] != "Approve" {
		t.Errorf("%s", text)
	}
	h, err := as(w, "admin").History(ctx, int64(id), client.Paging{Limit: 200})
	must(t, err)
	n := 0
	for _, line := range kinds["event"] {
		if line["instance"] != float64(id) {
			continue
		}
		want, err := json.Marshal(h.Items[n])
		must(t, err)
		is, err := json.Marshal(line["event"])
		must(t, err)
		var a, b any
		must(t, json.Unmarshal(want, &a))
		must(t, json.Unmarshal(is, &b))
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("event %d is %s, in the history %s", n, is, want)
		}
		n++
	}
	if n != len(h.Items) {
		t.Errorf("%d events of %d", n, len(h.Items))
	}
	for name, c := range map[string]struct {
		q    client.ExportQuery
		want []signoff.InstanceID
	}{
		"of a workflow":     {client.ExportQuery{Workflow: "purchase"}, []signoff.InstanceID{running}},
		"completed":         {client.ExportQuery{Status: "completed"}, []signoff.InstanceID{id}},
		"running, of leave": {client.ExportQuery{Status: "running", Workflow: "leave"}, nil},
		"behind the first":  {client.ExportQuery{After: int64(id)}, []signoff.InstanceID{running}},
		"ended by now":      {client.ExportQuery{EndedUntil: time.Now().Add(time.Hour)}, []signoff.InstanceID{id}},
		"ended yesterday":   {client.ExportQuery{EndedUntil: time.Now().Add(-time.Hour)}, nil},
		"started today":     {client.ExportQuery{StartedSince: time.Now().Add(-time.Hour), StartedUntil: time.Now().Add(time.Hour)}, []signoff.InstanceID{id, running}},
		"started later":     {client.ExportQuery{StartedSince: time.Now().Add(time.Hour)}, nil},
	} {
		kinds, text := exportOf(t, as(w, "admin"), c.q)
		var got []signoff.InstanceID
		for _, in := range kinds["instance"] {
			got = append(got, signoff.InstanceID(in["id"].(float64)))
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) || len(kinds["end"]) != 1 {
			t.Errorf("%s: %v, want %v\n%s", name, got, c.want, text)
		}
	}
}

func TestAnExportOfAWorkflowIsForWhoAdministersIt(t *testing.T) {
	w := apitest.Start(t)
	w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	_, err := as(w, "admin").SetRights(t.Context(), "leave", api.Rights{Grants: []api.NewGrant{{Who: "bob", Right: "administer"}, {Who: "ana", Right: "start"}}})
	must(t, err)
	if kinds, text := exportOf(t, as(w, "bob"), client.ExportQuery{Workflow: "leave"}); len(kinds["instance"]) != 1 {
		t.Errorf("%s", text)
	}
	none := func([]byte, client.Exported) error { return nil }
	for who, q := range map[string]client.ExportQuery{"bob": {}, "ana": {Workflow: "leave"}, "eve": {Workflow: "leave"}} {
		if _, err := as(w, who).Export(t.Context(), q, none); code(err) != "not-allowed" && code(err) != "workflow-not-found" {
			t.Errorf("%s: %v", who, err)
		}
	}
	if status, p, _ := ask(t, w, "admin", "GET", "/api/v1/export?startedSince=yesterday", ""); status != 422 {
		t.Errorf("%d %+v", status, p)
	}
}

// meddler does something when the first of an answer has been written.
type meddler struct {
	*httptest.ResponseRecorder
	meddle func()
}

func (m *meddler) Write(p []byte) (int, error) {
	if m.meddle != nil {
		m.meddle()
		m.meddle = nil
	}
	return m.ResponseRecorder.Write(p)
}

func TestAnExportEndsWhenTheRightToItDoes(t *testing.T) {
	w := apitest.Start(t)
	w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	grant := func(who string) {
		_, err := as(w, "admin").SetRights(t.Context(), "leave", api.Rights{Grants: []api.NewGrant{{Who: who, Right: "administer"}}})
		must(t, err)
	}
	grant("bob")
	h, err := w.API.Handler()
	must(t, err)
	for _, whole := range []bool{true, false} { // in this order: the right is gone afterwards
		var meddle func()
		if !whole {
			meddle = func() { grant("ana") }
		}
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/export?workflow=leave", nil)
		r.SetBasicAuth("bob", apitest.Password)
		m := &meddler{httptest.NewRecorder(), meddle}
		h.ServeHTTP(m, r)
		text := m.Body.String()
		if !strings.Contains(text, `"kind":"instance"`) || strings.Contains(text, `"kind":"end"`) != whole {
			t.Errorf("whole: %v\n%s", whole, text)
		}
	}
}

// cutter breaks the body of every answer after so many bytes.
type cutter struct {
	t     *testing.T
	after int
	cuts  int
}

func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusOK {
		c.cuts++
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(answer.Body, int64(c.after)), broken{}), answer.Body}
	}
	return answer, err
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAnExportThatIsCutOffGoesOnWhereItWas(t *testing.T) {
	w := apitest.Start(t)
	for range 5 {
		decided(t, w)
	}
	_, whole := exportOf(t, as(w, "admin"), client.ExportQuery{})
	most := 0
	for group := range strings.SplitSeq(whole, `{"kind":"instance"`) {
		most = max(most, len(group)+len(`{"kind":"instance"`))
	}
	cut := &cutter{t: t, after: most + most/2}
	c := as(w, "admin")
	c.HTTP = &http.Client{Transport: cut}
	if _, pieced := exportOf(t, c, client.ExportQuery{}); pieced != whole || cut.cuts < 4 {
		t.Errorf("in %d pieces:\n%s\nwhole:\n%s", cut.cuts, pieced, whole)
	}
	cut.after = 100 // not even one instance
	got := ""
	so, err := c.Export(t.Context(), client.ExportQuery{After: 2}, func(lines []byte, _ client.Exported) error { got += string(lines); return nil })
	if err == nil || so.After != 2 || got != "" {
		t.Errorf("%+v, %v, %s", so, err, got)
	}
}
