//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/signoffhq/signoff/client"
)

// newAlone writes the configuration of a server without mail that drains as long as told.
func newAlone(t *testing.T, drain time.Duration) *site {
	t.Helper()
	dir, listen := t.TempDir(), freePort(t)
	config := filepath.Join(dir, "signoff.yaml")
	text := fmt.Sprintf("listen: %s\ndata: %s\nadmin: {password: administer}\ndrain: %s\n", listen, filepath.Join(dir, "data"), drain)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, config: config, url: "http://" + listen, log: &lockedBuffer{}}
	t.Cleanup(s.kill)
	return s
}

// untilUnready waits until a server says that it should get no more requests.
func (s *site) untilUnready() {
	s.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := http.Get(s.url + "/readyz")
		if err != nil {
			s.t.Fatalf("it closed its door without a word: %v\n%s", err, s.log)
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode == http.StatusServiceUnavailable {
			if got := string(text); got != "not ready: this server is being stopped\n" || !res.Close {
				s.t.Fatalf("it says %q, and closes: %v", got, res.Close)
			}
			return
		}
		select {
		case <-tick.C:
		case <-s.t.Context().Done():
			s.t.Fatal("it is still ready")
		}
	}
}

// A request whose second half comes when the server has long been told to stop,
// a connection that was open before, and new ones while it drains: all answered.
// Event streams end after that, and the server with code 0.
func TestAServerThatIsToldToStopFirstTurnsCallersAway(t *testing.T) {
	const drain = 1500 * time.Millisecond
	s := newAlone(t, drain)
	s.up()

	slow, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	body := `{"login":"ana","name":"Ana","email":"ana@contoso.test","password":"signoff-pw"}`
	head, _ := http.NewRequest("POST", s.url, nil)
	head.SetBasicAuth("admin", "administer")
	fmt.Fprintf(slow, "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		head.Header.Get("Authorization"), len(body), body[:10])

	connected, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		heard := false
		ended <- s.as("admin").Events(t.Context(), "0", func(client.Event) error {
			if !heard {
				close(connected)
			}
			heard = true
			return nil
		})
	}()
	<-connected

	told := time.Now()
	s.cmd.Process.Signal(syscall.SIGTERM)
	s.untilUnready()
	for range 3 { // as a balancer that has not noticed would
		if _, err := s.as("admin").Me(t.Context()); err != nil {
			t.Fatalf("refused while draining: %v", err)
		}
	}
	select {
	case <-ended:
		t.Errorf("the stream ended while clients would come back here, after %v", time.Since(told))
	default:
	}
	<-ended
	if took := time.Since(told); took < drain {
		t.Errorf("drained for %v only", took)
	}
	fmt.Fprint(slow, body[10:])
	res, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil || res.StatusCode != http.StatusCreated || !res.Close {
		t.Errorf("the request under way got %+v %v", res, err)
	}
	<-s.gone
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("it ended with %d\n%s", code, s.log)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")); err == nil {
		t.Error("something still listens")
	}
}

func TestASecondSignalEndsAServerAtOnce(t *testing.T) {
	s := newAlone(t, time.Hour)
	s.up()
	s.cmd.Process.Signal(syscall.SIGTERM)
	s.untilUnready()
	s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.gone
	if status := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v\n%s", status, s.log)
	}
}

// systemd is a socket, as systemd gives one to what it starts.
func TestSystemdIsToldWhenTheServerServesAndWhenItStops(t *testing.T) {
	dir, err := os.MkdirTemp("", "notify-") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	says := func() string {
		b := make([]byte, 100)
		socket.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, err := socket.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	c := command(context.Background(), "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	c.Env = append(c.Env, "NOTIFY_SOCKET="+socket.LocalAddr().String())
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	if said := says(); said != "READY=1" {
		t.Fatalf("said %q", said)
	}
	c.Process.Signal(syscall.SIGTERM)
	if said := says(); said != "STOPPING=1" {
		t.Fatalf("said %q", said)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}
