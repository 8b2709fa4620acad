package ews

import (
	"net/http"
	"sync"
	"time"
)

// stream answers GetStreamingEvents: one HTTP body with a series of complete
// envelopes, until the client goes, the connection's time is over, or the
// server closes.
func (s *Server) stream(w http.ResponseWriter, c *call, op *node) {
	subs, lost, f := s.streamed(c, op)
	if f == nil && !s.limits.hang(c.who.key()) {
		f = refuse("ErrorExceededConnectionCount")
	}
	if f != nil {
		m := failed("GetStreamingEvents", f)
		if len(lost) > 0 {
			ids := el("m:ErrorSubscriptionIds")
			for _, id := range lost {
				ids.kids = append(ids.kids, el("m:SubscriptionId", id))
			}
			m.kids = append(m.kids, ids)
		}
		s.writeSOAP(w, http.StatusOK, respond("GetStreamingEvents", m))
		return
	}
	s.subs.streams.Add(1)
	defer s.subs.streams.Done()
	defer s.limits.unhang(c.who.key())
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	st := &streaming{srv: s, w: w, flush: http.NewResponseController(w), c: c, subs: subs}
	st.run(time.Duration(number(op.val("m:ConnectionTimeout"), 1)) * s.minute())
}

// minute is how long a minute of a connection lasts: tests have short ones.
func (s *Server) minute() time.Duration {
	if s.shortMinute > 0 {
		return s.shortMinute
	}
	return time.Minute
}

func (s *Server) streamed(c *call, op *node) (subs []*subscription, lost []string, wrong *fault) {
	ids := op.kid("m:SubscriptionIds").kids
	if len(ids) > maxStreamIDs {
		return nil, nil, &fault{code: "ErrorInvalidArgument", text: "A connection takes at most 200 subscriptions."}
	}
	for _, n := range ids {
		sub, f := s.findSubscription(c, n.val())
		if f == nil && sub.pull {
			f = refuse("ErrorInvalidSubscription")
		}
		if f != nil {
			lost, wrong = append(lost, n.val()), f
			continue
		}
		subs = append(subs, sub)
	}
	return subs, lost, wrong
}

// streaming is one connection that hangs.
type streaming struct {
	srv   *Server
	w     http.ResponseWriter
	flush *http.ResponseController
	c     *call
	subs  []*subscription
}

func (st *streaming) run(lasts time.Duration) {
	if !st.send(answer("GetStreamingEvents", el("m:ConnectionStatus", "OK"))) {
		return
	}
	wake, stop := st.watch()
	defer stop()
	end, pulse := time.NewTimer(lasts), time.NewTicker(min(maxPulse, st.srv.minute()*3/4))
	defer end.Stop()
	defer pulse.Stop()
	for {
		if !st.tell() {
			return
		}
		select {
		case <-wake:
		case <-pulse.C:
			if !st.send(st.beat()) {
				return
			}
		case <-end.C:
			st.send(answer("GetStreamingEvents", el("m:ConnectionStatus", "Closed")))
			return
		case <-st.c.ctx.Done():
			return
		case <-st.srv.ending.Done():
			return
		case <-st.srv.Exchange.Done():
			return
		}
	}
}

// watch wakes the connection when a mailbox has news. stop waits for its
// goroutines.
func (st *streaming) watch() (wake <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	var running sync.WaitGroup
	var ends []func()
	for _, sub := range st.subs {
		w := sub.box.Watch()
		ends = append(ends, w.Stop)
		running.Go(func() {
			for range w.C {
				select {
				case c <- struct{}{}:
				default:
				}
			}
		})
	}
	return c, func() {
		for _, end := range ends {
			end()
		}
		running.Wait()
	}
}

// tell sends what the subscriptions have to say; false: the connection is over.
func (st *streaming) tell() bool {
	for _, sub := range st.subs {
		for more := true; more; {
			n, again, ok := st.news(sub)
			if !ok {
				return false
			}
			more = again
			if n == nil {
				continue
			}
			account, app := sub.box.Account().ID, st.c.who.App
			if st.srv.Exchange.Struck("stream-stops", account, app) {
				st.breakOff(n)
			}
			if !st.send(n) || st.srv.Exchange.Struck("notifications-twice", account, app) && !st.send(n) {
				return false
			}
		}
	}
	return true
}

// news is one notification, or nil when there is nothing to say.
func (st *streaming) news(sub *subscription) (n *node, more, ok bool) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	events, last, more, err := sub.read(sub.since)
	lose := len(events) > 0 && st.srv.Exchange.Struck("notifications-lost", sub.box.Account().ID, st.c.who.App)
	if lostEvents(err) || lose {
		sub.since = sub.box.Last()
		return failed("GetStreamingEvents", refuse("ErrorMissedNotificationEvents"), el("m:ErrorSubscriptionIds", el("m:SubscriptionId", sub.id))), false, true
	}
	if err != nil {
		st.srv.Log.Error("ews stream", "err", err)
		return nil, false, false
	}
	sub.since = last
	if len(events) == 0 {
		return nil, more, true
	}
	note := el("m:Notification", el("t:SubscriptionId", sub.id))
	for _, e := range events {
		note.kids = append(note.kids, sub.show(e, st.srv.Now(), false))
	}
	return answer("GetStreamingEvents", el("m:Notifications", note)), more, true
}

// beat is the heartbeat: a StatusEvent for each subscription.
func (st *streaming) beat() *node {
	all := el("m:Notifications")
	for _, sub := range st.subs {
		all.kids = append(all.kids, el("m:Notification", el("t:SubscriptionId", sub.id), el("t:StatusEvent")))
	}
	return answer("GetStreamingEvents", all)
}

func (st *streaming) send(message *node) bool {
	if _, err := st.w.Write(st.srv.wrap(respond("GetStreamingEvents", message))); err != nil {
		return false
	}
	return st.flush.Flush() == nil
}

// breakOff ends the connection in the middle of an envelope.
func (st *streaming) breakOff(message *node) {
	data := st.srv.wrap(respond("GetStreamingEvents", message))
	st.w.Write(data[:len(data)/2])
	st.flush.Flush()
	panic(http.ErrAbortHandler)
}
