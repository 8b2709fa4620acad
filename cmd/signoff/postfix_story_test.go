//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/signoffhq/signoff/api"
)

// newSite configures a server whose mail provider is m. It looks for mail once
// a minute, so whatever is quicker was told by IDLE.
func (m *corp) newSite(security string) *site {
	m.t.Helper()
	smtp, imap := m.SubmissionPort, m.IMAPPort
	if security == "tls" {
		smtp, imap = m.SMTPSPort, m.IMAPSPort
	}
	dir := m.t.TempDir()
	listen := freePort(m.t)
	text := fmt.Sprintf(`listen: %s
data: %s
url: http://%s
admin: {password: administer}
mail:
  from: signoff <workflow@corp.test>
  smtp: {address: "127.0.0.1:%s", tls: %s, username: workflow, password: %s, ca: %q}
  imap: {address: "127.0.0.1:%s", tls: %s, username: workflow, password: %s, ca: %q, poll: 1m}
  reply: {authserv: mx.corp.test}
  pace: {perminute: 1000, atonce: 2}
log: {level: info}
`, listen, filepath.Join(dir, "data"), listen,
		smtp, security, m.Password, m.caFile(), imap, security, m.Password, m.caFile())
	s := &site{t: m.t, config: filepath.Join(dir, "signoff.yaml"), url: "http://" + listen, log: &lockedBuffer{}}
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		s.kill()
		if m.t.Failed() {
			m.t.Logf("signoff:\n%s", s.log)
		}
	})
	return s
}

// people makes the accounts and deploys the workflow. Nobody receives mail for
// gone.
func (m *corp) people(s *site) {
	m.t.Helper()
	for _, login := range []string{"ana", "jane", "bob", "rita", "gone"} {
		name := strings.ToUpper(login[:1]) + login[1:]
		if login == "ana" {
			name = "Ana López"
		}
		u := api.NewUser{Login: login, Name: name, Email: login + "@corp.test", Password: "signoff-pw"}
		if _, err := s.as("admin").CreateUser(m.t.Context(), u); err != nil {
			m.t.Fatal(err)
		}
	}
	xml, err := os.ReadFile("../../samples/leave.bpmn")
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := s.as("admin").Deploy(m.t.Context(), xml); err != nil {
		m.t.Fatal(err)
	}
}

// instanceOf is the instance a task belongs to.
func (s *story) instanceOf(serial string) api.InstanceDetail {
	s.t.Helper()
	var id int64
	if _, err := fmt.Sscanf(serial, "%d_", &id); err != nil {
		s.t.Fatal(err)
	}
	in, err := s.as("admin").Instance(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return in
}

// ended waits until the instance of a task has completed.
func (s *story) ended(serial string) api.InstanceDetail {
	s.t.Helper()
	in, err := settled(s.t.Context(), s.as("admin"), s.instanceOf(serial))
	if err != nil || in.Status != "completed" {
		s.t.Fatalf("the instance is %s and waits for %+v, %v", in.Status, in.Waiting, err)
	}
	return in
}

// stuck waits until a step of the instance of a task has failed.
func (s *story) stuck(serial string) (failed api.Incident) {
	s.t.Helper()
	s.until("a step has failed", func() bool {
		in := s.instanceOf(serial)
		if len(in.Problems) > 0 {
			failed = in.Problems[0]
		}
		return len(in.Problems) > 0
	})
	return failed
}

// until looks again and again until something is so.
func (s *story) until(what string, so func() bool) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	give := time.After(arrives)
	for !so() {
		select {
		case <-tick.C:
		case <-give:
			s.t.Fatalf("%v went by, and not: %s", arrives, what)
		}
	}
}

// lastReceived is the mail that came in last, as an administrator sees it.
func (s *story) lastReceived() api.ReceivedMail {
	s.t.Helper()
	var l api.List[api.ReceivedMail]
	s.get("/mail/received?limit=1", &l)
	if len(l.Items) == 0 {
		s.t.Fatal("no mail is on record")
	}
	return l.Items[0]
}

// checkVerdict waits until the server has dealt with a mail, the last that was
// sent, and compares what it made of it.
func (s *story) checkVerdict(id string, want api.ReceivedMail) {
	s.t.Helper()
	s.done.await("the mail from "+want.From+" to be "+want.Verdict, withID(id))
	got := s.lastReceived()
	if got.From != want.From || got.Verdict != want.Verdict || got.Action != want.Action || got.Look != want.Look {
		s.t.Errorf("the mail from %s is on record as %+v, not %+v", want.From, got, want)
	}
}

// sent lists an instance's mails, as an administrator sees them; 0 means all.
func (s *story) sent(instance int64) []api.SentMail {
	s.t.Helper()
	var l api.List[api.SentMail]
	s.get(fmt.Sprintf("/mail/sent?limit=200&instance=%d", instance), &l)
	return l.Items
}

func (s *story) get(path string, into any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/api/v1"+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.SetBasicAuth("admin", "administer")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s", path, res.Status)
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
}

// nothingElseWasSent counts what was sent and what lies in the mailboxes, and
// sees that the service mailbox is left tidy.
func (s *story) nothingElseWasSent() {
	s.t.Helper()
	purposes := map[string]int{}
	all := s.sent(0)
	for _, m := range all {
		purposes[m.Purpose]++
	}
	if purposes["notify"] != 3 || purposes["answer"] != 5 || purposes["email"] < 3 {
		s.t.Errorf("sent were %v", purposes)
	}
	copies := map[string]bool{}
	s.done.await("a copy of each mail that was taken", func(r received) bool {
		if strings.HasPrefix(r.id(), "<so.") {
			copies[r.id()] = true
		}
		return len(copies) == 11
	})
	inbox := s.mail.open("workflow", "INBOX")
	for f, n := range map[*folder]int{s.jane: 7, s.ana: 1, s.bob: 1, s.rita: 1, inbox: 0} {
		if f.look(); len(f.seen) != n {
			for _, r := range f.seen {
				s.t.Logf("%s: %s: %s", f.login, r.Get("From"), r.Get("Subject"))
			}
			s.t.Errorf("%s has %d mails, not %d", f.login, len(f.seen), n)
		}
	}
}
