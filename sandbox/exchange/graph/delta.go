package graph

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// deltaState is what a delta or skip token holds: where the caller is, and the
// query they began with.
type deltaState struct {
	Mailbox string // GUID
	Folder  uint64
	Since   uint64
	Select  string
	Filter  string
	Kinds   string // changeType
	Size    int
	From    time.Time // of a calendar view
	To      time.Time
}

// tracked is a kind of item that delta tells the changes of.
type tracked struct {
	kind       string // "message"
	class      string
	properties known
	options    []string // query options that the first request may have
	object     func(exchange.Item) (jsonObject, error)
	show       func(query) func(jsonObject) (map[string]any, error)
}

func messageDelta(c *call) (answer, error) {
	return c.delta(c.id("folder"), tracked{"message", exchange.ClassMail, messageProperties, []string{"$select", "$filter", "changeType", "$orderby", "$top"}, c.messageObject, c.show})
}

func eventDelta(c *call) (answer, error) {
	return c.delta(exchange.Calendar, tracked{"event", exchange.ClassEvent, eventProperties, []string{"startDateTime", "endDateTime", "$top"}, c.eventObject, c.showEvent})
}

func contactDelta(c *call) (answer, error) {
	folder, err := c.contactFolder()
	if err != nil {
		return answer{}, err
	}
	return c.delta(folder, tracked{"contact", exchange.ClassContact, contactProperties, []string{"$select", "$top"}, c.contactObject,
		func(q query) func(jsonObject) (map[string]any, error) {
			return func(o jsonObject) (map[string]any, error) { return q.pick(o), nil }
		}})
}

func (c *call) delta(folder string, of tracked) (answer, error) {
	f, err := c.mailbox.Folder(folder)
	if err != nil {
		return answer{}, err
	}
	state, err := c.deltaState(f, of)
	if err != nil {
		return answer{}, err
	}
	c.r.URL.RawQuery = state.query().Encode() // from here on the query is the one they began with
	q, err := c.readQuery(of.kind, of.properties, "changeType")
	if err != nil {
		return answer{}, err
	}
	if c.s.x.Struck("delta-expired", c.mailbox.Account().ID, c.caller.Client) {
		return answer{}, c.resync(state)
	}
	changes, upTo, more, err := c.mailbox.Changes(f.ID().REST(), state.Since, state.Size)
	if errors.Is(err, exchange.ErrSyncState) {
		return answer{}, c.resync(state)
	}
	if err != nil {
		return answer{}, err
	}
	value, err := deltaValue(q, state, of, changes, c.prefer.immutable)
	if err != nil {
		return answer{}, err
	}
	state.Since = upTo
	body := map[string]any{"@odata.context": c.base() + "/$metadata#Collection(" + of.kind + ")", "value": value}
	if more {
		body["@odata.nextLink"] = c.address() + "?$skiptoken=" + state.token()
	} else {
		body["@odata.deltaLink"] = c.address() + "?$deltatoken=" + state.token()
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// deltaState reads a token, or begins.
func (c *call) deltaState(f exchange.Folder, of tracked) (deltaState, error) {
	q := c.r.URL.Query()
	token := q.Get("$deltatoken") + q.Get("$skiptoken")
	if token == "" {
		state := deltaState{Mailbox: c.mailbox.GUID(), Folder: f.N, Select: q.Get("$select"), Filter: q.Get("$filter"), Kinds: q.Get("changeType"), Size: usualPage}
		if text := q.Get("$top"); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 || n > maxPage {
				return state, badRequest("Invalid value '%s' for $top query option found.", text)
			}
			state.Size = n
		}
		if c.prefer.pageSize > 0 {
			state.Size = c.prefer.pageSize
		}
		return state, c.checkDelta(q, &state, of)
	}
	var state deltaState
	if q.Has("$deltatoken") && q.Has("$skiptoken") || !decodeToken(token, &state) || state.Size < 1 || state.Size > maxPage {
		return state, badRequest("Badly formed token.")
	}
	if state.Mailbox != c.mailbox.GUID() || state.Folder != f.N {
		return state, badRequest("The token is of another folder.")
	}
	if c.prefer.pageSize > 0 {
		state.Size = c.prefer.pageSize
	}
	return state, nil
}

// checkDelta refuses what delta does not do.
func (c *call) checkDelta(q url.Values, state *deltaState, of tracked) error {
	for name := range q {
		if !slices.Contains(of.options, name) {
			return badRequest("The query parameter '%s' is not supported with delta.", name)
		}
	}
	if of.class == exchange.ClassEvent {
		var err error
		if state.From, state.To, err = c.window(); err != nil {
			return err
		}
	}
	if by := q.Get("$orderby"); by != "" && by != "receivedDateTime desc" {
		return refuse(http.StatusBadRequest, "ErrorInvalidUrlQuery", "Delta supports $orderby=receivedDateTime desc only.")
	}
	if state.Kinds != "" && !slices.Contains([]string{"created", "updated", "deleted"}, state.Kinds) {
		return badRequest("The changeType '%s' is not valid.", state.Kinds)
	}
	if state.Filter != "" {
		words := strings.Fields(state.Filter)
		if len(words) != 3 || words[0] != "receivedDateTime" || words[1] != "ge" && words[1] != "gt" {
			return refuse(http.StatusBadRequest, "ErrorInvalidUrlQueryFilter", "Delta supports $filter=receivedDateTime ge|gt only.")
		}
	}
	return nil
}

func (d deltaState) query() url.Values {
	q := url.Values{}
	if d.Select != "" {
		q.Set("$select", d.Select)
	}
	if d.Filter != "" {
		q.Set("$filter", d.Filter)
	}
	return q
}

func (d deltaState) token() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings and numbers
	}
	return encodeToken(string(text))
}

// resync tells that a token is of no use any more, and where to begin anew.
func (c *call) resync(state deltaState) error {
	return &refusal{status: http.StatusGone, code: "SyncStateNotFound", message: "The sync state generation is not found; reset needed.",
		location: c.address() + "?" + state.query().Encode()}
}

func deltaValue(q query, state deltaState, of tracked, changes []exchange.Change, immutable bool) ([]map[string]any, error) {
	value := []map[string]any{}
	for _, ch := range changes {
		if ch.Kind == exchange.ItemGone {
			if state.Kinds == "" || state.Kinds == "deleted" {
				reason := "deleted"
				if ch.Moved {
					reason = "changed"
				}
				value = append(value, removed(of, ch, immutable, reason))
			}
			continue
		}
		created := ch.Kind == exchange.ItemCreated
		if state.Kinds == "created" && !created || state.Kinds == "updated" && created || state.Kinds == "deleted" {
			continue
		}
		if ch.Item.Class != of.class {
			continue
		}
		var a exchange.Appointment
		if of.class == exchange.ClassEvent && ch.Item.ReadEntry(&a) == nil && (!a.Start.Before(state.To) || !a.End.After(state.From)) {
			if state.Since > 0 && !created { // it may have been in view
				value = append(value, removed(of, ch, immutable, "changed"))
			}
			continue
		}
		o, err := of.object(ch.Item)
		if exchange.IsGone(err) {
			continue // the next delta tells
		}
		if err != nil {
			return nil, err
		}
		if q.filter != nil && !q.filter.test(o) {
			continue
		}
		o["@odata.type"] = "#microsoft.graph." + of.kind
		shown, err := of.show(q)(o)
		if err != nil {
			return nil, err
		}
		value = append(value, shown)
	}
	return value, nil
}

// removed tells of an item that is not, or no longer, to be seen.
func removed(of tracked, ch exchange.Change, immutable bool, reason string) map[string]any {
	return map[string]any{"@odata.type": "#microsoft.graph." + of.kind, "id": ch.Item.ID(immutable).REST(), "@removed": map[string]any{"reason": reason}}
}
