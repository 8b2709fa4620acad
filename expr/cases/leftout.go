package cases

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed left-out.txt
var kitLeftOut string

// LeftOut lists cases that do not count, each with the reason. A nil LeftOut
// lists none.
type LeftOut struct {
	reasons map[string]string // by "dir" or "dir id"
	met     map[string]bool
}

// Kit returns the list of the compatibility kit's cases that do not count.
func Kit() *LeftOut {
	out, err := ParseLeftOut(kitLeftOut)
	if err != nil {
		panic(err) // a test reads it
	}
	return out
}

// ParseLeftOut reads lines of "directory: why" and "directory case: why". Empty
// lines and those that begin with # say nothing.
func ParseLeftOut(text string) (*LeftOut, error) {
	out := &LeftOut{reasons: map[string]string{}, met: map[string]bool{}}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		key, why, ok := strings.Cut(line, ":")
		if why = strings.TrimSpace(why); !ok || why == "" {
			return nil, fmt.Errorf("line %d: no reason is given", i+1)
		}
		out.reasons[strings.TrimSpace(key)] = why
	}
	return out, nil
}

func (l *LeftOut) why(c Case) (string, bool) {
	if l == nil {
		return "", false
	}
	for _, key := range []string{c.Dir, c.Dir + " " + c.ID} {
		if why, ok := l.reasons[key]; ok {
			l.met[key] = true
			return why, true
		}
	}
	return "", false
}

// Unmet returns the lines that fitted no case so far, sorted.
func (l *LeftOut) Unmet() (out []string) {
	for key := range l.reasons {
		if !l.met[key] {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}
