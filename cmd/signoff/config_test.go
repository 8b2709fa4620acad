package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

func file(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "signoff.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheDescribedFileChangesNothing(t *testing.T) {
	var described bytes.Buffer
	describe(&described)
	plain, err := loadConfig("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	same, err := loadConfig(file(t, described.String()), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if plain != same {
		t.Errorf("the described file gives\n%+v\nand no file\n%+v", same, plain)
	}
	if plain.Mail.IMAP.Poll != time.Minute || !plain.Basic || plain.Mail.Pace.PerMinute != 30 {
		t.Errorf("defaults are not what the documentation says: %+v", plain)
	}
}

func TestTheLastOneToSayItWins(t *testing.T) {
	path := file(t, "listen: 1.1.1.1:1\ndata: /file\nmail:\n  smtp:\n    address: file:25\n    password: pw\n")
	c, err := loadConfig(path, []string{"SIGNOFF_DATA=/env", "SIGNOFF_MAIL_SMTP_ADDRESS=env:25", "HOME=/x"}, map[string]any{"data": "/flag"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "1.1.1.1:1" || c.Data != "/flag" || c.Mail.SMTP.Address != "env:25" || c.Mail.SMTP.Password.Reveal() != "pw" {
		t.Errorf("got %+v, password %q", c, c.Mail.SMTP.Password.Reveal())
	}
}

func TestNothingIsNoValue(t *testing.T) {
	path := file(t, "basic:\nmail:\n  smtp:\n    tls: \"\"\n")
	c, err := loadConfig(path, []string{"SIGNOFF_LISTEN=", "SIGNOFF_MAIL_PACE_PERMINUTE=", "SIGNOFF_MAIL_DOUBT=", "SIGNOFF_URL=",
		"SIGNOFF_PORT=tcp://10.0.0.1:80", "SIGNOFF_PORT_80_TCP=tcp://10.0.0.1:80", "SIGNOFF_SERVICE_HOST=10.0.0.1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if plain, _ := loadConfig("", nil, nil); c != plain {
		t.Errorf("nothing gives\n%+v\nand no setting\n%+v", c, plain)
	}
}

func TestAWrongSettingIsNamedWithItsPlace(t *testing.T) {
	for _, c := range []struct {
		name, text string
		env        []string
		want       []string
	}{
		{"a misspelt key", "listen: x:1\nmail:\n  smpt:\n    address: y\n", nil, []string{"line 3", "mail.smpt", "did you mean mail.smtp?"}},
		{"two at once", "lisen: x\nadmin:\n  logn: y\n", nil, []string{"line 1", "did you mean listen?", "line 3", "did you mean admin.login?"}},
		{"a misspelt variable", "", []string{"SIGNOFF_LISTN=x"}, []string{"SIGNOFF_LISTN", "did you mean SIGNOFF_LISTEN?"}},
		{"a choice there is not", "mail:\n  smtp:\n    tls: maybe\n", nil, []string{"mail.smtp.tls", "starttls, tls, none"}},
		{"a time without a unit", "mail:\n  imap:\n    poll: 60\n", nil, []string{"mail.imap.poll", "30s"}},
		{"no number", "mail:\n  pace:\n    perminute: many\n", nil, []string{"mail.pace.perminute", "whole number"}},
		{"no switch", "basic: perhaps\n", nil, []string{"basic", "true or false"}},
		{"no YAML", "listen: [\n", nil, []string{"not YAML"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadConfig(file(t, c.text), c.env, nil)
			e, ok := errors.AsType[*signoff.Error](err)
			if !ok || e.Kind != signoff.Invalid {
				t.Fatalf("got %v", err)
			}
			var said bytes.Buffer
			tellError(&said, err)
			for _, w := range c.want {
				if !strings.Contains(said.String(), w) {
					t.Errorf("it does not say %q:\n%s", w, said.String())
				}
			}
		})
	}
}

func TestAMissingFileAndAHugeOneAreRefused(t *testing.T) {
	if _, err := loadConfig(filepath.Join(t.TempDir(), "none.yaml"), nil, nil); signoff.CodeOf(err) != "bad-config" {
		t.Error(err)
	}
	if _, err := loadConfig(file(t, "# "+strings.Repeat("x", maxConfigBytes)), nil, nil); signoff.CodeOf(err) != "bad-config" {
		t.Error(err)
	}
}

func TestASecretIsNotShownWithItsConfig(t *testing.T) {
	_, err := loadConfig(file(t, "mail:\n  smtp:\n    password: hunter22\n    tls: hunter22\n"), nil, nil)
	var said bytes.Buffer
	tellError(&said, err)
	if strings.Contains(said.String(), "hunter22") {
		t.Errorf("a value was echoed:\n%s", said.String())
	}
}
