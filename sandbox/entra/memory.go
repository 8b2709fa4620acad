package entra

import (
	"slices"
	"sync"
	"time"
)

// memory is what a restart forgets: sign-ins under way, codes, sessions.
type memory struct {
	flows    shelf[*flow]
	codes    shelf[*code]
	devices  shelf[*deviceCode] // by device code
	sessions shelf[*session]    // by cookie

	mu      sync.Mutex
	signIns []SignIn

	workload workload
}

func newMemory() *memory {
	return &memory{
		flows: shelf[*flow]{most: maxFlows, life: flowLife}, codes: shelf[*code]{most: maxCodes, life: 2 * codeLife},
		devices: shelf[*deviceCode]{most: maxDevices, life: 2 * deviceLife}, sessions: shelf[*session]{most: maxSessions, life: sessionLife},
	}
}

// shelf keeps values by key for a time, and no more than most of them: the
// oldest makes room. It hands out pointers; whoever changes what they point to
// does so inside with.
type shelf[T any] struct {
	most int
	life time.Duration

	mu    sync.Mutex
	items map[string]T
	order []shelved // oldest first
}

type shelved struct {
	key string
	at  time.Time
}

func (s *shelf[T]) put(key string, v T, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.items == nil {
		s.items = map[string]T{}
	}
	if _, there := s.items[key]; there {
		s.items[key] = v
		return
	}
	for len(s.order) > 0 && (len(s.order) >= s.most || now.Sub(s.order[0].at) > s.life) {
		delete(s.items, s.order[0].key)
		s.order = s.order[1:]
	}
	s.items[key] = v
	s.order = append(s.order, shelved{key, now})
}

// with calls f with the value of a key, alone; it says whether there is one.
func (s *shelf[T]) with(key string, f func(T)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.items[key]
	if ok {
		f(v)
	}
	return ok
}

func (s *shelf[T]) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, key)
}

// find calls f for each value, alone, until it says true.
func (s *shelf[T]) find(f func(T) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.items {
		if f(v) {
			return true
		}
	}
	return false
}

// SignIn is a line of the tenant's sign-in log: what an administrator looks up
// by the correlation id in an error.
type SignIn struct {
	At            time.Time `json:"at"`
	CorrelationID string    `json:"correlationId"`
	Endpoint      string    `json:"endpoint"`
	Grant         string    `json:"grant,omitempty"`
	App           string    `json:"app,omitempty"`
	User          string    `json:"user,omitempty"`
	Code          int       `json:"code"` // 0: it worked
	Reason        string    `json:"reason,omitempty"`
}

func (s *Server) note(in SignIn, e *oauthError) {
	in.At = s.now()
	if e != nil {
		in.Code, in.Reason = e.code, e.text
	}
	m := s.mem
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.signIns) >= maxSignIns {
		m.signIns = m.signIns[1:]
	}
	m.signIns = append(m.signIns, in)
}

// SignIns returns the latest sign-ins and token requests, newest first.
func (s *Server) SignIns() []SignIn {
	s.mem.mu.Lock()
	defer s.mem.mu.Unlock()
	list := slices.Clone(s.mem.signIns)
	slices.Reverse(list)
	return list
}
