package ews

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

const (
	watchFor      = 5 * time.Minute
	pollEvery     = 30 * time.Second
	usualSilence  = 2 * time.Minute // a stream says every 45 to 60 seconds that it lives
	maxNotice     = 1 << 20
	maxWatches    = 10_000
	streamMinutes = 5
)

// subscription is what the server tells news of a folder by; only the back end
// that the cookies lead to knows it.
type subscription struct {
	id      string
	cookies []string
}

// errUnheard says that listening does not work, now or ever: news are asked for.
var errUnheard = errors.New("nothing can be heard")

// Watch implements exchange.Reader by listening to a stream, and where there is
// none by asking every half minute. The state is not used up: Sync will tell the
// same.
func (b *box) Watch(ctx context.Context, folder, state string) error {
	if state == "" {
		return nil
	}
	key := strings.Join([]string{b.access.Who, b.access.User, strings.ToLower(b.address), folder}, "\n")
	sub, kept := b.s.take(key)
	for range 2 {
		var err error
		if !kept {
			if sub, err = b.subscribe(ctx, folder); err != nil {
				break
			}
		}
		// What came before the subscription is told by nobody.
		if news, err := b.anyNews(ctx, folder, state); news || err != nil {
			b.s.keep(key, sub)
			return err
		}
		began := b.s.now()
		lost, err := b.listen(ctx, sub)
		if !lost && !errors.Is(err, errUnheard) {
			b.s.keep(key, sub)
		}
		if err == nil && !lost || ctx.Err() != nil {
			return ctx.Err()
		}
		if !lost {
			return b.afterBreak(ctx, folder, state, b.s.now().Sub(began))
		}
		kept = false
	}
	return b.poll(ctx, folder, state)
}

// afterBreak asks whether anything came while a stream broke. Where streams never
// last, they are not tried more often than news are asked for.
func (b *box) afterBreak(ctx context.Context, folder, state string, lasted time.Duration) error {
	if news, err := b.anyNews(ctx, folder, state); news || err != nil || lasted >= pollEvery {
		return err
	}
	return b.s.pause(ctx, pollEvery-lasted)
}

func (b *box) poll(ctx context.Context, folder, state string) error {
	for waited := time.Duration(0); waited < watchFor; waited += pollEvery {
		if news, err := b.anyNews(ctx, folder, state); news || err != nil {
			return err
		}
		if err := b.s.pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	return nil
}

// anyNews tells whether anything happened in a folder since state.
func (b *box) anyNews(ctx context.Context, folder, state string) (bool, error) {
	n, anew, err := b.changes(ctx, folder, state, 1)
	return anew || len(n.kid("Changes").children()) > 0, err
}

func (s *System) take(key string) (subscription, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub, ok := s.watches[key]
	delete(s.watches, key)
	return sub, ok
}

func (s *System) keep(key string, sub subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.watches) >= maxWatches { // the server forgets them after half an hour
		clear(s.watches)
	}
	s.watches[key] = sub
}

// subscribe begins to have news of a folder kept for us.
func (b *box) subscribe(ctx context.Context, folder string) (subscription, error) {
	at, err := b.folderID(ctx, folder)
	if err != nil {
		return subscription{}, err
	}
	r := request{doing: "Listening to the mailbox", need: reading, header: http.Header{"X-Preferserveraffinity": {"True"}},
		op: el("m:Subscribe", el("m:StreamingSubscriptionRequest", el("t:FolderIds", at),
			el("t:EventTypes", txt("t:EventType", "NewMailEvent"), txt("t:EventType", "CreatedEvent"), txt("t:EventType", "MovedEvent"), txt("t:EventType", "CopiedEvent"))))}
	sub := subscription{}
	r.cookies = &sub.cookies
	n, err := b.one(ctx, r)
	if err != nil {
		return subscription{}, err
	}
	if sub.id = n.val("SubscriptionId"); sub.id == "" {
		return subscription{}, errUnheard
	}
	return sub, nil
}

// listen returns when the stream tells of something, or has ended as it should.
// lost says that the subscription is no good any more. errUnheard says that the
// server does not stream.
func (b *box) listen(ctx context.Context, sub subscription) (lost bool, err error) {
	timed, stop := context.WithCancel(ctx)
	defer stop()
	alive := time.AfterFunc(b.s.silence, stop)
	defer alive.Stop()
	r := request{doing: "Listening to the mailbox", header: http.Header{"X-Preferserveraffinity": {"True"}},
		op: el("m:GetStreamingEvents", el("m:SubscriptionIds", txt("t:SubscriptionId", sub.id)), txt("m:ConnectionTimeout", fmt.Sprint(streamMinutes)))}
	if len(sub.cookies) > 0 {
		r.header["Cookie"] = []string{strings.Join(sub.cookies, "; ")}
	}
	a, host, err := b.send(timed, r, b.s.schema())
	if err != nil {
		return false, err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		err, _ := b.refused(r, a, host)
		return true, err
	}
	if !isXML(a) {
		return true, notExchange(r.doing, host, a)
	}
	return b.hear(newReader(a.Body, maxNotice), alive, traffic.RequestID(a))
}

// hear reads a stream: a series of whole envelopes.
func (b *box) hear(in *reader, alive *time.Timer, id string) (lost bool, err error) {
	for {
		n, err := in.next()
		if err != nil {
			return false, err
		}
		alive.Reset(b.s.silence)
		m := n.kid("Body", "GetStreamingEventsResponse", "ResponseMessages", "GetStreamingEventsResponseMessage")
		switch {
		case m == nil:
			return true, errUnheard
		case m.attr("ResponseClass") == "Error":
			if ref := readRefusal(m, id); strings.EqualFold(ref.Code, "ErrorMissedNotificationEvents") {
				return false, nil // something came, and nobody knows what: Sync does
			} else {
				return true, ref
			}
		case m.val("ConnectionStatus") == "Closed":
			return false, nil
		case tells(m.kid("Notifications")):
			return false, nil
		}
	}
}

// tells tells whether notifications hold an event; a StatusEvent is none.
func tells(all *node) bool {
	for _, note := range all.children() {
		for _, e := range note.kids {
			if strings.HasSuffix(e.name, "Event") && e.name != "StatusEvent" {
				return true
			}
		}
	}
	return false
}
