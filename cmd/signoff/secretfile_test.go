package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASecretCanBeInAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("postgres://u:p@h/d\r\n")
	c, err := loadConfig("", []string{"SIGNOFF_STORE_FILE=" + path, "SIGNOFF_MAIL_SMTP_PASSWORD_FILE=", "SIGNOFF_KEY_FILE=/none"}, nil)
	if err != nil || c.Store.Reveal() != "postgres://u:p@h/d" || c.Mail.SMTP.Password != "" {
		t.Fatalf("%q %v", c.Store.Reveal(), err)
	}
	for _, k := range []struct {
		name, holds string
		env         []string
		want        string
	}{
		{"both are set", "hunter22", []string{"SIGNOFF_STORE=x"}, "SIGNOFF_STORE is set, too"},
		{"it is empty", "\n", nil, "is empty"},
		{"it is huge", strings.Repeat("x", maxSecretBytes+1), nil, "too large"},
		{"it is not there", "", []string{"SIGNOFF_ADMIN_PASSWORD_FILE=" + path + ".none"}, "cannot be read"},
		{"it is for something else", "hunter22", []string{"SIGNOFF_LISTEN_FILE=" + path}, "SIGNOFF_LISTEN_FILE: there is no such setting"},
	} {
		t.Run(k.name, func(t *testing.T) {
			write(k.holds)
			_, err := loadConfig("", append(k.env, "SIGNOFF_STORE_FILE="+path), nil)
			if err == nil {
				t.Fatal("it is taken")
			}
			var said bytes.Buffer
			tellError(&said, err)
			if !strings.Contains(said.String(), k.want) || strings.Contains(said.String(), "hunter22") {
				t.Errorf("it does not say %q:\n%s", k.want, said.String())
			}
		})
	}
}
