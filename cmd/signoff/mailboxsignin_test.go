package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/mailroom/connections"
)

func TestTheWalkToAMailboxSaysWhoSignedInAndWhatWasNotGranted(t *testing.T) {
	walk := func() []broker.Step {
		return []broker.Step{{Name: "TLS", OK: true}, {Name: "token", OK: true}, {Name: "rights", Found: "Denied.", Do: "Add-MailboxPermission"}}
	}
	g := exchange.Grant{Account: "workflow@contoso.test", Scope: "User.Read", Client: "c1"}
	c := connections.Connection{Protocol: connections.Graph, From: "Workflow@contoso.test", Resource: "exchange"}
	last := func(steps []broker.Step) broker.Step { return steps[len(steps)-1] }
	if got := last(withSignIn(walk(), g, c)); got.Name != "permissions" || got.OK || !strings.Contains(got.Found, "Mail.ReadWrite and Mail.Send") || strings.Contains(got.Do, "Add-MailboxPermission") {
		t.Errorf("consent is missing: %+v", got)
	}
	g.Scope = "Mail.ReadWrite Mail.Send"
	if got := last(withSignIn(walk(), g, c)); got.Name != "rights" || got.Do != "Add-MailboxPermission" {
		t.Errorf("all is granted, to the mailbox's own account: %+v", got)
	}
	c.From = "nobody@contoso.test"
	if got := last(withSignIn(walk(), g, c)); !strings.Contains(got.Found, "Signed in as workflow@contoso.test, and the mailbox is nobody@contoso.test") || !strings.HasPrefix(got.Do, "Enter workflow@contoso.test as the mailbox") {
		t.Errorf("another's mailbox: %+v", got)
	}
	if got := withSignIn(walk()[:1], g, c); len(got) != 1 {
		t.Errorf("there was no token: %+v", got)
	}
}

func TestTheWalkToAMailboxWarnsOfACredentialThatRunsOut(t *testing.T) {
	walk := func(context.Context) []broker.Step {
		return []broker.Step{{Name: "TLS", OK: true}, {Name: "token", OK: true}, {Name: "mailbox", Found: "None.", Do: "Check it."}}
	}
	why := "the client secret of Office runs out tomorrow"
	got := inPlace(walk, func(context.Context) string { return why }, "office")(t.Context())
	if len(got) != 4 || got[1].Name != endingStep || !got[1].OK || got[1].Found != "Warning: "+why {
		t.Errorf("no warning: %+v", got)
	}
	if got[3].Do != "Check it. The address is changed under Manage › Mail › Mailboxes › office." {
		t.Errorf("where is the address changed? %+v", got[3])
	}
	var out strings.Builder
	printWalk(&out, mailWalk{Name: "office", Steps: []api.ServiceStep{{Name: endingStep, OK: true, Found: "Warning: soon."}, {Name: "rights", Found: "Denied.", Do: "Do this:\nGet-This\x1b[2J"}}})
	if want := "office: \n  warn  credential Warning: soon.\n  FAIL  rights   Denied.\n                 Do this:\n                   Get-This [2J\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
	why = ""
	if got := inPlace(walk, func(context.Context) string { return why }, "office")(t.Context()); len(got) != 3 {
		t.Errorf("a warning of nothing: %+v", got)
	}
}

func TestIncidentsAreListedWithTheirRemedies(t *testing.T) {
	var out strings.Builder
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	cause := strings.Repeat("The calendar may not be changed. ", 5)
	if err := printIncidents(&out, []api.Incident{{Serial: "1_7", Workflow: "visit", Name: "Put in calendar", Code: "exchange-denied", Cause: cause, Advice: "An administrator of Entra ID consents.\naz ad app", At: at}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"exchange-denied", "\n1_7  " + cause + "\n    An administrator of Entra ID consents.\n      az ad app\n", "signoff incidents retry SERIAL"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
