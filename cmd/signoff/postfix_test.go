//go:build linux

package main

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// The mail system does what the story below relies on: it carries mail, vouches
// for senders who signed in, and lets nobody else claim that.
func TestPostfixVouchesForItsOwnPeopleOnly(t *testing.T) {
	t.Parallel()
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

const (
	jane = "Jane Miller <jane@corp.test>"
	bob  = "Bob Stone <bob@corp.test>"
)

// story is the server at work with a real mail system.
type story struct {
	*site
	mail                 *corp
	jane, ana, bob, rita *folder
	done                 *folder // where the server files what it has dealt with
}

// newStory starts them. The server reaches the mail system with security.
func newStory(t *testing.T, security string) *story {
	t.Helper()
	m := runCorp(t)
	s := &story{site: m.newSite(security), mail: m}
	s.up()
	m.people(s.site)
	s.jane, s.ana, s.bob, s.rita = m.open("jane", "INBOX"), m.open("ana", "INBOX"), m.open("bob", "INBOX"), m.open("rita", "INBOX")
	s.done = m.open("workflow", "Processed")
	return s
}

// The whole story over a real mail system: Ana asks for leave, Jane finds a mail
// and answers it from her mail program, Ana hears of it. In between others try
// to answer for Jane. Then a decision is mailed to somebody who does not exist,
// and to somebody whose mailbox is full at first.
func TestPostfixAndDovecotCarryTheStory(t *testing.T) {
	t.Parallel()
	s := newStory(t, "starttls")
	serial := s.begin("ana")
	task := s.jane.await("the mail about Ana's task", withSubject("Leave for Ana López"))
	s.checkTaskMail(task, serial)
	s.nothingIsDecidedByOthers(task, serial)
	s.janeDecides(task, serial)
	s.janeIsTooLate(task)
	s.bounceIsRecorded()
	s.refusalIsReportedAndPutRight()
	s.nothingElseWasSent()
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("the server logged\n%s", log)
	}
}

// begin starts the workflow and returns the serial number of Jane's task.
func (s *story) begin(login string) string {
	s.t.Helper()
	started, err := s.as(login).Start(s.t.Context(), "leave", api.StartBody{Variables: leaveVariables()}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	in, err := s.as(login).Instance(s.t.Context(), started.ID)
	if err != nil || len(in.Waiting) != 1 || in.Waiting[0].Task == "" {
		s.t.Fatalf("waits for %+v, %v", in.Waiting, err)
	}
	return in.Waiting[0].Task
}

func withSubject(beginning string) func(received) bool {
	return func(r received) bool {
		subject, err := r.Subject()
		return err == nil && strings.HasPrefix(subject, beginning)
	}
}

func answering(id string) func(received) bool {
	return func(r received) bool { return strings.TrimSpace(r.Get("In-Reply-To")) == id }
}

var (
	replyTo   = regexp.MustCompile(`^workflow\+[a-z2-7]{26}@corp\.test$`)
	messageID = regexp.MustCompile(`^<so\.[a-z2-7]{26}@corp\.test>$`)
)

// checkTaskMail looks at what Jane got.
func (s *story) checkTaskMail(r received, serial string) {
	s.t.Helper()
	for field, want := range map[string]string{"From": "workflow@corp.test", "To": "jane@corp.test"} {
		if got := r.address(field); got != want {
			s.t.Errorf("%s: %q", field, got)
		}
	}
	for field, want := range map[string]string{"Return-Path": "<workflow@corp.test>", "Auto-Submitted": "auto-generated",
		"X-Auto-Response-Suppress": "OOF, AutoReply", "Mime-Version": "1.0",
		"Authentication-Results": "mx.corp.test; dmarc=pass header.from=corp.test"} {
		if got := r.Get(field); got != want {
			s.t.Errorf("%s: %q", field, got)
		}
	}
	if got := r.address("Reply-To"); !replyTo.MatchString(got) {
		s.t.Errorf("Reply-To: %q", got)
	}
	if !messageID.MatchString(r.id()) {
		s.t.Errorf("Message-ID: %q", r.id())
	}
	if kind, _, _ := r.ContentType(); kind != "multipart/alternative" || !slices.Equal(r.parts, []string{"text/plain", "text/html"}) {
		s.t.Errorf("%s of %q", kind, r.parts)
	}
	link := s.url + "/tasks/" + serial
	mailto := "mailto:" + url.QueryEscape(strings.TrimSuffix(r.address("Reply-To"), "@corp.test")) + "@corp.test?subject="
	for _, want := range []string{"Dear Jane,", "Ana López asks for leave (Holiday)", "Approve leave of Ana López", "“Approve” or “Reject”", link} {
		if !strings.Contains(r.Text, want) {
			s.t.Errorf("the text lacks %q:\n%s", want, r.Text)
		}
	}
	for _, want := range []string{"Dear Jane,", "Approve leave of Ana López", link, mailto, "body=Approve%0D%0A", "body=Reject%0D%0A"} {
		if !strings.Contains(r.HTML, want) {
			s.t.Errorf("the HTML lacks %q:\n%s", want, r.HTML)
		}
	}
}

// nothingIsDecidedByOthers answers the mail as somebody who pretends to be
// Jane, as Jane's absence notice, and as Bob, to whom she passed it on.
func (s *story) nothingIsDecidedByOthers(task received, serial string) {
	s.t.Helper()
	to := task.address("Reply-To")
	claim := "Authentication-Results: mx.corp.test; dmarc=pass header.from=corp.test"
	forged, id := answer{Program: "thunderbird", From: jane, Original: &task, Text: "Approve", Extra: []string{claim}}.write(s.t)
	s.mail.inject("jane@corp.test", to, forged)
	s.checkVerdict(id, api.ReceivedMail{From: "jane@corp.test", Verdict: "sender not proven", Look: true})

	away, id := answer{Program: "vacation", From: jane, Original: &task, Text: "Approve\n\nis what Bob can do until I am back on Monday."}.write(s.t)
	s.mail.submit("jane", to, away)
	s.checkVerdict(id, api.ReceivedMail{From: "jane@corp.test", Verdict: "automatic"})

	bobs, id := answer{Program: "thunderbird", From: bob, Original: &task, Text: "Approve"}.write(s.t)
	s.mail.submit("bob", to, bobs)
	s.checkVerdict(id, api.ReceivedMail{From: "bob@corp.test", Verdict: "not the recipient", Look: true})
	refusal := s.bob.await("the refusal", answering(id))
	says(s.t, refusal, "The mail you answered was sent to Jane, and only Jane can decide by answering it. Nothing was changed.")

	now, _, err := s.as("jane").Task(s.t.Context(), serial)
	if err != nil || now.Outcome != "" || !now.CanDecide {
		s.t.Fatalf("the task is %+v, %v", now, err)
	}
}

// says looks for words in a mail's text, however its lines are broken.
func says(t *testing.T, r received, words string) {
	t.Helper()
	if !strings.Contains(strings.Join(strings.Fields(r.Text), " "), words) {
		t.Errorf("the mail does not say %q:\n%s", words, r.Text)
	}
}

// janeDecides answers from Thunderbird and looks at what comes of it. Her mail
// is delivered twice, as happens when a server does not hear that it was taken.
func (s *story) janeDecides(task received, serial string) {
	s.t.Helper()
	raw, id := answer{Program: "thunderbird", From: jane, Original: &task, Text: "Approve\n\nHave fun in the mountains."}.write(s.t)
	s.mail.submit("jane", task.address("Reply-To"), raw)
	confirmation := s.jane.await("the confirmation", answering(id))
	says(s.t, confirmation, "“Approve” was taken as your decision.")
	if subject, _ := confirmation.Subject(); !strings.HasPrefix(subject, "Re: Leave for Ana López") || confirmation.Get("Auto-Submitted") != "auto-replied" {
		s.t.Errorf("the confirmation is\n%s", confirmation.raw)
	}
	in := s.ended(serial)
	events, err := s.as("ana").History(s.t.Context(), in.ID, client.Paging{})
	if err != nil {
		s.t.Fatal(err)
	}
	if !slices.ContainsFunc(events.Items, func(e api.Event) bool {
		return e.Channel == "mail" && e.By != nil && e.By.Login == "jane" && e.Comment == "Have fun in the mountains."
	}) {
		s.t.Errorf("the history does not say that Jane decided by mail: %+v", events.Items)
	}
	result := s.ana.await("the result", withSubject("Approved: Leave for Ana López"))
	says(s.t, result, "Jane approved your leave")
	says(s.t, result, "Have fun in the mountains.")
	s.checkVerdict(id, api.ReceivedMail{From: "jane@corp.test", Verdict: "decided", Action: "Approve"})
	proof, _ := s.lastReceived().Evidence.(map[string]any)
	if proof["method"] != "dmarc" || proof["tiedBy"] != "secret address" || proof["line"] != "Approve" {
		s.t.Errorf("the evidence is %v", proof)
	}

	s.mail.submit("jane", task.address("Reply-To"), raw)
	copies := 0
	s.done.await("the second delivery", func(r received) bool {
		if r.id() == id {
			copies++
		}
		return copies == 2
	})
}

// janeIsTooLate changes her mind.
func (s *story) janeIsTooLate(task received) {
	s.t.Helper()
	raw, id := answer{Program: "outlook", From: jane, Original: &task, Text: "Reject"}.write(s.t)
	s.mail.submit("jane", task.address("Reply-To"), raw)
	s.checkVerdict(id, api.ReceivedMail{From: "jane@corp.test", Verdict: "refused", Action: "Reject"})
	says(s.t, s.jane.await("the second refusal", answering(id)), "Jane already approved this task")
}

// bounceIsRecorded lets Jane answer, from Outlook, somebody whose mailbox is
// gone. The mail server takes the result and sends it back.
func (s *story) bounceIsRecorded() {
	s.t.Helper()
	serial := s.begin("gone")
	task := s.jane.await("the mail about the second task", withSubject("Leave for Gone"))
	raw, id := answer{Program: "outlook", From: jane, Original: &task, Text: "Reject\n\nWe need you that week."}.write(s.t)
	s.mail.submit("jane", task.address("Reply-To"), raw)
	says(s.t, s.jane.await("the second confirmation", answering(id)), "Comment: We need you that week.")
	in := s.ended(serial)
	report := s.done.await("the delivery report", func(r received) bool {
		return r.Get("Return-Path") == "<>" && strings.Contains(string(r.raw), "gone@corp.test")
	})
	s.checkVerdict(report.id(), api.ReceivedMail{From: "mailer-daemon@corp.test", Verdict: "bounce", Look: true})
	for _, sent := range s.sent(in.ID) {
		if sent.To == "gone@corp.test" {
			if sent.State != "sent" || !strings.Contains(sent.Bounce, "5.1.1") || !strings.Contains(sent.Bounce, "unknown user") {
				s.t.Errorf("the mail is recorded as %+v", sent)
			}
			return
		}
	}
	s.t.Error("the mail to gone@corp.test is not on record")
}

// refusalIsReportedAndPutRight has the result refused at once, because Rita's
// mailbox is full: the step fails with the server's words. When the mail server
// was put right, and restarted for that, the step can be tried again. Jane's
// mail program answers the visible sender, not Reply-To.
func (s *story) refusalIsReportedAndPutRight() {
	s.t.Helper()
	serial := s.begin("rita")
	task := s.jane.await("the mail about the third task", withSubject("Leave for Rita"))
	raw, id := answer{Program: "thunderbird", From: jane, To: "workflow@corp.test", Original: &task, Text: "approved."}.write(s.t)
	s.mail.submit("jane", "workflow@corp.test", raw)
	s.jane.await("the third confirmation", answering(id))
	if proof, _ := s.lastReceived().Evidence.(map[string]any); proof["tiedBy"] != "message-id" {
		s.t.Errorf("the evidence is %v", proof)
	}
	problem := s.stuck(serial)
	if !strings.Contains(problem.Cause, "rita@corp.test") || !strings.Contains(problem.Cause, "552 5.2.2") || !strings.Contains(problem.Cause, "mailbox full") {
		s.t.Errorf("the step failed with %+v", problem)
	}

	s.mail.stopPostfix()
	if err := os.WriteFile(filepath.Join(s.mail.Dir, "etc/full"), nil, 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.mail.startPostfix()
	if err := s.as("admin").Retry(s.t.Context(), problem.Serial, nil); err != nil {
		s.t.Fatal(err)
	}
	s.rita.await("the result, at last", withSubject("Approved: Leave for Rita"))
	s.ended(serial)
}
