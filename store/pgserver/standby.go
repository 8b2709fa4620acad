//go:build unix

package pgserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Standby starts a second server that follows this one by streaming
// replication and can be read. With wait, this one acknowledges no commit
// before the standby has it on its disk, from now on.
func (s *Server) Standby(wait bool) (*Server, error) {
	dir, err := os.MkdirTemp(s.settings.In, "signoff-pg-")
	if err != nil {
		return nil, err
	}
	two := &Server{Dir: dir, bin: s.bin, settings: s.settings}
	if err := two.owner(); err != nil {
		return nil, err
	}
	copying := exec.Command(filepath.Join(s.bin, "pg_basebackup"), "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-U", "signoff",
		"-D", filepath.Join(dir, "data"), "-X", "stream", "-c", "fast", "-R", "--no-sync")
	copying.SysProcAttr, copying.Dir = two.as, dir
	if out, err := copying.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	if err := two.choosePort(); err != nil {
		return nil, err
	}
	if err := two.Run(); err != nil || !wait {
		return two, err
	}
	for _, statement := range []string{`alter system set synchronous_standby_names = '*'`, `select pg_reload_conf()`} {
		if err := Exec(context.Background(), s.Address("postgres"), statement); err != nil {
			return two, err
		}
	}
	return two, nil
}

// Promote makes a standby the primary, and returns when it is.
func (s *Server) Promote() error {
	return Exec(context.Background(), s.Address("postgres"), `do $$ begin
		if not pg_promote(true, 60) then raise exception 'it was not promoted within a minute'; end if; end $$`)
}
