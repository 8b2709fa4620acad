package scim

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Pages of patches where scim-patch does otherwise, each with the reason why we
// do what we do.
var patchedOtherwise = map[string]string{
	"names of attributes and operations in any letter case": "RFC 7643 section 2.1: names are the same in any letter case; it takes op and path in small letters only",
	"Entra ID names members by paths":                       "it takes a filter in a member's name for a name",
	"taking away what is not there is no error":             "RFC 7644 section 3.5.2.2 refuses a path only where its filter is invalid; it refuses what was never there",
	"primary moves to the new value":                        "RFC 7643 section 2.4: primary is true once at most; it leaves two",
	"primary moves by filter, too":                          "likewise",
	"an extension is given whole":                           "it takes the dot in 2.0 for one between names",
}

// filteredOtherwise is the same for filters and scim2-parse-filter.
var filteredOtherwise = map[string]string{
	`emails[type eq "home" and value co "@contoso.test"]`: "RFC 7644 section 3.4.2.2: both have to be so of one value; it takes one of each",
}

// TestOthersAgree compares with modules that other people wrote. They are
// fetched (npm ci, pinned by the lock file) in CI only.
func TestOthersAgree(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat("clients/node_modules/.package-lock.json"); err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("the modules are not installed: run `npm ci --ignore-scripts` in scim/clients")
		}
		c := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		c.Dir = "clients"
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	filters := othersFilters()
	names, patches := othersPatches(t)
	in, err := json.Marshal(map[string]any{"resource": ana(t), "filters": filters, "patches": patches})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("node", "oracle.mjs")
	c.Dir, c.Stdin = "clients", bytes.NewReader(in)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var said struct {
		Filters, Patches []struct {
			Is      json.RawMessage
			Refused string
		}
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	for i, text := range filters {
		f, err := ParseFilter(UserKind, text)
		if err != nil {
			t.Fatal(err)
		}
		got := f.Match(ana(t))
		same := said.Filters[i].Refused == "" && string(said.Filters[i].Is) == map[bool]string{true: "true", false: "false"}[got]
		if _, known := filteredOtherwise[text]; same == known {
			t.Errorf("%s: we say %v, they %s %s", text, got, said.Filters[i].Is, said.Filters[i].Refused)
		}
	}
	agreed := 0
	for i, p := range patches {
		ours, err := patched(UserKind, string(p.Before), string(p.Ops))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := Stored(UserKind, said.Patches[i].Is)
		same := err == nil && said.Patches[i].Refused == "" && ours.same(theirs)
		if same {
			agreed++
		}
		if why, known := patchedOtherwise[names[i]]; same == known {
			t.Errorf("%s: ours %s, theirs %s %s (known: %q)", names[i], ours.Body(), said.Patches[i].Is, said.Patches[i].Refused, why)
		}
	}
	if agreed < 15 {
		t.Errorf("only %d patches agree", agreed)
	}
}

// othersFilters are those that need no knowledge of the schema: which values
// have no letter case, what "emails" alone means, and that a time is one.
func othersFilters() []string {
	return []string{`userName eq "Ana@Contoso.test"`, `userName eq "nobody"`, `title pr`, `nickName pr`, `not (nickName pr)`, `active eq true`, `active ne true`,
		`emails[type eq "work" and value co "@contoso.test"]`, `emails[type eq "home" and value co "@contoso.test"]`, `emails.type eq "home" and emails.value co "@contoso.test"`,
		`title eq "x" or title eq "Boss" and active eq false`, `(title eq "x" or title eq "Boss") and active eq true`, `title eq "Boss" or title eq "x" and active eq false`,
		`title sw "Bo"`, `title ew "ss"`, `title co "os"`, `title gt "Ape"`, `title le "Boss"`, `name.givenName eq "Ana"`, `not (title eq "x") and not (title eq "y")`,
		EnterpriseSchema + `:department eq "Sales"`}
}

type patchCase struct {
	Before json.RawMessage `json:"before"`
	Ops    json.RawMessage `json:"ops"`
}

// othersPatches are the pages of users whose patch is made.
func othersPatches(t *testing.T) (names []string, list []patchCase) {
	t.Helper()
	text, err := os.ReadFile("testdata/patches.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range strings.Split(string(text), "\n== ")[1:] {
		lines := strings.Split(strings.TrimSpace(page), "\n")
		if lines[1] == "group" || strings.HasPrefix(lines[3], "refused ") {
			continue
		}
		names = append(names, lines[0])
		list = append(list, patchCase{json.RawMessage(withSchemas(lines[1])), json.RawMessage(lines[2])})
	}
	return names, slices.Clip(list)
}

// withSchemas adds what scim-patch insists on.
func withSchemas(body string) string {
	return `{"schemas":["` + UserSchema + `"],` + strings.TrimPrefix(body, "{")
}
