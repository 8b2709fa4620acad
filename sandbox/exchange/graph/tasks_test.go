package graph

import (
	"strings"
	"testing"
)

func (o *cloud) with(login, scopes string) *caller {
	return &caller{cloud: o, token: o.token(login, scopes), prefer: `IdType="ImmutableId"`}
}

func TestTasksAreMadeDoneAndRefused(t *testing.T) {
	o := newCloud(t)
	jane := o.with("jane", "Tasks.ReadWrite")
	lists := jane.get("/me/todo/lists").is(200).list()
	if len(lists) != 1 || lists[0]["wellknownListName"] != "defaultList" {
		t.Fatalf("lists %v", lists)
	}
	at := "/me/todo/lists/" + lists[0]["id"].(string) + "/tasks"
	task := jane.post(at, m{"title": "Pay", "importance": "high", "dueDateTime": m{"dateTime": "2027-03-01T00:00:00", "timeZone": "UTC"}, "body": m{"content": "42 EUR"}}).is(201)
	one := at + "/" + task.text("id")
	if r := jane.patch(one, m{"status": "completed"}).is(200); r.at("completedDateTime") == nil || r.at("title") != "Pay" || r.at("importance") != "high" {
		t.Errorf("done: %s", r.raw)
	}
	if r := jane.patch(one, m{"status": "inProgress"}).is(200); r.at("completedDateTime") != nil {
		t.Errorf("again: %s", r.raw)
	}
	if r := jane.get(at + "?$filter=status eq 'completed'").is(200); len(r.list()) != 0 {
		t.Errorf("filtered: %s", r.raw)
	}
	jane.post(at, m{"body": m{}}).refused(400, "invalidRequest")
	jane.patch(one, m{"status": "someday"}).refused(400, "BadRequest")
	jane.patch(one, m{"titel": "x"}).refused(400, "RequestBodyRead")
	jane.patch(one, m{"recurrence": m{"pattern": m{}}}).refused(400, "BadRequest")
	other := jane.post("/me/todo/lists", m{"displayName": "Later"}).is(201).text("id")
	jane.get("/me/todo/lists/"+other+"/tasks/"+task.text("id")).refused(404, "ErrorItemNotFound")
	jane.patch("/me/todo/lists/"+other, m{"displayName": "Soon"}).is(200)
	jane.do("DELETE", "/me/todo/lists/"+other, nil).is(204)
	jane.get("/me/todo/lists/"+other).refused(404, "ErrorFolderNotFound")
	jane.do("DELETE", one, nil).is(204)
	jane.get(one).refused(404, "ErrorItemNotFound")
	o.with("jane", "Tasks.Read").post(at, m{"title": "x"}).refused(403, "ErrorAccessDenied")
	app := &caller{cloud: o, token: o.appToken("Tasks.Read.All")}
	app.get("/users/jane@contoso.test/todo/lists").is(200)
	(&caller{cloud: o, token: o.appToken("Tasks.Read")}).get("/users/jane@contoso.test/todo/lists").refused(403, "ErrorAccessDenied")
}

func TestCategoriesContactFoldersAndZones(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	k := jane.post("/me/outlook/masterCategories", m{"displayName": "Approvals", "color": "preset3"}).is(201)
	jane.post("/me/outlook/masterCategories", m{"displayName": "approvals"}).refused(409, "CategoryNameDuplicate")
	jane.post("/me/outlook/masterCategories", m{"displayName": "x", "color": "preset25"}).refused(400, "BadRequest")
	one := "/me/outlook/masterCategories/" + k.text("id")
	if r := jane.patch(one, m{"color": "preset24"}).is(200); r.at("color") != "preset24" {
		t.Error(r.raw)
	}
	jane.patch(one, m{"displayName": "Other"}).refused(400, "BadRequest")
	if r := jane.get("/me/outlook/masterCategories").is(200); len(r.list()) != 3 {
		t.Error(r.raw)
	}
	jane.do("DELETE", one, nil).is(204)
	jane.get(one).refused(404, "ErrorItemNotFound")
	if r := jane.get("/me/outlook/supportedTimeZones").is(200); !strings.Contains(r.raw, "W. Europe Standard Time") {
		t.Error(r.raw)
	}
	jane.get("/me/outlook/supportedLanguages").is(200)
	f := jane.post("/me/contactFolders", m{"displayName": "Suppliers"}).is(201).text("id")
	jane.post("/me/contactFolders/"+f+"/contacts", m{"givenName": "Carla"}).is(201)
	if in, out := jane.get("/me/contactFolders/"+f+"/contacts").list(), jane.get("/me/contacts").list(); len(in) != 1 || len(out) != 0 {
		t.Errorf("%v %v", in, out)
	}
	jane.get("/me/contactFolders/inbox/contacts").refused(404, "ErrorFolderNotFound")
	if n := len(jane.get("/places/head-office-rooms@contoso.test/microsoft.graph.roomlist/rooms").is(200).list()); n != 2 {
		t.Errorf("%d rooms at the head office", n)
	}
	if n := len(jane.get("/places/microsoft.graph.roomlist").is(200).list()); n != 2 {
		t.Errorf("%d room lists", n)
	}
	jane.get("/places/nowhere@contoso.test/rooms").refused(404, "ErrorItemNotFound")
}

func TestFolderDeltaTellsWhatCameChangedAndWent(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	first := jane.get("/me/mailFolders/delta?$select=displayName").is(200)
	if n := len(first.list()); n != 7 {
		t.Errorf("%d folders at first", n)
	}
	made := jane.post("/me/mailFolders", m{"displayName": "Approvals"}).is(201).text("id")
	second := jane.get(first.text("@odata.deltaLink")).is(200)
	if l := second.list(); len(l) != 1 || l[0]["id"] != made || l[0]["totalItemCount"] != nil {
		t.Errorf("after one was made: %s", second.raw)
	}
	o.as("workflow").post("/me/sendMail", m{"message": message("x", "jane@contoso.test")}).is(202)
	jane.do("DELETE", "/me/mailFolders/"+made, nil).is(204)
	third := jane.get(second.text("@odata.deltaLink")).is(200)
	if l := third.list(); len(l) != 2 || l[0]["displayName"] != "Inbox" || l[1]["id"] != made || l[1]["@removed"] == nil {
		t.Errorf("after mail came and it went: %s", third.raw)
	}
	jane.get("/me/mailFolders/delta?$deltatoken=nonsense").refused(400, "BadRequest")
	jane.get("/me/mailFolders/delta?$top=3").refused(400, "BadRequest")
	jane.get("/me/mailFolders/delta?$select=nonsense").refused(400, "RequestBroker--ParseUri")
	o.as("bob").get(strings.Replace(third.text("@odata.deltaLink"), "/me/", "/me/", 1)).refused(400, "BadRequest")
}
