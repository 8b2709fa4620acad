package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Result is what came of a scenario.
type Result struct {
	Name        string
	Title       string // the comment at its top, "" when there is none
	Commands    int    // how many were run
	Differences []Difference
	Updated     []byte // the file with what happened under the dashes
}

// Difference is a block that gave something else than the file says.
type Difference struct {
	Line     int      // of the first line that differs
	Commands []string // what was done, as it stands in the file
	Want     []string
	Got      []string
}

// OK tells whether everything was as the file says.
func (r Result) OK() bool { return len(r.Differences) == 0 }

// Run runs the scenario called name in fsys; the files it names stand beside
// it. The error, an *Error, says what makes the file unusable, such as a command
// nobody knows; that the workflow did something else is in the Result.
func Run(fsys fs.FS, name string) (Result, error) {
	data, err := readFile(fsys, name, MaxFile)
	if err != nil {
		return Result{}, &Error{File: name, Msg: err.Error()}
	}
	p, err := read(name, data)
	if err != nil {
		return Result{}, err
	}
	if len(p.blocks) == 0 {
		return Result{}, &Error{File: name, Msg: "there is nothing in it to run"}
	}
	return p.run(newWorld(fsys, name))
}

func (p *page) run(w *world) (Result, error) {
	r := Result{Name: p.name, Title: p.title()}
	var updated []string
	done := 0
	for _, b := range p.blocks {
		got, err := b.run(w)
		if err != nil {
			return r, err
		}
		r.Commands += len(b.commands)
		if !b.compared {
			continue
		}
		want := trimmed(p.lines[b.from:b.to])
		if !slices.Equal(want, got) {
			r.Differences = append(r.Differences, Difference{b.from + 1 + firstDifference(want, got), p.commandsOf(&b), want, got})
		}
		updated = append(append(updated, p.lines[done:b.from]...), got...)
		done = b.to
	}
	updated = append(updated, p.lines[done:]...)
	r.Updated = []byte(strings.Join(updated, "\n") + "\n")
	return r, nil
}

// title is what the comment at the top says.
func (p *page) title() string {
	var words []string
	for _, line := range p.lines {
		rest, comment := strings.CutPrefix(strings.TrimSpace(line), "#")
		if !comment {
			break
		}
		words = append(words, strings.Fields(rest)...)
	}
	return strings.Join(words, " ")
}

// commandsOf returns the commands of a block as they stand in the file.
func (p *page) commandsOf(b *block) []string {
	out := make([]string, len(b.commands))
	for i, c := range b.commands {
		out[i] = strings.TrimSpace(p.lines[c.line-1])
	}
	return out
}

// run runs the block's commands and returns the lines they give.
func (b *block) run(w *world) ([]string, error) {
	w.out = nil
	for _, c := range b.commands {
		w.line = c.line
		refused, err := w.perform(c)
		if msg, ok := errors.AsType[usage](err); ok {
			return nil, &Error{w.file, c.line, string(msg)}
		}
		if err != nil {
			return nil, err
		}
		if refused && !b.compared {
			return nil, &Error{w.file, c.line, "this was refused, and there are no dashes that expect it: " + w.refusal}
		}
	}
	return trimmed(w.out), nil
}

func trimmed(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = strings.TrimRight(line, " \t")
	}
	return out
}

func firstDifference(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// readFile reads a file of at most limit bytes.
func readFile(fsys fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("the file has %d bytes; at most %d are allowed", info.Size(), limit)
	}
	return fs.ReadFile(fsys, name)
}
