package exchange

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// line is one line of a journal: what became of one thing. Of several lines
// about the same thing the last one counts.
type line struct {
	Item     *Item     `json:"item,omitempty"`
	Gone     *Gone     `json:"gone,omitempty"`
	Folder   *Folder   `json:"folder,omitempty"`
	NoFolder uint64    `json:"noFolder,omitempty"`
	Settings *Settings `json:"settings,omitempty"`
	Last     uint64    `json:"last,omitempty"` // the counter, where nothing else says it
	Forgot   uint64    `json:"forgot,omitempty"`
}

// journal is a file that lines are added to. A line that was cut off by a crash
// is passed over.
type journal struct {
	mu   sync.Mutex
	file *os.File
}

// readJournal calls take for each line; there may be no file.
func readJournal(name string, take func(line)) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 64<<10), maxJournalLine)
	for lines.Scan() {
		var l line
		if json.Unmarshal(lines.Bytes(), &l) == nil {
			take(l)
		}
	}
	return lines.Err()
}

// beginJournal writes the file anew, with what all holds, and goes on in it.
func beginJournal(name string, all []line) (*journal, error) {
	tmp := name + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriter(f)
	e := json.NewEncoder(w)
	for _, l := range all {
		if err := e.Encode(l); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	if err := errors.Join(w.Flush(), f.Sync()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := os.Rename(tmp, name); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &journal{file: f}, nil
}

func (j *journal) add(l line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}
