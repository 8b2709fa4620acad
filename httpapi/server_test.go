package httpapi_test

import (
	"path/filepath"
	"testing"

	"github.com/signoffhq/signoff/httpapi/apitest"
)

// before is what some stories begin with, beside people and workflows.
var before = map[string]func(*testing.T, *apitest.World){"mail.http": someMail}

// Each script is a story told in requests, on a server of its own.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.http")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			w := apitest.Start(t)
			if prepare := before[filepath.Base(f)]; prepare != nil {
				prepare(t, w)
			}
			w.Play(t, f)
		})
	}
}
