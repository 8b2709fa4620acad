//go:build linux

package main

import (
	"strings"
	"testing"
)

// The mail system does what the story below relies on: it carries mail, vouches
// for senders who signed in, and lets nobody else claim that.
func TestPostfixVouchesForItsOwnPeopleOnly(t *testing.T) {
	m := runCorp(t)
	inbox := m.open("jane", "INBOX")

	own := newMessageID()
	m.submit("bob", "jane+tag@corp.test", simple("Bob <bob@corp.test>", "jane+tag@corp.test", "Lunch?", own, "At one."))
	got := inbox.await("Bob's mail", withID(own))
	if r := got.Values("Authentication-Results"); len(r) != 1 || r[0] != "mx.corp.test; dmarc=pass header.from=corp.test" {
		t.Errorf("a mail handed in by its sender bears %q", r)
	}
	if got.Get("Delivered-To") != "jane+tag@corp.test" || strings.TrimSpace(got.Text) != "At one." {
		t.Errorf("got\n%s", got.raw)
	}

	claim := []string{"Authentication-Results: mx.corp.test; dmarc=pass header.from=corp.test", "X-Corp-Submitted: yes"}
	forged := newMessageID()
	m.inject("bob@corp.test", "jane@corp.test", simple("Bob <bob@corp.test>", "jane@corp.test", "Money", forged, "Now.", claim...))
	got = inbox.await("the forged mail", withID(forged))
	if r := append(got.Values("Authentication-Results"), got.Values("X-Corp-Submitted")...); len(r) != 0 {
		t.Errorf("a mail from anybody bears %q", r)
	}

	err := m.trySend("127.0.0.1:"+m.SubmissionPort, "bob", "jane@corp.test", "ana@corp.test", simple("Jane <jane@corp.test>", "ana@corp.test", "Hm", newMessageID(), "Hm."))
	if err == nil || !strings.Contains(err.Error(), "553") {
		t.Errorf("Bob writes as Jane: %v", err)
	}
	err = m.trySend("127.0.0.1:"+m.SubmissionPort, "", "jane@corp.test", "ana@corp.test", simple("Jane <jane@corp.test>", "ana@corp.test", "Hm", newMessageID(), "Hm."))
	if err == nil {
		t.Error("submission takes mail without a sign-in")
	}
	err = m.trySend("127.0.0.1:"+m.PlainPort, "", "jane@corp.test", "someone@example.org", simple("Jane <jane@corp.test>", "someone@example.org", "Hm", newMessageID(), "Hm."))
	if err == nil {
		t.Error("mail for outside is taken from anybody")
	}
}
