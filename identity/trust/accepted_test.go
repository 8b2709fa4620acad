package trust

import (
	"reflect"
	"testing"
	"time"
)

func TestAnEntraTokenOfEitherVersionSpeaksForItsPerson(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry())
	a, err := v.Verify(t.Context(), v2(start).but(obj{"groups": []string{"g1", "g2"}, "acrs": []string{"c1"}, "acct": 0}).String())
	must(t, err)
	a.until, a.key, a.keys = time.Time{}, nil, nil
	want := Accepted{Issuer: "contoso", Profile: Entra, URL: "https://login.microsoftonline.com/" + tenantA + "/v2.0", Version: "2.0", Tenant: tenantA,
		Object: jane, Subject: "pairwise-jane", Client: caller, Scopes: []string{"user_impersonation"}, Groups: []string{"g1", "g2"},
		Person: Person{Named: "jane@contoso.test", Name: "Jane Doe", Login: "jane@contoso.test"}, ID: "u1", Contexts: []string{"c1"},
		IssuedAt: start.Add(-time.Minute), Expires: start.Add(time.Hour)}
	if !reflect.DeepEqual(*a, want) {
		t.Errorf("got  %+v\nwant %+v", *a, want)
	}
	if a.Key() != "entra:"+tenantA+":"+jane {
		t.Error(a.Key())
	}
	a, err = v.Verify(t.Context(), v1(start).String())
	must(t, err)
	if a.Version != "1.0" || a.Client != caller || len(a.Scopes) != 2 || a.Person.Login != "jane@contoso.test" || a.App {
		t.Errorf("%+v", a)
	}
}
