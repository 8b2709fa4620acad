package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// foldersState is what a delta token of folders holds: how each one was.
type foldersState struct {
	Mailbox string            // GUID
	Was     map[uint64]string // by the folder's number
	Select  string
}

// folderDelta tells which folders came, changed or went. It has one page: a
// mailbox has fewer folders than a page may hold.
func folderDelta(c *call) (answer, error) {
	q := c.r.URL.Query()
	state := foldersState{Mailbox: c.mailbox.GUID(), Select: q.Get("$select")}
	if token := q.Get("$deltatoken"); token != "" {
		state = foldersState{}
		if !decodeToken(token, &state) || state.Mailbox != c.mailbox.GUID() {
			return answer{}, badRequest("Badly formed token.")
		}
		if c.s.x.Struck("delta-expired", c.mailbox.Account().ID, c.caller.Client) {
			return answer{}, &refusal{status: http.StatusGone, code: "SyncStateNotFound", message: "The sync state generation is not found; reset needed.", location: c.address()}
		}
	} else {
		for name := range q {
			if name != "$select" {
				return answer{}, badRequest("The query parameter '%s' is not supported with delta.", name)
			}
		}
	}
	shape := query{}
	for name := range strings.SplitSeq(state.Select, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !folderProperties.has(name) {
			return answer{}, badProperty(name, "mailFolder")
		}
		shape.sel = append(shape.sel, name)
	}
	value, now, err := c.changedFolders(state.Was, shape)
	if err != nil {
		return answer{}, err
	}
	state.Was = now
	text, err := json.Marshal(state)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: map[string]any{"@odata.context": c.base() + "/$metadata#Collection(mailFolder)", "value": value,
		"@odata.deltaLink": c.address() + "?$deltatoken=" + encodeToken(string(text))}}, nil
}

func (c *call) changedFolders(was map[uint64]string, shape query) (value []map[string]any, now map[uint64]string, err error) {
	list, err := c.mailbox.Folders(exchange.Root, true)
	if err != nil {
		return nil, nil, err
	}
	value, now = []map[string]any{}, map[uint64]string{}
	for _, f := range list {
		if f.Class != exchange.MailFolder {
			continue
		}
		now[f.N] = fmt.Sprintf("%x.%x.%x", f.Change, f.Total, f.Unread)
		if was[f.N] != now[f.N] {
			value = append(value, shape.pick(folderObject(f)))
		}
	}
	var gone []uint64
	for n := range was {
		if _, there := now[n]; !there {
			gone = append(gone, n)
		}
	}
	slices.Sort(gone)
	for _, n := range gone {
		id := exchange.ID{Mailbox: c.mailbox.GUID(), Kind: exchange.OfFolder, N: n}
		value = append(value, map[string]any{"id": id.REST(), "@removed": map[string]any{"reason": "deleted"}})
	}
	return value, now, nil
}
