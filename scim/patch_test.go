package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// refusal returns what kind of refusal err is.
func refusal(t *testing.T, err error) ErrorType {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("%v is no *Error", err)
	}
	return e.Type
}

func patchOf(ops string) []byte {
	return []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":` + ops + `}`)
}

func patched(k Kind, before, ops string) (Resource, error) {
	r, err := Read(k, []byte(before))
	if err != nil {
		return nil, fmt.Errorf("before: %w", err)
	}
	was, _ := json.Marshal(r)
	p, err := ReadPatch(k, patchOf(ops))
	if err != nil {
		return nil, err
	}
	out, err := p.Apply(r)
	if now, _ := json.Marshal(r); string(now) != string(was) {
		return nil, fmt.Errorf("the patch changed what it was given: %s", now)
	}
	return out, err
}

func TestPatchesMeanWhatThePageSays(t *testing.T) {
	text, err := os.ReadFile("testdata/patches.txt")
	if err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(string(text), "\n== ")[1:]
	if len(pages) < 35 {
		t.Fatalf("only %d pages", len(pages))
	}
	for _, page := range pages {
		lines := strings.Split(strings.TrimSpace(page), "\n")
		name, kind := lines[0], UserKind
		if lines = lines[1:]; lines[0] == "group" {
			kind, lines = GroupKind, lines[1:]
		}
		t.Run(name, func(t *testing.T) {
			got, err := patched(kind, lines[0], lines[1])
			if want, ok := strings.CutPrefix(lines[2], "refused "); ok {
				if err == nil || string(refusal(t, err)) != want {
					t.Fatalf("want a refusal with %s, got %v, %v", want, got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want, err := Read(kind, []byte(lines[2]))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				a, _ := json.Marshal(got)
				t.Errorf("got  %s\nwant %s", a, lines[2])
			}
		})
	}
}

func TestPatchesAreBounded(t *testing.T) {
	many := "[" + strings.Repeat(`{"op":"remove","path":"title"},`, maxOps) + `{"op":"remove","path":"title"}]`
	if _, err := patched(UserKind, `{"userName":"a"}`, many); refusal(t, err) != TooMany {
		t.Errorf("too many operations: %v", err)
	}
	var emails strings.Builder
	for i := range maxValues + 1 {
		fmt.Fprintf(&emails, `{"op":"add","path":"emails","value":{"value":"%d@x.test"}},`, i)
	}
	ops := "[" + strings.TrimSuffix(emails.String(), ",") + "]"
	if _, err := patched(UserKind, `{"userName":"a"}`, ops); refusal(t, err) != InvalidValue {
		t.Errorf("too many values: %v", err)
	}
	var members strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&members, `{"value":"%d"},`, i)
	}
	before := `{"displayName":"g","members":[` + strings.TrimSuffix(members.String(), ",") + "]}"
	each := "[" + strings.TrimSuffix(strings.Repeat(`{"op":"add","path":"members","value":{"value":"1"}},`, 4000), ",") + "]"
	if _, err := patched(GroupKind, before, each); refusal(t, err) != TooMany {
		t.Errorf("too much work: %v", err)
	}
	if _, err := ReadPatch(UserKind, []byte(strings.Repeat("[", 100_000))); refusal(t, err) != InvalidSyntax {
		t.Errorf("too deep: %v", err)
	}
	if _, err := parsePath(UserKind, strings.Repeat("a", maxPath+1)); refusal(t, err) != InvalidPath {
		t.Errorf("too long a path: %v", err)
	}
}

func FuzzPatch(f *testing.F) {
	text, err := os.ReadFile("testdata/patches.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, page := range strings.Split(string(text), "\n== ")[1:] {
		lines := strings.Split(strings.TrimSpace(page), "\n")
		f.Add(lines[len(lines)-3], lines[len(lines)-2], strings.Contains(page, "\ngroup\n"))
	}
	f.Fuzz(func(t *testing.T, before, ops string, group bool) {
		kind := UserKind
		if group {
			kind = GroupKind
		}
		got, err := patched(kind, before, ops)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatal(err)
			}
			return
		}
		again, err := Stored(kind, got.Body())
		if err != nil {
			t.Fatalf("what came out cannot be read: %v", err)
		}
		if a, b := string(got.Body()), string(again.Body()); a != b {
			t.Fatalf("kept and read again it is another\n%s\n%s", a, b)
		}
	})
}
