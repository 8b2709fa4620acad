package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
)

// smallDisk is a folder on a disk of its own, with so many bytes.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a full disk needs the right to make one: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// TestAServerOnAFullDiskSaysSoAndGoesOnWhenThereIsRoom fills the disk under the
// real server. What it acknowledged is there afterwards.
func TestAServerOnAFullDiskSaysSoAndGoesOnWhenThereIsRoom(t *testing.T) {
	disk := smallDisk(t, "6m")
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, runSandbox(t))
	s.t.Setenv("SIGNOFF_DATA", filepath.Join(disk, "data"))
	s.up()
	s.furnish("../../samples/leave.bpmn")
	ctx := t.Context()
	said := &acknowledged{}
	text := "ready\n" // what readyz says; a small write may still fit where a large one did not
	for n := 0; text == "ready\n"; n++ {
		if n > 5000 {
			t.Fatal("the disk does not fill")
		}
		started, err := s.as("ana").Start(ctx, "leave", api.StartBody{Variables: leaveVariables(), Folio: strings.Repeat("x", 150)}, "")
		if err == nil {
			said.start(started.ID)
			continue
		}
		p, ok := errors.AsType[*client.Problem](err)
		if !ok || p.Status != http.StatusServiceUnavailable || !strings.Contains(p.Detail, "the disk is full") {
			t.Fatalf("a full disk is told as %v", err)
		}
		text = s.readyz(t)
	}
	if !strings.Contains(text, "not ready: ") || !strings.Contains(text, "disk is full") {
		t.Errorf("readyz says %q", text)
	}
	file := filepath.Join(disk, "monday.backup")
	out, err := command(ctx, "backup", "--config", s.config, file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "does not fit: the disk is full") {
		t.Errorf("a backup to that disk: %v\n%s", err, out)
	}
	if left, _ := filepath.Glob(file + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s.untilReady(t)
	if _, err := s.as("ana").Start(ctx, "leave", api.StartBody{Variables: leaveVariables()}, ""); err != nil {
		t.Errorf("with room again: %v", err)
	}
	started, _ := said.now()
	for _, id := range started {
		if _, err := s.as("admin").Instance(ctx, int64(id)); err != nil {
			t.Fatalf("of %d acknowledged starts one is gone: %v", len(started), err)
		}
	}
	t.Logf("%d starts acknowledged before the disk was full, all there", len(started))
}

func (s *site) readyz(t *testing.T) string {
	t.Helper()
	res, err := http.Get(s.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (s *site) untilReady(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	give := time.After(20 * time.Second)
	for text := s.readyz(t); text != "ready\n"; text = s.readyz(t) {
		select {
		case <-give:
			t.Fatalf("it is not ready again: %q", text)
		case <-tick.C:
		}
	}
}

// TestAFolderThatMayNotBeWrittenEndsEveryCommandWithOneSentence runs the program
// as a user who may not write where the data is to be.
func TestAFolderThatMayNotBeWrittenEndsEveryCommandWithOneSentence(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("another user can be tried by root only")
	}
	top, err := os.MkdirTemp("", "signoff-read-only-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	bin, dir := filepath.Join(top, "signoff"), filepath.Join(top, "data")
	copyFile(t, os.Args[0], bin)
	for path, mode := range map[string]os.FileMode{top: 0o755, bin: 0o755} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	runUntilReady(t, "", "--data", dir)
	made := filepath.Join(top, "made.backup")
	runOK(t, "backup", "--data", dir, made)
	if err := os.Chmod(made, 0o644); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(top, "open") // where strangers may read, as files of before
	if err := os.CopyFS(open, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{open: 0o755, filepath.Join(open, "signoff.db"): 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args  []string
		words string
	}{
		"serve":               {[]string{"serve", "--listen", "127.0.0.1:0", "--data", dir}, "this user"},
		"serve, a new folder": {[]string{"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(top, "new")}, "cannot be made"},
		"backup":              {[]string{"backup", "--data", open, filepath.Join(top, "x.backup")}, "may not be written by this user"},
		"backup, private":     {[]string{"backup", "--data", dir, filepath.Join(top, "x.backup")}, "may not be read and written by this user"},
		"restore":             {[]string{"restore", made, "--data", filepath.Join(top, "new")}, "cannot be made"},
		"migrate":             {[]string{"migrate", "--data", dir}, "this user"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, bin, c.args...)
			cmd.Dir = top
			cmd.Env = []string{beSignoff + "=1", "PATH=" + os.Getenv("PATH")}
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			out, err := cmd.CombinedOutput()
			if e, ended := errors.AsType[*exec.ExitError](err); !ended || e.ExitCode() != exitNo || !strings.Contains(string(out), c.words) || strings.Count(string(out), "\n") > 3 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	if left, _ := filepath.Glob(filepath.Join(top, "x*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
