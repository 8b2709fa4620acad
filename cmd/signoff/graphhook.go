package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	"github.com/signoffhq/signoff/mailroom/connections"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// graphHook is where Microsoft Graph tells of new mail. What it tells is a hint:
// the mailbox is read then. Anybody can post there, so each connection has a
// secret, which follows from the server's key and is the same on every server.
type graphHook struct {
	address string // of ours; "": Graph cannot reach it
	key     []byte
	server  *server
}

const graphHookPath = "/hooks/graph"

func (s *server) newGraphHook(cfg Config, key seal.Key) graphHook {
	h := graphHook{key: key.Derive("graph hook"), server: s}
	if strings.HasPrefix(cfg.URL, "https://") || s.sandbox != nil {
		h.address = strings.TrimSuffix(cfg.URL, "/") + graphHookPath
	}
	return h
}

func (h graphHook) secret(connection string) string {
	mac := hmac.New(sha256.New, h.key)
	mac.Write([]byte(connection))
	return hex.EncodeToString(mac.Sum(nil))
}

// push is what a connection subscribes with; nil: it does not.
func (h graphHook) push(c connections.Connection) *exchange.Push {
	if h.address == "" || c.Protocol != connections.Graph || !c.Reads {
		return nil
	}
	return &exchange.Push{URL: h.address, Secret: h.secret(c.Name)}
}

func (h graphHook) handler() http.Handler {
	return graph.Hook(func(n graph.Notice) {
		for _, name := range h.server.post.connections.Names() {
			if subtle.ConstantTimeCompare([]byte(n.Secret), []byte(h.secret(name))) == 1 {
				h.server.post.connections.Hint(name)
				h.server.store.Publish(store.TopicMail, connections.News+name)
			}
		}
	})
}

// heardNews passes on what another server was told.
func (s *server) heardNews(_ context.Context, h store.Hint) {
	if name, ok := strings.CutPrefix(h.Payload, connections.News); ok {
		s.post.connections.Hint(name)
	}
}
