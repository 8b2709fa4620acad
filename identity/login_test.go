package identity

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
)

func TestNamesAreReadInAllTheWaysPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]name{
		"ana":                           {login: "ana"},
		"AZ":                            {login: "az"},
		" Ana ":                         {login: "ana"},
		"a.b-c_9":                       {login: "a.b-c_9"},
		`CONTOSO\ana`:                   {login: "ana"},
		`K2:CONTOSO\Ana`:                {login: "ana"},
		`k2:contoso\ana`:                {login: "ana"},
		"K2:ana":                        {login: "ana"},
		"signoff:ana":                   {login: "ana"},
		"AAD:ana@contoso.test":          {address: "ana@contoso.test"},
		"K2AAD:ana@contoso.test":        {address: "ana@contoso.test"},
		"Ana.Berg@Contoso.Test":         {address: "ana.berg@contoso.test"},
		"K2:CONTOSO\\ana@contoso.test":  {address: "ana@contoso.test"},
		"ana+tag@contoso.test":          {address: "ana+tag@contoso.test"},
		"zoe\u0308@x.test":              {address: "zoë@x.test"}, // one way to write ë
		strings.Repeat("a", 64):         {login: strings.Repeat("a", 64)},
		"a@" + strings.Repeat("b", 200): {address: "a@" + strings.Repeat("b", 200)},
	} {
		got, ok := parseName(text)
		if !ok || got != want {
			t.Errorf("%q is %+v %v, want %+v", text, got, ok, want)
		}
	}
}

func TestWhatCannotBeANameIsNobody(t *testing.T) {
	for _, text := range []string{
		"", " ", ".", "-ana", "ana bell", "änna", "ana\x00", "an\na", "a/b", "an%61",
		":ana", "K2:", `\ana`, `K2:\ana`, `A\B\ana`, `CONTOSO\`, "LDAP:ana", "K2:K2:ana", "k2", "AAD", "Signoff",
		"@", "@x", "ana@", "ana@@x", "a@b@c", "ana @x.test", "ana@x.test.", "ana@.x", "<ana@x.test>", "ana@x.test,bob@x.test", `"ana"@x.test`,
		strings.Repeat("a", 65), strings.Repeat("a", 65) + "@x", "a@" + strings.Repeat("b", 300), "ana@x\xff", "\xff",
		"\u0131na", // dotless i must not become ina
	} {
		if n, ok := parseName(text); ok {
			t.Errorf("%q is %+v", text, n)
		}
	}
}

func TestAddressesOfDifferentPeopleStayDifferent(t *testing.T) {
	for _, pair := range [][2]string{{"ıris@x.test", "iris@x.test"}, {"straße@x.test", "strasse@x.test"}, {"ÄNNA@x.test", "änna@x.test"}, {"ſam@x.test", "sam@x.test"}} {
		a, ok1 := addressKey(pair[0])
		b, ok2 := addressKey(pair[1])
		if !ok1 || !ok2 || a == b {
			t.Errorf("%q and %q are both %q (%v %v)", pair[0], pair[1], a, ok1, ok2)
		}
	}
}

func encoded(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

func TestBasicHeaders(t *testing.T) {
	for header, want := range map[string][2]string{
		encoded("ana:secret"):                     {"ana", "secret"},
		encoded("ana:"):                           {"ana", ""},
		encoded("ana:with:colons:"):               {"ana", "with:colons:"},
		encoded(`CONTOSO\ana:pw`):                 {`CONTOSO\ana`, "pw"},
		encoded(`K2:CONTOSO\ana:pw:x`):            {`K2:CONTOSO\ana`, "pw:x"},
		encoded("AAD:ana@contoso.test:pw"):        {"AAD:ana@contoso.test", "pw"},
		encoded("ana:grüße"):                      {"ana", "grüße"},
		encoded("ana:gr\xfc\xdfe"):                {"ana", "grüße"}, // Latin-1
		"basic   " + encoded("ana:x")[6:] + " ":   {"ana", "x"},
		strings.TrimRight(encoded("ana:xy"), "="): {"ana", "xy"},
	} {
		login, password, err := parseBasic(header)
		if err != nil || login != want[0] || password != want[1] {
			t.Errorf("%q: %q %q %v, want %q", header, login, password, err, want)
		}
	}
	for header, code := range map[string]string{
		"":                                "unknown-scheme",
		"Basic":                           "bad-authorization",
		"Basic ":                          "bad-authorization",
		"Basic !!!":                       "bad-authorization",
		encoded("no colon"):               "bad-authorization",
		encoded("K2:only a login"):        "bad-authorization",
		encoded("ana:line\nbreak"):        "bad-authorization",
		encoded("an\x00a:x"):              "bad-authorization",
		encoded(strings.Repeat("a", 3e3)): "bad-authorization",
		"Bearer abc":                      "unknown-scheme",
		"Basicx YTpi":                     "unknown-scheme",
	} {
		_, _, err := parseBasic(header)
		wantCode(t, err, code)
		if strings.Contains(err.Error(), "line") && code == "bad-authorization" && strings.Contains(header, "line") {
			t.Errorf("the refusal repeats the credentials: %v", err)
		}
	}
}

func FuzzParseBasic(f *testing.F) {
	for _, s := range []string{"Basic YW5hOnNlY3JldA==", "basic x", "Bearer a.b.c", encoded("K2:D\\a:b:c"), encoded("ana:\xff\xfe")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		login, password, err := parseBasic(header)
		if err != nil {
			if login != "" || password != "" || signoff.KindOf(err) == signoff.Internal {
				t.Errorf("%q: refused with %q %q %v", header, login, password, err)
			}
			return
		}
		if !utf8.ValidString(login+password) || len(login)+len(password) > 2*maxBasicBytes || strings.ContainsAny(login+password, "\x00\r\n") {
			t.Errorf("%q gave %q %q", header, login, password)
		}
		// What was read is what a client would send for it.
		again, pw, err := parseBasic(encoded(login + ":" + password))
		if len(login)+len(password) < 1000 && (err != nil || again != login || pw != password) {
			t.Errorf("%q %q read again: %q %q %v", login, password, again, pw, err)
		}
	})
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"ana", `K2:CONTOSO\ana`, "AAD:ana@contoso.test", "a@b@c", "K2:K2:x", "zoe\u0308@x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := parseName(text)
		if !ok {
			return
		}
		if (n.login == "") == (n.address == "") {
			t.Errorf("%q is both or neither: %+v", text, n)
		}
		if again, ok := parseName(n.String()); !ok || again != n {
			t.Errorf("%q is %+v, which is %+v %v", text, n, again, ok)
		}
		if strings.ContainsAny(n.String(), " \x00\r\n\\:<>") {
			t.Errorf("%q is %q", text, n)
		}
	})
}
