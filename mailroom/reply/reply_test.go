package reply

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var policy = Policy{Address: "workflow@contoso.test", Domain: "contoso.test", Authserv: "mx.contoso.test"}

var actions = []string{"Approve", "Reject"}

const genuine = "Authentication-Results: mx.contoso.test; dmarc=pass header.from=contoso.test\r\n"

// write makes a mail as a person would send it, with further header lines.
func write(body string, header ...string) []byte {
	return []byte("From: Jane Doe <jane@contoso.test>\r\nTo: workflow+abc234@contoso.test\r\nSubject: Re: Approve\r\n" +
		"Message-ID: <1@mail.contoso.test>\r\n" + strings.Join(header, "") + "\r\n" + body)
}

func htmlMail(body string) []byte {
	return write(body, "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n")
}

func both(plain, html string) []byte {
	return write("--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+plain+"\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+html+"\r\n--b--\r\n",
		"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n")
}

func TestTheFirstLineDecides(t *testing.T) {
	for _, c := range []struct{ name, text, action, comment string }{
		{"one word", "Approve", "Approve", ""},
		{"case, spaces and a full stop", "\r\n  APPROVE. \r\n", "Approve", ""},
		{"a synonym", "yes", "Approve", ""},
		{"emphasis", "*Rejected*!", "Reject", ""},
		{"smart quotes", "“approve”", "Approve", ""},
		{"full-width letters are the same letters", "Ａｐｐｒｏｖｅ", "Approve", ""},
		{"invisible characters do not count", "App\u200brove\ufeff", "Approve", ""},
		{"a comment below", "Approve\r\n\r\nEnjoy the sea.", "Approve", "Enjoy the sea."},
		{"quoted mail below", "Approve\r\n\r\nOn Mon, 23 Nov 2026 at 10:02, Workflow <workflow@contoso.test> wrote:\r\n> Reject\r\n", "Approve", ""},
		{"a wrapped attribution", "reject\r\nOn Monday, 23 November 2026 at 10:02, Workflow Service\r\n<workflow@contoso.test> wrote:\r\n> x\r\n", "Reject", ""},
		{"Outlook's block", "Approve\r\n\r\nFrom: Workflow <workflow@contoso.test>\r\nSent: Monday, 23 November 2026 10:02\r\nTo: Jane\r\n\r\nReject\r\n", "Approve", ""},
		{"German Outlook", "ok\r\n________________________________\r\nVon: Workflow\r\nGesendet: Montag\r\nreject", "Approve", ""},
		{"a signature", "No\r\n-- \r\nJane Doe\r\n", "Reject", ""},
		{"a telephone", "Approve\r\n\r\nSent from my iPhone\r\n", "Approve", ""},
		{"an answer below the quote", "> Please decide\r\n> Approve or reject\r\n\r\nreject\r\n", "Reject", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Read(write(c.text), policy).Decide(actions)
			if d.Action != c.action || d.Comment != c.comment || d.Unclear != "" {
				t.Errorf("read %+v, want action %q and comment %q", d, c.action, c.comment)
			}
		})
	}
}

func TestDoubtDecidesNothing(t *testing.T) {
	for name, raw := range map[string][]byte{
		"a sentence":                      write("I do not approve"),
		"a question":                      write("approve?"),
		"both words":                      write("approve reject"),
		"a condition on the same line":    write("approve if Bob agrees"),
		"a condition begun with a comma":  write("Approve,\r\nprovided that it is cheap"),
		"a greeting first":                write("Hello,\r\nApprove"),
		"nothing above the quote":         write("\r\n> Approve\r\n"),
		"only Outlook's block":            write("From: Workflow\r\nSent: today\r\nTo: Jane\r\n\r\nApprove"),
		"nothing at all":                  write(""),
		"a Cyrillic look-alike":           write("Аpprove"),
		"hidden text in HTML":             htmlMail(`<p style="display: none">Approve</p><p>What is this?</p>`),
		"text of size nought":             htmlMail(`<span style="font-size:0px">Approve</span><div>Hm</div>`),
		"a quoted mail in HTML":           htmlMail(`<div class="gmail_quote">Approve</div>`),
		"a block quotation in HTML":       htmlMail(`<blockquote><p>Approve</p></blockquote>`),
		"two versions that disagree":      both("Approve", "<p>Reject</p>"),
		"a formatted version that is mum": both("Approve", "<p>Let me think</p>"),
	} {
		t.Run(name, func(t *testing.T) {
			if d := Read(raw, policy).Decide(actions); d.Action != "" || d.Command != "" || d.Unclear == "" {
				t.Errorf("read %+v", d)
			}
		})
	}
}

func TestFormattedMailIsReadAsItIsSeen(t *testing.T) {
	for name, raw := range map[string][]byte{
		"Outlook":        htmlMail(`<html><head><style>p{}</style></head><body><div class=WordSection1><p class=MsoNormal>Approve<o:p></o:p></p><p>&nbsp;</p><div id="divRplyFwdMsg"><b>From:</b> x</div>Reject</body></html>`),
		"Gmail":          both("Approve\r\n\r\nOn Mon, 23 Nov 2026 at 10:02 W <w@x.test> wrote:\r\n> Reject", `<div dir="ltr">Approve</div><br><div class="gmail_quote"><div class="gmail_attr">On …</div><blockquote>Reject</blockquote></div>`),
		"Apple Mail":     htmlMail(`<body>Approve<br><br><blockquote type="cite">Reject</blockquote></body>`),
		"small is seen":  htmlMail(`<p style="font-size:0.9em">Approve</p>`),
		"never closed":   htmlMail(`<p>Approve<p>and more<div><span>`),
		"source wrapped": htmlMail("<p>\r\n  Approve\r\n</p>"),
	} {
		t.Run(name, func(t *testing.T) {
			if d := Read(raw, policy).Decide(actions); d.Action != "Approve" {
				t.Errorf("read %+v", d)
			}
		})
	}
}

func TestCommandsOfEveryTask(t *testing.T) {
	for text, want := range map[string]Decision{
		"redirect bob@contoso.test": {Command: Redirect, Argument: "bob@contoso.test", Line: "redirect bob@contoso.test"},
		"Redirect K2:CONTOSO\\bob":  {Command: Redirect, Argument: `k2:contoso\bob`, Line: "Redirect K2:CONTOSO\\bob"},
		"sleep 24":                  {Command: SleepFor, Argument: "24", Line: "sleep 24"},
		"delegate bob":              {Command: Delegate, Argument: "bob", Line: "delegate bob"},
		"help":                      {Command: Help, Line: "help"},
		"?":                         {Command: Help, Line: "?"},
		"redirect":                  {Unclear: "it does not say to whom", Line: "redirect"},
	} {
		if got := Read(write(text), policy).Decide(actions); got != want {
			t.Errorf("%s: read %+v, want %+v", text, got, want)
		}
	}
}

func TestAWordTwoActionsShareIsUnclear(t *testing.T) {
	d := Read(write("yes"), policy).Decide([]string{"Accept", "Approve", "Reject"})
	if d.Unclear == "" {
		t.Errorf("read %+v", d)
	}
	if d := Read(write("accept"), policy).Decide([]string{"Accept", "Approve"}); d.Action != "Accept" {
		t.Errorf("the action's own name: %+v", d)
	}
}

func TestNoWordHasTwoMeanings(t *testing.T) {
	seen := map[string]meaning{}
	for lang, table := range vocabulary {
		for m, list := range table {
			for _, w := range list {
				if normalise(w) != w {
					t.Errorf("%s: %q can never match; write it as %q", lang, w, normalise(w))
				}
				if old, twice := seen[w]; twice && old != m {
					t.Errorf("%s: %q means %s and %s", lang, w, old, m)
				}
				if c, _, _ := commandOf(w); c != "" {
					t.Errorf("%s: %q is a command too", lang, w)
				}
				seen[w] = m
			}
		}
	}
}

func TestAutomaticMailIsKnown(t *testing.T) {
	for _, h := range []string{
		"Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated; x=y", "Return-Path: <>", "Precedence: bulk",
		"List-Id: <x.test>", "X-Autoreply: yes", "X-Auto-Response-Suppress: All", "X-Signoff-Loop: 1",
		"X-POST-MessageClass: 9; Autoresponder", "Delivered-To: Autoresponder",
		"X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
		"Content-Type: multipart/report; boundary=b; report-type=disposition-notification",
		"Content-Type: text/calendar; method=REPLY",
	} {
		if r := Read(write("Approve", h+"\r\n"), policy); r.Automatic == "" {
			t.Errorf("%s: taken for a person's", h)
		}
	}
	for from, auto := range map[string]bool{"MAILER-DAEMON@x.test": true, "noreply@x.test": true, "workflow@contoso.test": true,
		"workflow+abc@contoso.test": true, "jane@contoso.test": false} {
		raw := []byte("From: " + from + "\r\nTo: workflow@contoso.test\r\n\r\nApprove")
		if got := Read(raw, policy).Automatic != ""; got != auto {
			t.Errorf("from %s: automatic=%v", from, got)
		}
	}
	if r := Read([]byte("From: j@x.test\r\nSubject: =?utf-8?q?Automatische_Antwort=3A_x?=\r\n\r\nApprove"), policy); r.Automatic == "" {
		t.Error("a localised subject was not seen")
	}
	if r := Read(write("Approve", "Auto-Submitted: no\r\n", "Return-Path: <jane@contoso.test>\r\n"), policy); r.Automatic != "" {
		t.Errorf("a person's mail was taken for automatic: %s", r.Automatic)
	}
}

func TestSecretsAndThreads(t *testing.T) {
	r := Read(write("x", "Cc: <Workflow+DEF567@Contoso.test>, other+no@contoso.test\r\n", "Delivered-To: workflow+abc234@contoso.test\r\n",
		"In-Reply-To: <so.2@contoso.test>\r\n", "References: <so.1@contoso.test> <x@else.test>\r\n <so.2@contoso.test>\r\n"), policy)
	if got := strings.Join(r.Tokens, " "); got != "abc234 def567" {
		t.Errorf("tokens %q", got)
	}
	if got := strings.Join(r.Answers, " "); got != "<so.2@contoso.test> <so.1@contoso.test>" {
		t.Errorf("answers %q", got)
	}
}

func TestTheSenderMustBeGenuine(t *testing.T) {
	for _, c := range []struct {
		name, header string
		ok           bool
	}{
		{"our server says pass", genuine, true},
		{"nobody says anything", "", false},
		{"another server says pass", "Authentication-Results: evil.test; dmarc=pass header.from=contoso.test\r\n", false},
		{"ours says fail", "Authentication-Results: mx.contoso.test; dmarc=fail header.from=contoso.test\r\n", false},
		{"only spf", "Authentication-Results: mx.contoso.test; spf=pass smtp.mailfrom=jane@contoso.test\r\n", false},
		{"pass for another domain", "Authentication-Results: mx.contoso.test; dmarc=pass header.from=evil.test\r\n", false},
		{"ours says pass and fail", "Authentication-Results: mx.contoso.test; dmarc=pass header.from=contoso.test; dmarc=fail header.from=contoso.test\r\n", false},
		{"a pass in the quoted envelope sender", `Authentication-Results: mx.contoso.test; spf=pass smtp.mailfrom="x; dmarc=pass header.from=contoso.test; y=y"@evil.test` + "\r\n", false},
		{"a pass in a quote with an escaped quote", `Authentication-Results: mx.contoso.test; spf=pass smtp.mailfrom="x\"; dmarc=pass header.from=contoso.test; y=y"@evil.test` + "\r\n", false},
		{"a pass in a comment", "Authentication-Results: mx.contoso.test; spf=fail (evil.test does (not; dmarc=pass header.from=contoso.test ;) spf=fail) smtp.mailfrom=evil.test\r\n", false},
		{"a quote that does not end", `Authentication-Results: mx.contoso.test; dmarc=pass header.from=contoso.test; spf=pass smtp.mailfrom="x` + "\r\n", false},
		{"comments are no part of the result", "Authentication-Results: mx.contoso.test (ours); dmarc=pass (p=reject; dis=none) header.from=contoso.test\r\n", true},
		{"an unknown version of ours hides a forged one below", "Authentication-Results: mx.contoso.test 2; dmarc=fail header.from=contoso.test\r\n" + genuine, false},
		{"the topmost counts, not a forged one below", "Authentication-Results: mx.contoso.test; dmarc=fail header.from=contoso.test\r\n" + genuine, false},
	} {
		if p := Read(write("x", c.header), policy).Proof; p.Genuine != c.ok || (p.Why == "") != c.ok {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
	// A Kelvin sign is no k: that is somebody else's mailbox.
	kelvin := []byte("From: jac\u212A@Contoso.test\r\n" + genuine + "\r\nApprove")
	if r := Read(kelvin, policy); r.From != "jac\u212A@contoso.test" {
		t.Errorf("a letter that folds to k: %q", r.From)
	}
	twoAuthors := []byte("From: jane@contoso.test, bob@contoso.test\r\n" + genuine + "\r\nApprove")
	if r := Read(twoAuthors, policy); r.From != "" || r.Proof.Genuine {
		t.Errorf("two authors: %+v", r)
	}
	twoFroms := []byte("From: jane@contoso.test\r\nFrom: bob@contoso.test\r\n" + genuine + "\r\nApprove")
	if r := Read(twoFroms, policy); r.From != "" || r.Proof.Genuine {
		t.Errorf("two From fields: %+v", r)
	}
}

func TestABounceNamesTheMail(t *testing.T) {
	raw := []byte("From: MAILER-DAEMON@mx.test\r\nTo: workflow@contoso.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
		"--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; Gone@contoso.test\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n" +
		"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <so.9@contoso.test>\r\nSubject: x\r\n\r\nbody\r\n--b--\r\n")
	r := Read(raw, policy)
	want := Bounce{MessageID: "<so.9@contoso.test>", Recipient: "gone@contoso.test", Status: "5.1.1", Text: "550 no such user"}
	if r.Bounce == nil || *r.Bounce != want || r.Automatic == "" {
		t.Errorf("read %+v (%s)", r.Bounce, r.Automatic)
	}
}

func TestLimitsAreKept(t *testing.T) {
	deep := strings.Repeat("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n", 12)
	many := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 60) + "--b--\r\n"
	for name, raw := range map[string][]byte{
		"too large":    make([]byte, MaxBytes+1),
		"header":       append([]byte("X: "+strings.Repeat("a", 70_000)), "\r\n\r\nApprove"...),
		"nested":       []byte("From: a@b.test\r\nMIME-Version: 1.0\r\n" + deep),
		"many parts":   []byte("From: a@b.test\r\nMIME-Version: 1.0\r\n" + many),
		"no mail":      []byte("\x00\x01\x02"),
		"bad encoding": []byte("From: a@b.test\r\nContent-Transfer-Encoding: x-unknown\r\n\r\nApprove"),
	} {
		r := Read(raw, policy)
		if r.Unreadable == "" || r.Decide(actions).Action != "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write("Approve\r\n> x"))
	f.Add(both("Approve", "<p>Reject"))
	f.Add(htmlMail(`<div hidden>Approve</div>`))
	files, _ := filepath.Glob("testdata/*.eml")
	more, _ := filepath.Glob("testdata/made/*.eml")
	files = append(files, more...)
	for _, name := range files {
		if raw, err := os.ReadFile(name); err == nil {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := Read(raw, policy)
		d := r.Decide(actions)
		if said := btoi(d.Action != "") + btoi(d.Command != "") + btoi(d.Unclear != ""); said != 1 {
			t.Fatalf("one mail, %d answers: %+v", said, d)
		}
		if len([]rune(d.Comment)) > MaxComment {
			t.Fatal("comment over its limit")
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
