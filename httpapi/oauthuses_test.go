package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/httpapi/apitest"
)

func TestAResourceThatServicesSignInWithIsNotRemoved(t *testing.T) {
	w := apitest.Start(t)
	const resource, service = "/api/v1/oauth/resources/office", "/api/v1/services/desk"
	admin := func(want int, method, path, body string) {
		t.Helper()
		if status, _, text := ask(t, w, "admin", method, path, body); status != want {
			t.Fatalf("%s %s: %d %s", method, path, status, text)
		}
	}
	admin(http.StatusCreated, "POST", "/api/v1/oauth/resources", `{"name":"office","title":"Office","type":"openid","issuer":"https://login.example.com","clientId":"x","auth":"none"}`)
	admin(http.StatusCreated, "POST", "/api/v1/services", `{"name":"desk","title":"Help desk","type":"echo","mode":"service","resource":"office","keys":{"url":"https://echo.example.com"}}`)
	status, p, _ := ask(t, w, "admin", "DELETE", resource, "")
	if status != http.StatusConflict || p.Code != "oauth-resource-used" || p.Detail != "it is used by the service Help desk" || p.Hint == "" {
		t.Errorf("%d %+v", status, p)
	}
	admin(http.StatusOK, "GET", resource, "")
	admin(http.StatusNoContent, "DELETE", service, "")
	admin(http.StatusNoContent, "DELETE", resource, "")
	if _, err := w.API.OAuth.Resource(t.Context(), w.Caller(t, "admin"), "office"); signoff.CodeOf(err) != "oauth-resource-not-found" {
		t.Errorf("it is still there: %v", err)
	}
}
