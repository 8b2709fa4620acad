package ews

import (
	"context"

	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// Check implements exchange.Backend. Where the server is found by Autodiscover,
// each of its steps is one here.
func (b *box) Check(ctx context.Context) []broker.Step {
	w := traffic.Walk{Backend: b, Plain: b.s.plain, Timeout: b.s.timeout, Mailbox: b.address, Note: b.ending}
	at := b.s.base
	if at == nil {
		found, trail, err := b.discover(ctx)
		w.Steps = trail
		if err != nil {
			w.Bad("autodiscover", err)
			return w.Steps
		}
		for i := range w.Steps { // where it is not is no fault once it was found
			w.Steps[i].OK = true
		}
		w.OK("autodiscover", "The server is %s.", found)
		at = found
	}
	return w.From(ctx, at)
}

// ending says that Microsoft ends EWS, of a mailbox that this concerns.
func (b *box) ending() string {
	if !b.online() {
		return ""
	}
	return " Microsoft ends EWS in Exchange Online on " + End + " at the latest: connect it under Manage › Exchange by the choice Exchange Online, which is Microsoft Graph, before."
}
