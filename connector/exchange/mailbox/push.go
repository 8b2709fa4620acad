package mailbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

const (
	renewAhead = 12 * time.Hour   // before a subscription ends
	tryAgain   = 10 * time.Minute // after one was refused: polling goes on meanwhile
)

// subscriber keeps a subscription alive for as long as somebody waits.
type subscriber struct {
	is    exchange.Subscription
	again time.Time // not to be tried before
}

// subscribed sees to it that the server tells of news, if it can. That it cannot
// is no failure: Wait looks by itself.
func (in *Inbox) subscribed(ctx context.Context) {
	p, can := in.box.(exchange.Pusher)
	now := time.Now()
	if in.opts.Push == nil || !can || now.Before(in.push.again) || in.push.is.Until.Sub(now) > renewAhead {
		return
	}
	var err error
	if in.push.is.ID != "" {
		in.push.is, err = p.Renew(ctx, in.push.is.ID, time.Time{})
	}
	if in.push.is.ID == "" || exchange.Gone(err) {
		in.push.is, err = p.Subscribe(ctx, in.opts.Folder, *in.opts.Push)
	}
	if err == nil {
		return
	}
	in.push = subscriber{again: now.Add(tryAgain)}
	if ctx.Err() == nil {
		in.opts.Log.WarnContext(ctx, "the mailbox is asked for news, since it will not tell them", slog.Any("err", err))
	}
}
