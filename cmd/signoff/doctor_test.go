package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// registrations sets ENTRA, CA and TENANT of the sandbox, and what the
// setup script proves itself with.
func init() { scriptCommands["registrations"] = registrationsInScript }

func registrationsInScript(ts *testscript.TestScript, _ bool, _ []string) {
	text, err := os.ReadFile(filepath.Join(ts.MkAbs("data"), "sandbox.json"))
	ts.Check(err)
	var at struct {
		Entra struct {
			URL, CAFile, Tenant string
			Registrations       []struct{ Name, ClientID, Secret string }
		}
	}
	ts.Check(json.Unmarshal(text, &at))
	ts.Setenv("ENTRA", at.Entra.URL)
	ts.Setenv("CA", at.Entra.CAFile)
	ts.Setenv("TENANT", at.Entra.Tenant)
	for _, r := range at.Entra.Registrations {
		if strings.Contains(r.Name, "Setup Script") {
			ts.Setenv("SIGNOFF_ENTRA_CLIENT_ID", r.ClientID)
			ts.Setenv("SIGNOFF_ENTRA_SECRET", r.Secret)
		}
	}
}
