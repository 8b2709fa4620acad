package httpapi_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
)

// stranger says, for every operation, how somebody without any right to the
// things it is about would call it, and what they get. "" means that it is for
// everybody who is signed in, or about nothing but themselves.
var stranger = map[string]struct{ path, body, code string }{
	"sign-in":                {},
	"sign-out":               {},
	"get-me":                 {"/me", "", ""},
	"change-password":        {"/me/password", `{"present":"not it","password":"a long enough one"}`, "bad-credentials"},
	"list-waiting":           {"/me/waiting-connections", "", ""},
	"list-my-tokens":         {"/me/tokens", "", ""},
	"create-token":           {"/me/tokens", `{"name":""}`, "invalid-request"},
	"end-my-token":           {"/me/tokens/1", "", "access-token-not-found"},
	"list-tokens":            {"/tokens", "", "not-allowed"},
	"end-token":              {"/tokens/1", "", "not-allowed"},
	"get-apis":               {"/apis", "", "not-allowed"},
	"put-apis":               {"/apis", `{}`, "not-allowed"},
	"list-callers":           {"/apis/callers", "", "not-allowed"},
	"check-expression":       {"/expressions/check", `{"expression":"1"}`, ""},
	"search-people":          {"/people?q=jane", "", ""},
	"list-users":             {"/users", "", "not-allowed"},
	"create-user":            {"/users", `{"login":"x","name":"X","password":"a long enough one"}`, "not-allowed"},
	"get-user":               {"/users/user:1", "", "not-allowed"},
	"change-user":            {"/users/user:5", `{"admin":true}`, "not-allowed"},
	"set-password":           {"/users/user:1/password", `{"password":"a long enough one"}`, "not-allowed"},
	"list-groups":            {"/groups", "", "not-allowed"},
	"create-group":           {"/groups", `{"name":"Mine"}`, "not-allowed"},
	"get-group":              {"/groups/group:1", "", "not-allowed"},
	"rename-group":           {"/groups/group:1", `{"name":"Mine"}`, "not-allowed"},
	"add-member":             {"/groups/group:1/members/user:5", "", "not-allowed"},
	"remove-member":          {"/groups/group:1/members/user:3", "", "not-allowed"},
	"delete-group":           {"/groups/group:1", "", "not-allowed"},
	"list-members":           {"/groups/group:1/members", "", "not-allowed"},
	"list-roles":             {"/roles", "", "not-allowed"},
	"create-role":            {"/roles", `{"name":"Mine"}`, "not-allowed"},
	"get-role":               {"/roles/group:2", "", "not-allowed"},
	"change-role":            {"/roles/group:2", `{"name":"Mine"}`, "not-allowed"},
	"delete-role":            {"/roles/group:2", "", "not-allowed"},
	"list-role-members":      {"/roles/group:2/members", "", "not-allowed"},
	"add-role-member":        {"/roles/group:2/members/user:5", "", "not-allowed"},
	"remove-role-member":     {"/roles/group:2/members/user:3", "", "not-allowed"},
	"get-server-rights":      {"/rights", "", "not-allowed"},
	"put-server-rights":      {"/rights", `{"grants":[{"who":"eve","right":"administer"}]}`, "not-allowed"},
	"list-categories":        {"/categories", "", ""},
	"get-category-rights":    {"/categories/HR%2FLeave/rights", "", "not-allowed"},
	"put-category-rights":    {"/categories/HR/rights", `{"grants":[{"who":"eve","right":"administer"}]}`, "not-allowed"},
	"why":                    {"/rights/why?person=jane&thing=server", "", "not-allowed"},
	"list-workflows":         {"/workflows", "", ""},
	"deploy-workflow":        {"/workflows", string(apitest.File("leave")), "not-allowed"},
	"import-workflow":        {"/workflows/import", string(apitest.File("leave")), "not-allowed"},
	"get-workflow":           {"/workflows/closed", "", "workflow-not-found"},
	"get-workflow-bpmn":      {"/workflows/closed/versions/1/bpmn", "", "workflow-not-found"},
	"get-rights":             {"/workflows/closed/rights", "", "workflow-not-found"},
	"put-rights":             {"/workflows/leave/rights", `{"grants":[{"who":"eve","right":"administer"}]}`, "not-allowed"},
	"get-retention":          {"/workflows/closed/retention", "", "workflow-not-found"},
	"put-retention":          {"/workflows/leave/retention", `{"keepDays":1}`, "not-allowed"},
	"list-calendars":         {"/calendars", "", ""},
	"preview-calendar":       {"/calendars/preview", `{"after":"PT8H"}`, ""},
	"import-holidays":        {"/calendars/import", `{"zone":"UTC","file":"hello"}`, "bad-ical"},
	"get-calendar":           {"/calendars/nowhere", "", "calendar-not-found"},
	"put-calendar":           {"/calendars/mine", `{"zone":"UTC","week":{"monday":["08:00-17:00"]}}`, "not-allowed"},
	"delete-calendar":        {"/calendars/mine?rev=1", "", "not-allowed"},
	"get-my-absence":         {"/me/absence", "", ""},
	"put-my-absence":         {"/me/absence", `{}`, "bad-absence"},
	"delete-my-absence":      {"/me/absence?rev=1", "", ""},
	"preview-my-absence":     {"/me/absence/preview", `{"substitutes":["nobody"]}`, "unknown-person"},
	"get-absence":            {"/users/user:1/absence", "", "not-allowed"},
	"put-absence":            {"/users/user:1/absence", `{"substitutes":["jane"]}`, "not-allowed"},
	"delete-absence":         {"/users/user:1/absence?rev=1", "", "not-allowed"},
	"preview-absence":        {"/users/user:1/absence/preview", `{"substitutes":["jane"]}`, "not-allowed"},
	"list-holds":             {"/holds", "", "not-allowed"},
	"place-hold":             {"/holds", `{"instance":1,"reason":"x"}`, "not-allowed"},
	"lift-hold":              {"/holds/1/lift", `{"reason":"x"}`, "not-allowed"},
	"export":                 {"/export", "", "not-allowed"},
	"start-instance":         {"/workflows/closed/instances", `{"variables":{"days":1}}`, "workflow-not-found"},
	"list-instances":         {"/instances?scope=all", "", ""},
	"get-instance":           {"/instances/1", "", "instance-not-found"},
	"get-instance-bpmn":      {"/instances/1/bpmn", "", "instance-not-found"},
	"get-history":            {"/instances/1/history", "", "instance-not-found"},
	"list-instance-mails":    {"/instances/1/mails", "", "instance-not-found"},
	"comment-instance":       {"/instances/1/comments", `{"text":"hello"}`, "instance-not-found"},
	"list-instance-files":    {"/instances/1/files", "", "instance-not-found"},
	"add-instance-file":      {"/instances/1/files?name=a.txt", `hello`, "instance-not-found"},
	"get-instance-file":      {"/instances/1/files/3", "", "instance-not-found"},
	"remove-instance-file":   {"/instances/1/files/3", "", "instance-not-found"},
	"list-task-files":        {"/tasks/1_2/files", "", "task-not-found"},
	"add-task-file":          {"/tasks/1_2/files?name=a.txt", `hello`, "task-not-found"},
	"cancel-instance":        {"/instances/1/cancel", `{}`, "instance-not-found"},
	"begin-bulk":             {"/bulk", `{"do":"retry","workflow":"closed"}`, "workflow-not-found"},
	"list-bulks":             {"/bulk", "", ""},
	"get-bulk":               {"/bulk/1", "", "bulk-not-found"},
	"list-bulk-items":        {"/bulk/1/items", "", "bulk-not-found"},
	"stop-bulk":              {"/bulk/1/stop", "", "bulk-not-found"},
	"undo-migration":         {"/bulk/1/undo", `{"reason":"x"}`, "bulk-not-found"},
	"set-default-version":    {"/workflows/closed/default", `{"version":1}`, "workflow-not-found"},
	"preview-migration":      {"/workflows/closed/migrations/preview", `{"to":2}`, "workflow-not-found"},
	"begin-migration":        {"/workflows/closed/migrations", `{"to":2,"reason":"x"}`, "workflow-not-found"},
	"list-migrations":        {"/workflows/closed/migrations", "", "workflow-not-found"},
	"why-waiting":            {"/instances/1/waiting", "", "instance-not-found"},
	"skip-incident":          {"/incidents/1_2/skip", `{"reason":"x"}`, "incident-not-found"},
	"set-variables":          {"/instances/1/variables", `{"reason":"x","variables":{"days":1}}`, "instance-not-found"},
	"move-instance":          {"/instances/1/move", `{"reason":"x","to":"end"}`, "instance-not-found"},
	"hold-instance":          {"/instances/1/hold", `{"reason":"x"}`, "instance-not-found"},
	"resume-instance":        {"/instances/1/resume", `{}`, "instance-not-found"},
	"end-instance":           {"/instances/1/end", `{"reason":"x"}`, "instance-not-found"},
	"delete-instance":        {"/instances/1?reason=x", "", "instance-not-found"},
	"finish-step":            {"/steps/1_2/finish", `{}`, "effect-not-found"},
	"list-tasks":             {"/tasks?view=all", "", ""},
	"count-tasks":            {"/tasks/counts", "", ""},
	"get-task":               {"/tasks/1_2", "", "task-not-found"},
	"decide-task":            {"/tasks/1_2/decision", `{"action":"Approve"}`, "task-not-found"},
	"try-step":               {"/steps/1_2/retry", "", "step-not-parked"},
	"claim-task":             {"/tasks/1_2/claim", "", "task-not-found"},
	"release-task":           {"/tasks/1_2/release", "", "task-not-found"},
	"redirect-task":          {"/tasks/1_2/redirect", `{"to":"eve"}`, "task-not-found"},
	"share-task":             {"/tasks/1_2/share", `{"to":"eve"}`, "task-not-found"},
	"withdraw-task":          {"/tasks/1_2/withdraw", `{"outcome":"Approve"}`, "task-not-found"},
	"ask-task":               {"/tasks/1_2/questions", `{"text":"Why?"}`, "task-not-found"},
	"reply-task":             {"/tasks/1_2/questions/3/reply", `{"text":"So."}`, "task-not-found"},
	"sleep-task":             {"/tasks/1_2/sleep", `{"until":"2099-01-01T00:00:00Z"}`, "task-not-found"},
	"wake-task":              {"/tasks/1_2/wake", "", "task-not-found"},
	"comment-task":           {"/tasks/1_2/comments", `{"text":"hello"}`, "task-not-found"},
	"list-incidents":         {"/incidents", "", ""},
	"retry-incident":         {"/incidents/1_2/retry", `{}`, "incident-not-found"},
	"send-message":           {"/messages", `{"name":" x"}`, "bad-message"},
	"list-messages":          {"/messages", "", ""},
	"send-signal":            {"/signals", `{"name":"x "}`, "bad-message"},
	"list-schedules":         {"/schedules", "", ""},
	"pause-schedule":         {"/schedules/leave/start/pause", "", "not-allowed"},
	"resume-schedule":        {"/schedules/closed/start/resume", "", "workflow-not-found"},
	"get-mail-status":        {"/mail", "", "not-allowed"},
	"list-received-mail":     {"/mail/received", "", "not-allowed"},
	"looked-at-mail":         {"/mail/received/1/looked-at", "", "not-allowed"},
	"list-sent-mail":         {"/mail/sent", "", "not-allowed"},
	"release-mail":           {"/mail/sent/1/release", "", "not-allowed"},
	"drop-mail":              {"/mail/sent/1/drop", "", "not-allowed"},
	"list-mail-connections":  {"/mail/connections", "", "not-allowed"},
	"put-mail-connection":    {"/mail/connections/x", `{"protocol":"graph","from":"a@b.example","resource":"x"}`, "not-allowed"},
	"delete-mail-connection": {"/mail/connections/x", "", "not-allowed"},
	"check-mail-connection":  {"/mail/connections/x/check", "", "not-allowed"},
	"test-send-mail":         {"/mail/connections/x/test-send", `{}`, "not-allowed"},
	"test-read-mail":         {"/mail/connections/x/test-read", "", "not-allowed"},
	"get-signin":             {"/signin", "", "not-allowed"},
	"put-signin":             {"/signin", `{"providers":[],"local":"off"}`, "not-allowed"},
	"add-signin-provider":    {"/signin/providers", `{"from":"https://login.example.com","clientId":"x"}`, "not-allowed"},
	"get-signin-options":     {},
	"open-signin-failure":    {},
	"explain-signin":         {"/signin/explain", `{"provider":"x","text":"AADSTS50011"}`, "not-allowed"},
	"get-signin-test":        {"/signin/test?test=x", "", "not-allowed"},
	"recover":                {},
	"list-my-sessions":       {"/me/sessions", "", ""},
	"end-my-sessions":        {"/me/sessions", "", ""},
	"end-my-session":         {"/me/sessions/x", "", "session-not-found"},
	"list-sessions":          {"/users/user:1/sessions", "", "not-allowed"},
	"end-sessions":           {"/users/user:1/sessions", "", "not-allowed"},
	"end-session":            {"/users/user:1/sessions/x", "", "not-allowed"},
	"get-directories":        {"/directories", "", "not-allowed"},
	"put-directories":        {"/directories", `{"directories":[]}`, "not-allowed"},
	"get-directory":          {"/directories/contoso", "", "not-allowed"},
	"test-directory":         {"/directories/contoso/test", `{}`, "not-allowed"},
	"list-scim-tokens":       {"/directories/contoso/tokens", "", "not-allowed"},
	"create-scim-token":      {"/directories/contoso/tokens", `{}`, "not-allowed"},
	"end-scim-token":         {"/directories/contoso/tokens/1", "", "not-allowed"},
	"sync-directory":         {"/directories/contoso/sync", `{}`, "not-allowed"},
	"get-trust":              {"/trust", "", "not-allowed"},
	"put-trust":              {"/trust", `{"issuers":[]}`, "not-allowed"},
	"propose-trust":          {"/trust/propose", `{"from":"contoso.test"}`, "not-allowed"},
	"explain-token":          {"/trust/explain", `{"token":"x"}`, "not-allowed"},
	"list-trust-keys":        {"/trust/keys", "", "not-allowed"},
	"refresh-trust-keys":     {"/trust/keys/refresh", `{"issuer":"x"}`, "not-allowed"},
	"list-newcomers":         {"/newcomers", "", "not-allowed"},
	"admit-newcomer":         {"/newcomers/1/admit", "", "not-allowed"},
	"link-newcomer":          {"/newcomers/1/link", `{"person":"eve"}`, "not-allowed"},
	"refuse-newcomer":        {"/newcomers/1/refuse", `{}`, "not-allowed"},
	"list-links":             {"/users/user:1/links", "", "not-allowed"},
	"link-person":            {"/users/user:5/links", `{"source":"entra:x","subject":"y"}`, "not-allowed"},
	"unlink-person":          {"/users/user:1/links?source=entra:x&subject=y", "", "not-allowed"},
	"list-group-links":       {"/groups/group:1/links", "", "not-allowed"},
	"link-group":             {"/groups/group:1/links", `{"source":"entra:x","external":"y"}`, "not-allowed"},
	"unlink-group":           {"/groups/group:1/links?source=entra:x&external=y", "", "not-allowed"},
	"list-changes":           {"/changes", "", "not-allowed"},
	"list-nodes":             {"/nodes", "", "not-allowed"},
	"doctor-token":           {"/doctor/token", `{"text":"x.y.z"}`, "not-allowed"},
	"doctor-entra":           {"/doctor/entra", "", "not-allowed"},
	"doctor-registrations":   {"/doctor/entra", `{"clientId":"x","secret":"y"}`, "not-allowed"},
	"list-service-types":     {"/services/types", "", ""},
	"list-services":          {"/services", "", ""},
	"create-service":         {"/services", `{"name":"x","type":"echo","title":"X","mode":"none"}`, "not-allowed"},
	"get-service":            {"/services/office", "", "service-not-found"},
	"put-service":            {"/services/office", `{"title":"X","mode":"none"}`, "service-not-found"},
	"delete-service":         {"/services/office", "", "service-not-found"},
	"test-service":           {"/services/office/test", `{}`, "service-not-found"},
	"list-service-objects":   {"/services/office/objects", "", "service-not-found"},
	"refresh-service":        {"/services/office/refresh", `{}`, "service-not-found"},
	"list-service-uses":      {"/services/office/uses", "", "service-not-found"},
	"get-service-rights":     {"/services/office/rights", "", "service-not-found"},
	"put-service-rights":     {"/services/office/rights", `{"grants":[]}`, "service-not-found"},
	"call-service":           {"/services/office/Thing/say", `{}`, "service-not-found"},
	"list-oauth-types":       {"/oauth/types", "", "not-allowed"},
	"put-oauth-type":         {"/oauth/types", `{"name":"x","title":"X","people":true,"app":false,"parameters":[]}`, "not-allowed"},
	"delete-oauth-type":      {"/oauth/types/x", "", "not-allowed"},
	"list-oauth-resources":   {"/oauth/resources", "", "not-allowed"},
	"create-oauth-resource":  {"/oauth/resources", `{"name":"office","title":"Office","type":"openid","issuer":"https://login.example.com","clientId":"x","auth":"none"}`, "not-allowed"},
	"get-oauth-resource":     {"/oauth/resources/office", "", "not-allowed"},
	"put-oauth-resource":     {"/oauth/resources/office", `{"title":"Office","type":"openid","clientId":"x","auth":"none"}`, "not-allowed"},
	"delete-oauth-resource":  {"/oauth/resources/office", "", "not-allowed"},
	"make-oauth-certificate": {"/oauth/resources/office/certificate", "", "not-allowed"},
	"check-oauth-resource":   {"/oauth/resources/office/check", "", "not-allowed"},
	"connect-oauth":          {"/oauth/resources/office/connect", `{"for":"service"}`, "not-allowed"},
	"get-oauth-connect":      {"/oauth/connect/c-x", "", "oauth-connect-over"},
	"list-oauth-tokens":      {"/oauth/tokens", "", "not-allowed"},
	"delete-oauth-token":     {"/oauth/tokens/1", "", "not-allowed"},
	"list-oauth-wants":       {"/oauth/wants", "", "not-allowed"},
	"get-my-connections":     {"/me/connections", "", ""},
	"delete-my-connection":   {"/me/connections/1", "", "oauth-token-not-found"},
	"stream-events":          {"/events?instance=1", "", "instance-not-found"},
}

type operation struct{ id, method, path string }

func operations(t *testing.T) []operation {
	t.Helper()
	raw, err := httpapi.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	var out []operation
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for method, o := range d.Paths[path] {
			out = append(out, operation{o.OperationID, strings.ToUpper(method), path})
		}
	}
	return out
}

// ask sends a request and returns the answer's status, problem and whole text.
func ask(t *testing.T, w *apitest.World, who, method, path, body string) (int, api.Problem, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(body, "<") {
		r.Header.Set("Content-Type", "application/xml")
	} else if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		r.SetBasicAuth(who, apitest.Password)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p api.Problem
	if answer.Header.Get("Content-Type") == "application/problem+json" {
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
	}
	checkHeaders(t, path, answer)
	return answer.StatusCode, p, string(text)
}

func checkHeaders(t *testing.T, path string, answer *http.Response) {
	t.Helper()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %s is %q", path, name, got)
		}
	}
	if answer.Header.Get("X-Request-Id") == "" || answer.Header.Get("Cache-Control") == "" {
		t.Errorf("%s: no request id, or nothing about caching", path)
	}
}

func TestEveryOperationRefusesStrangers(t *testing.T) {
	w := apitest.Start(t)
	closed := strings.Replace(string(apitest.File("leave")), `<bpmn:process id="leave"`, `<bpmn:process id="closed"`, 1)
	if status, p, _ := ask(t, w, "admin", "POST", "/api/v1/workflows", closed); status != 201 {
		t.Fatalf("deploy: %d %+v", status, p)
	}
	ask(t, w, "admin", "PUT", "/api/v1/workflows/closed/rights", `{"grants":[{"who":"ana","right":"start"}]}`)
	w.Begin(t, "ana", "closed", map[string]any{"days": 1})
	for _, o := range operations(t) {
		s, ok := stranger[o.id]
		if !ok {
			t.Errorf("%s has no line in this test", o.id)
			continue
		}
		if s.path == "" {
			continue // open to anybody
		}
		path := "/api/v1" + s.path
		status, p, _ := ask(t, w, "", o.method, path, s.body)
		if status != 401 || p.Code != "sign-in-needed" {
			t.Errorf("%s without credentials: %d %+v", o.id, status, p)
		}
		if s.code == "" {
			continue
		}
		status, p, _ = ask(t, w, "eve", o.method, path, s.body)
		known, listed := api.CodeByName(p.Code)
		if p.Code != s.code || !listed || status != known.Status || p.Status != status {
			t.Errorf("%s by a stranger: %d %+v, want %s", o.id, status, p, s.code)
		}
		if p.Type != "/problems/"+p.Code || p.Title != known.Title || p.Detail == "" || p.RequestID == "" {
			t.Errorf("%s: the problem is not whole: %+v", o.id, p)
		}
	}
	if text := w.Log.String(); strings.Contains(text, "request failed") {
		t.Errorf("refusals were logged as failures:\n%s", text)
	}
}

func TestBodiesOverTheLimitAreRefusedWithTheLimit(t *testing.T) {
	w := apitest.Start(t)
	big := `{"folio":"` + strings.Repeat("x", 1<<20) + `"}`
	status, p, _ := ask(t, w, "ana", "POST", "/api/v1/workflows/leave/instances", big)
	if status != 413 || p.Code != "body-too-large" || !strings.Contains(p.Detail, "1048576") {
		t.Errorf("%d %+v", status, p)
	}
	file := "<x>" + strings.Repeat(" ", 5<<20) + "</x>"
	status, p, _ = ask(t, w, "admin", "POST", "/api/v1/workflows", file)
	if status != 413 || !strings.Contains(p.Detail, "5242880") {
		t.Errorf("%d %+v", status, p)
	}
	justFits := `{"folio":"` + strings.Repeat("x", 1<<20-12) + `"}`
	if status, p, _ = ask(t, w, "ana", "POST", "/api/v1/workflows/leave/instances", justFits); status != 422 {
		t.Errorf("a body of exactly the limit: %d %+v", status, p)
	}
}

func TestDeepJSONIsRefused(t *testing.T) {
	w := apitest.Start(t)
	deep := `{"variables":{"days":` + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000) + `}}`
	status, p, _ := ask(t, w, "ana", "POST", "/api/v1/workflows/leave/instances", deep)
	if status != 400 || p.Code != "bad-json" || !strings.Contains(p.Detail, "deep") {
		t.Errorf("%d %+v", status, p)
	}
}

// huma would send the whole rejected body back; whatever is wrong with a
// request that holds a secret, the secret must not come back.
func TestRejectedValuesAreNotEchoed(t *testing.T) {
	w := apitest.Start(t)
	for name, body := range map[string]string{
		"an unknown field beside it": `{"login":"jane","password":"s3cret-s3cret","passwort":"s3cret-s3cret"}`,
		"the wrong type":             `{"login":"jane","password":["s3cret-s3cret"]}`,
		"broken":                     `{"login":"jane","password":"s3cret-s3cret"`,
		"not JSON":                   `s3cret-s3cret`,
		"too long":                   `{"login":"jane","password":"` + strings.Repeat("s3cret-s3cret", 200) + `"}`,
		"wrong":                      `{"login":"jane","password":"s3cret-s3cret"}`,
	} {
		status, p, text := ask(t, w, "", "POST", "/api/v1/session", body)
		if status < 400 || p.Code == "" || strings.Contains(text, "s3cret") {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	for _, path := range []string{"/api/v1/tasks?limit=s3cret", "/api/v1/tasks?view=s3cret", "/api/v1/tasks/s3cret", "/api/v1/instances/s3cret",
		"/api/v1/workflows/leave/versions/s3cret/bpmn", "/api/v1/tasks?cursor=s3cret", "/api/v1/s3cret", "/problems/s3cret"} {
		if strings.HasPrefix(path, "/problems") {
			continue
		}
		if _, _, text := ask(t, w, "ana", "GET", path, ""); strings.Contains(text, "s3cret") {
			t.Errorf("%s: %s", path, text)
		}
	}
	if strings.Contains(w.Log.String(), "s3cret") {
		t.Errorf("logged:\n%s", w.Log)
	}
}
