package httpapi_test

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity"
)

func TestWhoHasNoPasswordHereIsNotToldToChangeIt(t *testing.T) {
	w := apitest.Start(t)
	me := func(who string) string {
		t.Helper()
		status, _, text := ask(t, w, who, "GET", "/api/v1/me", "")
		if status != 200 {
			t.Fatalf("%d %s", status, text)
		}
		return text
	}
	if text := me("ana"); !strings.Contains(text, `"password":true`) {
		t.Errorf("ana has one: %s", text)
	}
	zoe, err := w.API.Identity.CreateUser(t.Context(), access.System, identity.NewUser{Login: "zoe", Name: "Zoe"})
	must(t, err)
	has := func(who identity.User) bool {
		t.Helper()
		c, err := w.API.Identity.Caller(t.Context(), who.Principal, "session")
		must(t, err)
		has, err := w.API.Identity.HasPassword(t.Context(), c)
		must(t, err)
		return has
	}
	if has(zoe) {
		t.Error("zoe signs in another way")
	}
	must(t, w.API.Identity.SetPassword(t.Context(), access.System, zoe.Principal, "a long enough one"))
	if !has(zoe) {
		t.Error("zoe has one now")
	}
	w.API.Identity.UseLocalAccounts(identity.LocalAdmins)
	if has(zoe) {
		t.Error("hers does not count any more")
	}
	if text := me("admin"); !strings.Contains(text, `"password":true`) {
		t.Errorf("an administrator's does: %s", text)
	}
}
