package httpapi_test

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/store"
)

func TestAnAdministratorSaysWhoAPersonIsElsewhere(t *testing.T) {
	w := apitest.Start(t)
	const at = "/api/v1/users/user:2/links"
	want := func(status int, method, path, body, contains string) api.Problem {
		t.Helper()
		got, p, text := ask(t, w, "admin", method, path, body)
		if got != status || !strings.Contains(text, contains) {
			t.Errorf("%s %s: %d %s", method, path, got, text)
		}
		return p
	}
	want(200, "POST", at, `{"source":" entra:C0CA5A00-7e57-4000-8000-000000000001","subject":"C0CA5A00-7e57-4000-8000-0000000000AA","label":"ana@contoso.test"}`,
		`"source":"entra:c0ca5a00-7e57-4000-8000-000000000001","subject":"c0ca5a00-7e57-4000-8000-0000000000aa","label":"ana@contoso.test"`)
	want(200, "GET", "/api/v1/changes?what=identity-link", "", `"subject":"user:2"`)
	if p := want(409, "POST", "/api/v1/users/user:3/links", `{"source":"entra:c0ca5a00-7e57-4000-8000-000000000001","subject":"c0ca5a00-7e57-4000-8000-0000000000aa"}`, ""); p.Code != "link-taken" {
		t.Errorf("somebody else's: %+v", p)
	}
	if p := want(422, "POST", at, `{"source":"nowhere","subject":"x"}`, ""); p.Code != "bad-link" || len(p.Errors) != 1 || p.Errors[0].Field != "body.source" {
		t.Errorf("no system: %+v", p)
	}
	want(204, "DELETE", at+"?source=entra:c0ca5a00-7e57-4000-8000-000000000001&subject=c0ca5a00-7e57-4000-8000-0000000000aa", "", "")
	want(200, "GET", at, "", `"items":[]`)
}

func TestAChangeThatADirectoryMadeNamesIt(t *testing.T) {
	w := apitest.Start(t)
	must(t, w.API.Worklist.Store.NoteChange(t.Context(), store.Change{By: directory.ByDirectory("contoso"), How: directory.HowSync, What: "user", Subject: "user:2", After: []byte(`{}`)}))
	if status, _, text := ask(t, w, "admin", "GET", "/api/v1/changes", ""); status != 200 || !strings.Contains(text, `"by":{"id":"directory:contoso","name":"the directory contoso"`) || !strings.Contains(text, `"how":"sync"`) {
		t.Errorf("%d %s", status, text)
	}
}
