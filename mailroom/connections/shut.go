package connections

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// shut stands for a connection that cannot be taken up: its mails wait until it
// is put right.
func shut(cause error) Opened {
	err := &signoff.Error{Kind: signoff.Unavailable, Code: "mail-server-unreachable", Detail: "the connection cannot be taken up: " + cause.Error(), Err: cause}
	return Opened{Out: closed{err}, Check: func(context.Context) []broker.Step {
		return []broker.Step{{Name: "settings", Found: err.Detail, Do: "Look at its settings, enter its password again, and save it."}}
	}}
}

type closed struct{ err error }

func (c closed) Turn(context.Context) (func(), error) { return func() {}, nil }

func (c closed) Send(context.Context, string, string, string, []byte) error { return c.err }
