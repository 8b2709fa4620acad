package scenario

import (
	"strconv"

	"github.com/signoffhq/signoff/engine"
)

// addFile adds a file: file t1 by=jane name=quote.pdf; without a task, to the
// instance. size= is how many bytes it has.
func (w *world) addFile(a *arguments) (bool, error) {
	task := 0
	if name, ok := a.next(); ok {
		var err error
		if task, err = w.seq('t', name); err != nil {
			return false, err
		}
	}
	by, err := a.who()
	if err != nil {
		return false, err
	}
	size := 1000
	if text, given := a.get("size"); given {
		if size, err = strconv.Atoi(text); err != nil || size < 0 || size > 2*engine.MaxFileBytes {
			return false, wrong("size is a number of bytes: size=20000")
		}
	}
	name := a.text("name")
	if err := a.done(); err != nil {
		return false, err
	}
	e, err := engine.NewFile(task, name, engine.Specimen(name, size))
	if err != nil {
		w.tellRefusal(err)
		return true, nil
	}
	return w.decide(by, e)
}

// removeFile takes a file away: remove f1 by=jane reason="…".
func (w *world) removeFile(a *arguments) (bool, error) {
	name, err := a.need("which file: remove f1 by=jane")
	if err != nil {
		return false, err
	}
	seq, err := w.seq('f', name)
	if err != nil {
		return false, err
	}
	by, err := a.who()
	if err != nil {
		return false, err
	}
	why := a.text("reason")
	if err := a.done(); err != nil {
		return false, err
	}
	return w.decide(by, engine.RemoveFile{File: seq, Reason: why})
}
