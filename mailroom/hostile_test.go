package mailroom

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"mime"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/store"
)

// notDecisions are mails to Jane's secret address that must not decide. SECRET
// stands for it, TASK for the Message-ID of her task's mail.
var notDecisions = map[string]string{
	"forged sender": `Authentication-Results: mx.contoso.test; dmarc=fail header.from=contoso.test
From: Jane Doe <jane@contoso.test>
To: workflow+SECRET@contoso.test
In-Reply-To: TASK
Message-ID: <1@x.test>
Subject: Re: Approve leave

Approve
`,
	"robot": `Authentication-Results: mx.contoso.test; dmarc=pass header.from=contoso.test
Auto-Submitted: auto-replied
X-Autoreply: yes
Precedence: bulk
From: Jane Doe <jane@contoso.test>
To: workflow+SECRET@contoso.test
Message-ID: <2@x.test>
Subject: Automatic reply: Approve leave

Approve
`,
	"somebody else": `Authentication-Results: mx.contoso.test; dmarc=pass header.from=contoso.test
From: Bob <bob@contoso.test>
To: workflow+SECRET@contoso.test
In-Reply-To: TASK
Message-ID: <3@x.test>
Subject: Re: Approve leave

Approve
`,
	"no word": `Authentication-Results: mx.contoso.test; dmarc=pass header.from=contoso.test
From: Jane Doe <jane@contoso.test>
To: workflow+SECRET@contoso.test
In-Reply-To: TASK
Message-ID: <4@x.test>
Subject: Re: Approve leave
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

I have to think about it =E2=80=93 who covers for Ana?

On Monday, Contoso Workflow wrote:
> To decide by mail, answer with one of these words: =E2=80=9CApprove=E2=80=9D
--b
Content-Type: text/html; charset=utf-8

<p>I have to think about it</p><div style="display:none">Approve</div><blockquote>Approve leave</blockquote>
--b--
`,
}

// mutate damages a mail as networks, programs and bad people do. The first line,
// which our own border writes, stays.
func mutate(rng *rand.Rand, raw string) []byte {
	border, rest, _ := strings.Cut(raw, "\n")
	lines := strings.Split(rest, "\n")
	for range 1 + rng.IntN(4) {
		i := rng.IntN(len(lines))
		switch rng.IntN(8) {
		case 0:
			lines = append(lines[:i], lines[i+1:]...)
		case 1:
			lines = append(lines[:i+1], lines[i:]...)
		case 2:
			b := []byte(lines[i])
			if len(b) > 0 {
				b[rng.IntN(len(b))] = byte(rng.IntN(256))
			}
			lines[i] = string(b)
		case 3:
			lines[i] = strings.Repeat(lines[i][:min(len(lines[i]), 500)]+" ", 1+rng.IntN(3000))
		case 4:
			lines[i] = "\x00\xff\xfe" + lines[i] + "\r"
		case 5:
			lines = lines[:i]
		case 6:
			lines[i] = " " + lines[i]
		case 7:
			lines[i] = "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + lines[i]
		}
		if len(lines) == 0 {
			lines = []string{""}
		}
	}
	return bytes.ReplaceAll([]byte(border+"\n"+strings.Join(lines, "\n")), []byte("\n"), []byte("\r\n"))
}

func TestFiveHundredHostileMailsDecideNothing(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3", "user:4")
	key := "7_2/notify/user:3"
	fill := strings.NewReplacer("SECRET", o.room.replyToken(key), "TASK", o.room.messageID(key))
	verdicts := map[string]int{}
	rng := rand.New(rand.NewPCG(1, 2))
	names := slices.Sorted(maps.Keys(notDecisions)) // the same mails in each run
	for n := range 500 {
		name := names[n%len(names)]
		raw := fill.Replace(notDecisions[name])
		if n >= 2*len(names) { // at first as they are
			raw = string(mutate(rng, raw))
		}
		reading := reply.Read([]byte(raw), o.room.policy)
		in := store.InMail{Digest: fmt.Sprintf("%s %d", name, n), At: o.clock, From: reading.From, Subject: reading.Subject}
		if err := o.room.judgeAndRecord(t.Context(), reading, in, nil, false); err != nil {
			t.Fatalf("%s:\n%.2000q\n%v", name, raw, err)
		}
		if len(o.instances.done) > 0 {
			t.Fatalf("%s decided: %q\n%.2000s", name, o.instances.done, raw)
		}
		verdicts[o.record().Verdict]++
	}
	t.Log(verdicts)
	if len(verdicts) < 5 {
		t.Error("the mails do not go far enough to show anything")
	}
}

func TestNothingPeopleWriteBecomesAHeader(t *testing.T) {
	o := openOffice(t)
	for _, evil := range []string{"x\r\nBcc: eve@evil.test", "x\nBcc: eve@evil.test", "x\r\n\r\n<script>", "x\u2028Bcc: eve@evil.test", "x\x00\x85Bcc: e@x",
		"=?utf-8?q?=0d=0aBcc:_eve@evil.test?=", strings.Repeat("ä", 5000), strings.Repeat("x", 5000), "<" + strings.Repeat("y", 2000) + "@x.test>", "<é@x.test>"} {
		l := letter{subject: evil, messageID: "<a@b>", inReplyTo: evil, date: o.clock, page: page{Title: evil, Paragraphs: []string{evil}}}
		l.to.Name, l.to.Address = evil, "jane@contoso.test"
		raw, err := o.room.render(l)
		if err != nil {
			t.Fatalf("%q: %v", evil[:min(len(evil), 40)], err)
		}
		checkHeader(t, raw)
		if m, err := netmail.ReadMessage(bytes.NewReader(raw)); err != nil {
			t.Error(err)
		} else if subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || !strings.HasPrefix(evil, "=?") && subject != oneLine(evil, maxSubject) {
			t.Errorf("the subject is read as %q, %v", subject, err)
		}
		if bytes.Contains(raw, []byte("<script>")) && !bytes.Contains(raw, []byte("&lt;script&gt;")) {
			t.Errorf("%q stands in the HTML as it is", evil)
		}
	}
}

// checkHeader holds a mail's header against RFC 5322 §2.1.1 and RFC 2047 §2.
func checkHeader(t *testing.T, raw []byte) {
	t.Helper()
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range bytes.Lines(head) {
		text := bytes.TrimRight(line, "\r\n")
		odd := bytes.ContainsFunc(text, func(c rune) bool { return c != '\t' && (c < ' ' || c > '~') })
		if bytes.HasPrefix(bytes.ToLower(text), []byte("bcc")) || len(text) > 998 || odd || bytes.Contains(text, []byte("=?")) && len(text) > 76 {
			t.Errorf("in the header: %q", text)
		}
	}
}

func TestAnAddressThatCannotBeWrittenToIsRefused(t *testing.T) {
	for text, want := range map[string]string{"jane@contoso.test": "jane@contoso.test", "jane@bücher.test": "jane@xn--bcher-kva.test",
		"jané@contoso.test": "", "jane": "", "@contoso.test": "", "jane@contoso.test\r\nBcc: e@x.test": "", "a b@contoso.test": "", "jane@con toso.test": "",
		"jane@contoso.test>": "", strings.Repeat("x", 250) + "@contoso.test": ""} {
		got, err := plainAddress(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestOnePersonsOddAddressDoesNotKeepOthersFromTheirMail(t *testing.T) {
	o := openOffice(t)
	odd := o.people["user:4"]
	odd.Email = "bob stöne@contoso.test"
	o.people["user:4"] = odd
	o.ask("user:3", "user:4")
	o.send()
	if len(o.inbox("jane")) != 1 {
		t.Error("jane got no mail")
	}
}
