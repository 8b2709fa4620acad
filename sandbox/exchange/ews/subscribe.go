package ews

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// subscription is somebody's wish to hear of changes in folders of a mailbox.
type subscription struct {
	id      string
	owner   string // Caller.key
	box     *exchange.Mailbox
	folders map[uint64]bool // nil: all
	types   map[string]bool
	pull    bool
	idle    time.Duration // a pull subscription nobody asks for that long ends

	mu    sync.Mutex
	since uint64 // events up to here were told
	asked time.Time
}

// subscriptions are all there are; streams counts the connections that hang.
type subscriptions struct {
	mu      sync.Mutex
	list    map[string]*subscription
	streams sync.WaitGroup
}

func (s *subscriptions) wait() { s.streams.Wait() }

func (s *subscriptions) add(sub *subscription, now time.Time) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		s.list = map[string]*subscription{}
	}
	mine := 0
	for id, o := range s.list {
		if o.expired(now) {
			delete(s.list, id)
		} else if o.owner == sub.owner {
			mine++
		}
	}
	if mine >= maxSubscriptions {
		return refuse("ErrorExceededSubscriptionCount")
	}
	s.list[sub.id] = sub
	return nil
}

func (sub *subscription) expired(now time.Time) bool {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	return sub.pull && now.Sub(sub.asked) > sub.idle
}

// find returns a subscription of a caller. One that ran out is gone.
func (s *Server) findSubscription(c *call, id string) (*subscription, *fault) {
	b := &s.subs
	b.mu.Lock()
	defer b.mu.Unlock()
	sub := b.list[id]
	if sub == nil {
		return nil, refuse("ErrorSubscriptionNotFound")
	}
	if !c.affine {
		if _, on := s.switches.struck("affinity", c, ""); on {
			return nil, refuse("ErrorSubscriptionNotFound")
		}
	}
	if s.Exchange.Struck("subscription-removed", sub.box.Account().ID, c.who.App) {
		delete(b.list, id)
		return nil, refuse("ErrorSubscriptionNotFound")
	}
	if sub.owner != c.who.key() {
		return nil, refuse("ErrorSubscriptionAccessDenied")
	}
	if sub.expired(s.Now()) {
		delete(b.list, id)
		return nil, &fault{code: "ErrorExpiredSubscription", text: "The subscription has expired."}
	}
	return sub, nil
}

func subscribe(c *call, op *node) (*node, error) {
	return c.each("Subscribe", op.kids, nil, func(n *node) ([]*node, error) {
		if n.name == "m:PushSubscriptionRequest" {
			return nil, &fault{code: "ErrorInvalidPushSubscriptionUrl", text: "This server calls nobody: push subscriptions are not supported."}
		}
		sub := &subscription{id: newGUID(), owner: c.who.key(), types: map[string]bool{}, pull: n.name == "m:PullSubscriptionRequest", asked: c.srv.Now()}
		sub.idle = time.Duration(number(n.val("t:Timeout"), 30)) * time.Minute
		for _, t := range n.kid("t:EventTypes").kids {
			sub.types[t.val()] = true
		}
		if err := c.subscribeTo(sub, n); err != nil {
			return nil, err
		}
		if text := n.val("t:Watermark"); text != "" {
			seq, err := strconv.ParseUint(text, 36, 64)
			if err != nil {
				return nil, refuse("ErrorInvalidWatermark")
			}
			if _, _, err := sub.box.Events(seq, 1); err != nil {
				return nil, refuse("ErrorInvalidWatermark")
			}
			sub.since = seq
		}
		if f := c.srv.subs.add(sub, c.srv.Now()); f != nil {
			return nil, f
		}
		out := []*node{el("m:SubscriptionId", sub.id)}
		if sub.pull {
			out = append(out, el("m:Watermark", watermark(sub.since)))
		}
		return out, nil
	})
}

// subscribeTo reads which folders: of one mailbox, the caller's own.
func (c *call) subscribeTo(sub *subscription, n *node) error {
	list := n.kid("t:FolderIds").children()
	if (n.attr("SubscribeToAllFolders") == "true") == (len(list) > 0) || len(list) > maxIDs {
		return &fault{code: "ErrorInvalidSubscriptionRequest", text: "Either folders or all folders must be subscribed to."}
	}
	sub.box = c.box
	for _, f := range list {
		box, folder, err := c.folder(f)
		if err != nil {
			return err
		}
		if c.box != nil && box.GUID() != c.box.GUID() {
			return refuse("ErrorSubscriptionDelegateAccessNotSupported")
		}
		if sub.folders == nil {
			sub.folders = map[uint64]bool{}
		}
		sub.box, sub.folders[folder.N] = box, true
	}
	if sub.box == nil {
		return refuse("ErrorMissingEmailAddress")
	}
	sub.since = sub.box.Last()
	return nil
}

// watermark is a number as a client carries it about.
func watermark(seq uint64) string { return strconv.FormatUint(seq, 36) }

func unsubscribe(c *call, op *node) (*node, error) {
	return c.each("Unsubscribe", []*node{op}, nil, func(*node) ([]*node, error) {
		sub, f := c.srv.findSubscription(c, op.val("m:SubscriptionId"))
		if f != nil {
			return nil, f
		}
		c.srv.subs.mu.Lock()
		defer c.srv.subs.mu.Unlock()
		delete(c.srv.subs.list, sub.id)
		return nil, nil
	})
}

func getEvents(c *call, op *node) (*node, error) {
	return c.each("GetEvents", []*node{op}, nil, func(*node) ([]*node, error) {
		sub, f := c.srv.findSubscription(c, op.val("m:SubscriptionId"))
		if f != nil {
			return nil, f
		}
		if !sub.pull {
			return nil, refuse("ErrorInvalidPullSubscriptionId")
		}
		seq, err := strconv.ParseUint(op.val("m:Watermark"), 36, 64)
		if err != nil {
			return nil, refuse("ErrorInvalidWatermark")
		}
		sub.mu.Lock()
		defer sub.mu.Unlock()
		sub.asked = c.srv.Now()
		events, last, more, err := sub.read(seq)
		if err != nil {
			return nil, refuse("ErrorInvalidWatermark")
		}
		n := el("m:Notification", el("t:SubscriptionId", sub.id), el("t:PreviousWatermark", watermark(seq)), el("t:MoreEvents", strconv.FormatBool(more)))
		for _, e := range events {
			n.kids = append(n.kids, sub.show(e, c.srv.Now(), true))
		}
		if len(events) == 0 {
			n.kids = append(n.kids, el("t:StatusEvent", el("t:Watermark", watermark(last))))
		}
		return []*node{n}, nil
	})
}

// eventNames are what events are called, as far as anybody can subscribe to
// them.
var eventNames = map[exchange.EventKind]string{
	exchange.Created: "CreatedEvent", exchange.Arrived: "NewMailEvent", exchange.Modified: "ModifiedEvent",
	exchange.Moved: "MovedEvent", exchange.Copied: "CopiedEvent", exchange.Removed: "DeletedEvent",
}

// read lists the events after a number that the subscription is about.
func (sub *subscription) read(seq uint64) (list []exchange.Event, last uint64, more bool, err error) {
	all, more, err := sub.box.Events(seq, maxEventsAtOnce)
	if err != nil {
		return nil, 0, false, err
	}
	last = seq
	for _, e := range all {
		last = e.Seq
		here := sub.folders == nil || sub.folders[e.Folder] || e.OldFolder != 0 && sub.folders[e.OldFolder]
		if here && sub.types[eventNames[e.Kind]] {
			list = append(list, e)
		}
	}
	return list, last, more, nil
}

// show writes an event, in the schema's order.
func (sub *subscription) show(e exchange.Event, now time.Time, marked bool) *node {
	box := sub.box.GUID()
	folderID := func(name string, n uint64) *node {
		return el(name, attr{"Id", exchange.ID{Mailbox: box, Kind: exchange.OfFolder, N: n}.EWS()}, attr{"ChangeKey", "AQAAAA=="})
	}
	n := el("t:" + eventNames[e.Kind])
	if marked {
		n.kids = append(n.kids, el("t:Watermark", watermark(e.Seq)))
	}
	n.kids = append(n.kids, el("t:TimeStamp", stamp(now)))
	if e.OfFolder {
		n.kids = append(n.kids, folderID("t:FolderId", e.Folder), folderID("t:ParentFolderId", e.Folder))
		return n
	}
	key := "CQAAAA=="
	if now := sub.box.ByKey(e.Key); len(now) == 1 {
		key = now[0].ChangeKey()
	}
	itemID := func(name string, place uint64) *node {
		return el(name, attr{"Id", exchange.ID{Mailbox: box, Kind: exchange.OfItem, N: place}.EWS()}, attr{"ChangeKey", key})
	}
	n.kids = append(n.kids, itemID("t:ItemId", e.Place), folderID("t:ParentFolderId", e.Folder))
	if e.Kind == exchange.Moved || e.Kind == exchange.Copied {
		n.kids = append(n.kids, itemID("t:OldItemId", e.OldPlace), folderID("t:OldParentFolderId", e.OldFolder))
	}
	return n
}

// lostEvents tells whether events are not on record any more.
func lostEvents(err error) bool { return errors.Is(err, exchange.ErrSyncState) }
