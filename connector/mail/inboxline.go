package mail

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"github.com/signoffhq/signoff"
)

// do runs fn when it is its turn, on a connection that has folder selected.
func (m *Mailbox) do(ctx context.Context, folder string, fn func(*imapclient.Client) error) error {
	m.waiting.Add(1)
	m.ring()
	err := m.take(ctx)
	m.waiting.Add(-1)
	if err != nil {
		return err
	}
	defer m.leave()
	return m.with(ctx, folder, commandsTake*m.account.timeout(), fn)
}

// commandsTake is how many timeouts a few commands and a large mail may take.
const commandsTake = 6

func (m *Mailbox) take(ctx context.Context) error {
	select {
	case m.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Mailbox) leave() { <-m.turn }

// with runs fn on a connection. When that breaks under fn, or fn takes longer
// than patience, it is given up; the next call makes a new one.
func (m *Mailbox) with(ctx context.Context, folder string, patience time.Duration, fn func(*imapclient.Client) error) error {
	if err := m.connect(ctx); err != nil {
		return err
	}
	client := m.client
	stop := context.AfterFunc(ctx, func() { client.Close() })
	defer stop()
	// The library waits for an answer for ever; a dead connection gives none.
	tooLong := time.AfterFunc(patience, func() { client.Close() })
	defer tooLong.Stop()
	err := m.choose(folder)
	if err == nil {
		err = fn(client)
	}
	if err == nil || signoff.CodeOf(err) == CodeChanged {
		return err
	}
	if ctx.Err() != nil {
		m.drop()
		return ctx.Err()
	}
	return m.explain(err)
}

// explain turns a library's error into ours, and gives up a connection that
// can no longer be relied on.
func (m *Mailbox) explain(err error) error {
	if e, ok := errors.AsType[*imap.Error](err); ok && e.Type == imap.StatusResponseTypeNo {
		return &signoff.Error{Kind: signoff.Unavailable, Code: CodeMailbox,
			Detail: fmt.Sprintf("the mailbox of %s: the server refused: %s", m.account.Username, e.Text), Err: err}
	}
	m.drop()
	if _, ok := errors.AsType[*signoff.Error](err); ok {
		return err
	}
	return m.account.broken(err)
}

func (m *Mailbox) drop() {
	if m.client != nil {
		m.client.Close()
	}
	m.client, m.selected = nil, ""
}

func (m *Mailbox) connect(ctx context.Context) error {
	if m.client != nil {
		select {
		case <-m.client.Closed():
			m.drop()
		default:
			return nil
		}
	}
	if err := pause(ctx, time.Until(m.notYet)); err != nil {
		return err
	}
	client, err := m.dial(ctx)
	if err != nil {
		m.failures++
		wait := min(lastPause, firstPause<<min(m.failures-1, 10))
		m.notYet = time.Now().Add(wait/2 + rand.N(wait)) // many servers must not come back in step
		return err
	}
	m.client, m.selected, m.failures, m.notYet = client, "", 0, time.Time{}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Mailbox) dial(ctx context.Context) (*imapclient.Client, error) {
	conn, err := m.account.dial(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	tooLong := time.AfterFunc(2*m.account.timeout(), func() { conn.Close() })
	defer tooLong.Stop()
	client, err := m.greet(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if err := m.signIn(ctx, client); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

func (m *Mailbox) greet(conn net.Conn) (*imapclient.Client, error) {
	opts := &imapclient.Options{TLSConfig: m.account.tlsConfig(), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				m.ring()
			}
		}}}
	if m.account.Security == TLS || m.account.Security == Plain {
		client := imapclient.New(conn, opts)
		if err := client.WaitGreeting(); err != nil {
			return nil, m.account.broken(err)
		}
		return client, nil
	}
	client, err := imapclient.NewStartTLS(conn, opts)
	if _, refused := errors.AsType[*imap.Error](err); refused {
		return nil, m.account.noTLS()
	}
	if err != nil {
		return nil, m.account.broken(err)
	}
	return client, nil
}

func (m *Mailbox) signIn(ctx context.Context, client *imapclient.Client) error {
	caps := client.Caps()
	var ways []string
	for _, w := range []string{sasl.OAuthBearer, xoauth2, sasl.Plain} {
		if caps.Has(imap.AuthCap(w)) {
			ways = append(ways, w)
		}
	}
	way, err := m.account.way(ctx, ways)
	switch {
	case err != nil:
		return err
	case way != nil:
		err = client.Authenticate(way)
	case caps.Has(imap.CapLoginDisabled):
		return m.account.signInFailed("it takes no password here", nil)
	default:
		err = client.Login(m.account.Username, string(m.account.Password)).Wait()
	}
	if e, ok := errors.AsType[*imap.Error](err); ok {
		return m.account.signInFailed(e.Text, err)
	}
	if err != nil {
		return m.account.broken(err)
	}
	return nil
}

// choose selects a folder unless it is selected already.
func (m *Mailbox) choose(folder string) error {
	if m.selected == folder {
		return nil
	}
	m.selected = ""
	data, err := m.client.Select(folder, nil).Wait()
	if err != nil {
		return err
	}
	m.selected = folder
	if folder == m.opts.Folder {
		m.validity = data.UIDValidity
	}
	return nil
}
