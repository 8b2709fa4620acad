package client

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestAnExportIsHandedOverByWholeInstances(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	whole := `{"kind":"instance","id":1,"folio":"{\"kind\":\"end\"}` + long + `"}
{"kind":"event","instance":1}
{"kind":"mark","after":1}
{"kind":"mark","after":500}
{"kind":"instance","id":501}
{"kind":"mark","after":501}
{"kind":"end","instances":2}
`
	for cut := range len(whole) + 1 {
		if cut > 100 && cut < 200_000 && cut%4096 > 1 {
			continue
		}
		var so Exported
		got := ""
		err := readExport(bufio.NewReaderSize(strings.NewReader(whole[:cut]), 64<<10), &so, func(lines []byte, _ Exported) error {
			got += string(lines)
			return nil
		})
		if cut == len(whole) {
			if err != nil || got != whole || so != (Exported{2, 501}) {
				t.Errorf("whole: %v, %+v", err, so)
			}
			continue
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(whole, got) || got != "" && !strings.HasSuffix(got, "}\n") || strings.Contains(got, `"end","`) {
			t.Errorf("cut at %d: %v, %d bytes handed over", cut, err, len(got))
		}
		if so.After == 0 && got != "" || so.After == 501 && !strings.Contains(got, `"after":501`) {
			t.Errorf("cut at %d: %+v", cut, so)
		}
	}
}

func TestAnExportStopsWhenNobodyWantsMore(t *testing.T) {
	full := errors.New("disk full")
	var so Exported
	err := readExport(bufio.NewReader(strings.NewReader("{\"kind\":\"mark\",\"after\":1}\n")), &so, func([]byte, Exported) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}
