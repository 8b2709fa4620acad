package ews

import (
	"context"
	"net"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

// SetSilence makes a stream be given up sooner.
func SetSilence(s exchange.System, d time.Duration) { s.(*System).silence = d }

// SetLookUp takes the place of DNS.
func SetLookUp(s exchange.System, look func(ctx context.Context, service, domain string) ([]*net.SRV, error)) {
	s.(*System).lookUp = look
}
