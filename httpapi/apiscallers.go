package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/store"
)

// callers counts who calls the APIs, in memory, until the counts are added to
// those of the day. A server that dies takes the last of them with it.
type callers struct {
	mu  sync.RWMutex
	now map[caller]*tally
}

// caller is what is counted apart. All of it is ours or has been checked: what
// somebody merely claims to be is not in it, so that claims do not fill memory.
type caller struct {
	api, how, via string
	who           signoff.Principal
	code          string // of the refusal, "" served
}

type tally struct {
	times atomic.Int64
	last  atomic.Int64 // microseconds
}

// maxCallersAtOnce is how many callers are told apart between two writes. Those
// that come after are counted among the others of their API and kind.
const maxCallersAtOnce = 5_000

// callersEvery is how long counts stay in memory.
const callersEvery = 10 * time.Second

func (c *callers) note(k caller, at time.Time) {
	c.mu.RLock()
	t := c.now[k]
	if t != nil {
		t.times.Add(1)
		t.last.Store(at.UnixMicro())
	}
	c.mu.RUnlock()
	if t == nil {
		c.first(k, at)
	}
}

// first notes a caller that was not seen since the last write.
func (c *callers) first(k caller, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil {
		c.now = map[caller]*tally{}
	}
	t := c.now[k]
	if t == nil && len(c.now) >= maxCallersAtOnce {
		k.who, k.via = "", ""
		t = c.now[k]
	}
	if t == nil {
		t = &tally{}
		c.now[k] = t
	}
	t.times.Add(1)
	t.last.Store(at.UnixMicro())
}

// take hands over what was counted and begins anew. Nobody counts meanwhile, so
// that nothing is counted on a tally that was handed over.
func (c *callers) take() []store.Calling {
	c.mu.Lock()
	was := c.now
	c.now = nil
	c.mu.Unlock()
	list := make([]store.Calling, 0, len(was))
	for k, t := range was {
		account, _ := store.AccountID(k.who)
		list = append(list, store.Calling{API: k.api, Account: account, How: k.how, Via: k.via, Code: k.code,
			Times: t.times.Load(), Last: time.UnixMicro(t.last.Load()).UTC()})
	}
	slices.SortFunc(list, func(a, b store.Calling) int { // nodes that write at once take rows in the same order
		return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Account, b.Account), cmp.Compare(a.How, b.How),
			cmp.Compare(a.Via, b.Via), cmp.Compare(a.Code, b.Code))
	})
	return list
}

// noteCall counts a request once it is served. Our own pages are not callers:
// who works with them is no news to anybody.
func (s *Server) noteCall(name string, q *heard, kind string) {
	if name == "" || q.by.How == "session" && name == apiREST || kind == "" && q.by.How == "" && fromOwnPage(q.r) {
		return
	}
	k := caller{api: name, how: q.by.How, via: q.by.Via, who: q.by.Principal, code: q.code}
	if k.how == "" {
		k.how, k.via = kind, q.via
	}
	s.callers.note(k, s.Now())
}

// KeepCallers adds what was counted to the counts of the day.
func (s *Server) KeepCallers(ctx context.Context) error {
	list := s.callers.take()
	if len(list) == 0 {
		return nil
	}
	return s.Worklist.Store.AddCallings(ctx, list, s.Now())
}

// Run does what the server does by itself until ctx ends: it keeps the counts of
// callers, and looks now and then whether a setting was saved without its
// having heard.
func (s *Server) Run(ctx context.Context) error {
	every := time.NewTicker(callersEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			s.keepCallers(last)
			return nil
		case <-every.C:
			s.keepCallers(ctx)
			if err := s.LoadApis(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "setting not read", "err", err)
			}
		}
	}
}

func (s *Server) keepCallers(ctx context.Context) {
	if err := s.KeepCallers(ctx); err != nil {
		s.Log.WarnContext(ctx, "counts of API callers not kept", "err", err)
	}
}

// maxCallersTold is how many callers one answer lists.
const maxCallersTold = 500

func (s *Server) listCallers(ctx context.Context, _ signoff.Caller, _ *nothing) (*body[api.APICallers], error) {
	if err := s.KeepCallers(ctx); err != nil { // what this node has counted is in it, too
		return nil, err
	}
	since := s.Now().Add(-store.CallingsKept + 24*time.Hour)
	list, err := s.Worklist.Store.Callings(ctx, since, 20*maxCallersTold)
	if err != nil {
		return nil, err
	}
	out := api.APICallers{Items: []api.APICaller{}, Since: since.UTC().Truncate(24 * time.Hour)}
	var who []signoff.Principal
	for _, c := range list {
		who = append(who, ownerOf(c.Account))
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	at := map[store.Calling]int{}
	for _, c := range list {
		k := store.Calling{API: c.API, Account: c.Account, How: c.How, Via: c.Via}
		i, have := at[k]
		if !have && len(out.Items) == maxCallersTold {
			out.More = true
			continue
		}
		if !have {
			i = len(out.Items)
			at[k] = i
			out.Items = append(out.Items, api.APICaller{API: c.API, Kind: c.How, Via: c.Via, Refused: []api.APIRefusal{}, Last: c.Last,
				Person: known.personPtr(ownerOf(c.Account))})
		}
		if c.Code == "" {
			out.Items[i].Served = c.Times
		} else {
			out.Items[i].Refused = append(out.Items[i].Refused, api.APIRefusal{Code: c.Code, Times: c.Times, Last: c.Last})
		}
	}
	for _, it := range out.Items {
		slices.SortStableFunc(it.Refused, func(a, b api.APIRefusal) int { return cmp.Compare(b.Times, a.Times) })
	}
	return &body[api.APICallers]{out}, nil
}

// ownerOf is the person of an account, nobody for none.
func ownerOf(account int64) signoff.Principal {
	if account == 0 {
		return ""
	}
	return store.Account{ID: account}.Principal()
}

// refusedFrom notes where a token came from that was refused: a trust entry, a
// name of ours, and the client only where the issuer's signature vouches for it.
func refusedFrom(ctx context.Context, via string) {
	if q := heardOf(ctx); q != nil && via != "" {
		q.via = via
	}
}

// heard is what becomes known of a request while it is served.
type heard struct {
	request
	by   signoff.Caller // zero: nobody was recognised
	code string         // of the refusal it got
	via  string         // where a token came from that was refused
}

type heardKey struct{}

func heardOf(ctx context.Context) *heard {
	q, _ := ctx.Value(heardKey{}).(*heard)
	return q
}

// recognised notes who a request turned out to be from.
func recognised(ctx context.Context) {
	if q := heardOf(ctx); q != nil {
		q.by, _ = identity.Who(ctx)
	}
}

// Refused notes the code of a refusal that was not written here.
func Refused(ctx context.Context, code string) {
	if q := heardOf(ctx); q != nil {
		q.code = code
	}
}

// fromOwnPage tells whether a browser sent a request for one of this server's pages.
func fromOwnPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "same-origin" || site == "none"
}
