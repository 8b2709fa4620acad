package main

import (
	"encoding/json"
	"net/smtp"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// strayInScript hands a mail to the sandbox as a stranger's server would.
func strayInScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stray FROM")
	}
	text, err := os.ReadFile(ts.MkAbs("data/sandbox.json"))
	ts.Check(err)
	var where struct{ SMTP string }
	ts.Check(json.Unmarshal(text, &where))
	mail := "From: " + args[0] + "\r\nTo: workflow@contoso.test\r\nSubject: Hello\r\nMessage-ID: <stray@elsewhere.test>\r\n\r\nWho are you?\r\n"
	c, err := smtp.Dial(where.SMTP)
	ts.Check(err)
	defer c.Close()
	ts.Check(c.Mail(args[0]))
	ts.Check(c.Rcpt("workflow@contoso.test"))
	w, err := c.Data()
	ts.Check(err)
	_, err = w.Write([]byte(mail))
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(c.Quit())
}

// awaitInScript waits for what happens by itself, such as a mail being sent.
func awaitInScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await WORD ARGUMENT...")
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var out []byte
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-tick.C {
		c := exec.Command(os.Args[0], args[1:]...)
		c.Env = append(os.Environ(), beSignoff+"=1", "SIGNOFF_SERVER="+ts.Getenv("SIGNOFF_SERVER"), "SIGNOFF_PASSWORD="+ts.Getenv("SIGNOFF_PASSWORD"))
		out, _ = c.CombinedOutput()
		if strings.Contains(string(out), args[0]) {
			return
		}
	}
	ts.Fatalf("signoff %s never says %q:\n%s", strings.Join(args[1:], " "), args[0], out)
}
