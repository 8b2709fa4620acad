package reply

import "testing"

// What is believed besides dmarc=pass, and only where it was asked for.
func TestOtherProofsOfTheSender(t *testing.T) {
	const ours = "Authentication-Results: mx.contoso.test; "
	const inside = "X-MS-Exchange-Organization-AuthAs: Internal\r\nX-MS-Exchange-Organization-AuthSource: DB9P.contoso.test\r\n"
	const sealedBy = "ARC-Seal: i=1; a=rsa-sha256; d=gateway.test; s=k; cv=none; b=AAAA\r\nARC-Authentication-Results: i=1; gateway.test; dmarc=pass header.from=contoso.test\r\n"
	exchange, online, alsoAligned, sealers := Trust{Exchange: true}, Trust{Exchange: true, Online: true}, Trust{Aligned: true}, Trust{Sealers: []string{"gateway.test"}}
	for _, c := range []struct {
		name, header string
		trust        Trust
		method       string // "": not genuine
	}{
		{"Exchange took it from its own", inside, exchange, ByExchange},
		{"its marks over IMAP", inside, Trust{}, ""},
		{"anonymous", "X-MS-Exchange-Organization-AuthAs: Anonymous\r\nX-MS-Exchange-Organization-AuthSource: x\r\n", exchange, ""},
		{"a mark without a source", "X-MS-Exchange-Organization-AuthAs: Internal\r\n", exchange, ""},
		{"marks twice", inside + "X-MS-Exchange-Organization-AuthAs: Internal\r\n", exchange, ""},
		{"externally secured", inside + "X-MS-Exchange-Organization-AuthMechanism: 10\r\n", exchange, ""},
		{"signed in", inside + "X-MS-Exchange-Organization-AuthMechanism: 04\r\nX-MS-Exchange-Organization-MessageDirectionality: Originating\r\n", exchange, ByExchange},
		{"coming in", inside + "X-MS-Exchange-Organization-MessageDirectionality: Incoming\r\n", exchange, ""},
		{"Exchange's results have no name", "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=contoso.test; dkim=pass (signature was verified)\r\n header.d=contoso.test;dmarc=pass action=none\r\n header.from=contoso.test;compauth=pass reason=100\r\n", online, ByDMARC},
		{"Exchange took it from its own, and calls it forged", "Authentication-Results: dkim=none; dmarc=none; compauth=fail reason=001\r\n" + inside, online, ""},
		{"Exchange took it from its own, and says nothing", "Authentication-Results: dkim=none (message not signed)\r\n header.d=none;dmarc=none action=none\r\n header.from=contoso.test;\r\n" + inside, online, ByExchange},
		{"only the topmost is Exchange's", "Authentication-Results: mx.evil.test; dmarc=fail\r\nAuthentication-Results: dmarc=pass header.from=contoso.test\r\n", online, ""},
		{"an Exchange Server leaves the sender's own", "Authentication-Results: dmarc=pass header.from=contoso.test\r\n", exchange, ""},
		{"compauth fails", ours + "dmarc=pass header.from=contoso.test; compauth=fail reason=001\r\n", Trust{}, ""},
		{"a signature of the domain", ours + "dkim=pass header.d=contoso.test\r\n", alsoAligned, ByDKIM},
		{"a signature of a part of it", ours + "dkim=pass header.d=mail.contoso.test\r\n", alsoAligned, ByDKIM},
		{"a signature nobody asked for", ours + "dkim=pass header.d=contoso.test\r\n", Trust{}, ""},
		{"a signature of another domain", ours + "dkim=pass header.d=fabrikam.test\r\n", alsoAligned, ""},
		{"a broken signature", ours + "dkim=fail header.d=contoso.test\r\n", alsoAligned, ""},
		{"an envelope of the domain", ours + "spf=pass smtp.mailfrom=jane@contoso.test\r\n", alsoAligned, BySPF},
		{"an envelope of another", ours + "spf=pass smtp.mailfrom=eve@fabrikam.test\r\n", alsoAligned, ""},
		{"DMARC has the last word", ours + "dkim=pass header.d=contoso.test; dmarc=fail header.from=contoso.test\r\n", alsoAligned, ""},
		{"a trusted sealer", ours + "arc=pass; dmarc=fail header.from=contoso.test\r\n" + sealedBy, sealers, ByARC},
		{"a sealer nobody trusts", ours + "arc=pass; dmarc=fail header.from=contoso.test\r\n" + sealedBy, Trust{Sealers: []string{"other.test"}}, ""},
		{"a broken chain", ours + "arc=fail; dmarc=fail header.from=contoso.test\r\n" + sealedBy, sealers, ""},
		{"a chain nobody checked", ours + "dmarc=fail header.from=contoso.test\r\n" + sealedBy, sealers, ""},
		{"a second sealer nobody trusts", ours + "arc=pass; dmarc=fail header.from=contoso.test\r\nARC-Seal: i=2; d=evil.test; b=A\r\n" + sealedBy, sealers, ""},
		{"the sealer saw a failure", ours + "arc=pass; dmarc=fail header.from=contoso.test\r\nARC-Seal: i=1; d=gateway.test; b=A\r\nARC-Authentication-Results: i=1; gateway.test; dmarc=fail header.from=contoso.test\r\n", sealers, ""},
		{"the sealer saw another domain", ours + "arc=pass; dmarc=fail header.from=contoso.test\r\nARC-Seal: i=1; d=gateway.test; b=A\r\nARC-Authentication-Results: i=1; gateway.test; dmarc=pass header.from=fabrikam.test\r\n", sealers, ""},
	} {
		p := policy
		p.Trust = c.trust
		if c.trust.Exchange {
			p.Authserv = ""
		}
		got := Read(write("x", c.header), p).Proof
		if got.Genuine != (c.method != "") || got.Genuine && got.Method != c.method || (got.Why == "") != got.Genuine {
			t.Errorf("%s: %+v, want %q", c.name, got, c.method)
		}
	}
}

func TestOrganisationsByPublicSuffix(t *testing.T) {
	for pair, same := range map[[2]string]bool{
		{"contoso.test", "mail.contoso.test"}: true, {"a.contoso.co.uk", "b.contoso.co.uk"}: true, {"contoso.co.uk", "fabrikam.co.uk"}: false,
		{"co.uk", "contoso.co.uk"}: false, {"", ""}: false, {"contoso.test.", "CONTOSO.test"}: true, {"a.github.io", "b.github.io"}: false,
	} {
		if got := sameOrganisation(pair[0], pair[1]); got != same {
			t.Errorf("%q: %v", pair, got)
		}
	}
}

func TestWrappedEnvelopes(t *testing.T) {
	for envelope, want := range map[string]string{
		"jane@contoso.test": "jane@contoso.test", "jane+x@contoso.test": "jane@contoso.test", "prvs=1a2b=jane@contoso.test": "jane@contoso.test",
		"SRS0=HH=TT=contoso.test=jane@relay.test": "jane@contoso.test", "srs0+HH=TT=contoso.test=jane@relay.test": "jane@contoso.test",
		"srs0=x@relay.test": "srs0=x@relay.test", "": "", "nobody": "nobody", "+x@contoso.test": "+x@contoso.test",
	} {
		if got := unwrapped(envelope); got != want {
			t.Errorf("%q is %q, want %q", envelope, got, want)
		}
	}
}

func TestACommandOfOneLanguageTakesItsOwnFiller(t *testing.T) {
	for said, want := range map[string][2]string{
		"redirect to bob": {"redirect", "bob"}, "weiterleiten an bob": {"redirect", "bob"}, "redirect an bob": {"redirect", "an bob"}, "share with bob": {"delegate", "bob"},
		"redirect: bob": {"redirect", "bob"}, "skjut upp 3": {"sleep", "3"}, "redirected bob": {"", ""}, "delen bob": {"delegate", "bob"}, "del bob": {"delegate", "bob"},
	} {
		d := Read(write(said), policy).Decide(actions)
		if string(d.Command) != want[0] || d.Argument != want[1] {
			t.Errorf("%s: %+v", said, d)
		}
	}
}
