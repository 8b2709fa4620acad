//go:build unix

// Package pgserver starts a PostgreSQL server for tests and measurements: the
// installed one, in a folder and on a port of its own, with nothing of the
// machine's own servers in it. It ends when the program does.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server of one's own.
type Server struct {
	Dir      string // of its data and its log
	Port     int
	bin      string
	as       *syscall.SysProcAttr
	settings Settings

	mu      sync.Mutex
	cmd     *exec.Cmd
	leash   *os.File // it stops when this is closed, also by our death
	gone    chan struct{}
	counter int
}

// ErrAbsent says that PostgreSQL is not installed on this machine.
var ErrAbsent = errors.New("PostgreSQL is not installed here")

// Settings adjust a server.
type Settings struct {
	In     string   // folder to make its own in; "": the system's temporary one
	NoSync bool     // do not wait for the disk: what is kept need not survive
	More   []string // further settings, as "shared_buffers=1GB"
}

// Start starts a new server. Stop it when it is no longer needed; should this
// process end without, it ends, too, and its folder goes.
func Start(o Settings) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.In, "signoff-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, bin: bin, settings: o}
	if err := s.owner(); err != nil {
		return nil, err
	}
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "signoff", "--auth=trust",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	init.SysProcAttr, init.Dir = s.as, dir
	if out, err := init.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := s.choosePort(); err != nil {
		return nil, err
	}
	return s, s.Run()
}

// binaries finds the newest server of Debian's packages, or one in the path.
func binaries() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	best := 0
	for _, d := range dirs {
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(d)))); err == nil {
			best = max(best, n)
		}
	}
	if best > 0 {
		return fmt.Sprintf("/usr/lib/postgresql/%d/bin", best), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", ErrAbsent
}

// owner gives the folder to a user without rights: the server refuses to run as root.
func (s *Server) owner() error {
	s.as = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is for us, and through us for it
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		s.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return os.Chown(s.Dir, uid, gid)
	}
	return errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func (s *Server) choosePort() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	return l.Close()
}

// keeper is the shell script that minds the server. It waits for its input to
// end, however we end, and then stops the server; unless it was told to keep it,
// it removes the folder, too.
const keeper = `dir=$1; shift
exec 3<&0
rm -f "$dir/gone"
"$@" >>"$dir/log" 2>&1 </dev/null 3<&- &
pid=$!
(
	keep=
	while read -r line; do
		case $line in
		keep) keep=1 ;;
		kill) kill -9 $pid; exit ;;
		esac
	done
	how=QUIT; [ $keep ] && how=INT
	while [ ! -e "$dir/gone" ]; do kill -$how $pid 2>/dev/null; sleep 0.1; done
	[ $keep ] || rm -rf "$dir"
) <&3 &
wait $pid
: >"$dir/gone"`

// Run starts the server, again after Halt or Kill, and waits until it answers.
// The processes of one that was killed may need a moment to find out.
func (s *Server) Run() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for deadline := time.Now().Add(10 * time.Second); ; {
		err := s.run()
		if err == nil || time.Now().After(deadline) || !strings.Contains(err.Error(), "still in use") {
			return err
		}
		fmt.Fprintln(s.leash, "keep")
		s.leash.Close()
		time.Sleep(50 * time.Millisecond)
	}
}

func (s *Server) run() error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	args := []string{"-c", keeper, "sh", s.Dir, filepath.Join(s.bin, "postgres"), "-D", filepath.Join(s.Dir, "data"), "-k", s.Dir, "-p", strconv.Itoa(s.Port)}
	for _, set := range append([]string{"listen_addresses=127.0.0.1", "fsync=" + onOff(!s.settings.NoSync), "full_page_writes=" + onOff(!s.settings.NoSync),
		"max_connections=200", "shared_buffers=32MB", "autovacuum_naptime=10s", "log_min_messages=fatal"}, s.settings.More...) {
		args = append(args, "-c", set)
	}
	s.cmd = exec.Command("/bin/sh", args...)
	s.cmd.SysProcAttr, s.cmd.Dir, s.cmd.Stdin = s.as, s.Dir, read
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.leash, s.gone = write, make(chan struct{})
	go func(c *exec.Cmd, gone chan struct{}) { c.Wait(); close(gone) }(s.cmd, s.gone)
	return s.waitReady()
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func (s *Server) waitReady() error {
	deadline := time.Now().Add(time.Minute)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		conn, err := pgx.Connect(ctx, s.Address("postgres"))
		if err == nil {
			conn.Close(ctx)
			cancel()
			return nil
		}
		cancel()
		select {
		case <-s.gone:
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			return fmt.Errorf("PostgreSQL did not start:\n%s", log)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		}
	}
}

// Address returns where a database on the server is.
func (s *Server) Address(database string) string {
	return fmt.Sprintf("postgres://signoff@127.0.0.1:%d/%s", s.Port, database)
}

// Create makes an empty database and returns its address.
func (s *Server) Create(ctx context.Context) (string, error) {
	name := s.next()
	return s.Address(name), Exec(ctx, s.Address("postgres"), "create database "+name)
}

// CreateFrom makes a database that holds what another one does, to which nobody
// may be connected meanwhile, and returns its address.
func (s *Server) CreateFrom(ctx context.Context, other string) (string, error) {
	name := s.next()
	return s.Address(name), Exec(ctx, s.Address("postgres"), "create database "+name+" template "+other)
}

func (s *Server) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counter++
	return "t" + strconv.Itoa(s.counter)
}

// Exec executes a statement in the database at an address.
func Exec(ctx context.Context, address, statement string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// Halt stops the server at once, as an orderly restart does; its data stays.
func (s *Server) Halt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintln(s.leash, "keep")
	s.leash.Close()
	<-s.gone
}

// Kill ends the server as a loss of power would.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintln(s.leash, "kill")
	<-s.gone
	s.leash.Close()
}

// Stop ends the server for good and removes its folder.
func (s *Server) Stop() {
	s.Halt()
	os.RemoveAll(s.Dir)
}
