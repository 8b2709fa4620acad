package mailroom

import (
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// heard is a log that tells of errors.
type heard struct {
	slog.Handler
	errors chan string
}

func (h heard) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

func (h heard) Handle(_ context.Context, r slog.Record) error {
	select {
	case h.errors <- r.Message:
	default:
	}
	return nil
}

// A mail whose fate could not be stored, as when the disk is full, would count
// as being sent until the next start.
func TestTheFateOfAMailIsRecordedAsSoonAsItCanBe(t *testing.T) {
	pgtest.FileOnly(t)
	for _, c := range []struct {
		name string
		says error
		want store.MailState
	}{
		{"sent", nil, store.MailSent},
		{"put off", &signoff.Error{Kind: signoff.Unavailable, Code: codeDeferred, Detail: "later"}, store.MailQueued},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := openLive(t)
			h := &host{attempts: make(chan string, 1), slow: make(chan struct{}), down: c.says}
			log := heard{slog.DiscardHandler, make(chan string, 1)}
			o.room.Out, o.room.In, o.room.Log = h, nil, slog.New(log)
			o.ask("user:3")
			stop, ended := o.run()
			<-h.attempts
			db, err := sql.Open("sqlite", o.storePath)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(`create trigger full before update on mail_out begin select raise(fail, 'no room'); end`); err != nil {
				t.Fatal(err)
			}
			close(h.slow)
			<-log.errors
			if got := o.states(); !slices.Equal(got, []store.MailState{store.MailSending}) {
				t.Fatalf("states: %v", got)
			}
			if _, err := db.Exec(`drop trigger full`); err != nil {
				t.Fatal(err)
			}
			stop() // which leaves a mail on its way the time for one more try
			ended()
			if got := o.states(); !slices.Equal(got, []store.MailState{c.want}) {
				t.Errorf("states: %v", got)
			}
		})
	}
}
