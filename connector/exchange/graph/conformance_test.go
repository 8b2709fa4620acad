package graph_test

import (
	"testing"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
)

func TestConformance(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) *exchangetest.Firm {
		f := newFirm(t)
		return &exchangetest.Firm{
			Own:     func(login string) exchange.Backend { b, _ := f.own(login); return b },
			Post:    f.post,
			Arrived: f.arrived,
			Plant:   f.plant,
			Planted: func() int { return len(f.Exchange.Faults()) },
			Sending: []string{"post /v1.0/me/messages", "attachments", "/send", "get "},
		}
	})
}
