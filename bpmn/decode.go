package bpmn

import (
	"bytes"
	"cmp"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// declaredEncoding finds the encoding in an XML declaration, which is ASCII in
// every encoding read here (XML 1.0 §4.3.3).
var declaredEncoding = regexp.MustCompile(`^<\?xml[ \t\r\n][^>]*?[ \t\r\n]encoding[ \t\r\n]*=[ \t\r\n]*["']([^"']*)["']`)

// decode turns a file into UTF-8 with XML line ends (XML 1.0 §2.11). A byte
// order mark and the declaration have to agree: guessing between them would
// garble names quietly.
func decode(data []byte) (text, encoding string, err error) {
	text, family, err := decodeUnicode(data)
	if err != nil {
		return "", "", err
	}
	declared := ""
	if m := declaredEncoding.FindStringSubmatch(text[:min(len(text), 1000)]); m != nil {
		declared = m[1]
	}
	if text, err = settle(text, family, declared); err != nil {
		return "", "", err
	}
	if encoding = declared; encoding == "" {
		encoding = cmp.Or(family, "UTF-8")
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.ReplaceAll(text, "\r", "\n"), encoding, nil
}

// decodeUnicode looks at the first bytes (XML 1.0 appendix F). It returns
// UTF-16 as text, other bytes as they are. family is "" when nothing shows.
func decodeUnicode(data []byte) (text, family string, err error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return string(data[3:]), "UTF-8", nil
	case bytes.HasPrefix(data, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(data, []byte{0, 0, 0xfe, 0xff}):
		return "", "", unreadable(1, "the file is UTF-32", saveAsUTF8)
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		text, err = decodeUTF16(data[2:], 1)
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		text, err = decodeUTF16(data[2:], 0)
	case bytes.HasPrefix(data, []byte{'<', 0}):
		text, err = decodeUTF16(data, 1)
	case bytes.HasPrefix(data, []byte{0, '<'}):
		text, err = decodeUTF16(data, 0)
	default:
		return string(data), "", nil
	}
	return text, "UTF-16", err
}

// decodeUTF16 reads pairs of bytes, the high one at offset high. Unlike a
// decoder for the web it refuses half characters instead of replacing them.
func decodeUTF16(data []byte, high int) (string, error) {
	if len(data)%2 != 0 {
		return "", unreadable(1, "the file says UTF-16 but has an odd number of bytes", "It may be cut off: save it again.")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = uint16(data[2*i+high])<<8 | uint16(data[2*i+1-high])
	}
	var b strings.Builder
	b.Grow(len(units))
	line := 1
	for i := 0; i < len(units); i++ {
		c := rune(units[i])
		if utf16.IsSurrogate(c) {
			var low rune
			if i+1 < len(units) {
				low = rune(units[i+1])
			}
			if c = utf16.DecodeRune(c, low); c == utf8.RuneError {
				return "", unreadable(line, "half a UTF-16 character", saveAsUTF8)
			}
			i++
		}
		if c == '\n' {
			line++
		}
		b.WriteRune(c)
	}
	return b.String(), nil
}

const saveAsUTF8 = "Save the file as UTF-8."

// settle applies the declared encoding to text that decodeUnicode left alone,
// and refuses a declaration that contradicts the bytes.
func settle(text, family, declared string) (string, error) {
	name := strings.ToUpper(declared)
	switch name {
	case "", "UTF-8", "UTF8", "US-ASCII", "ASCII":
		name = "UTF-8"
	case "UTF-16", "UTF-16LE", "UTF-16BE":
		name = "UTF-16"
	case "ISO-8859-1", "ISO_8859-1", "LATIN1", "WINDOWS-1252", "CP1252":
	default:
		return "", unreadable(1, "the file declares the encoding "+clip(declared)+", which signoff does not read",
			"Save it as UTF-8; UTF-16, ISO-8859-1 and windows-1252 are read too.")
	}
	if declared == "" && family == "UTF-16" {
		name = family // a byte order mark is enough (XML 1.0 §4.3.3)
	}
	if family != "" && family != name || family == "" && name == "UTF-16" {
		return "", unreadable(1, "the file declares the encoding "+clip(declared)+" but its bytes are "+cmp.Or(family, "not"),
			"Save it as UTF-8 and declare encoding=\"UTF-8\".")
	}
	return single(text, name)
}

// single decodes the one-byte encodings and checks the others.
func single(text, name string) (string, error) {
	table := charmap.ISO8859_1
	switch name {
	case "UTF-8", "UTF-16":
		for i, line := 0, 1; i < len(text); {
			r, n := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && n == 1 {
				return "", unreadable(line, "a byte that is not UTF-8", "Save the file as UTF-8, or declare the encoding it has.")
			}
			if r == '\n' {
				line++
			}
			i += n
		}
		return text, nil
	case "WINDOWS-1252", "CP1252":
		table = charmap.Windows1252
	}
	decoded, err := table.NewDecoder().String(text)
	if err != nil {
		return "", unreadable(1, "the file cannot be read as "+name, saveAsUTF8)
	}
	return decoded, nil
}
