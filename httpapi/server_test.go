package httpapi_test

import (
	"path/filepath"
	"testing"

	"github.com/signoffhq/signoff/httpapi/apitest"
)

// Each script is a story told in requests, on a server of its own.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.http")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { apitest.Start(t).Play(t, f) })
	}
}
