package runner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// link is a connection that calls and mails need: somebody's token for a system.
// Whether it is there is true of the world; the nodes are only told.
type link struct {
	resource string
	who      signoff.Principal

	mu    sync.Mutex
	state linkState
}

type linkState string

const (
	linked   linkState = "there"
	unlinked linkState = "not there"
	deleted  linkState = "deleted" // nobody will ever give it
)

func (c *link) name() string { return fmt.Sprintf("%s|%s|", c.resource, c.who) }

func (c *link) is() linkState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

func (s *simulation) become(c *link, state linkState) {
	c.mu.Lock()
	c.state = state
	c.mu.Unlock()
	s.tell("%s is %s", c.name(), state)
}

// link makes the links, some of which are not there yet.
func (s *simulation) link() {
	s.links = []*link{{resource: "office", who: "user:1"}, {resource: "office", who: "user:2"}, {resource: "post", who: "user:3"}}
	for _, c := range s.links {
		if c.state = linked; s.strikes(connectionLacking, c.name()) {
			c.state = unlinked
		}
	}
}

// needs is the link that a command needs.
func (s *simulation) needs(j Job) *link { return s.links[int(j.Instance)%len(s.links)] }

// missing is what a handler says that lacks a link.
type missing struct{ link *link }

func (e missing) Error() string { return "not connected: " + e.link.name() }
func (e missing) Unwrap() error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: "not-connected", Detail: "not connected"}
}
func (e missing) ParksFor() (string, signoff.Principal, string) {
	return e.link.name(), e.link.who, "somebody has to connect"
}

// find looks for the link a command needs, as its handler.
func (l *life) find(j Job) error {
	switch c := l.needs(j); {
	case j.Kind == engine.DoNotify:
	case c.is() == deleted:
		return &signoff.Error{Kind: signoff.Invalid, Code: "resource-gone", Detail: "there is no such resource"}
	case c.is() == unlinked:
		l.judge.lacked(j)
		return missing{c}
	}
	return nil
}

// tend lets a link come and go as long as the weather is bad. In the end it is
// there.
func (s *simulation) tend(c *link) {
	for {
		select {
		case <-s.calm:
			time.Sleep(s.while("connected at last "+c.name(), 0, 2*time.Minute))
			if c.is() != linked {
				s.become(c, linked)
				s.sayConnected(c)
			}
			return
		case <-time.After(s.while("tend "+c.name(), time.Second, 90*time.Second)):
		}
		switch {
		case s.isFine():
		case c.is() == linked:
			if s.strikes(connectionRevoked, c.name()) {
				s.become(c, unlinked)
			}
		case s.strikes(resourceDeleted, c.name()):
			s.become(c, deleted)
			s.abandon(c)
		default:
			s.become(c, linked)
			s.sayConnected(c)
		}
	}
}

// sayConnected tells some node once, if word of it is not lost.
func (s *simulation) sayConnected(c *link) {
	say := func(about string) {
		_ = s.request(about, func(r *Runner) error { return r.Connected(context.Background(), c.name()) })
	}
	if s.strikes(wordLost, c.name()) {
		return
	}
	if s.strikes(wordTwice, c.name()) {
		s.aside(func() {
			time.Sleep(s.while("word again "+c.name(), 0, 5*time.Second))
			say("connected again " + c.name())
		})
	}
	say("connected " + c.name())
}

// abandon says once that nobody will give what waits for a resource.
func (s *simulation) abandon(c *link) {
	if s.strikes(wordLost, c.resource) {
		return
	}
	_ = s.request("abandon "+c.resource, func(r *Runner) error {
		_, err := r.Abandon(context.Background(), c.resource, signoff.Error{Code: "resource-gone", Detail: "deleted"})
		return err
	})
}

// askAgain is somebody's press on a button that may be there or not.
func (s *simulation) askAgain(p *paperwork, in store.Instance) {
	for _, e := range in.State.Effects {
		_ = s.request(fmt.Sprintf("again %d_%d", p.id, e.Seq), func(r *Runner) error {
			return r.TryAgain(context.Background(), admin, signoff.Serial{Instance: p.id, Seq: e.Seq})
		})
	}
}

// lacked takes note that a command was handed out and lacked its link. What
// waits does not run in circles.
func (j *judge) lacked(job Job) {
	j.mu.Lock()
	defer j.mu.Unlock()
	const most = 40
	if o := j.asked[job.Key]; o != nil {
		if o.lacked++; o.lacked == most {
			j.wrongf("%s lacked a connection %d times: it is not parked, it spins", job.Key, most)
		}
	}
}

// parked takes note that a command was put away for want of a connection.
func (j *judge) parked(key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o := j.asked[key]; o != nil {
		o.parked++
	}
}
