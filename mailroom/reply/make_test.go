package reply

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var makeCorpus = flag.Bool("make", false, "write testdata/made anew; look at what changed before committing it")

// made is a mail of testdata/made and what it means.
type made struct{ name, mail, want string }

// The mails in testdata/made are written by this file: mail programs times
// languages, robots, forgers and accidents. What they mean comes from what was
// meant, not from the reader.
func TestTheMadeMailsAreThoseOfTheirMaker(t *testing.T) {
	all := makeAll()
	if *makeCorpus {
		writeMade(t, all)
	}
	want := map[string]string{}
	for _, m := range all {
		if _, twice := want[m.name]; twice {
			t.Errorf("two mails are called %s", m.name)
		}
		want[m.name] = m.want
		raw, err := os.ReadFile(filepath.Join("testdata/made", m.name+".eml"))
		if err != nil || string(raw) != m.mail {
			t.Errorf("testdata/made/%s.eml is not what its maker writes (%v); run go test ./mailroom/reply -run Made -make", m.name, err)
		}
	}
}

func writeMade(t *testing.T, all []made) {
	old, _ := filepath.Glob("testdata/made/*.eml")
	for _, f := range old {
		os.Remove(f)
	}
	os.MkdirAll("testdata/made", 0o755)
	var list strings.Builder
	list.WriteString("# mail, and what it means; written by make_test.go\n")
	for _, m := range all {
		if err := os.WriteFile(filepath.Join("testdata/made", m.name+".eml"), []byte(m.mail), 0o644); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&list, "%-42s %s\n", m.name, m.want)
	}
	if err := os.WriteFile("testdata/made/want.txt", []byte(list.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func makeAll() []made {
	var m maker
	m.people()
	m.commands()
	m.robots()
	m.forgers()
	m.accidents()
	return m.all
}

type maker struct {
	all []made
	n   int
}

// envelope is the header around a body; fields that are "" are left out.
type envelope struct {
	returnPath, results, from, to, cc, subject, inReplyTo, references string
	extra                                                             []string
}

const knownAddress = "workflow+" + knownToken + "@contoso.test"

func byJane(subject string) envelope {
	return envelope{returnPath: "<jane@contoso.test>", from: "Jane Doe <jane@contoso.test>", to: "Contoso Workflow <" + knownAddress + ">", subject: subject,
		results:   "mx.contoso.test;\n spf=pass smtp.mailfrom=contoso.test;\n dkim=pass header.d=contoso.test header.s=s1;\n dmarc=pass (p=reject) header.from=contoso.test",
		inReplyTo: knownID, references: knownID}
}

func (m *maker) add(name string, e envelope, body part, want string) {
	m.n++
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	field("Return-Path", e.returnPath)
	field("Delivered-To", "workflow@contoso.test")
	field("Authentication-Results", e.results)
	fmt.Fprintf(&b, "Received: from mail.contoso.test (mail.contoso.test [192.0.2.25])\n by mx.contoso.test with ESMTPS id 4CdR%04d; Mon, 23 Nov 2026 10:%02d:07 +0000\n", m.n, m.n%60)
	field("From", e.from)
	field("To", e.to)
	field("Cc", e.cc)
	field("Subject", e.subject)
	field("Date", fmt.Sprintf("Mon, 23 Nov 2026 11:%02d:05 +0100", m.n%60))
	field("Message-ID", fmt.Sprintf("<%04d.%s@mail.contoso.test>", m.n, name))
	field("In-Reply-To", e.inReplyTo)
	field("References", e.references)
	mime := true
	for _, x := range e.extra {
		b.WriteString(x + "\n")
		mime = mime && !strings.HasPrefix(strings.ToLower(x), "mime-version:")
	}
	if mime {
		b.WriteString("MIME-Version: 1.0\n")
	}
	b.WriteString(body.write(1))
	m.all = append(m.all, made{name, b.String(), want})
}

func meant(action, comment string) string {
	if comment == "" {
		return action
	}
	return action + " | " + strings.ReplaceAll(comment, "\n", "⏎")
}

// people: every mail program in every language, deciding with a comment or
// without, and forwarding.
func (m *maker) people() {
	for i, c := range clients {
		for j, t := range tongues {
			d, action := draft{word: t.approve, greeting: t.greeting}, "Approve"
			if (i+j)%2 == 1 {
				d.word, action = t.reject, "Reject"
			}
			if (i+j)%3 != 0 {
				d.comment = t.comment
			}
			headers, body := c.write(d, t)
			e := byJane(encodedSubject(t.reOutlook + "Approve leave"))
			e.extra = headers
			comment := d.comment
			if c.kept {
				comment = strings.TrimSpace(lines(d.comment, keptGreeting(c, d)))
			}
			m.add(c.name+"-"+t.code, e, body, meant(action, comment))
		}
	}
	for _, t := range tongues {
		e := byJane(encodedSubject(t.fwOutlook + "Approve leave"))
		e.inReplyTo, e.to = "", "workflow@contoso.test"
		m.add("forward-"+t.code, e, plain("utf-8", "base64", t.original+"\n"+t.block()+"\n\n"+ourText), "unclear")
	}
}

func keptGreeting(c client, d draft) string {
	switch c.name {
	case "outlook-desktop":
		return d.greeting + "\nJane Doe"
	case "outlook-2010":
		return strings.ReplaceAll(d.greeting, "’", "'") + "\nJane"
	}
	return d.greeting
}

// commands: the standing words in every language, typed in three programs.
func (m *maker) commands() {
	with := []client{clients[2], clients[4], clients[7]}
	for j, t := range tongues {
		for k, c := range []struct{ kind, line, want string }{
			{"redirect", t.redirect, "redirect bob"}, {"sleep", t.sleep, "sleep 24"}, {"help", t.help, "help"},
		} {
			headers, body := with[(j+k)%3].write(draft{word: c.line}, t)
			e := byJane(encodedSubject(t.reOutlook + "Approve leave"))
			e.extra = headers
			m.add(c.kind+"-"+t.code, e, body, c.want)
		}
	}
	en := tongues[0]
	for _, c := range []struct{ name, line, want string }{
		{"redirect-linked", "redirect bob@contoso.test<mailto:bob@contoso.test>", "redirect bob@contoso.test"},
		{"redirect-address", "Redirect Bob Stone <bob@contoso.test>", "redirect bob@contoso.test"},
		{"redirect-mention", "redirect @Bob Stone", "redirect bob stone"},
		{"redirect-k2", `redirect K2:CONTOSO\bob`, `redirect k2:contoso\bob`},
		{"redirect-two", "redirect bob@contoso.test <ana@contoso.test>", "redirect bob@contoso.test <ana@contoso.test>"},
		{"delegate-bob", "delegate bob", "delegate bob"},
		{"share-with-bob", "Share with bob", "delegate bob"},
		{"sleep-k2-date", "sleep 11/30/2026 9:00 AM +01:00", "sleep 11/30/2026 9:00 am +01:00"},
		{"sleep-long-date", "sleep Monday, November 30, 2026", "sleep monday, november 30, 2026"},
		{"redirect-nobody", "redirect", "unclear"},
		{"sleep-nothing", "sleep", "unclear"},
		{"help-me", "help me", "unclear"},
	} {
		m.add("command-"+c.name, byJane("RE: Approve leave"), plain("utf-8", "quoted-printable", c.line+"\n\n"+en.block()+"\n\n"+ourFlat), c.want)
	}
}
