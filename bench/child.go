package bench

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Memory and start-up are those of a server in a process of its own, held
// against a process that only opens the database.

// memory measures servers with waiting instances: none, and many.
func (r *run) memory(ctx context.Context) error {
	if !r.wants("memory") || r.Server == nil {
		return nil
	}
	if _, known := residentBytes(os.Getpid()); !known {
		r.say("memory: the memory of a process is not known on this system; left out")
		return nil
	}
	for _, n := range []int{0, r.Waiting} {
		if err := r.memoryWith(ctx, n); err != nil {
			return fmt.Errorf("bench memory with %d waiting: %w", n, err)
		}
	}
	return nil
}

func (r *run) memoryWith(ctx context.Context, n int) (err error) {
	at, err := r.place.fresh(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.remove()) }()
	if err := r.peopled(ctx, at, n); err != nil {
		return err
	}
	var started, worked, floor []sample
	for round := range r.Rounds {
		r.say("%s memory, %s waiting: round %d of %d", r.place.name(), thousands(n), round+1, r.Rounds)
		before, after, err := r.memoryOfServer(ctx, at)
		if err != nil {
			return err
		}
		bare, err := r.memoryOfOpening(ctx, at)
		if err != nil {
			return err
		}
		started, worked, floor = append(started, sample{bytes: before}), append(worked, sample{bytes: after}), append(floor, sample{bytes: bare})
	}
	for _, c := range []struct {
		what  string
		bytes []sample
	}{{"just started", started}, {"after work", worked}} {
		one := Case{ID: fmt.Sprintf("%s memory %s %d", r.place.name(), c.what, n), Store: r.place.name(), Part: "memory", What: "resident memory of a server, " + c.what,
			Size: n, Kind: Memory, Against: "floor", Signoff: figureOf(c.bytes), Floor: figureOf(floor)}
		r.report.Cases = append(r.report.Cases, one.rated())
	}
	return nil
}

// workers is how many clients work on the server whose memory is looked at.
const workers = 16

// memoryOfServer returns what a server has in use when it has started, and when
// it has worked for a while: approvals, and pages of lists.
func (r *run) memoryOfServer(ctx context.Context, at *site) (before, after float64, err error) {
	s, err := r.startServer(ctx, at)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	b, _ := residentBytes(s.cmd.Process.Pid)
	c := newCallers(w2.among(r.restPeople), s.address)
	defer c.hangUp()
	if err := c.signIn(); err != nil {
		return 0, 0, err
	}
	if _, err := r.measure(ctx, &visitor{c}, workers, r.Each); err != nil {
		return 0, 0, err
	}
	a, _ := residentBytes(s.cmd.Process.Pid)
	return float64(b), float64(a), nil
}

// visitor is a client that looks at its tasks between approvals.
type visitor struct{ *callers }

func (v *visitor) cycle(ctx context.Context, client, n int, l *lap) error {
	c, err := v.client(client)
	if err != nil {
		return err
	}
	if _, err := c.do("GET", "/api/v1/tasks?limit=50", v.identify(v.starter(client)), nil); err != nil {
		return err
	}
	return v.callers.cycle(ctx, client, n, l)
}

func (v *visitor) settle(context.Context) error { return nil }
func (v *visitor) close() error                 { return nil }

func (r *run) memoryOfOpening(ctx context.Context, at *site) (bytes float64, err error) {
	p, err := r.startOpening(ctx, at)
	if err != nil {
		return 0, err
	}
	n, _ := residentBytes(p.cmd.Process.Pid)
	return float64(n), p.stop()
}

// ready measures how long a server takes from its start to its first answer.
func (r *run) ready(ctx context.Context) (err error) {
	if !r.wants("ready") || r.Server == nil {
		return nil
	}
	at, err := r.place.fresh(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.remove()) }()
	if err := r.peopled(ctx, at, r.Stored); err != nil {
		return fmt.Errorf("bench ready: %w", err)
	}
	var ours, floor []sample
	for round := range r.Rounds {
		r.say("%s ready, %s stored: round %d of %d", r.place.name(), thousands(r.Stored), round+1, r.Rounds)
		for _, c := range []struct {
			start func(context.Context, *site) (*child, error)
			into  *[]sample
		}{{r.startServer, &ours}, {r.startOpening, &floor}} {
			p, err := c.start(ctx, at)
			if err != nil {
				return fmt.Errorf("bench ready: %w", err)
			}
			*c.into = append(*c.into, sample{count: 1, times: map[string][2]float64{ready: {float64(p.took), float64(p.took)}}})
			if err := p.stop(); err != nil {
				return err
			}
		}
	}
	c := Case{ID: fmt.Sprintf("%s ready %d", r.place.name(), r.Stored), Store: r.place.name(), Part: "ready", What: "from the start of the process to /readyz",
		Size: r.Stored, Kind: Wait, Against: "floor", Signoff: figureOf(ours), Floor: figureOf(floor)}
	r.report.Cases = append(r.report.Cases, c.rated())
	return nil
}

// peopled makes waiting instances, and people who can sign in.
func (r *run) peopled(ctx context.Context, at *site, n int) error {
	if _, err := seal.LoadKey(filepath.Join(at.folder, "key"), ""); err != nil {
		return err
	}
	fill := func() error { return makeTables(ctx, at.dsn) }
	if n > 0 {
		fill = func() error { return r.seed(ctx, at, n) }
	}
	if err := fill(); err != nil {
		return err
	}
	s, err := store.Open(ctx, at.dsn, store.Options{})
	if err != nil {
		return err
	}
	_, err = furnish(ctx, s, r.restPeople)
	return errors.Join(err, s.Close())
}

// child is a process of ours.
type child struct {
	cmd     *exec.Cmd
	in      io.Closer
	errs    bytes.Buffer
	address string        // of a server
	took    time.Duration // from its start until it was ready
}

// startWithinTime bounds how long a process may take to be ready.
const startWithinTime = time.Minute

// start starts this program and hands its output to ready, line by line, until
// that says yes.
func (r *run) start(ctx context.Context, at *site, ready func(line string) (bool, error), args ...string) (_ *child, err error) {
	c := &child{cmd: r.Server(context.WithoutCancel(ctx), args...)}
	c.cmd.Env = append(c.cmd.Environ(), "SIGNOFF_STORE="+at.dsn)
	if r.place.name() == SQLite && args[0] == "serve" {
		c.cmd.Env = append(c.cmd.Env, "SIGNOFF_STORE=") // the file in the data folder
	}
	c.cmd.Stderr = &c.errs
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(startWithinTime, func() { c.cmd.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		yes, err := ready(lines.Text())
		if err != nil {
			return nil, errors.Join(err, c.stop())
		}
		if yes {
			c.took = time.Since(begin)
			go io.Copy(io.Discard, out) // ends with the process
			return c, nil
		}
	}
	c.cmd.Wait()
	return nil, fmt.Errorf("bench: signoff %s ended before it was ready: %s", args[0], strings.TrimSpace(c.errs.String()))
}

// startServer starts a server on a database and waits until it is ready.
func (r *run) startServer(ctx context.Context, at *site) (*child, error) {
	var address string
	c, err := r.start(ctx, at, func(line string) (bool, error) {
		_, text, found := strings.Cut(line, "http://")
		if !found {
			return false, nil
		}
		u, err := url.Parse("http://" + strings.TrimSpace(text))
		if err != nil {
			return false, err
		}
		address = u.Host
		return true, untilReady(ctx, u.Host)
	}, "serve", "--listen", "127.0.0.1:0", "--data", at.folder)
	if err == nil {
		c.address = address
	}
	return c, err
}

func untilReady(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startWithinTime)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, "GET", "http://"+address+"/readyz", nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("bench: the server is not ready: %w", errors.Join(err, ctx.Err()))
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (r *run) startOpening(ctx context.Context, at *site) (*child, error) {
	return r.start(ctx, at, func(line string) (bool, error) { return line == opened, nil }, "bench", "--open-only")
}

const opened = "open"

// stop ends the process and waits for it.
func (c *child) stop() error {
	c.in.Close()
	c.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(startWithinTime, func() { c.cmd.Process.Kill() })
	defer late.Stop()
	if err := c.cmd.Wait(); err != nil && !c.cmd.ProcessState.Exited() {
		return nil // by our signal
	} else if err != nil {
		return fmt.Errorf("bench: %w: %s", err, strings.TrimSpace(c.errs.String()))
	}
	return nil
}

// OpenOnly is what memory and start-up of a server are held against: it opens
// the database, reads a row, says so, and waits for the end of in.
func OpenOnly(ctx context.Context, dsn string, in io.Reader, out io.Writer) (err error) {
	driver := "pgx"
	if !strings.HasPrefix(dsn, "postgres") {
		driver, dsn = "sqlite", sqliteSettings(dsn, "FULL")
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var rev int
	if err := db.QueryRowContext(ctx, `select rev from instance where id = 1`).Scan(&rev); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := fmt.Fprintln(out, opened); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}
