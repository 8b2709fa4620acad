package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/signoffhq/signoff"
)

// fileLock says that this process owns the data. The file stays when the lock
// goes: removing it would let two servers hold locks on two files of one name.
type fileLock struct{ f *os.File }

func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, folderError(filepath.Dir(path), err)
	}
	ok, err := tryLock(f)
	if err != nil || !ok {
		f.Close()
	}
	if err != nil {
		return nil, folderError(filepath.Dir(path), err)
	}
	if !ok {
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: "data-in-use",
			Detail: fmt.Sprintf("another server is running on %s", strings.TrimSuffix(path, ".lock")),
			Hint:   "stop it first, or give this one another folder with --data"}
	}
	return &fileLock{f}, nil
}

func (l *fileLock) release() {
	if l != nil && l.f != nil {
		l.f.Close() // which drops the lock
		l.f = nil
	}
}

func folderError(dir string, err error) error {
	what, hint := "cannot be used", "name another with --data"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		what, hint = "does not exist", "make it, or name another with --data"
	case errors.Is(err, fs.ErrPermission):
		what, hint = "cannot be written by this user", "check its rights, or name another with --data"
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: codeUnusable,
		Detail: fmt.Sprintf("the data folder %s %s", dir, what), Hint: hint, Err: err}
}
