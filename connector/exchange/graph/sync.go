package graph

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
)

const (
	syncFields = "id,internetMessageId,conversationId,parentFolderId,from,sender,subject,receivedDateTime,isRead,isDraft"
	syncPage   = "odata.maxpagesize=50"
	maxState   = 64 << 10
	pollEvery  = 5 * time.Second
	watchFor   = 5 * time.Minute
)

// Sync implements exchange.Reader with delta. A state is the link that Graph
// gave, whole.
// https://learn.microsoft.com/graph/delta-query-messages
func (b *box) Sync(ctx context.Context, folder, state string) (exchange.Changes, error) {
	page, anew, err := b.delta(ctx, folder, state)
	if err != nil {
		return exchange.Changes{}, err
	}
	out := exchange.Changes{State: page.DeltaLink, Anew: anew}
	if page.NextLink != "" {
		out.State, out.More = page.NextLink, true
	}
	if out.State == "" || len(out.State) > maxState {
		return exchange.Changes{}, errNoLink
	}
	for _, m := range page.Value {
		if m.Removed != nil {
			out.Gone = append(out.Gone, m.ID)
			continue
		}
		out.New = append(out.New, m.mail())
	}
	slices.SortStableFunc(out.New, func(a, b exchange.Mail) int { return a.Received.Compare(b.Received) })
	return out, nil
}

var errNoLink = errors.New("a page of changes has no link to go on with")

// delta reads a page of changes. Where Graph has forgotten the state, or it is
// of another place, the page is the first of a new beginning.
func (b *box) delta(ctx context.Context, folder, state string) (page listOf[message], anew bool, err error) {
	at, err := segment(folder, "folder")
	if err != nil {
		return page, false, err
	}
	r := request{doing: "Reading what is new", method: "GET", path: "/mailFolders/" + at + "/messages/delta", prefer: []string{syncPage}, need: mailRead,
		query: url.Values{"$select": {syncFields}, "changeType": {"created"}}, into: &page}
	begin := r
	if state != "" {
		link, ours := b.ours(state)
		anew = !ours
		if ours {
			r.path, r.query = "//"+link.path, link.query
		}
	}
	err = b.do(ctx, r)
	if state != "" && !anew && forgotten(err) {
		page, anew = listOf[message]{}, true
		err = b.do(ctx, begin)
	}
	return page, anew, err
}

type link struct {
	path  string // below Graph's own, escaped
	query url.Values
}

// ours reads a link that Graph gave. One that leads elsewhere, since the address
// of the server was changed, is none.
func (b *box) ours(state string) (link, bool) {
	u, err := url.Parse(state)
	if err != nil || u.Scheme != b.s.base.Scheme || !strings.EqualFold(u.Host, b.s.base.Host) || u.User != nil || len(state) > maxState {
		return link{}, false
	}
	path, ok := strings.CutPrefix(u.EscapedPath(), strings.TrimSuffix(b.s.base.EscapedPath(), "/")+"/")
	query, err := url.ParseQuery(u.RawQuery)
	ok = ok && err == nil && !strings.Contains(u.Path, "..") && strings.Contains(strings.ToLower(path), "/messages/") && (query.Has("$deltatoken") || query.Has("$skiptoken"))
	return link{path, query}, ok
}

// forgotten tells whether a refusal says that a state is of no use any more.
func forgotten(err error) bool {
	r, ok := errors.AsType[*exchange.Refusal](err)
	if !ok {
		return false
	}
	code := strings.ToLower(r.Code)
	return r.Status == http.StatusGone || strings.Contains(code, "syncstate") || strings.Contains(code, "resync") ||
		r.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(r.Text), "token")
}

// Watch implements exchange.Reader by asking every five seconds. The state is
// not used up: Sync will tell the same.
func (b *box) Watch(ctx context.Context, folder, state string) error {
	for waited := time.Duration(0); waited < watchFor; waited += pollEvery {
		page, anew, err := b.delta(ctx, folder, state)
		if err != nil || state == "" || anew || len(page.Value) > 0 || page.NextLink != "" {
			return err
		}
		if err := b.s.pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	return nil
}
