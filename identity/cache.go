package identity

import (
	"container/list"
	"sync"
	"time"
)

// A cache keeps at most max values for at most ttl each, and drops the one
// longest unused when it is full.
type cache[K comparable, V any] struct {
	max int
	ttl time.Duration
	now func() time.Time

	mu    sync.Mutex
	byKey map[K]*list.Element // of kept[K, V]
	used  *list.List          // last used first
	era   uint64              // raised whenever something was dropped because it changed
}

type kept[K comparable, V any] struct {
	key   K
	value V
	until time.Time
}

func newCache[K comparable, V any](max int, ttl time.Duration, now func() time.Time) *cache[K, V] {
	return &cache[K, V]{max: max, ttl: ttl, now: now, byKey: map[K]*list.Element{}, used: list.New()}
}

// get returns the value of key, and the era to pass to put when there is none.
func (c *cache[K, V]) get(key K) (value V, era uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, found := c.byKey[key]
	if !found {
		return value, c.era, false
	}
	k := e.Value.(*kept[K, V])
	if !c.now().Before(k.until) {
		c.remove(e)
		return value, c.era, false
	}
	c.used.MoveToFront(e)
	return k.value, c.era, true
}

// put keeps value, which was read from the database after get gave era. When
// something was dropped meanwhile, the value may be older than that change and
// is not kept.
func (c *cache[K, V]) put(key K, value V, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	until := c.now().Add(c.ttl)
	if e, found := c.byKey[key]; found {
		k := e.Value.(*kept[K, V])
		k.value, k.until = value, until
		c.used.MoveToFront(e)
		return
	}
	c.byKey[key] = c.used.PushFront(&kept[K, V]{key, value, until})
	if c.used.Len() > c.max {
		c.remove(c.used.Back())
	}
}

// drop forgets every value for which gone says so.
func (c *cache[K, V]) drop(gone func(K, V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	for e := c.used.Front(); e != nil; {
		next := e.Next()
		if k := e.Value.(*kept[K, V]); gone(k.key, k.value) {
			c.remove(e)
		}
		e = next
	}
}

// clear forgets everything.
func (c *cache[K, V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	clear(c.byKey)
	c.used.Init()
}

// forget drops one key.
func (c *cache[K, V]) forget(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	if e, found := c.byKey[key]; found {
		c.remove(e)
	}
}

func (c *cache[K, V]) remove(e *list.Element) {
	c.used.Remove(e)
	delete(c.byKey, e.Value.(*kept[K, V]).key)
}

func (c *cache[K, V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used.Len()
}
