package httpapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/store"
)

// makeToken makes a token and returns its text.
func makeToken(t *testing.T, w *apitest.World, who, body string) string {
	t.Helper()
	return madeToken(t, w, who, body).Text
}

func madeToken(t *testing.T, w *apitest.World, who, body string) (made api.MadeToken) {
	t.Helper()
	a, text := send(t, w, "POST", "/api/v1/me/tokens", body, "Authorization", basicOf(who))
	if a.StatusCode != 201 {
		t.Fatalf("%d %s", a.StatusCode, text)
	}
	must(t, json.Unmarshal([]byte(text), &made))
	return made
}

// refusedWith checks a refusal of a token: status, code and what the challenge says.
func refusedWith(t *testing.T, w *apitest.World, token, method, path string, status int, code, challenge string) {
	t.Helper()
	a, text := send(t, w, method, path, "", "Authorization", "Bearer "+token)
	got := strings.Join(a.Header.Values("WWW-Authenticate"), "\n")
	if a.StatusCode != status || !strings.Contains(text, `"code":"`+code+`"`) || !strings.Contains(got, challenge) || challenge == "" && got != "" {
		t.Errorf("%s %s: %d %s\n%s", method, path, a.StatusCode, got, text)
	}
}

func TestATokenCallsForItsOwnerUntilItIsEnded(t *testing.T) {
	w := both(t)
	made := madeToken(t, w, "ana", `{"name":"Nightly report"}`)
	if !strings.HasPrefix(made.Text, "sgn_") || len(made.Text) != 42 || !strings.HasSuffix(made.Text, made.Ending) {
		t.Fatalf("%+v", made)
	}
	if days := made.Expires.Sub(made.Created).Hours() / 24; days != 90 {
		t.Errorf("it lasts %v days", days)
	}
	for _, path := range []string{me, k2Tasks} {
		for _, scheme := range []string{"Bearer ", "bearer ", "BEARER  "} {
			if a, text := send(t, w, "GET", path, "", "Authorization", scheme+made.Text); a.StatusCode != 200 {
				t.Errorf("%s%s: %d %s", scheme, path, a.StatusCode, text)
			}
		}
	}
	_, text := send(t, w, "GET", "/api/v1/me/tokens", "", "Authorization", basicOf("ana"))
	if strings.Contains(text, made.Text) || !strings.Contains(text, `"name":"Nightly report"`) || !strings.Contains(text, `"used":"`) {
		t.Errorf("the list: %s", text)
	}
	if _, text := send(t, w, "GET", "/api/v1/me/tokens", "", "Authorization", basicOf("eve")); strings.Contains(text, "Nightly") {
		t.Errorf("somebody else's list: %s", text)
	}
	path := fmt.Sprintf("/api/v1/me/tokens/%d", made.ID)
	for _, who := range []string{"eve", "admin"} {
		if a, _ := send(t, w, "DELETE", path, "", "Authorization", basicOf(who)); a.StatusCode != 404 {
			t.Errorf("%s ended it below /me: %d", who, a.StatusCode)
		}
	}
	if a, text := send(t, w, "DELETE", path, "", "Authorization", "Bearer "+made.Text); a.StatusCode != 204 {
		t.Errorf("a token may end itself: %d %s", a.StatusCode, text)
	}
	refusedWith(t, w, made.Text, "GET", me, 401, "access-token-unknown", `Bearer realm="signoff", error="invalid_token", error_description="the access token is not known here"`)
	a, _ := send(t, w, "GET", me, "", "Authorization", "Bearer "+made.Text, "Sec-Fetch-Site", "same-origin")
	if got := a.Header.Values("WWW-Authenticate"); len(got) != 1 || !strings.HasPrefix(got[0], "Bearer ") || !strings.Contains(got[0], "invalid_token") {
		t.Errorf("to a page: %v", got)
	}
	if strings.Contains(w.Log.String(), made.Text) {
		t.Error("the token was logged")
	}
}

func TestATokenThatIsNotWholeIsRefusedAsSuch(t *testing.T) {
	w := both(t)
	token := makeToken(t, w, "ana", `{"name":"x"}`)
	for _, bad := range []string{token[:len(token)-1], token + "0", swapped(token, 10), swapped(token, len(token)-2), "sgn_", "sgn_é"} {
		refusedWith(t, w, bad, "GET", me, 401, "access-token-garbled", `error_description="the access token is not whole"`)
	}
}

func swapped(text string, at int) string {
	c := byte('A')
	if text[at] == c {
		c = 'B'
	}
	return text[:at] + string(c) + text[at+1:]
}

func TestLimitsOfATokenHold(t *testing.T) {
	w := both(t)
	reader := makeToken(t, w, "ana", `{"name":"reader","readOnly":true}`)
	if a, _ := send(t, w, "GET", k2Tasks, "", "Authorization", "Bearer "+reader); a.StatusCode != 200 {
		t.Errorf("reading: %d", a.StatusCode)
	}
	refusedWith(t, w, reader, "POST", "/api/v1/workflows/leave/instances", 403, "access-token-limited", "")
	a, text := send(t, w, "POST", "/api/workflow/v1/workflows/1", `{}`, "Authorization", "Bearer "+reader)
	if a.StatusCode != 403 || !strings.Contains(text, `{"Message":"this access token may only read`) {
		t.Errorf("%d %s", a.StatusCode, text)
	}
	k2Only := makeToken(t, w, "ana", `{"name":"k2","api":"workflow"}`)
	if a, _ := send(t, w, "GET", k2Tasks, "", "Authorization", "Bearer "+k2Only); a.StatusCode != 200 {
		t.Errorf("its API: %d", a.StatusCode)
	}
	refusedWith(t, w, k2Only, "GET", me, 403, "access-token-limited", "")
}

func TestATokenMakesNoTokens(t *testing.T) {
	w := both(t)
	token := makeToken(t, w, "admin", `{"name":"x"}`)
	a, text := send(t, w, "POST", "/api/v1/me/tokens", `{"name":"y"}`, "Authorization", "Bearer "+token)
	if a.StatusCode != 403 || !strings.Contains(text, `"code":"token-by-token"`) {
		t.Errorf("%d %s", a.StatusCode, text)
	}
}

func TestATokenGoesWithItsOwner(t *testing.T) {
	w := both(t)
	token := makeToken(t, w, "eve", `{"name":"x"}`)
	if a, _ := send(t, w, "GET", me, "", "Authorization", "Bearer "+token); a.StatusCode != 200 {
		t.Fatal(a.Status)
	}
	eve := string(w.Caller(t, "eve").Principal)
	send(t, w, "PATCH", "/api/v1/users/"+eve, `{"disabled":true}`, "Authorization", basicOf("admin"))
	refusedWith(t, w, token, "GET", me, 401, "access-token-unknown", "invalid_token")
	send(t, w, "PATCH", "/api/v1/users/"+eve, `{"disabled":false}`, "Authorization", basicOf("admin"))
	refusedWith(t, w, token, "GET", me, 401, "access-token-unknown", "invalid_token")
}

func TestAdministratorsSeeAndEndEverybodysTokens(t *testing.T) {
	w := both(t)
	made := madeToken(t, w, "jane", `{"name":"Old script"}`)
	makeToken(t, w, "bob", `{"name":"Other"}`)
	_, text := send(t, w, "GET", "/api/v1/tokens?limit=1", "", "Authorization", basicOf("admin"))
	var list api.TokenList
	must(t, json.Unmarshal([]byte(text), &list))
	if len(list.Items) != 1 || list.Items[0].Name != "Old script" || list.Items[0].Owner.Login != "jane" || list.Next == "" {
		t.Fatalf("%s", text)
	}
	if _, text := send(t, w, "GET", "/api/v1/tokens?cursor="+list.Next, "", "Authorization", basicOf("admin")); !strings.Contains(text, "Other") || strings.Contains(text, "Old script") {
		t.Errorf("the next page: %s", text)
	}
	if a, _ := send(t, w, "DELETE", fmt.Sprintf("/api/v1/tokens/%d", made.ID), "", "Authorization", basicOf("admin")); a.StatusCode != 204 {
		t.Error(a.Status)
	}
	refusedWith(t, w, made.Text, "GET", me, 401, "access-token-unknown", "invalid_token")
	changes, err := w.API.Worklist.Store.Changes(t.Context(), store.ChangeFilter{What: "token"}, 0, 10)
	if err != nil || len(changes) != 3 || len(changes[0].After) != 0 || !strings.Contains(string(changes[0].Before), "Old script") ||
		strings.Contains(string(changes[2].After), made.Text) {
		t.Errorf("on record: %+v %v", changes, err)
	}
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	w := both(t)
	setApis(t, w, func(s *api.SetApis) { s.Tokens = api.TokenRules{DefaultDays: 10, MaxDays: 30} })
	makeToken(t, w, "ana", `{"name":"twice"}`)
	for body, code := range map[string]string{
		`{"name":"  "}`: "bad-token", `{"name":"a\nb"}`: "bad-token", `{"name":"x","days":31}`: "bad-token", `{"name":"` + strings.Repeat("x", 81) + `"}`: "bad-token",
		`{"name":"x","api":"soap"}`: "invalid-request", `{}`: "invalid-request", `{"name":"twice"}`: "token-name-taken",
	} {
		a, text := send(t, w, "POST", "/api/v1/me/tokens", body, "Authorization", basicOf("ana"))
		if a.StatusCode < 400 || !strings.Contains(text, `"code":"`+code+`"`) {
			t.Errorf("%.60s: %d %s", body, a.StatusCode, text)
		}
	}
	for i := range store.MaxAccessTokens - 1 {
		makeToken(t, w, "ana", fmt.Sprintf(`{"name":"n%d"}`, i))
	}
	a, text := send(t, w, "POST", "/api/v1/me/tokens", `{"name":"one too many"}`, "Authorization", basicOf("ana"))
	if a.StatusCode != 409 || !strings.Contains(text, "too-many-access-tokens") {
		t.Errorf("%d %s", a.StatusCode, text)
	}
}
