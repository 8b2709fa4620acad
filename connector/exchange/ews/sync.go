package ews

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/connector/exchange"
)

const (
	syncAtOnce = 100
	maxState   = 1 << 20
)

// Sync implements exchange.Reader with SyncFolderItems.
func (b *box) Sync(ctx context.Context, folder, state string) (exchange.Changes, error) {
	n, anew, err := b.changes(ctx, folder, state, syncAtOnce)
	if err != nil {
		return exchange.Changes{}, err
	}
	out := exchange.Changes{State: n.val("SyncState"), More: n.val("IncludesLastItemInRange") == "false", Anew: anew}
	if out.State == "" || len(out.State) > maxState {
		return exchange.Changes{}, fmt.Errorf("a page of changes has no state to go on with, or one of %d bytes", len(out.State))
	}
	var created []string
	for _, c := range n.kid("Changes").children() {
		switch c.name {
		case "Create":
			for _, item := range c.kids {
				if id := item.kid("ItemId").attr("Id"); id != "" {
					created = append(created, id)
				}
			}
		case "Delete":
			out.Gone = append(out.Gone, c.kid("ItemId").attr("Id"))
		}
	}
	list, err := b.items(ctx, "Reading what is new", created, shape(syncFields...))
	if err != nil {
		return exchange.Changes{}, err
	}
	for _, item := range list {
		out.New = append(out.New, item.mail())
	}
	slices.SortStableFunc(out.New, func(a, b exchange.Mail) int { return a.Received.Compare(b.Received) })
	return out, nil
}

// changes reads a page of changes. Where Exchange has forgotten the state, or it
// is of another place, the page is the first of a new beginning.
func (b *box) changes(ctx context.Context, folder, state string, most int) (n *node, anew bool, err error) {
	at, err := b.folderID(ctx, folder)
	if err != nil {
		return nil, false, err
	}
	ask := func(state string) (*node, error) {
		return b.one(ctx, request{doing: "Reading what is new", need: reading, op: el("m:SyncFolderItems", shape(), el("m:SyncFolderId", at), opt("m:SyncState", state),
			txt("m:MaxChangesReturned", fmt.Sprint(most)), txt("m:SyncScope", "NormalItems"))})
	}
	if state != "" {
		if anew = !looksLikeState(state); !anew {
			n, err = ask(state)
			anew = codeOf(err) == "errorinvalidsyncstatedata"
		}
		if !anew {
			return n, false, err
		}
	}
	n, err = ask("")
	return n, anew, err
}

// looksLikeState tells whether a state may be one of Exchange's, which are base64.
func looksLikeState(state string) bool {
	return len(state) <= maxState && !strings.ContainsFunc(state, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+/=", r))
	})
}
