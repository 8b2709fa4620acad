//go:build unix

// Package pgtest starts a PostgreSQL server for tests: the installed one, in a
// folder and on a port of its own, with nothing of the machine's own servers in
// it. It runs until the test program ends.
package pgtest

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
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Variable names the environment variable that makes tests run on PostgreSQL
// which otherwise use SQLite: SIGNOFF_TEST_STORE=postgres.
const Variable = "SIGNOFF_TEST_STORE"

// Choose returns where a test should keep its data: path, or, when the suite
// is run on PostgreSQL, a new database that goes by this path for the whole
// run: the same path gives the same database again.
func Choose(t testing.TB, path string) string {
	t.Helper()
	if os.Getenv(Variable) != "postgres" || strings.HasPrefix(path, "postgres://") {
		return path
	}
	chosen.Lock()
	defer chosen.Unlock()
	if chosen.byPath[path] == "" {
		chosen.byPath[path] = Database(t)
	}
	return chosen.byPath[path]
}

// FileOnly skips a test of what only a file does when the suite is run on PostgreSQL.
func FileOnly(t testing.TB) {
	t.Helper()
	if os.Getenv(Variable) == "postgres" {
		t.Skip("this is about SQLite")
	}
}

var chosen = struct {
	sync.Mutex
	byPath map[string]string
}{byPath: map[string]string{}}

// Prepare starts the common server when the suite is run on PostgreSQL. A
// package whose tests make stores where time stands still (testing/synctest)
// calls it first.
func Prepare() {
	if os.Getenv(Variable) == "postgres" {
		common.once.Do(startCommon)
	}
}

func startCommon() { common.server, common.err = start(true) }

// Database makes an empty database on the common server and returns its
// address. The test is skipped when PostgreSQL is not installed.
func Database(t testing.TB) string {
	t.Helper()
	common.once.Do(startCommon)
	if errors.Is(common.err, errAbsent) {
		t.Skip(common.err)
	}
	if common.err != nil {
		t.Fatal(common.err)
	}
	return common.server.database(t)
}

var common struct {
	once   sync.Once
	server *Server
	err    error
}

// Server is a PostgreSQL server of a test's own.
type Server struct {
	Dir   string // of its data and its log
	Port  int
	bin   string
	as    *syscall.SysProcAttr
	fsync bool

	mu      sync.Mutex
	cmd     *exec.Cmd
	leash   *os.File // it stops when this is closed, also by our death
	gone    chan struct{}
	counter int
}

// Start starts a server that only this test uses, so that it may be stopped and
// broken, and ends it with the test. The test is skipped when PostgreSQL is not
// installed.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start(true)
	if errors.Is(err, errAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	return s
}

var errAbsent = errors.New("PostgreSQL is not installed here: what runs on it is not tested")

func start(fsync bool) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "signoff-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, bin: bin, fsync: fsync}
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
	return "", errAbsent
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
	s.cmd = exec.Command("/bin/sh", "-c", keeper, "sh", s.Dir,
		filepath.Join(s.bin, "postgres"), "-D", filepath.Join(s.Dir, "data"), "-k", s.Dir, "-p", strconv.Itoa(s.Port),
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync="+onOff(s.fsync), "-c", "full_page_writes="+onOff(s.fsync),
		"-c", "max_connections=200", "-c", "shared_buffers=32MB", "-c", "autovacuum_naptime=10s", "-c", "log_min_messages=fatal")
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

// Database makes an empty database and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.database(t)
}

func (s *Server) database(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	s.counter++
	name := "t" + strconv.Itoa(s.counter)
	s.mu.Unlock()
	s.Exec(t, "postgres", "create database "+name)
	return s.Address(name)
}

// Exec executes a statement in a database of the server.
func (s *Server) Exec(t testing.TB, database, statement string) {
	t.Helper()
	Exec(t, s.Address(database), statement)
}

// Exec executes a statement in the database at an address.
func Exec(t testing.TB, address, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", firstWords(statement), err)
	}
}

func firstWords(s string) string {
	return strings.Join(strings.Fields(s)[:min(6, len(strings.Fields(s)))], " ")
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
