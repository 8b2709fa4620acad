package traffic

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

const (
	// Tries is how often something is tried at most.
	Tries = 5
	// LongestWait is how long a request waits by itself; asked for more, it is the
	// caller's to come again.
	LongestWait = 30 * time.Second

	patience = 60 * time.Second // in all
)

// Repeat calls try until it succeeds or repeating it cannot help, at most Tries
// times, and returns its last error. n counts from 1; again says that another try
// may help and harms nothing. Between two tries it pauses as long as the server
// asked, or with growing pauses.
func Repeat(ctx context.Context, pause func(context.Context, time.Duration) error, try func(n int) (err error, again bool)) error {
	var waited time.Duration
	for n := 1; ; n++ {
		err, again := try(n)
		if err == nil || !again || n == Tries {
			return err
		}
		wait := exchange.WaitOf(err)
		if wait == 0 {
			wait = Backoff(n)
		}
		if waited += wait; wait > LongestWait || waited > patience {
			return err
		}
		if e := pause(ctx, wait); e != nil {
			return err
		}
	}
}

// Backoff is the pause after try n: it doubles from half a second, with a quarter
// of chance.
func Backoff(n int) time.Duration {
	d := 500 * time.Millisecond << (n - 1)
	return d - rand.N(d/4)
}

const makings = 3

// MakeOnce makes something that bears a correlation, unless find finds it made. A
// lost answer is looked for before it is made again. Without a correlation nothing
// can be found, and it is tried once.
func MakeOnce[T any](ctx context.Context, pause func(context.Context, time.Duration) error, correlation string, find func() (*T, error), make func() (T, error)) (out T, err error) {
	for n := 1; ; n++ {
		if correlation != "" {
			there, err := find()
			if err != nil {
				return out, err
			}
			if there != nil {
				return *there, nil
			}
		}
		if out, err = make(); err == nil || !exchange.Doubtful(err) || correlation == "" || n == makings {
			return out, err
		}
		if e := pause(ctx, max(time.Second, min(exchange.WaitOf(err), LongestWait))); e != nil {
			return out, err
		}
	}
}
