package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff/api"
)

func trustedRows() [][]string {
	id := "c0ca5aa0-7e57-4000-8000-000000000001"
	return [][]string{{"contoso.test", "entra", id, id + " api://" + id, "create"}, {"Keycloak", "oidc", "https://login.example.com", "signoff", "every tenant"}}
}

func TestWhoIsTrustedIsToldWholeOnEveryScreen(t *testing.T) {
	for width, paragraphs := range map[int]bool{0: false, 200: false, 80: true, 20: true} {
		var b strings.Builder
		must(t, tellTrusted(&b, width, trustedRows()))
		text := b.String()
		if strings.Contains(text, "…") || strings.Count(text, "api://c0ca5aa0-7e57-4000-8000-000000000001") != 1 {
			t.Errorf("%d columns: an id is cut:\n%s", width, text)
		}
		if strings.HasPrefix(text, "NAME") == paragraphs {
			t.Errorf("%d columns:\n%s", width, text)
		}
		for line := range strings.Lines(text) {
			if width == 80 && len(line) > 80 {
				t.Errorf("this line is longer than the screen: %s", line)
			}
		}
	}
	var b strings.Builder
	must(t, tellTrusted(&b, 80, trustedRows()[:1]))
	id := "c0ca5aa0-7e57-4000-8000-000000000001"
	want := "contoso.test\n  profile    entra\n  whose      " + id + "\n  audiences  " + id + "\n             api://" + id + "\n  newcomers  create\n"
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

func TestNoFullStopIsTakenForAPartOfAnAddress(t *testing.T) {
	for text, want := range map[string]string{"for https://api.test/": "for https://api.test/", "for signoff": "for signoff."} {
		if got := sentence(text); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	var out bytes.Buffer
	c := &cobra.Command{}
	c.SetOut(&out)
	sayTrusted(c, api.Trust{Issuers: []api.TrustedIssuer{{Name: "x", URL: "https://x.test", Audiences: []string{"https://api.test/"}}}}, nil)
	if !strings.HasSuffix(out.String(), "for https://api.test/\n") {
		t.Errorf("%s", &out)
	}
}

func TestAProgramGetsCellsWhole(t *testing.T) {
	long := strings.Repeat("a long title ", 10)
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	must(t, err)
	defer f.Close()
	must(t, table(f, "ID TITLE", [][]string{{"1", long}}))
	text, err := os.ReadFile(f.Name())
	must(t, err)
	if !strings.Contains(string(text), long) {
		t.Errorf("%s", text)
	}
	var b strings.Builder
	must(t, tableUpTo(60, &b, "ID TITLE", [][]string{{"1", long}}))
	if !strings.Contains(b.String(), "…") {
		t.Errorf("on a screen: %s", &b)
	}
}
