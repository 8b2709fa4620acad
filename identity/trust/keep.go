package trust

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// A Keeper keeps the last good keys over a restart, so that a server which
// starts while a provider is down still knows them. What it returns is believed
// as if the provider had just said it: it belongs into the server's own data.
type Keeper interface {
	// LoadKeys returns what SaveKeys was given under that name, nil if nothing.
	LoadKeys(ctx context.Context, name string) ([]byte, error)
	SaveKeys(ctx context.Context, name string, keys []byte) error
}

// keptKeys is what a Keeper is given.
type keptKeys struct {
	Issuer  string          `json:"issuer"`
	From    string          `json:"from"`
	Fetched time.Time       `json:"fetched"`
	Keys    json.RawMessage `json:"keys"` // the JWK set as the provider wrote it
}

const keepTimeout = 5 * time.Second

func (s *keySet) save(ctx context.Context, ring *keyring) {
	if s.keeper == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	raw, err := json.Marshal(keptKeys{s.issuer, ring.from, ring.fetched, ring.raw})
	if err == nil {
		err = s.keeper.SaveKeys(ctx, s.id, raw)
	}
	if err != nil {
		s.log.Warn("keys of a trusted issuer not kept for the next start", slog.String("issuer", s.issuer), slog.Any("err", err))
	}
}

// load brings back the keys of before a restart. They are checked as if they
// came from the provider; Run asks for newer ones.
func (s *keySet) load(ctx context.Context) {
	if s.keeper == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	raw, err := s.keeper.LoadKeys(ctx, s.id)
	if err == nil && raw != nil {
		err = s.restore(raw)
	}
	if err != nil {
		s.log.Warn("kept keys of a trusted issuer not read", slog.String("issuer", s.issuer), slog.Any("err", err))
	}
}

func (s *keySet) restore(raw []byte) error {
	var k keptKeys
	if err := json.Unmarshal(raw, &k); err != nil {
		return err
	}
	if k.Issuer != s.issuer {
		return fmt.Errorf("they are of %s", clip(k.Issuer))
	}
	ring, err := parseKeyring(k.Keys)
	if err != nil {
		return err
	}
	ring.fetched, ring.from = k.Fetched, k.From
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ring.CompareAndSwap(nil, ring) {
		s.kept = true
		if age := s.now().Sub(k.Fetched); age >= 0 && age < refreshEvery {
			s.next = k.Fetched.Add(refreshEvery)
		}
	}
	return nil
}

// KeyState is what is known of one key set, for administrators.
type KeyState struct {
	Issuer       string    `json:"issuer"` // names the trust entry
	URL          string    `json:"url"`    // what tokens name as their issuer
	Tenant       string    `json:"tenant,omitempty"`
	Version      string    `json:"version,omitempty"`
	MetadataURL  string    `json:"metadataUrl,omitempty"`
	KeysURL      string    `json:"keysUrl,omitempty"`
	AuthorizeURL string    `json:"authorizeUrl,omitempty"` // as the metadata says; not known before they were read
	TokenURL     string    `json:"tokenUrl,omitempty"`
	Keys         []Key     `json:"keys"`
	Unusable     []string  `json:"unusable,omitempty"` // keys left out, and why
	Fetched      time.Time `json:"fetched,omitzero"`   // zero: there are no keys yet
	Kept         bool      `json:"kept,omitempty"`     // from before the restart; the provider has not answered yet
	Tried        time.Time `json:"tried,omitzero"`     // the last fetch
	Next         time.Time `json:"next,omitzero"`      // the next one, if somebody runs Run
	Problem      string    `json:"problem,omitempty"`  // why the last fetch failed
}

// Age is how old the keys are, 0 if there are none.
func (k *KeyState) Age(now time.Time) time.Duration {
	if k.Fetched.IsZero() {
		return 0
	}
	return max(0, now.Sub(k.Fetched))
}

func (s *keySet) state() KeyState {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := KeyState{URL: s.issuer, MetadataURL: s.metadataURL, KeysURL: s.keysURL, Kept: s.kept, Tried: s.tried, Next: s.next, Keys: []Key{}}
	if s.err != nil {
		st.Problem = s.err.Error()
	}
	if ring := s.ring.Load(); ring != nil {
		st.KeysURL, st.Fetched, st.Unusable = ring.from, ring.fetched, ring.unusable
		st.AuthorizeURL, st.TokenURL = ring.authorize, ring.token
		for _, id := range ring.ids() {
			st.Keys = append(st.Keys, *ring.keys[id])
		}
	}
	return st
}
