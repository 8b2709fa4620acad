//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
)

// Both mail servers go away under the running server and come back. What was to
// be sent meanwhile is sent then, once, and an answer is read again.
func TestPostfixAndDovecotMayGoAwayForAWhile(t *testing.T) {
	t.Parallel()
	s := newStory(t, "tls")
	first := s.begin("ana")
	before := s.jane.await("the mail about the first task", withSubject("Leave for Ana"))
	if s.waiting() != 0 {
		t.Fatal("a mail waits though the servers are there")
	}

	s.mail.stopPostfix()
	s.mail.stopDovecot()
	s.begin("bob")
	s.until("the mail that cannot leave waits, with the reason", func() bool { return s.waiting() == 1 })
	s.mail.startDovecot()
	s.mail.startPostfix()

	again := s.mail.open("jane", "INBOX")
	again.await("the mail that had to wait", withSubject("Leave for Bob"))
	raw, id := answer{Program: "thunderbird", From: jane, Original: &before, Text: "Reject"}.write(t)
	s.mail.submit("jane", before.address("Reply-To"), raw)
	again.await("the confirmation", answering(id))
	s.ended(first)

	again.look()
	mails := map[string]int{}
	for _, r := range again.seen {
		mails[r.id()]++
	}
	if len(mails) != 3 || len(again.seen) != 3 {
		t.Errorf("Jane has %d mails, of which %d are different; want 3 and 3", len(again.seen), len(mails))
	}
	said, err := os.ReadFile(filepath.Join(s.mail.Dir, "log/postfix.log"))
	if err != nil || !strings.Contains(string(said), "sasl_method=LOGIN, sasl_username=workflow") {
		t.Errorf("the server did not sign in with LOGIN: %v", err)
	}
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("the server logged\n%s", log)
	}
}

// waiting counts the mails that were tried in vain and will be tried again.
func (s *story) waiting() int {
	var l api.List[api.SentMail]
	s.get("/mail/sent?state=queued", &l)
	n := 0
	for _, m := range l.Items {
		if m.Attempts > 0 && strings.Contains(m.Error, "cannot be reached") {
			n++
		}
	}
	return n
}
