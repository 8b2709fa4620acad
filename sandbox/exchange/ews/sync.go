package ews

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// itemState is what a client hands back as SyncState: opaque to it.
type itemState struct {
	Box    string `json:"b"`
	Folder uint64 `json:"f"`
	Since  uint64 `json:"s"`
}

// folderState likewise, of SyncFolderHierarchy.
type folderState struct {
	Box   string   `json:"b"`
	Top   uint64   `json:"t"`
	Since uint64   `json:"s"`
	Known []uint64 `json:"k"`
}

func writeState(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers and ids only
	}
	return base64.StdEncoding.EncodeToString(text)
}

func readState(text string, into any) error {
	raw, err := decodeBase64(text)
	if err != nil || json.Unmarshal(raw, into) != nil {
		return refuse("ErrorInvalidSyncStateData")
	}
	return nil
}

func syncFolderItems(c *call, op *node) (*node, error) {
	s, err := readShapeOf(op)
	if err != nil {
		return nil, err
	}
	return c.each("SyncFolderItems", []*node{op}, nil, func(*node) ([]*node, error) {
		return c.syncItems(op, s)
	})
}

func (c *call) syncItems(op *node, s shape) ([]*node, error) {
	box, folder, err := c.folder(op.kid("m:SyncFolderId"))
	if err != nil {
		return nil, err
	}
	state := itemState{Box: box.GUID(), Folder: folder.N}
	if text := op.val("m:SyncState"); text != "" {
		given := state
		if err := readState(text, &given); err != nil {
			return nil, err
		}
		if given.Box != state.Box || given.Folder != state.Folder || given.Since == 0 || c.srv.Exchange.Struck("delta-expired", box.Account().ID, c.who.App) {
			return nil, refuse("ErrorInvalidSyncStateData")
		}
		state = given
	}
	limit := number(op.val("m:MaxChangesReturned"), maxSyncChanges)
	list, upTo, more, err := box.Changes(folder.ID().EWS(), state.Since, limit)
	if err != nil {
		return nil, err
	}
	ignored := map[string]bool{}
	for _, k := range op.kid("m:Ignore").children() {
		ignored[k.attr("Id")] = true
	}
	changes := el("m:Changes")
	for _, ch := range list {
		if !ignored[ch.Item.ID(false).EWS()] {
			changes.kids = append(changes.kids, c.showChange(box, ch, s))
		}
	}
	state.Since = max(upTo, 1) // 0 is how a first question looks
	return []*node{el("m:SyncState", writeState(state)), el("m:IncludesLastItemInRange", strconv.FormatBool(!more)), changes}, nil
}

func (c *call) showChange(box *exchange.Mailbox, ch exchange.Change, s shape) *node {
	v := &itemView{Item: ch.Item, box: box, shape: s}
	switch ch.Kind {
	case exchange.ItemCreated:
		return el("t:Create", v.show())
	case exchange.ItemRead:
		return el("t:ReadFlagChange", v.id(), flag("t:IsRead", ch.Item.Read()))
	case exchange.ItemGone:
		return el("t:Delete", v.id())
	}
	return el("t:Update", v.show())
}

func syncFolderHierarchy(c *call, op *node) (*node, error) {
	s, f := readShape(op.kid("m:FolderShape"))
	if f != nil {
		return nil, f
	}
	return c.each("SyncFolderHierarchy", []*node{op}, nil, func(*node) ([]*node, error) {
		return c.syncFolders(op, s)
	})
}

func (c *call) syncFolders(op *node, s shape) ([]*node, error) {
	top := op.kid("m:SyncFolderId")
	if top == nil {
		top = el("t:DistinguishedFolderId", attr{"Id", exchange.Root})
	}
	box, folder, err := c.folder(top)
	if err != nil {
		return nil, err
	}
	old := folderState{Box: box.GUID(), Top: folder.N}
	if text := op.val("m:SyncState"); text != "" {
		if err := readState(text, &old); err != nil {
			return nil, err
		}
		if old.Box != box.GUID() || old.Top != folder.N || len(old.Known) > maxIDs {
			return nil, refuse("ErrorInvalidSyncStateData")
		}
	}
	upTo := box.Last()
	list, err := box.Folders(folder.ID().EWS(), true)
	if err != nil {
		return nil, err
	}
	changes, state := el("m:Changes"), folderState{Box: box.GUID(), Top: folder.N, Since: upTo}
	for _, f := range list {
		state.Known = append(state.Known, f.N)
		switch {
		case !slices.Contains(old.Known, f.N):
			changes.kids = append(changes.kids, el("t:Create", folderView{f}.show(s)))
		case f.Change > old.Since:
			changes.kids = append(changes.kids, el("t:Update", folderView{f}.show(s)))
		}
	}
	for _, n := range old.Known {
		if !slices.Contains(state.Known, n) {
			id := exchange.ID{Mailbox: box.GUID(), Kind: exchange.OfFolder, N: n}
			changes.kids = append(changes.kids, el("t:Delete", el("t:FolderId", attr{"Id", id.EWS()})))
		}
	}
	return []*node{el("m:SyncState", writeState(state)), el("m:IncludesLastFolderInRange", "true"), changes}, nil
}
