package scim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// ana is a resource as the store gives it.
func ana(t testing.TB) Resource {
	t.Helper()
	r, err := Stored(UserKind, []byte(`{"userName":"Ana@Contoso.test","externalId":"X-1","displayName":"Ana \"the\" Lopez","active":true,
		"name":{"givenName":"Ana","familyName":"López"},"title":"Boss",
		"emails":[{"type":"work","value":"ana@contoso.test","primary":true},{"type":"home","value":"ana@home.test"}],
		"meta":{"lastModified":"2026-11-23T09:00:00Z"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":{"value":"m-1"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r["id"] = "7"
	return r
}

func TestFiltersMatch(t *testing.T) {
	const ent = EnterpriseSchema
	for _, c := range []struct {
		filter string
		want   bool
	}{
		{`userName eq "ana@contoso.test"`, true}, // letter case does not matter
		{`userName eq "ana@contoso.tes"`, false},
		{`USERNAME EQ "ana@CONTOSO.test"`, true},
		{`externalId eq "x-1"`, false}, // here it does
		{`externalId eq "X-1"`, true},
		{`id eq "7" and ` + ent + `:manager eq "m-1"`, true}, // Entra ID asks so
		{`id eq "7" and ` + ent + `:manager eq "m-2"`, false},
		{`emails[type eq "work" and value co "@contoso.test"]`, true},
		{`emails[type eq "home" and value co "@contoso.test"]`, false},
		{`emails.type eq "home" and emails.value co "@contoso.test"`, true},
		{`emails co "home.test"`, true},
		{`emails sw "home"`, false},
		{`emails ew "home.TEST"`, true},
		{`title pr`, true}, {`nickName pr`, false}, {`not (nickName pr)`, true}, {`emails pr`, true}, {`name.givenName pr`, true},
		{`active eq true`, true}, {`active eq "True"`, true}, {`active ne true`, false},
		{`title eq null`, false}, {`nickName eq null`, true}, {`title ne null`, true},
		{`nickName ne "x"`, true},
		{`title gt "Ape"`, true}, {`title ge "boss"`, true}, {`title lt "boss"`, false}, {`title le "BOSS"`, true},
		{`meta.lastModified gt "2026-11-23T08:00:00Z"`, true},
		{`meta.lastModified ge "2026-11-23T10:00:00+01:00"`, true}, // the same moment
		{`meta.lastModified lt "2026-11-23T09:00:00.000Z"`, false},
		{`title eq "x" or title eq "Boss" and active eq false`, false}, // and binds tighter
		{`(title eq "x" or title eq "Boss") and active eq true`, true},
		{`title eq "Boss" or title eq "x" and active eq false`, true},
		{`not (title eq "x") and not(title eq "y")`, true},
		{`displayName eq "ana \"the\" lopez"`, true},
		{`displayName co "A"`, true},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ana"`, true},
		{ent + `:department eq "sales"`, true},
		{ent + `:manager.value eq "M-1"`, false},
		{ent + ` pr`, true},
		{`name.familyName eq "LÓPEZ"`, true},
	} {
		f, err := ParseFilter(UserKind, c.filter)
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
			continue
		}
		if got := f.Match(ana(t)); got != c.want {
			t.Errorf("%s: %v", c.filter, got)
		}
	}
}

func TestFiltersAreRefusedWithThePlace(t *testing.T) {
	long := `title eq "` + strings.Repeat("x", maxFilter) + `"`
	for _, c := range []struct{ filter, say string }{
		{``, "an attribute should be here"}, {`title`, "comes eq"}, {`title eq`, "a value should be here"},
		{`title eq Boss`, "character 10"}, {`title eq "Boss`, "not closed"}, {`title eq "a" and`, "an attribute should"},
		{`(title pr`, "parenthesis"}, {`title pr)`, "something after"}, {`shoeSize pr`, `called "shoeSize"`},
		{`emails[type eq "work"`, "bracket"}, {`emails[type[x pr]]`, "no parts to choose by"}, {`emails[type eq "work"].value eq "x"`, "something after"}, {`name eq "x"`, "name one, as in name.formatted"},
		{`active eq "maybe"`, "true or false"}, {`active gt true`, "true or false"}, {`title gt null`, "null can only"},
		{`title eq 5`, ""}, {`title eq true`, "double quotes"}, {`meta.created gt "yesterday"`, "is a time"},
		{`not title pr`, "called"}, {`title eq "a" xor title eq "b"`, "something after"}, {long, "over 4096 bytes"},
		{strings.Repeat("(", 50) + `title pr` + strings.Repeat(")", 50), "deep"},
		{strings.TrimSuffix(strings.Repeat(`title pr or `, maxTerms+1), " or "), "more than 50 comparisons"},
		{`emails[value pr and emails[value pr]]`, "called"}, {`title eq "\q"`, "a value"},
	} {
		_, err := ParseFilter(UserKind, c.filter)
		if c.say == "" { // a number is taken as the text it is
			if err != nil {
				t.Errorf("%s: %v", c.filter, err)
			}
			continue
		}
		if err == nil || refusal(t, err) != InvalidFilter || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%.60s: %v", c.filter, err)
		}
	}
}

func TestWhatAFilterLooksUp(t *testing.T) {
	for _, c := range []struct {
		filter, at, want string
		kind             Kind
	}{
		{`userName eq "Ana"`, "userName", "Ana", UserKind},
		{`active eq true and (userName eq "Ana")`, "userName", "Ana", UserKind},
		{`active eq true or userName eq "Ana"`, "userName", "", UserKind},
		{`not (userName eq "Ana")`, "userName", "", UserKind},
		{`userName ne "Ana"`, "userName", "", UserKind},
		{`id eq "g" and members eq "p"`, "members.value", "p", GroupKind},
	} {
		f, err := ParseFilter(c.kind, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := f.Equal(c.at); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q %v", c.filter, got, ok)
		}
	}
	f, _ := ParseFilter(GroupKind, `displayName sw "x" and not (members[value eq "p"])`)
	if !f.Speaks("members") || f.Speaks("externalId") || (*Filter)(nil).Speaks("members") {
		t.Error("a filter does not know what it looks at")
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{`userName eq "a"`, `emails[type eq "work" and not (value co "x")]`, `title pr and (active eq true or id ne "x")`, `meta.created gt "2026-11-23T09:00:00Z"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range []Kind{UserKind, GroupKind} {
			p, err := ParseFilter(k, s)
			if err != nil {
				if refusal(t, err) != InvalidFilter {
					t.Fatal(err)
				}
				continue
			}
			r := ana(t)
			not, err := ParseFilter(k, "not ("+s+")")
			if err != nil {
				if len(s)+6 <= maxFilter && !strings.Contains(err.Error(), "deep") {
					t.Fatalf("not (%s): %v", s, err)
				}
				continue
			}
			if p.Match(r) == not.Match(r) {
				t.Fatalf("%q and its opposite are the same", s)
			}
		}
	})
}

func TestBodiesAreReadStrictlyAndKindly(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		body, want string // want: what is kept, or "refused TYPE"
	}{
		{UserKind, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"USERNAME":"ana","active":"True","x":{"y":1}}`, `{"active":true,"userName":"ana"}`},
		{UserKind, `{"userName":"ana","id":"9","meta":{"version":"x"},"groups":[{"value":"g"}],"password":"p"}`, `{"userName":"ana"}`},
		{UserKind, `{"userName":"ana","emails":"a@x.test"}`, `{"emails":[{"value":"a@x.test"}],"userName":"ana"}`},
		{UserKind, `{"userName":"ana","emails":[],"name":{},"title":"","nickName":null}`, `{"userName":"ana"}`},
		{UserKind, `{"userName":"ana","` + EnterpriseSchema + `":{"employeeNumber":701984}}`, `{"` + EnterpriseSchema + `":{"employeeNumber":"701984"},"userName":"ana"}`},
		{UserKind, `{}`, "refused invalidValue"}, {UserKind, `{"userName":"  "}`, "refused invalidValue"},
		{UserKind, `[]`, "refused invalidSyntax"}, {UserKind, `{"userName":"a"}x`, "refused invalidSyntax"}, {UserKind, `{`, "refused invalidSyntax"},
		{UserKind, "{\"userName\":\"a\xff\"}", "refused invalidSyntax"},
		{UserKind, `{"userName":"a","USERNAME":"b"}`, "refused invalidSyntax"},
		{UserKind, `{"userName":["a","b"]}`, "refused invalidValue"}, {UserKind, `{"userName":{"a":1}}`, "refused invalidValue"},
		{UserKind, `{"userName":"a\u0000b"}`, "refused invalidValue"},
		{UserKind, `{"userName":"` + strings.Repeat("a", maxText+1) + `"}`, "refused invalidValue"},
		{UserKind, `{"userName":"a","active":"yes"}`, "refused invalidValue"},
		{UserKind, `{"userName":"a","name":"Ana"}`, "refused invalidValue"},
		{UserKind, `{"userName":"a","emails":[{"value":"1","primary":true},{"value":"2","primary":true}]}`, "refused invalidValue"},
		{UserKind, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"userName":"a"}`, "refused invalidValue"},
		{UserKind, `{"schemas":"x","userName":"a"}`, "refused invalidValue"},
		{GroupKind, `{"displayName":"g","members":["1",{"value":"2"}]}`, `{"displayName":"g"}`}, // members are kept elsewhere
		{GroupKind, `{"members":[]}`, "refused invalidValue"},
	} {
		r, err := Read(c.kind, []byte(c.body))
		got := "refused"
		if err == nil {
			got = string(r.Body())
		} else {
			got += " " + string(refusal(t, err))
		}
		if got != c.want {
			t.Errorf("%.100s: %s (%v)", c.body, got, err)
		}
	}
	big := fmt.Sprintf(`{"userName":"a","emails":[%s{}]}`, strings.Repeat(`{"value":"x"},`, maxValues))
	if _, err := Read(UserKind, []byte(big)); refusal(t, err) != InvalidValue {
		t.Error(err)
	}
	if _, err := Read(UserKind, make([]byte, MaxBody+1)); refusal(t, err) != TooMany {
		t.Error(err)
	}
}

func TestWhatAUserSaysOfAPerson(t *testing.T) {
	p := ana(t).Person()
	if p.Name != `Ana "the" Lopez` || p.Manager != "m-1" || !p.Active || fmt.Sprint(p.Emails) != "[ana@contoso.test ana@home.test]" {
		t.Errorf("%+v", p)
	}
	for body, want := range map[string]string{
		`{"userName":"u","name":{"formatted":"F","givenName":"G"},"active":false}`:                                                 "F [] false",
		`{"userName":"u","name":{"givenName":"G","familyName":"H"}}`:                                                               "G H [] true",
		`{"userName":"u","emails":[{"value":"o@x"},{"value":"w@x","type":"Work"},{"value":"W@X"},{"value":"p@x","primary":true}]}`: "u [p@x w@x o@x] true",
	} {
		r, err := Read(UserKind, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if p := r.Person(); fmt.Sprintf("%s %s %t", p.Name, p.Emails, p.Active) != want {
			t.Errorf("%s: %+v", body, p)
		}
	}
	g, _ := Read(GroupKind, []byte(`{"displayName":"g","members":[{"value":"1"},{"$ref":"https://x/scim/v2/Users/2"},{"value":"1"}]}`))
	if got := g.Members(); fmt.Sprint(got) != "[1 2]" {
		t.Error(got)
	}
}

func TestAnAnswerHasWhatWasChosen(t *testing.T) {
	for _, c := range []struct{ only, except, want string }{
		{"userName", "", `{"id":"7","userName":"Ana@Contoso.test"}`},
		{"name.givenName,emails.value", "", `{"emails":[{"value":"ana@contoso.test"},{"value":"ana@home.test"}],"id":"7","name":{"givenName":"Ana"}}`},
		{"shoeSize", "", `{"id":"7"}`},
		{EnterpriseSchema + ":department", "", `{"id":"7","` + EnterpriseSchema + `":{"department":"Sales"}}`},
		{"", "id,emails,name,meta,externalId,displayName,active,title," + EnterpriseSchema, `{"id":"7","userName":"Ana@Contoso.test"}`},
		{"", "emails.type,emails.primary,name,meta,externalId,displayName,active,title," + EnterpriseSchema,
			`{"emails":[{"value":"ana@contoso.test"},{"value":"ana@home.test"}],"id":"7","userName":"Ana@Contoso.test"}`},
	} {
		s, err := ParseSelection(UserKind, c.only, c.except)
		if err != nil {
			t.Fatal(err)
		}
		r := ana(t)
		got, _ := json.Marshal(s.Show(UserKind, r))
		if string(got) != c.want {
			t.Errorf("%s / %s:\n%s", c.only, c.except, got)
		}
		if !r.same(ana(t)) {
			t.Error("showing changed the resource")
		}
	}
	if _, err := ParseSelection(UserKind, "a", "b"); refusal(t, err) != InvalidValue {
		t.Error(err)
	}
	s, _ := ParseSelection(GroupKind, "", "members")
	if s.Wants("members") || !s.Wants("displayName") {
		t.Error("what is excluded is wanted")
	}
	if s, _ = ParseSelection(GroupKind, "displayName", ""); s.Wants("members") || !s.Wants("displayName") {
		t.Error("what is not chosen is wanted")
	}
}

func (r Resource) same(o Resource) bool {
	a, _ := json.Marshal(r)
	b, _ := json.Marshal(o)
	return string(a) == string(b)
}

func TestTheServerDescribesItself(t *testing.T) {
	const base = "https://s.test/scim/v2"
	if got := len(Schemas(base)); got != 3 {
		t.Error(got)
	}
	text, _ := json.Marshal(Schemas(base))
	for _, want := range []string{`"id":"` + EnterpriseSchema + `"`, `"name":"userName"`, `"uniqueness":"server"`, `"mutability":"writeOnly"`, `"subAttributes":[`, `"returned":"never"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s", want)
		}
	}
	text, _ = json.Marshal(ResourceTypes(base))
	if !strings.Contains(string(text), `"schemaExtensions":[{"required":false`) {
		t.Errorf("%s", text)
	}
	text, _ = json.Marshal(ServiceProviderConfig(base, Limits{200, "https://s.test/docs"}))
	if !strings.Contains(string(text), `"maxResults":200`) || !strings.Contains(string(text), `"bulk":{"maxOperations":0`) {
		t.Errorf("%s", text)
	}
}
