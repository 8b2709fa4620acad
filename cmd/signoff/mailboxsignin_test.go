package main

import (
	"strings"
	"testing"

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
