package ews

import (
	"strings"
	"testing"
	"time"
)

// A text that comments cut into very many pieces is read in the time of one that
// is whole.
func TestTextInPiecesIsReadInOneGo(t *testing.T) {
	const pieces = 400_000
	begun := time.Now()
	n, err := readXML(strings.NewReader("<a>begin"+strings.Repeat("x<!---->", pieces)+"<b>in</b>end</a>"), 32<<20)
	if err != nil || n.text != "begin"+strings.Repeat("x", pieces)+"end" || n.val("b") != "in" {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}
