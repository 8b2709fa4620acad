package seal

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestSecretIsNeverShown(t *testing.T) {
	const plain = "hunter2-äß"
	s := Secret(plain)
	type config struct {
		Password Secret            `json:"password" yaml:"password" xml:"password"`
		ByName   map[string]Secret `json:"byName" yaml:"byName" xml:"-"`
	}
	c := config{s, map[string]Secret{"a": s}}

	shown := map[string]string{"string": s.String()}
	for _, verb := range []string{"%v", "%s", "%q", "%x", "%X", "%+v", "%#v", "%d", "%10.3s"} {
		shown[verb] = strings.ReplaceAll(fmt.Sprintf(verb, s), "%!", "")
		shown[verb+" in a struct"] = fmt.Sprintf(verb, c)
	}
	shown["errorf"] = fmt.Errorf("sign in with %q: %v", s, s).Error()
	j, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	shown["json"] = string(j)
	y, err := yaml.Marshal(struct {
		Password Secret
		List     []Secret
	}{s, []Secret{s}})
	if err != nil {
		t.Fatal(err)
	}
	shown["yaml"] = string(y)
	x, err := xml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	shown["xml"] = string(x)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "password", s, "config", c, "list", []Secret{s})
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "password", s, "config", c, "pointer", &s)
	shown["slog"] = log.String()

	for how, text := range shown {
		for _, bad := range []string{"hunter", "68756e74", "68756E74", "104 117"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s shows the secret: %s", how, text)
			}
		}
		if !strings.Contains(text, sealed) {
			t.Errorf("%s does not say %s: %s", how, sealed, text)
		}
	}
	if s.Reveal() != plain {
		t.Errorf("Reveal = %q", s.Reveal())
	}
}

func TestSecretIsReadLikeAnyString(t *testing.T) {
	var c struct{ Password Secret }
	if err := json.Unmarshal([]byte(`{"password":"a"}`), &c); err != nil || c.Password.Reveal() != "a" {
		t.Errorf("json: %v, %q", err, c.Password.Reveal())
	}
	if err := yaml.Unmarshal([]byte("password: b"), &c); err != nil || c.Password.Reveal() != "b" {
		t.Errorf("yaml: %v, %q", err, c.Password.Reveal())
	}
}
