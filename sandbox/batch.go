package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A mail for several mailboxes arrives in all of them or in none, even if the
// program dies in between: the drafts are listed in a batch file before the
// first is shown, and what is left of a listed batch is shown at the next start.

const (
	batchPrefix = "batch-" // in the post's directory: JSON list of draft files
	readyPrefix = "ready-" // in a folder: a draft of a listed batch, to be adopted
)

// showAll shows drafts, all or none.
func (p *post) showAll(drafts []*draft) error {
	if len(drafts) == 1 {
		_, err := drafts[0].publish()
		return err
	}
	batch, err := p.list(drafts)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		if _, err := d.publish(); err != nil {
			return err // the rest is shown at the next start
		}
	}
	return os.Remove(batch)
}

func (p *post) list(drafts []*draft) (string, error) {
	var files []string
	for _, d := range drafts {
		rel, err := filepath.Rel(p.dir, d.file)
		if err != nil {
			return "", err
		}
		files = append(files, rel)
	}
	text, err := json.Marshal(files)
	if err != nil {
		return "", err
	}
	name := rand.Text()
	tmp, batch := filepath.Join(p.dir, "tmp-"+name), filepath.Join(p.dir, batchPrefix+name)
	if err := writeSynced(tmp, text); err != nil {
		return "", err
	}
	if err := os.Rename(tmp, batch); err != nil {
		return "", err
	}
	return batch, syncDir(p.dir)
}

// finishBatches makes the drafts of batches that were not finished ready to be
// adopted by their folders. It runs before these are opened.
func finishBatches(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), batchPrefix) {
			continue
		}
		if err := finishBatch(dir, filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func finishBatch(dir, batch string) error {
	text, err := os.ReadFile(batch)
	if err != nil {
		return err
	}
	var files []string
	if err := json.Unmarshal(text, &files); err != nil {
		return err
	}
	for _, rel := range files {
		if !filepath.IsLocal(rel) {
			continue
		}
		from := filepath.Join(dir, rel)
		to := filepath.Join(filepath.Dir(from), readyPrefix+strings.TrimPrefix(filepath.Base(from), "tmp-"))
		if err := os.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err // ErrNotExist: it was shown
		}
	}
	return os.Remove(batch)
}
