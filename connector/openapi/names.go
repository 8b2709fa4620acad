package openapi

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

const maxName = 90 // the broker takes 100; a number may follow

var (
	apart   = regexp.MustCompile(`[^A-Za-z0-9_]+`)
	version = regexp.MustCompile(`^(?i:v[0-9.]+|api|rest|services?)$`)
)

// joined makes one word that the broker takes of a name of somebody else's:
// "list-pets" becomes listPets. "" when nothing is left.
func joined(name string) string {
	parts := apart.Split(name, -1)
	var out strings.Builder
	for _, p := range parts {
		if p = strings.Trim(p, "_"); p == "" {
			continue
		}
		if out.Len() > 0 {
			p = strings.ToUpper(p[:1]) + p[1:]
		}
		out.WriteString(p)
	}
	word := out.String()
	if word != "" && word[0] >= '0' && word[0] <= '9' {
		word = "n" + word
	}
	return word[:min(len(word), maxName)]
}

// plainName is a name of a value, such as @odata.id, as the broker takes it.
func plainName(name string) string {
	out := strings.Trim(apart.ReplaceAllString(name, "_"), "_")
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		out = "x_" + out
	}
	return strings.TrimRight(out[:min(len(out), maxName)], "_")
}

// objectName is where an operation belongs: to its first tag, or to the first
// part of its path that says anything.
func objectName(tags []string, path string) string {
	for _, t := range tags {
		if name := joined(t); name != "" {
			return name
		}
	}
	name := ""
	for _, s := range strings.Split(path, "/") {
		if s = joined(s); s == "" || strings.Contains(path, "{"+s+"}") {
			continue
		}
		if name = s; !version.MatchString(s) {
			break
		}
	}
	if name == "" {
		return "API"
	}
	return name
}

// methodName is for operations without an operationId: getPetsByPetId.
func methodName(verb, path string) string {
	out := strings.ToLower(verb)
	for _, s := range strings.Split(path, "/") {
		word := joined(s)
		if word == "" || version.MatchString(s) {
			continue
		}
		word = strings.ToUpper(word[:1]) + word[1:]
		if strings.HasPrefix(s, "{") {
			word = "By" + word
		}
		out += word
	}
	return out[:min(len(out), maxName)]
}

// free makes a name one that is not taken yet, and takes it.
func free(name string, taken map[string]bool) string {
	out := name
	for n := 2; taken[out]; n++ {
		out = fmt.Sprintf("%s_%d", name, n)
	}
	taken[out] = true
	return out
}

func unescape(text string) string {
	if out, err := url.PathUnescape(text); err == nil {
		return out
	}
	return text
}

// short keeps what others say on one line.
func short(text string) string { return clipTo(strings.Join(strings.Fields(text), " "), 200) }

func clipTo(text string, most int) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= most {
		return text
	}
	text = text[:most]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text + "…"
}
