package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity/signin"
)

func TestARefusalThatLostItsStateIsNoSignInOfSomebodySignedIn(t *testing.T) {
	w := apitest.Start(t)
	session, _ := send(t, w, "POST", "/api/v1/session", `{"login":"ana","password":"`+apitest.Password+`"}`)
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for query, want := range map[string]string{"?error=access_denied": "/connected#over", "?error=access_denied&state=c-x": "/connected#over"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+signin.CallbackPath+query, nil)
		must(t, err)
		r.AddCookie(session.Cookies()[0])
		res, err := c.Do(r)
		must(t, err)
		must(t, res.Body.Close())
		if to := res.Header.Get("Location"); to != want {
			t.Errorf("%s: %d, to %q, want %q", query, res.StatusCode, to, want)
		}
	}
}
