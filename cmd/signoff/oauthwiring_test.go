package main

import (
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/identity"
)

func TestWhoseAnAccountElsewhereIs(t *testing.T) {
	v := openVouching(t)
	bob := v.person("bob")
	jane, err := v.people.CreateUser(t.Context(), access.System, identity.NewUser{Login: "jane", Name: "Jane", Email: "jane@contoso.test", Password: "a long password"})
	if err != nil {
		t.Fatal(err)
	}
	for account, want := range map[string]signoff.Principal{"Jane@contoso.test": jane.Principal, "BOB": bob.Principal, "eve@contoso.test": "", "": ""} {
		for _, who := range []signoff.Principal{jane.Principal, bob.Principal, "user:99"} {
			if own, err := v.owns(t.Context(), who, account); err != nil || own != (who == want) {
				t.Errorf("%s is %s's: %v %v", account, who, own, err)
			}
		}
	}
}

func TestWhatSomebodyConnectedIsNotUsedWhenTheyHaveLeft(t *testing.T) {
	v := openVouching(t)
	jane := v.person("jane")
	if err := v.mayAct(t.Context(), jane.Principal); err != nil {
		t.Fatal(err)
	}
	if _, err := v.people.ChangeUser(t.Context(), access.System, jane.Principal, identity.UserChange{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	for who, code := range map[signoff.Principal]string{jane.Principal: "user-disabled", "user:99": "user-not-found"} {
		err := v.mayAct(t.Context(), who)
		if signoff.CodeOf(err) != code || signoff.KindOf(err) != signoff.Forbidden {
			t.Errorf("%s: %v, want %s", who, err, code)
		}
	}
}
