package doctor

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/identity/trust"
)

// Advice that names what no page shows helps nobody.
func TestAdviceSpeaksAsThePagesDo(t *testing.T) {
	words := map[string]string{}
	for _, name := range []string{"trust", "apis"} {
		raw, err := os.ReadFile("../web/src/text/" + name + ".ts")
		if err != nil {
			t.Fatal(err)
		}
		words[name] = string(raw)
	}
	for _, field := range strings.Fields("tenants audiences slashVariants url algorithms versions noPeople scopes clients guests personClaim newcomers apps roles appClients strongApps authContext add") {
		if label := trust.Label(field); label == field || !strings.Contains(words["trust"], "'"+label+"'") {
			t.Errorf("the Trust page has no %q, for %s", label, field)
		}
	}
	for _, phrase := range []string{"Waiting to be let in", "Fetch keys now", "Tenant or issuer", "may call when they are listed", "wait until an administrator lets them in"} {
		if !strings.Contains(words["trust"], "'"+phrase+"'") {
			t.Errorf("the Trust page has no %q", phrase)
		}
	}
	for kind, label := range kindLabels {
		if !strings.Contains(words["apis"], kind+": '"+label+"'") {
			t.Errorf("the APIs page has no %q, for %s", label, kind)
		}
	}
}

var fieldNames = regexp.MustCompile(`this server: |slashVariants|appClients|noPeople|strongApps|personClaim|profile (oidc|entra)`)

func TestNoSettingIsCalledByItsNameInJSON(t *testing.T) {
	for _, file := range []string{"words.go", "standing.go", "answer.go", "request.go", "provider.go", "aadsts.go", "../identity/trust/check_caller.go", "../identity/trust/check_claims.go", "../identity/trust/check_trust.go"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`(Label|setting|Page)\([^)]*\)`).ReplaceAllString(string(raw), "")
		for _, found := range regexp.MustCompile(`"[^"\n]* [^"\n]*"`).FindAllString(text, -1) {
			if fieldNames.MatchString(found) {
				t.Errorf("%s says %s", file, found)
			}
		}
	}
}
