package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/k2"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// served is signoff behind its whole HTTP server on the loopback, asked by
// clients.
type served struct {
	*callers
	ours  *ours
	who   *identity.Service
	trust *identity.Trust // nil: nobody's tokens
	http  *http.Server
	ended chan error
}

// overREST opens the whole server, whose clients sign in with a name and a
// password or with a bearer token.
func (r *run) overREST(w workload, bearer bool) opener {
	return func(ctx context.Context, at *site) (subject, error) { return r.openServed(ctx, at, w, bearer) }
}

func (r *run) openServed(ctx context.Context, at *site, w workload, bearer bool) (*served, error) {
	o, err := r.openOurs(ctx, at, w)
	if err != nil {
		return nil, err
	}
	people, err := furnish(ctx, o.store, w.people)
	if err != nil {
		return nil, errors.Join(err, o.store.Close())
	}
	o.run(ctx, people, "main", nil)
	s, err := serve(o, people)
	if err != nil {
		return nil, errors.Join(err, o.close())
	}
	if bearer {
		err = s.withTokens(ctx, people)
	}
	if err == nil {
		err = s.signIn()
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// withTokens lets everybody have a bearer token instead of a password.
func (s *served) withTokens(ctx context.Context, people *identity.Service) error {
	is, err := newIssuer()
	if err != nil {
		return err
	}
	tokens, err := is.tokens(s.people, s.people)
	if err != nil {
		return err
	}
	s.identify = func(n int) string { return "Bearer " + tokens[n-1] }
	s.trust, err = is.trusted(ctx, people, 0)
	return err
}

func serve(o *ours, people *identity.Service) (*served, error) {
	api := &httpapi.Server{Identity: people, Library: o.lib, Runner: o.runner}
	api.K2 = &k2.Server{HTTP: api}
	handler, err := api.Handler()
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &served{ours: o, who: people, callers: newCallers(o.workload, ln.Addr().String()), ended: make(chan error, 1),
		http: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute}}
	go func() { s.ended <- s.http.Serve(ln) }()
	return s, nil
}

// password is everybody's.
const password = "four-words-on-a-bench"

// furnish makes people with that password. Hashing a password is dear on
// purpose; they share one hash.
func furnish(ctx context.Context, s *store.Store, many int) (*identity.Service, error) {
	people, err := identity.Open(ctx, s, identity.Options{})
	if err != nil {
		return nil, err
	}
	first := identity.NewUser{Login: person(1).Login, Name: person(1).Name, Email: person(1).Email, Password: seal.Secret(password)}
	if _, err := people.CreateUser(ctx, access.System, first); err != nil {
		return nil, err
	}
	c, _, err := s.Credential(ctx, first.Login, "")
	if err != nil {
		return nil, err
	}
	for n := 2; n <= many; n++ {
		p := person(n)
		u, err := people.CreateUser(ctx, access.System, identity.NewUser{Login: p.Login, Name: p.Name, Email: p.Email})
		if err == nil && u.Principal != p.Principal {
			err = fmt.Errorf("bench: person %d is %s", n, u.Principal)
		}
		if err == nil {
			err = s.UpgradePassword(ctx, int64(n), "", c.Password)
		}
		if err != nil {
			return nil, err
		}
	}
	return people, nil
}

// callers are clients of which each keeps one connection.
type callers struct {
	workload
	address  string
	identify func(n int) string // how the n-th person says who they are

	mu      sync.Mutex
	clients map[int]*httpClient
}

func newCallers(w workload, address string) *callers {
	return &callers{workload: w, address: address, identify: basic, clients: map[int]*httpClient{}}
}

// signIn lets everybody send their password or token once, so that it is
// remembered.
func (s *callers) signIn() error {
	c, err := s.client(0)
	for n := 1; err == nil && n <= s.people; n++ {
		_, err = c.do("GET", "/api/v1/me", s.identify(n), nil)
	}
	return err
}

func (s *callers) client(n int) (*httpClient, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.clients[n]; c != nil {
		return c, nil
	}
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		return nil, err
	}
	c := newHTTPClient(conn)
	s.clients[n] = c
	return c, nil
}

func (s *callers) cycle(_ context.Context, client, n int, l *lap) error {
	c, err := s.client(client)
	if err != nil {
		return err
	}
	starter, approver := s.starter(client), s.approver(n)
	body := fmt.Appendf(nil, `{"variables":{"amount":%d,"approver":"p%d"}}`, n, approver)
	from := time.Now()
	answer, err := c.do("POST", "/api/v1/workflows/bench/instances", s.identify(starter), body)
	l.start = time.Since(from)
	if err != nil || !s.asked {
		return err
	}
	id, err := numberIn(answer, `"id":`)
	if err != nil {
		return err
	}
	from = time.Now()
	answer, err = c.do("POST", "/api/v1/tasks/"+strconv.FormatInt(id, 10)+"_"+strconv.Itoa(taskSeq)+"/decision", s.identify(approver), []byte(`{"action":"Approve"}`))
	l.decide = time.Since(from)
	if err == nil && !bytes.Contains(answer, []byte(`"completed"`)) {
		err = fmt.Errorf("instance %d did not end: %s", id, answer)
	}
	return err
}

func (s *callers) hangUp() {
	for _, c := range s.clients {
		c.conn.Close()
	}
}

func (s *served) settle(ctx context.Context) error { return s.ours.settle(ctx) }

func (s *served) close() error {
	s.hangUp()
	err := s.http.Close()
	if s.trust != nil {
		err = errors.Join(err, s.trust.Close())
	}
	if e := <-s.ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return errors.Join(err, s.ours.close())
}

// httpClient asks over one connection, one question at a time. It does little
// else, so that what is measured is the server.
type httpClient struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
	body []byte
}

func newHTTPClient(conn net.Conn) *httpClient {
	return &httpClient{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}
}

// maxAnswer bounds what a server may answer.
const maxAnswer = 4 << 20

// do asks with that Authorization, none when it is "", and returns the body of
// the answer, which is valid until the next call.
func (c *httpClient) do(method, path, who string, body []byte) ([]byte, error) {
	b := append(c.out[:0], method...)
	b = append(append(append(b, ' '), path...), " HTTP/1.1\r\nHost: localhost\r\n"...)
	if who != "" {
		b = append(append(append(b, "Authorization: "...), who...), "\r\n"...)
	}
	if body != nil {
		b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
		b = append(strconv.AppendInt(b, int64(len(body)), 10), "\r\n"...)
	}
	b = append(append(b, "\r\n"...), body...)
	c.out = b
	if _, err := c.conn.Write(b); err != nil {
		return nil, err
	}
	return c.answer()
}

func basic(n int) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("p"+strconv.Itoa(n)+":"+password))
}

func (c *httpClient) answer() ([]byte, error) {
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	ok := bytes.HasPrefix(line, []byte("HTTP/1.1 2"))
	status := string(line)
	length, chunked := -1, false
	for {
		if line, err = c.line(); err != nil {
			return nil, err
		}
		if len(line) == 0 {
			break
		}
		switch name, value, _ := bytes.Cut(line, []byte(": ")); string(name) {
		case "Content-Length":
			length, err = strconv.Atoi(string(value))
		case "Transfer-Encoding":
			chunked = string(value) == "chunked"
		}
	}
	c.body = c.body[:0]
	switch {
	case chunked:
		err = c.chunks()
	case err != nil || length < 0:
		err = fmt.Errorf("bench: an answer without a length: %s", status)
	default:
		err = c.more(length)
	}
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("bench: the server answered %s: %s", status, c.body)
	}
	return c.body, nil
}

// more reads n bytes of the body.
func (c *httpClient) more(n int) error {
	at := len(c.body)
	if n < 0 || at+n > maxAnswer {
		return fmt.Errorf("bench: an answer of more than %d bytes", maxAnswer)
	}
	c.body = slices.Grow(c.body, n)[:at+n]
	_, err := io.ReadFull(c.in, c.body[at:])
	return err
}

// chunks reads a body of unknown length (RFC 9112 section 7.1).
func (c *httpClient) chunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(line), 16, 31)
		if err == nil {
			err = c.more(int(n))
		}
		if err != nil {
			return err
		}
		if _, err := c.line(); err != nil || n == 0 {
			return err
		}
	}
}

func (c *httpClient) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

// numberIn reads the number behind a key.
func numberIn(answer []byte, key string) (int64, error) {
	_, after, found := bytes.Cut(answer, []byte(key))
	end := bytes.IndexFunc(after, func(r rune) bool { return r < '0' || r > '9' })
	if !found || end < 1 {
		return 0, fmt.Errorf("bench: no number %s in %s", key, answer)
	}
	return strconv.ParseInt(string(after[:end]), 10, 64)
}
