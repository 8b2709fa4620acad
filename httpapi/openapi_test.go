package httpapi

import (
	"os"
	"testing"
)

func TestPrint(t *testing.T) {
	b, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile("/tmp/openapi.json", b, 0o600)
}
