package httpapi_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/store"
)

func grants(pairs ...string) (out []api.NewGrant) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, api.NewGrant{Who: pairs[i], Right: pairs[i+1]})
	}
	return out
}

// put replaces the rights on a place, as admin.
func put(t *testing.T, w *apitest.World, on client.Place, pairs ...string) {
	t.Helper()
	if _, err := as(w, "admin").PutRightsOn(t.Context(), on, "", grants(pairs...)); err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

var categoryAttr = regexp.MustCompile(`category="[^"]*"`)

// in names a workflow after another and puts it into a category.
func in(category, key string) []byte {
	text := strings.Replace(string(apitest.File("leave")), `id="leave"`, `id="`+key+`"`, 1)
	return []byte(categoryAttr.ReplaceAllString(text, `category="`+category+`"`))
}

func deployed(t *testing.T, w *apitest.World, login string, file []byte) api.Deployed {
	t.Helper()
	d, err := as(w, login).Deploy(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRightsAreReplacedOnlyAsTheyWereSeen(t *testing.T) {
	w := apitest.Start(t)
	ctx, admin := t.Context(), as(w, "admin")
	for name, on := range map[string]client.Place{"server": client.OnServer(), "category": client.OnCategory("HR/Leave"), "workflow": client.OnWorkflow("leave")} {
		l, tag, err := admin.RightsOn(ctx, on)
		if err != nil || tag == "" {
			t.Fatalf("%s: %v, tag %q", name, err, tag)
		}
		var have []api.NewGrant
		for _, g := range l.Items {
			have = append(have, api.NewGrant{Who: g.Who.ID, Right: g.Right})
		}
		more := append(have, api.NewGrant{Who: "bob", Right: "administer"})
		if _, err := admin.PutRightsOn(ctx, on, tag, more); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, err = admin.PutRightsOn(ctx, on, tag, have)
		if p, ok := err.(*client.Problem); !ok || p.Status != http.StatusPreconditionFailed || p.Code != "stale" {
			t.Errorf("%s, with an old tag: %v", name, err)
		}
		if l, _, err = admin.RightsOn(ctx, on); err != nil || len(l.Items) != len(more) {
			t.Errorf("%s afterwards: %v, %v", name, l, err)
		}
	}
}

func TestWhoIsGivenARightIsAskedFor(t *testing.T) {
	w := apitest.Start(t)
	ctx, admin, server := t.Context(), as(w, "admin"), client.OnServer()
	for what, tt := range map[string]struct {
		on    client.Place
		pairs []string
		code  string
	}{
		"nobody of that name":     {server, []string{"admin", "administer", "zoe", "deploy"}, "unknown-person"},
		"everyone administers":    {server, []string{"admin", "administer", "Everyone", "administer"}, "bad-principal"},
		"everyone acts for all":   {server, []string{"admin", "administer", "Everyone", "impersonate"}, "bad-principal"},
		"nobody administers":      {server, []string{"jane", "deploy"}, "last-administrator"},
		"a right of workflows":    {server, []string{"admin", "administer", "jane", "start"}, "invalid-request"},
		"a right of the server":   {client.OnWorkflow("leave"), []string{"jane", "deploy"}, "invalid-request"},
		"no category":             {client.OnCategory(" / "), []string{"jane", "start"}, "bad-category"},
		"a workflow nobody knows": {client.OnWorkflow("nothing"), []string{"jane", "start"}, "workflow-not-found"},
	} {
		_, err := admin.PutRightsOn(ctx, tt.on, "", grants(tt.pairs...))
		wantCode(t, what, err, tt.code)
	}
	put(t, w, server, "admin", "administer", "Everyone", "deploy")
	deployed(t, w, "eve", in("Eve", "eves"))
}

func TestWhoMayDeployMakesNewWorkflowsAndLeavesThoseOfOthersAlone(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	_, err := as(w, "bob").Deploy(ctx, in("Travel", "trip"))
	wantCode(t, "before", err, "not-allowed")
	put(t, w, client.OnServer(), "admin", "administer", "Finance", "deploy")
	d := deployed(t, w, "bob", in("Travel", "trip"))
	if !d.CanManage || d.Version != 1 {
		t.Errorf("who deployed it: %+v", d)
	}
	deployed(t, w, "bob", append(in("Travel", "trip"), "<!-- again -->"...))
	_, err = as(w, "jane").Deploy(ctx, append(in("Travel", "trip"), "<!-- hers -->"...))
	wantCode(t, "a workflow of somebody else", err, "not-allowed")
	put(t, w, client.OnWorkflow("trip"), "bob", "administer") // now Jane does not even know of it
	_, err = as(w, "jane").Deploy(ctx, append(in("Travel", "trip"), "<!-- hers -->"...))
	wantCode(t, "a workflow she does not know of", err, "not-allowed")
	_, err = as(w, "jane").SetRights(ctx, "leave", api.Rights{Grants: grants("jane", "administer")})
	wantCode(t, "rights on another workflow", err, "not-allowed")
	if me, err := as(w, "jane").Me(ctx); err != nil || !me.Deploy || me.Admin {
		t.Errorf("%+v, %v", me, err)
	}
}

func TestTheRightsOfACategoryHoldForItsWorkflowsNewOnesToo(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	deployed(t, w, "admin", in("HR/Leave", "old"))
	put(t, w, client.OnWorkflow("old"))
	put(t, w, client.OnCategory("hr"), "jane", "administer", "Finance", "view")
	deployed(t, w, "admin", in("HR/Sick", "new"))
	deployed(t, w, "admin", in("HRX", "other"))
	for login, want := range map[string]string{"jane": "new old", "bob": "new old", "eve": ""} {
		l, err := as(w, login).Workflows(ctx, client.WorkflowQuery{Paging: client.Paging{Limit: 200}})
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, k := range []string{"new", "old"} {
			for _, x := range l.Items {
				if x.Key == k {
					seen = append(seen, k)
				}
			}
		}
		if strings.Join(seen, " ") != want {
			t.Errorf("%s sees %v, want %q", login, seen, want)
		}
	}
	_, err := as(w, "eve").Start(ctx, "new", api.StartBody{Variables: map[string]any{"days": 1}}, "")
	wantCode(t, "a new workflow of a category with rights is not everyone's", err, "workflow-not-found")
	if _, err := as(w, "eve").Start(ctx, "other", api.StartBody{Variables: map[string]any{"days": 1}}, ""); err != nil {
		t.Errorf("a new workflow of a category without: %v", err)
	}
	// Who administers a category changes its rights and those of what lies in it, and no others.
	jane := as(w, "jane")
	if _, err := jane.PutRightsOn(ctx, client.OnCategory("HR/Sick"), "", grants("eve", "start")); err != nil {
		t.Error(err)
	}
	if _, err := as(w, "eve").Start(ctx, "new", api.StartBody{Variables: map[string]any{"days": 1}}, ""); err != nil {
		t.Error(err)
	}
	for _, on := range []client.Place{client.OnCategory("HRX"), client.OnCategory("Travel"), client.OnServer(), client.OnWorkflow("leave")} {
		_, err := jane.PutRightsOn(ctx, on, "", grants("jane", "administer"))
		wantCode(t, "elsewhere", err, "not-allowed")
	}
	_, err = as(w, "bob").PutRightsOn(ctx, client.OnCategory("HR"), "", nil)
	wantCode(t, "who may only view", err, "not-allowed")
	l, _, err := jane.RightsOn(ctx, client.OnWorkflow("old"))
	if err != nil || len(l.Items) != 2 || l.Items[0].Category != "hr" {
		t.Errorf("the workflow says where its rights come from: %+v, %v", l, err)
	}
	all, err := jane.Categories(ctx)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, c := range all.Items {
		text += c.Name
		if c.CanManage {
			text += "*"
		}
		text += " "
	}
	if text != "Finance HR* HR/Leave* HR/Sick* HRX People People/Absence " {
		t.Errorf("categories %q", text)
	}
}

func TestTheSmallRightsOnAWorkflow(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	id := w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	put(t, w, client.OnWorkflow("leave"), "eve", "view-own", "bob", "finish")
	for _, login := range []string{"eve", "bob"} {
		if d, err := as(w, login).Workflow(ctx, "leave"); err != nil || d.CanStart || d.CanManage {
			t.Errorf("%s knows the workflow: %+v, %v", login, d, err)
		}
		_, err := as(w, login).Instance(ctx, int64(id))
		wantCode(t, login+" and the instance of another", err, "instance-not-found")
		_, err = as(w, login).Start(ctx, "leave", api.StartBody{Variables: map[string]any{"days": 1}}, "")
		wantCode(t, login+" starts", err, "not-allowed")
	}
	if _, err := as(w, "ana").Instance(ctx, int64(id)); err != nil {
		t.Errorf("who started it sees it without any right: %v", err)
	}
}

func TestEveryChangeOfRightsAndPeopleIsOnRecord(t *testing.T) {
	w := apitest.Start(t)
	ctx, admin := t.Context(), as(w, "admin")
	put(t, w, client.OnCategory("HR"), "jane", "view")
	put(t, w, client.OnServer(), "admin", "administer", "jane", "deploy")
	put(t, w, client.OnWorkflow("leave"), "jane", "start")
	g, err := admin.MakeGroup(ctx, client.Roles, api.GroupBody{Name: "Approvers"})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{admin.PutMember(ctx, client.Roles, g.ID, "user:3"), admin.TakeMember(ctx, client.Roles, g.ID, "user:3"), admin.DeleteGroup(ctx, client.Roles, g.ID)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := admin.ChangeUser(ctx, "user:5", api.ChangeUser{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ what, subject, before, after string }{
		{"right", "category:hr", `[]`, `[{"who":"user:3","right":"view"}]`},
		{"right", "server", `[{"who":"user:1","right":"administer"}]`, `[{"who":"user:1","right":"administer"},{"who":"user:3","right":"deploy"}]`},
		{"right", "workflow:leave", `"right":"start"`, `[{"who":"user:3","right":"start"}]`},
		{"group", g.ID, `"role":true`, ``},
		{"member", g.ID, `{"member":"user:3"}`, ``},
		{"user", "user:5", `"login":"eve"`, `"disabled":true`},
	} {
		list, err := w.API.Runner.Store.Changes(ctx, store.ChangeFilter{What: tt.what, Subject: tt.subject}, 0, 10)
		if err != nil || len(list) == 0 {
			t.Errorf("%s %s is not on record: %v", tt.what, tt.subject, err)
			continue
		}
		c := list[0]
		if c.By != "user:1" || c.How != "basic" || !strings.Contains(string(c.Before), tt.before) || !strings.Contains(string(c.After), tt.after) {
			t.Errorf("%s %s: by %s %s, %s -> %s", tt.what, tt.subject, c.By, c.How, c.Before, c.After)
		}
		if text := string(c.Before) + string(c.After); strings.Contains(text, "assword") {
			t.Errorf("a secret is on record: %s", text)
		}
	}
}

// ruled makes a person and a group that a directory rules.
func ruled(t *testing.T, w *apitest.World) (user, group string) {
	t.Helper()
	ctx, st := t.Context(), w.API.Runner.Store
	a, err := st.CreateAccount(ctx, store.Account{Login: "dora", Name: "Dora", Source: "ldap:ad"}, "")
	if err != nil {
		t.Fatal(err)
	}
	g, err := st.CreateGroup(ctx, store.Group{Name: "Staff", Key: "staff", Source: "ldap:ad"})
	if err != nil {
		t.Fatal(err)
	}
	return string(a.Principal()), string(g.Principal())
}

func TestWhatADirectoryRulesIsNotChangedHere(t *testing.T) {
	w := apitest.Start(t)
	ctx, admin := t.Context(), as(w, "admin")
	user, group := ruled(t, w)
	for what, err := range map[string]error{
		"name":   errOf(admin.ChangeUser(ctx, user, api.ChangeUser{Name: new("X")})),
		"off":    errOf(admin.ChangeUser(ctx, user, api.ChangeUser{Disabled: new(true)})),
		"boss":   errOf(admin.ChangeUser(ctx, user, api.ChangeUser{Manager: new("bob")})),
		"rename": errOf(admin.RenameGroup(ctx, group, "X")),
		"in":     admin.AddMember(ctx, group, "user:3"),
		"out":    admin.RemoveMember(ctx, group, "user:3"),
		"away":   admin.DeleteGroup(ctx, client.Groups, group),
	} {
		wantCode(t, what, err, "ruled-elsewhere")
	}
	if u, err := admin.ChangeUser(ctx, user, api.ChangeUser{Admin: new(true)}); err != nil || !u.Admin || u.Source != "ldap:ad" {
		t.Errorf("rights are given here: %+v, %v", u, err)
	}
	if g, err := admin.ChangeGroup(ctx, client.Groups, group, api.ChangeGroup{About: new("All of them")}); err != nil || g.About == "" {
		t.Errorf("what it is for is said here: %+v, %v", g, err)
	}
}

func errOf[T any](_ T, err error) error { return err }

func TestRolesAndGroupsInGroups(t *testing.T) {
	w := apitest.Start(t)
	ctx, admin := t.Context(), as(w, "admin")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	role, err := admin.MakeGroup(ctx, client.Roles, api.GroupBody{Name: "Approvers", About: "Who decides"})
	must(err)
	finance := "group:1"
	must(admin.PutMember(ctx, client.Roles, role.ID, finance))
	must(admin.PutMember(ctx, client.Roles, role.ID, "user:5"))
	all, err := admin.EffectiveMembers(ctx, client.Roles, role.ID, client.Paging{})
	must(err)
	text := ""
	for _, m := range all.Items {
		text += m.Login
		for _, g := range m.Through {
			text += "<" + g.Name
		}
		text += " "
	}
	if text != "jane<Finance bob<Finance eve " {
		t.Errorf("in it are %q", text)
	}
	_, err = admin.OneGroup(ctx, client.Roles, finance)
	wantCode(t, "a group is no role", err, "group-not-found")
	wantCode(t, "in itself", admin.PutMember(ctx, client.Groups, finance, role.ID), "group-cycle")
	wantCode(t, "nobody", admin.PutMember(ctx, client.Roles, role.ID, "user:99"), "user-not-found")
	wantCode(t, "nothing", admin.PutMember(ctx, client.Roles, role.ID, "thing"), "user-not-found")
	_, err = admin.MakeGroup(ctx, client.Groups, api.GroupBody{Name: "approvers"})
	wantCode(t, "a group of a role's name", err, "group-taken")
	l, err := admin.GroupList(ctx, client.Roles, "appr", client.Paging{})
	must(err)
	if len(l.Items) != 1 || !l.Items[0].Role || l.Items[0].About != "Who decides" {
		t.Errorf("found %+v", l)
	}
	if l, err = admin.Groups(ctx, "appr", client.Paging{}); err != nil || len(l.Items) != 0 {
		t.Errorf("among groups: %+v, %v", l, err)
	}
	u, err := admin.User(ctx, "user:3")
	must(err)
	if len(u.Groups) != 2 || !u.Groups[1].Role {
		t.Errorf("Jane's groups: %+v", u.Groups)
	}
	// A task put to the role is in the list of who is in a group of it, and goes with the membership.
	file := strings.Replace(string(apitest.File("purchase")), `group="Finance"`, `role="Approvers"`, 1)
	deployed(t, w, "admin", []byte(file))
	id := w.Begin(t, "ana", "purchase", map[string]any{"goods": "Chairs", "price": 40})
	count := func(login string) int {
		c, err := as(w, login).TaskCounts(ctx)
		must(err)
		return c.Open
	}
	if count("jane") != 1 || count("eve") != 1 || count("ana") != 0 {
		t.Errorf("open: jane %d, eve %d, ana %d", count("jane"), count("eve"), count("ana"))
	}
	wantCode(t, "with an open task", admin.DeleteGroup(ctx, client.Roles, role.ID), "group-has-tasks")
	must(admin.RemoveMember(ctx, finance, "user:3"))
	if count("jane") != 0 {
		t.Error("the task stays after the membership")
	}
	w.Do(t, "admin", id, engine.Cancel{})
	must(admin.DeleteGroup(ctx, client.Roles, role.ID))
	_, err = admin.OneGroup(ctx, client.Roles, role.ID)
	wantCode(t, "gone", err, "group-not-found")
}

func TestWhyATaskIsInSomebodysListOrNot(t *testing.T) {
	w := apitest.Start(t)
	ctx, admin := t.Context(), as(w, "admin")
	role, err := admin.MakeGroup(ctx, client.Groups, api.GroupBody{Name: "Board"})
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.AddMember(ctx, "group:1", role.ID); err != nil { // Board is in Finance
		t.Fatal(err)
	}
	if err := admin.AddMember(ctx, role.ID, "user:5"); err != nil {
		t.Fatal(err)
	}
	id := w.Begin(t, "ana", "purchase", map[string]any{"goods": "Chairs", "price": 40})
	tasks, err := as(w, "jane").Tasks(ctx, client.TaskQuery{})
	if err != nil || len(tasks.Items) != 1 {
		t.Fatal(tasks, err)
	}
	serial := tasks.Items[0].Serial
	n, err := signoff.ParseSerial(serial)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(login string, yes bool, parts ...string) {
		t.Helper()
		a, err := admin.Why(ctx, login, "", "task:"+serial)
		if err != nil {
			t.Fatal(err)
		}
		text := a.Text + " " + strings.Join(a.Would, " ")
		for _, part := range parts {
			if a.Yes != yes || !strings.Contains(text, part) {
				t.Errorf("%s: %v %q, want %v and %q", login, a.Yes, text, yes, part)
			}
		}
	}
	ask("jane", true, "Does Jane Judge have task "+serial+" “"+tasks.Items[0].Title+"” to do? Jane Judge has it: it was put to Finance, which they belong to")
	ask("eve", true, "it was put to Finance, of which Board is part, which they belong to")
	ask("ana", false, "is put to Finance", "Put Ana Asker into Finance.", "Redirect the task to Ana Asker.")
	ask("admin", true, "May Adele Admin see task "+serial+" “", "not theirs to decide")
	if a, err := as(w, "jane").Why(ctx, "", "", "task:"+serial); err != nil || !strings.HasPrefix(a.Text, "Does Jane Judge have task "+serial+" to do? ") {
		t.Errorf("asked by herself: %+v, %v", a, err)
	}
	w.Do(t, "bob", id, engine.Claim{Task: n.Seq})
	ask("jane", false, "Bob Boss took it on", "keeps it until they give it back", "administrator do that")
	ask("bob", true, "put to Finance")
	w.Do(t, "bob", id, engine.Sleep{Task: n.Seq, Until: time.Now().Add(time.Hour)})
	ask("bob", false, "put it aside until", "Wake the task.")
	w.Do(t, "bob", id, engine.Redirect{Task: n.Seq, To: "jane"})
	ask("jane", true, "Bob Boss handed it on to them on")
	ask("bob", false, "Bob Boss had it: Bob Boss handed it on to Jane Judge on")
	w.Do(t, "admin", id, engine.Redirect{Task: n.Seq, To: "group:Finance"})
	if err := admin.RemoveMember(ctx, "group:1", "user:4"); err != nil {
		t.Fatal(err)
	}
	ask("bob", false, "Adele Admin took Bob Boss out of that group on")
	if _, err := admin.ChangeUser(ctx, "user:5", api.ChangeUser{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	ask("eve", false, "switched off")
	w.Do(t, "jane", id, engine.Act{Task: n.Seq, Action: "Approve"})
	ask("jane", false, "Jane Judge decided it on", "Approve")
	ask("bob", false, "Jane Judge decided it")
}

func TestWhyTellsOthersOnlyWhatIsTheirs(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	put(t, w, client.OnWorkflow("purchase"), "jane", "view", "Finance", "administer")
	for what, tt := range map[string]struct{ who, person, right, thing, code string }{
		"about another":             {"eve", "jane", "", "server", "not-allowed"},
		"about nobody":              {"eve", "zoe", "", "server", "not-allowed"},
		"a workflow unknown to her": {"eve", "", "start", "workflow:purchase", "workflow-not-found"},
		"a workflow nobody knows":   {"eve", "", "start", "workflow:zzz", "workflow-not-found"},
		"a task of others":          {"eve", "", "", "task:1_2", "task-not-found"},
		"a task that is not there":  {"eve", "", "", "task:9_9", "task-not-found"},
		"a request of others":       {"eve", "", "", "instance:1", "instance-not-found"},
		"nobody, asked by admin":    {"admin", "zoe", "", "server", "user-not-found"},
		"a bare number, by others":  {"eve", "", "", "task:99", "bad-serial"},
		"no serial, by admin":       {"admin", "", "", "task:x", "bad-serial"},
		"no serial":                 {"eve", "", "", "task:x", "bad-serial"},
		"no number":                 {"eve", "", "", "instance:x", "bad-thing"},
		"no thing":                  {"eve", "", "", "weather", "bad-thing"},
		"no such right":             {"eve", "", "fly", "workflow:leave", "unknown-right"},
		"a server's right":          {"eve", "", "start", "server", "unknown-right"},
		"no category":               {"eve", "", "start", "category:", "bad-category"},
		"a group":                   {"admin", "group:1", "", "server", "user-not-found"},
	} {
		_, err := as(w, tt.who).Why(ctx, tt.person, tt.right, tt.thing)
		wantCode(t, what, err, tt.code)
	}
	a, err := as(w, "eve").Why(ctx, "", "view", "workflow:leave")
	if err != nil || a.Yes || len(a.Would) != 0 || len(a.Givers) == 0 {
		t.Errorf("a workflow she knows: %+v, %v", a, err)
	}
	if a, err = as(w, "ana").Why(ctx, "ana", "", "instance:1"); err != nil || !a.Yes || !strings.Contains(a.Text, "they started it") {
		t.Errorf("her own request: %+v, %v", a, err)
	}
	if a, err = as(w, "jane").Why(ctx, "", "", "instance:1"); err != nil || !a.Yes || !strings.Contains(a.Text, "is or was theirs") {
		t.Errorf("a request with a task of hers: %+v, %v", a, err)
	}
	if a, err = as(w, "admin").Why(ctx, "eve", "administer", "instance:1"); err != nil || a.Yes || len(a.Would) == 0 {
		t.Errorf("an administrator asks: %+v, %v", a, err)
	}
	if a, err = as(w, "eve").Why(ctx, "", "start", "category:Secret"); err != nil || a.Yes || len(a.Would) != 0 {
		t.Errorf("a category: %+v, %v", a, err)
	}
}

func TestAnAdministratorIsToldThatThereIsNoSuchThing(t *testing.T) {
	w := apitest.Start(t)
	for thing, want := range map[string]string{
		"task:99": "there is no task 99", "task:9_9": "there is no task 9_9", "instance:99": "there is no request 99"} {
		_, err := as(w, "admin").Why(t.Context(), "jane", "", thing)
		p, ok := err.(*client.Problem)
		if !ok || p.Status != http.StatusNotFound || p.Detail != want {
			t.Errorf("%s: %v, want %q", thing, err, want)
		}
		if _, err = as(w, "eve").Why(t.Context(), "", "", thing); err == nil || strings.Contains(err.Error(), want) {
			t.Errorf("%s, asked by somebody else: %v", thing, err)
		}
	}
	_, err := as(w, "eve").Why(t.Context(), "jane", "", "task:9_9")
	if p, ok := err.(*client.Problem); !ok || p.Status != http.StatusForbidden || p.Detail != "only administrators may ask about other people" {
		t.Errorf("about another: %v", err)
	}
}

// A right given on one node works on the other at once, whatever it is through.
func TestARightGivenOnOneNodeWorksOnTheOtherAtOnce(t *testing.T) {
	here, there := apitest.StartTwo(t)
	ctx := t.Context()
	admin := as(here, "admin")
	role, err := admin.MakeGroup(ctx, client.Roles, api.GroupBody{Name: "Authors"})
	if err != nil {
		t.Fatal(err)
	}
	deploys := func() bool {
		me, err := as(there, "eve").Me(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return me.Deploy
	}
	if deploys() {
		t.Fatal("she may already")
	}
	if err := admin.PutMember(ctx, client.Roles, role.ID, "user:5"); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, func() bool {
		me, err := as(there, "eve").Me(ctx)
		return err == nil && len(me.Groups) == 2 // the role, and Everyone
	})
	put(t, here, client.OnServer(), "admin", "administer", "role:Authors", "deploy")
	eventually(t, ctx, deploys)
	views := func() bool {
		a, err := as(there, "eve").Why(ctx, "", "view", "workflow:leave")
		return err == nil && a.Yes
	}
	deployed(t, here, "admin", in("HR", "leave"))
	if views() {
		t.Fatal("she may already")
	}
	put(t, here, client.OnCategory("HR"), "role:Authors", "view")
	eventually(t, ctx, views)
	if err := admin.TakeMember(ctx, client.Roles, role.ID, "user:5"); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, func() bool { return !views() && !deploys() })
}

// eventually waits for what a word between nodes brings: far less than a cache lasts.
func eventually(t *testing.T, ctx context.Context, is func() bool) {
	t.Helper()
	for until := time.Now().Add(5 * time.Second); !is(); {
		if time.Now().After(until) || ctx.Err() != nil {
			t.Fatal("the other node has not heard of it")
		}
	}
}
