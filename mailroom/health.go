package mailroom

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/signoffhq/signoff/store"
)

// Health says how the mailroom fares, wherever it is. An empty text means well.
type Health struct {
	Out      string    `json:"out,omitempty"`     // why no mail leaves
	OutSince time.Time `json:"outSince,omitzero"` // since when
	In       string    `json:"in,omitempty"`      // why no mail is read
	InSince  time.Time `json:"inSince,omitzero"`  // since when
	Off      bool      `json:"-"`                 // nothing is connected
	Node     string    `json:"-"`                 // which node sends and reads mail; "" none
}

// Health tells how things stand, on this node or on the one whose part the mail
// is.
func (r *Room) Health(ctx context.Context) (Health, error) {
	if own := r.lease.Load(); own != nil {
		r.mu.Lock()
		h := r.health
		r.mu.Unlock()
		h.Node = r.nodeName(ctx, own.Holder)
		return h, nil
	}
	l, err := r.Store.Lease(ctx, store.MailLease)
	if err != nil {
		return Health{}, err
	}
	if l.Holder == "" || !l.Until.After(r.Now()) {
		return r.nobodys(l), nil
	}
	var h Health
	if l.Note != "" {
		if err := json.Unmarshal([]byte(l.Note), &h); err != nil {
			return Health{}, err
		}
	}
	h.Node = r.nodeName(ctx, l.Holder)
	return h, nil
}

// nobodys is how mail fares while no node has the lease: well, until it takes
// longer than handing over does.
func (r *Room) nobodys(l store.Lease) Health {
	since := r.made
	if l.Until.After(since) {
		since = l.Until
	}
	if r.Now().Sub(since) < leaseFor+lookEvery {
		return Health{}
	}
	h := Health{Out: "no server has taken the mail over", OutSince: since}
	if r.In != nil {
		h.In, h.InSince = h.Out, since
	}
	return h
}

// nodeName is what people call a node; its id while it cannot be found out.
func (r *Room) nodeName(ctx context.Context, id string) string {
	list, err := r.Store.Nodes(ctx)
	if err == nil {
		for _, n := range list {
			if n.ID == id {
				return n.Name
			}
		}
	}
	return id
}

// fares notes whether mail leaves (or arrives), for the other nodes too, and
// logs only changes. What fails because the server is being stopped is no news.
func (r *Room) fares(ctx context.Context, what string, text *string, since *time.Time, err error) {
	h, changed := r.note(text, since, err)
	if !changed {
		return
	}
	if err != nil && ctx.Err() != nil {
		return
	}
	if err != nil {
		r.Log.Warn("mail does not move", slog.String("connector", what), slog.Any("err", err))
	} else {
		r.Log.Info("mail moves again", slog.String("connector", what))
	}
	words, e := json.Marshal(h)
	if e == nil {
		e = r.Store.Note(context.WithoutCancel(ctx), r.held(), string(words))
	}
	if e != nil {
		r.Log.Warn("other nodes not told how mail fares", slog.Any("err", e))
	}
}

func (r *Room) note(text *string, since *time.Time, err error) (h Health, changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := ""
	if err != nil {
		now = detail(err)
	}
	if now == *text {
		return r.health, false
	}
	if *text == "" || now == "" {
		*since = r.Now()
	}
	*text = now
	return r.health, true
}
