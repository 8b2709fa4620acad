package bpmn

import (
	"strings"
	"unicode/utf8"
)

// isChar is production Char of XML 1.0 §2.2.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// nameStart holds NameStartChar of XML 1.0 §2.3 beyond ASCII, without the colon.
var nameStart = [][2]rune{
	{0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF},
	{0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF},
	{0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
}

func isNameStart(r rune) bool {
	if r < 0x80 {
		return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	for _, span := range nameStart {
		if r >= span[0] && r <= span[1] {
			return true
		}
	}
	return false
}

func isNameChar(r rune) bool {
	return isNameStart(r) || r == '-' || r == '.' || r >= '0' && r <= '9' ||
		r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}

// isNCName tells whether s is a name without a colon, as ids are.
func isNCName(s string) bool {
	return s != "" && ncNameLen(s) == len(s)
}

// maxIDBytes bounds the ids of what runs: they go into every row of a history.
const maxIDBytes = 200

// isUsableID tells whether s can name a step, a flow or a workflow.
func isUsableID(s string) bool { return len(s) <= maxIDBytes && isNCName(s) }

const idAdvice = "Give it one of at most 200 letters, digits, \"_\", \"-\" and \".\", beginning with a letter."

// ncNameLen returns the length of the NCName that s begins with, 0 for none.
func ncNameLen(s string) int {
	for i, r := range s {
		if i == 0 && !isNameStart(r) || i > 0 && !isNameChar(r) || r == utf8.RuneError {
			return i
		}
	}
	return len(s)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isBlank tells whether s is white space only, or empty.
func isBlank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }

// clip quotes text of the file for a message, shortened to what fits a line.
func clip(s string) string {
	const most = 60
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return `"` + s + `"`
}
