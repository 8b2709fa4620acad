package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

// box is a mailbox that behaves: what was handed over is delivered at once,
// leaves the drafts, and shows up in sent items later. Its ids die when it is
// sent, as those of EWS do, or stay, as Graph's.
type box struct {
	exchange.Backend // what is not used here
	rnd              *rand.Rand
	now              time.Duration
	items            []*item
	delivered        []string // correlations
	keepsIDs         bool
	filedAfter       time.Duration
	dies             int // so many requests from now the caller dies; 0: never
	trouble          float64
	next             int
	deletedSent      bool
}

type item struct {
	m     exchange.Mail
	corr  string
	files []string
	filed time.Duration // 0: a draft
}

var errDied = errors.New("the process died")

// ask counts a request. It may die before or after it is obeyed, or have its
// answer lost, or be refused as busy.
func (b *box) ask(what string, do func() error) error {
	if b.dies > 0 {
		if b.dies--; b.dies == 0 {
			if b.rnd.IntN(2) == 0 {
				_ = do()
			}
			panic(errDied)
		}
	}
	switch r := b.rnd.Float64(); {
	case r < b.trouble/3:
		return exchange.Doubt(what, errors.New("cut before"))
	case r < b.trouble*2/3:
		_ = do()
		return exchange.Doubt(what, errors.New("cut after"))
	case r < b.trouble:
		return (&exchange.Refusal{Status: 429, Code: "TooManyRequests", Wait: time.Second}).Explain(what, "")
	}
	return do()
}

func (b *box) find(id string) (*item, error) {
	for _, it := range b.items {
		if it.m.ID == id && (it.filed == 0 || it.filed <= b.now) {
			return it, nil
		}
	}
	return nil, (&exchange.Refusal{Status: 404, Code: "ErrorItemNotFound", Text: "gone"}).Explain("Reading", "")
}

func (b *box) Draft(_ context.Context, n exchange.NewMail) (m exchange.Mail, err error) {
	err = b.ask("Draft", func() error {
		b.next++
		m = exchange.Mail{ID: fmt.Sprint("draft", b.next), MessageID: fmt.Sprintf("<%d@x>", b.next), Subject: n.Subject, Draft: true}
		b.items = append(b.items, &item{m: m, corr: n.Correlation})
		return nil
	})
	return m, err
}

func (b *box) SendMIME(_ context.Context, raw []byte, correlation string) error {
	return b.ask("SendMIME", func() error {
		b.next++
		id := string(raw)
		if b.keepsIDs && b.rnd.IntN(4) == 0 { // broke off between its draft and sending it
			b.items = append(b.items, &item{m: exchange.Mail{ID: fmt.Sprint("draft", b.next), MessageID: id, Draft: true}, corr: correlation})
			return exchange.Doubt("SendMIME", errors.New("cut between"))
		}
		b.items = append(b.items, &item{m: exchange.Mail{ID: fmt.Sprint("sent", b.next), MessageID: id}, corr: correlation, filed: b.now + b.filedAfter})
		b.delivered = append(b.delivered, correlation)
		return nil
	})
}

func (b *box) SendDraft(_ context.Context, id string) (sent string, err error) {
	err = b.ask("SendDraft", func() error {
		it, err := b.find(id)
		if err != nil {
			return err
		}
		if it.filed != 0 {
			return (&exchange.Refusal{Status: 400, Code: "ErrorItemNotFound"}).Explain("Sending", "")
		}
		it.filed, it.m.Draft = b.now+b.filedAfter, false
		b.delivered = append(b.delivered, it.corr)
		if b.keepsIDs {
			sent = id
		} else {
			it.m.ID += "-sent"
		}
		return nil
	})
	return sent, err
}

func (b *box) Find(_ context.Context, t exchange.Trace) (f exchange.Found, err error) {
	err = b.ask("Find", func() error {
		for _, want := range []exchange.State{exchange.Sent, exchange.InDraft} {
			for _, it := range b.items {
				fits := t.ID != "" && it.m.ID == t.ID || t.Correlation != "" && it.corr == t.Correlation || t.MessageID != "" && it.m.MessageID == t.MessageID
				is := exchange.InDraft
				if it.filed != 0 {
					is = exchange.Sent
				}
				if fits && is == want && (it.filed == 0 || it.filed <= b.now) {
					f = exchange.Found{State: is, Mail: it.m}
					return nil
				}
			}
		}
		return nil
	})
	return f, err
}

func (b *box) Attach(_ context.Context, id string, f exchange.NewFile) (exchange.File, error) {
	return exchange.File{}, b.ask("Attach", func() error {
		it, err := b.find(id)
		if err == nil {
			it.files = append(it.files, f.Name)
		}
		return err
	})
}

func (b *box) Files(_ context.Context, id string) (out []exchange.File, err error) {
	err = b.ask("Files", func() error {
		it, err := b.find(id)
		if err == nil {
			for _, f := range it.files {
				out = append(out, exchange.File{Name: f})
			}
		}
		return err
	})
	return out, err
}

func (b *box) DeleteMail(_ context.Context, id string, _ bool) error {
	return b.ask("DeleteMail", func() error {
		it, err := b.find(id)
		if err == nil {
			b.items = slices.DeleteFunc(b.items, func(o *item) bool { return o == it })
			if it.filed != 0 {
				b.deletedSent = true
			}
		}
		return err
	})
}

func (b *box) pause(_ context.Context, d time.Duration) error {
	b.now += d
	return nil
}

// attempt sends once, as a process that may die.
func (b *box) attempt(send func(exchange.Post) (exchange.Receipt, error)) (r exchange.Receipt, err error) {
	defer func() {
		if p := recover(); p != nil {
			if p != any(errDied) {
				panic(p)
			}
			err = errDied
		}
	}()
	return send(exchange.Post{Backend: b, Pause: b.pause, Unsent: &exchange.Unsent{}})
}

// Processes die, answers are lost and copies show up late, in every order that
// two thousand seeds give: exactly one mail leaves, with all its files.
func TestWhateverBreaksExactlyOneMailLeaves(t *testing.T) {
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		b := &box{rnd: rnd, keepsIDs: seed%2 == 0, filedAfter: time.Duration(rnd.IntN(50)) * time.Second, trouble: []float64{0, 0.1, 0.4}[rnd.IntN(3)]}
		raw := seed%5 == 0
		var r exchange.Receipt
		var err error
		for n := range 50 {
			b.dies = 0
			if n < 5 {
				b.dies = rnd.IntN(12)
			}
			if n > 10 {
				b.trouble = 0
			}
			b.now += time.Second // somebody calls again
			r, err = b.attempt(func(p exchange.Post) (exchange.Receipt, error) {
				if raw {
					return p.SendRaw(t.Context(), []byte("<raw@x>"), exchange.Trace{Correlation: "c", MessageID: "<raw@x>"}, n > 0)
				}
				return p.SendNew(t.Context(), exchange.NewMail{Correlation: "c"}, []exchange.NewFile{{Name: "a"}, {Name: "b"}}, n > 0)
			})
			if err == nil {
				break
			}
			if !errors.Is(err, errDied) && signoff.KindOf(err) != signoff.Unavailable {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if err != nil || len(b.delivered) != 1 {
			t.Fatalf("seed %d: %d mails left, %v", seed, len(b.delivered), err)
		}
		if b.deletedSent {
			t.Fatalf("seed %d: what was sent was deleted", seed)
		}
		at := slices.IndexFunc(b.items, func(it *item) bool { return it.filed != 0 })
		if it := b.items[at]; !raw && !slices.Equal(it.files, []string{"a", "b"}) || r.Filed && r.ID != it.m.ID || r.MessageID != it.m.MessageID {
			t.Fatalf("seed %d: %+v with %v, receipt %+v", seed, it.m, it.files, r)
		}
	}
}

func TestACopyThatDoesNotShowUpIsNoError(t *testing.T) {
	b := &box{rnd: rand.New(rand.NewPCG(1, 1)), filedAfter: time.Hour}
	r, err := b.attempt(func(p exchange.Post) (exchange.Receipt, error) {
		return p.SendNew(t.Context(), exchange.NewMail{Correlation: "c"}, nil, false)
	})
	if err != nil || r.Filed || r.ID != "" || r.MessageID == "" || b.now < 55*time.Second || b.now > 65*time.Second {
		t.Errorf("%+v after %v: %v", r, b.now, err)
	}
}

func TestADoubtThatTheMailboxCannotSettleStays(t *testing.T) {
	b := &box{rnd: rand.New(rand.NewPCG(1, 1)), filedAfter: time.Hour}
	d, err := b.Draft(t.Context(), exchange.NewMail{Correlation: "c"})
	if err != nil {
		t.Fatal(err)
	}
	lost := &lostBox{box: b}
	p := exchange.Post{Backend: lost, Pause: b.pause}
	_, err = p.Send(t.Context(), exchange.Outgoing{Trace: exchange.Trace{ID: d.ID, MessageID: d.MessageID}, Doing: "Sending the draft"})
	if !exchange.Doubtful(err) || len(b.delivered) != 1 || lost.sends != 1 {
		t.Errorf("%v after %d", err, lost.sends)
	}
	if !strings.Contains(err.Error(), "may have been done") {
		t.Error(err)
	}
}

// lostBox loses the answer of every SendDraft.
type lostBox struct {
	*box
	sends int
}

func (l *lostBox) SendDraft(ctx context.Context, id string) (string, error) {
	l.sends++
	_, _ = l.box.SendDraft(ctx, id)
	return "", exchange.Doubt("Sending", errors.New("cut"))
}

func TestCorrelationsAreTheSameForAKeyAndSafeInFilters(t *testing.T) {
	if exchange.Correlation("42_7") != exchange.Correlation("42_7") || exchange.Correlation("a") == exchange.Correlation("b") || exchange.Correlation("") == exchange.Correlation("") {
		t.Error("keys and correlations do not go together")
	}
	if c := exchange.Correlation("it's ' or 1 eq 1"); strings.ContainsAny(c, "' ") {
		t.Error(c)
	}
}
