package mailroom

import (
	"net/mail"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/store"
)

func TestAMailForAnotherSenderNamesTheNewOneEverywhere(t *testing.T) {
	raw := []byte("From: \"Old\"\r\n <old@contoso.test>\r\nTo: <jane@contoso.test>\r\nReply-To: <old+secretsecret@contoso.test>\r\nSubject: From: x\r\n\r\n" +
		"mailto:old%2Bsecret=\r\nsecret@contoso.test?x old+secretsecret@cont=\r\noso.test From: <old@contoso.test>\r\n")
	r := New(Options{From: mail.Address{Name: "New", Address: "new@contoso.test"}, ReplyTo: "box@contoso.test", Secret: make([]byte, 32)})
	got := string(r.readdressed(r.lines()[0], raw))
	want := "From: \"New\" <new@contoso.test>\r\nTo: <jane@contoso.test>\r\nReply-To: \"New\" <box+secretsecret@contoso.test>\r\nSubject: From: x\r\n\r\n" +
		"mailto:box%2Bsecretsecret@contoso.test?x box+secretsecret@contoso.test From: <old@contoso.test>\r\n"
	if got != want {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}

func TestNobodyIsAskedAboutAMailThatAnotherMailboxMayHaveSent(t *testing.T) {
	o := openOffice(t)
	m := store.OutMail{MessageID: "<x@contoso.test>", Raw: []byte(strings.ReplaceAll("From: <gone@contoso.test>\n\nx", "\n", "\r\n"))}
	asked, _, _, err := o.room.sentOrNot(t.Context(), m)
	if asked || err != nil {
		t.Errorf("asked %v, %v: it would be sent twice", asked, err)
	}
	m.Raw = []byte(strings.Replace(string(m.Raw), "gone", "workflow", 1))
	if asked, _, _, err = o.room.sentOrNot(t.Context(), m); !asked || err != nil {
		t.Errorf("our own: asked %v, %v", asked, err)
	}
}
