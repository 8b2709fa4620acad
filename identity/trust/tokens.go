package trust

import (
	"crypto/sha256"
	"sync"
	"time"
)

// How verified tokens are kept.
const (
	maxTokens = 10_000           // by default
	maxKept   = 10 * time.Minute // then a token is checked anew
	shards    = 16
)

// tokens keeps what verified tokens said, by their SHA-256, so that the next
// request with the same token costs no signature check. It belongs to one set
// of entries: with other entries comes an empty one.
type tokens struct {
	shard [shards]struct {
		mu sync.Mutex
		// Two generations: what was not asked for while the young one filled up
		// goes with the old one.
		young, old map[[sha256.Size]byte]keptToken
	}
	half int // a generation's size
}

type keptToken struct {
	*Accepted
	until time.Time
}

func newTokens(size int) *tokens {
	return &tokens{half: max(1, size/shards/2)}
}

// sumOf names a token. Usual ones fit the stack.
func sumOf(token string) [sha256.Size]byte {
	var small [2048]byte
	return sha256.Sum256(append(small[:0], token...))
}

// get returns what a token said, if it still is valid and its key still is the
// issuer's.
func (t *tokens) get(sum [sha256.Size]byte, now time.Time) *Accepted {
	s := &t.shard[sum[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	k, young := s.young[sum]
	if !young {
		var there bool
		if k, there = s.old[sum]; !there {
			return nil
		}
	}
	if !now.Before(k.until) || !k.keys.current(k.key) {
		delete(s.young, sum)
		delete(s.old, sum)
		return nil
	}
	if !young {
		t.add(sum, k)
	}
	return k.Accepted
}

func (t *tokens) put(sum [sha256.Size]byte, a *Accepted, now time.Time) {
	until := now.Add(maxKept)
	if a.until.Before(until) {
		until = a.until
	}
	s := &t.shard[sum[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	t.add(sum, keptToken{a, until})
}

// add puts a token into the young generation. The caller holds the shard's mu.
func (t *tokens) add(sum [sha256.Size]byte, k keptToken) {
	s := &t.shard[sum[0]%shards]
	if len(s.young) >= t.half {
		s.young, s.old = nil, s.young
	}
	if s.young == nil {
		s.young = map[[sha256.Size]byte]keptToken{}
	}
	s.young[sum] = k
}

func (t *tokens) len() (n int) {
	for i := range t.shard {
		s := &t.shard[i]
		s.mu.Lock()
		n += len(s.young) + len(s.old)
		s.mu.Unlock()
	}
	return n
}
