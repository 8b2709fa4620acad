package sql

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/broker"
)

func TestOwnStatementsAreReadAndRefused(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"-- name: a\nselect 1;", "a() select 1"},
		{"-- name: a (n number, t text)\r\nselect :n::int, ':n', \":t\" -- :n ;\n where x = :t", "a(n,t) select <n>::int, ':n', \":t\" -- :n ;\n where x = <t>"},
		{"-- name: a(t text)\nselect $q$ ; :t $q$, /* ; */ :t, :callkey", "a(t) select $q$ ; :t $q$, /* ; */ <t>, <callkey>"},
		{"-- name: a\n-- why\nwith x as (select 1) select * from x\n-- name: b\n(select 1) union (values (2))", "a() -- why\nwith x as (select 1) select * from x | b() (select 1) union (values (2))"},
		{"-- name: a\nselect it's ; delete from x", "a() select it's ; delete from x"}, // one text that never ends: the database refuses it
		{`-- name: a
select E'it\'s; :x', 'a\', e'\\' /* /* ; */ ; :x */, a$b$`, `a() select E'it\'s; :x', 'a\', e'\\' /* /* ; */ ; :x */, a$b$`},
		{`-- name: a
select E'a\'b'; delete from x -- '`, "! a is more than one statement"},
		{"-- name: a\nselect /* /* */ ' */ 1; delete from x --'", "! a is more than one statement"},
		{"-- name: a\nselect a$b$ ; delete from x where $b$ = 1", "! a is more than one statement"},
		{"select 1", "! do not begin with a name"},
		{"-- name: a\n", "! a has no statement"},
		{"-- name: a\n-- only words", "! a has no statement"},
		{"-- name: a\nselect 1; delete from x", "! a is more than one statement"},
		{"-- name: a\nselect :n", "! a has :n, which its first line does not name"},
		{"-- name: a(n int)\nselect :n", "! a takes \"n int\""},
		{"-- name: a(n number, n text)\nselect :n", "! a takes \"n text\""},
		{"-- name: a(callkey text)\nselect 1", "! a takes \"callkey text\""},
		{"-- name: a\nselect 1\n-- name: a\nselect 2", "! have a twice"},
		{"-- name: a\nselect $1", "! a has a value without a name"},
		{"-- name: a\nset role x", "! a does not begin with"},
		{"-- name: a\n/* x */ begin", "! a does not begin with"},
		{"-- name: a\nselection", "! a does not begin with"},
		{"-- name: a\nselect '" + strings.Repeat("x", maxStatementBytes), "! a has no statement, or one that is too long"},
		{"-- name: a\nselect '\x00'", "! a has no statement, or one"},
		{strings.Repeat("-- name: a", 1), "! a has no statement"},
	} {
		got := ""
		list, err := readStatements(postgres, tt.text)
		for i, s := range list {
			if err != nil {
				break
			}
			if i > 0 {
				got += " | "
			}
			got += s.name + "(" + strings.Join(namesOf(s), ",") + ") " + s.with(func(name string) string { return "<" + name + ">" })
		}
		if err != nil {
			got = "! " + err.Error()
		}
		if got != tt.want && !(strings.HasPrefix(tt.want, "!") && strings.HasPrefix(got, tt.want)) {
			t.Errorf("%q: %s\nwant %s", tt.text, got, tt.want)
		}
	}
	for _, text := range []string{"select ?", "select $a", "select @a", "select $a$ ; :a $a$"} {
		if _, err := readStatements(sqlite, "-- name: a\n"+text); err == nil || !strings.Contains(err.Error(), "without a name") {
			t.Errorf("%s for SQLite: %v", text, err)
		}
	}
	for text, want := range map[string]bool{"select [it's], `a;b`": true, "select [it's] ; delete from x where a = 'b'": false, "select `'` ; delete from x where a = 'b'": false} {
		if _, err := readStatements(sqlite, "-- name: a\n"+text); (err == nil) != want {
			t.Errorf("%s for SQLite: %v", text, err)
		}
	}
	many := strings.Builder{}
	for i := range maxStatements + 1 {
		fmt.Fprintf(&many, "-- name: s%d\nselect 1\n", i)
	}
	if _, err := readStatements(postgres, many.String()); err == nil {
		t.Error("there may be any number")
	}
}

func namesOf(s statement) (out []string) {
	for _, in := range s.takes {
		out = append(out, in.Name)
	}
	return out
}

// with is the statement's text with something for each value.
func (s statement) with(value func(name string) string) string {
	var out strings.Builder
	for i, n := range s.binds {
		name := callKey
		if n >= 0 {
			name = s.takes[n].Name
		}
		out.WriteString(s.pieces[i] + value(name))
	}
	return out.String() + s.pieces[len(s.pieces)-1]
}

func TestOwnStatementsRun(t *testing.T) {
	both(t, people+`; create table log (k text primary key, t text)`, func(t *testing.T, at *place) {
		p := at.open(t, `statements=-- name: older(age number, member yesno)
select id, age, name as "N", count(*) over () as n, 1.5 as f from people where age > :age and member = :member order by id
-- name: add(t text)
insert into log values (:callkey, :t) on conflict (k) do nothing
-- name: gives(t text, j json, at moment, d date)
select :t as t, :t as t, :j as j, :d as d
-- name: many
with recursive c(n) as (select 1 union all select n + 1 from c where n < 1001) select n from c
-- name: fails
select * from nowhere`)
		call := func(method, inputs string) string {
			t.Helper()
			return says(at.call(t, p, "Statement", method, inputs, func(c *broker.Call) { c.Key = "k1" }))
		}
		for _, tt := range []struct{ method, inputs, want string }{
			{"older", `{"age":5,"member":true}`, `{"count":2,"rows":[{"N":"Zoë","age":30,"f":1.5,"id":1,"n":2},{"N":"Ana%_","age":20,"f":1.5,"id":3,"n":2}]}`},
			{"older", `{}`, `{"count":0,"rows":[]}`},
			{"add", `{"t":"'); delete from people; --"}`, `{"count":0,"rows":[]}`},
			{"add", `{"t":"again"}`, `{"count":0,"rows":[]}`},
			{"gives", `{"t":"a'b","d":"2026-11-23"}`, `"t":"a'b","t_2":"a'b"`},
			{"many", `{}`, `service-answer-too-large stays: the statement gives more than 1000 rows`},
			{"fails", `{}`, `service-refused stays: the database refused: `},
		} {
			if got := call(tt.method, tt.inputs); !strings.Contains(got, tt.want) {
				t.Errorf("%s: %s\nwant %s", tt.method, got, tt.want)
			}
		}
		if got := says(at.call(t, p, "log", "list", `{}`)); got != `[{"k":"k1","t":"'); delete from people; --"}]` {
			t.Errorf("the row was not added once: %s", got)
		}
	})
}

var nameLike = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)

// Whatever is read is what was written, with its values apart, and is one
// statement.
func FuzzStatements(f *testing.F) {
	f.Add("-- name: a(n number)\nselect :n::int, ':x', $q$ ; $q$ -- ;")
	f.Add("-- name: a\nselect /* ; */ \"a;b\"\n-- name: b(t text)\ninsert into x values (:t, :callkey);")
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []dialect{postgres, sqlite} {
			list, err := readStatements(kind, text)
			if err != nil {
				continue
			}
			whole := strings.ReplaceAll(text, "\r\n", "\n")
			for _, s := range list {
				written := s.with(func(name string) string { return ":" + name })
				if !nameLike.MatchString(s.name) || !strings.Contains(whole, written) || len(s.pieces) != len(s.binds)+1 {
					t.Fatalf("%q became %q", text, written)
				}
				if again, err := readStatements(kind, "-- name: a("+typed(s)+")\n"+written); err != nil || len(again) != 1 {
					t.Fatalf("%q is not one statement: %v", written, err)
				}
			}
		}
	})
}

func typed(s statement) string {
	var out []string
	for _, in := range s.takes {
		out = append(out, in.Name+" "+string(in.Type))
	}
	return strings.Join(out, ",")
}

// Whatever a table is called, its name is one the broker takes, and quoted it
// stays a name.
func FuzzNames(f *testing.F) {
	f.Add("orders", "Orders")
	f.Add(`a"; drop table b; --`, "")
	f.Fuzz(func(t *testing.T, a, b string) {
		taken := map[string]bool{}
		one, two := unused(a, taken), unused(b, taken)
		if !nameLike.MatchString(one) || !nameLike.MatchString(two) || strings.EqualFold(one, two) {
			t.Fatalf("%q and %q became %s and %s", a, b, one, two)
		}
		q := quote(a)
		if strings.Count(q[1:len(q)-1], `"`)%2 != 0 || strings.Contains(strings.ReplaceAll(q[1:len(q)-1], `""`, ""), `"`) {
			t.Fatalf("%q ends too early: %s", a, q)
		}
	})
}
