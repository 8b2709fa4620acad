package main

import "testing"

func TestAProofByTheMailServerNeedsItsName(t *testing.T) {
	for proof, problems := range map[string]int{"dmarc": 1, "aligned": 1, "none": 0} {
		m := MailConfig{From: "workflow@contoso.test", SMTP: SMTPConfig{Address: "mail.contoso.test:587", TLS: "starttls"},
			IMAP: IMAPConfig{Address: "mail.contoso.test:143", TLS: "starttls"}, Reply: ReplyConfig{Proof: proof}}
		if got := checkMail(m); len(got) != problems {
			t.Errorf("%s: %v", proof, got)
		}
		m.Reply.Authserv = "mx.contoso.test"
		if got := checkMail(m); len(got) != 0 {
			t.Errorf("%s with a name: %v", proof, got)
		}
	}
}

func TestSeveralValuesStandApartByCommas(t *testing.T) {
	if got := commaList(" a.test, ,b.test,"); len(got) != 2 || got[0] != "a.test" || got[1] != "b.test" {
		t.Errorf("%q", got)
	}
}
