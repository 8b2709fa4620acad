package ews

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// ownAddress is the address of the mailbox, which some operations want to be told
// even for one's own.
func (b *box) ownAddress(ctx context.Context) (string, error) {
	if b.address != "" {
		return b.address, nil
	}
	const name = "own address"
	if known := b.lane.Noted(name); known != "" {
		return known, nil
	}
	address, err := b.lookUpOwn(ctx)
	b.lane.Note(name, address)
	return address, err
}

// lookUpOwn finds it by the name that signs in, or by whom the newest mail was
// received by.
func (b *box) lookUpOwn(ctx context.Context) (string, error) {
	if strings.Contains(b.access.User, "@") {
		return b.access.User, nil
	}
	if _, name, _ := strings.Cut(b.access.User, `\`); name != "" {
		n, err := b.one(ctx, request{doing: "Looking up the account", need: reading,
			op: el("m:ResolveNames", txt("m:UnresolvedEntry", name)).with("ReturnFullContactData", "false").with("SearchScope", "ActiveDirectory")})
		found := n.kid("ResolutionSet").children()
		if address := n.kid("ResolutionSet", "Resolution", "Mailbox").address().Address; err == nil && len(found) == 1 && address != "" {
			return address, nil
		}
	}
	ids, _, err := b.ids(ctx, find{doing: "Looking up the mailbox", folder: "inbox", by: "item:DateTimeReceived", query: exchange.Query{Top: batch}})
	if err != nil {
		return "", err
	}
	list, err := b.items(ctx, "Looking up the mailbox", ids, shape("message:ReceivedBy"))
	if err != nil {
		return "", err
	}
	for _, n := range list {
		if a := n.kid("ReceivedBy", "Mailbox").address().Address; a != "" {
			return a, nil
		}
	}
	return "", &signoff.Error{Kind: signoff.Invalid, Code: exchange.CodeNoMailbox, Detail: "Exchange has to be told the address of the mailbox for this, and it is not known.",
		Hint: "Enter the address at the service instance, or as \"On behalf of\"."}
}

var oofStates = map[string]string{"disabled": "Disabled", "alwaysEnabled": "Enabled", "scheduled": "Scheduled"}

var oofAudiences = map[string]string{"none": "None", "contactsOnly": "Known", "all": "All"}

func (b *box) oofMailbox(ctx context.Context) (*node, error) {
	address, err := b.ownAddress(ctx)
	return el("t:Mailbox", txt("t:Address", address)), err
}

// AutoReply implements exchange.Settler.
func (b *box) AutoReply(ctx context.Context) (exchange.AutoReply, error) {
	who, err := b.oofMailbox(ctx)
	if err != nil {
		return exchange.AutoReply{}, err
	}
	n, err := b.one(ctx, request{doing: "Reading the automatic reply", need: reading, op: el("m:GetUserOofSettingsRequest", who)})
	if err != nil {
		return exchange.AutoReply{}, err
	}
	s := n.kid("OofSettings")
	out := exchange.AutoReply{Status: ofWord(oofStates, s.val("OofState")), Audience: ofWord(oofAudiences, s.val("ExternalAudience")),
		Internal: s.whole("InternalReply", "Message"), External: s.whole("ExternalReply", "Message")}
	if out.Status == "scheduled" {
		out.Start, out.End = s.kid("Duration").moment("StartTime"), s.kid("Duration").moment("EndTime")
	}
	return out, nil
}

// SetAutoReply implements exchange.Settler.
func (b *box) SetAutoReply(ctx context.Context, a exchange.AutoReply) error {
	who, err := b.oofMailbox(ctx)
	if err != nil {
		return err
	}
	s := el("t:UserOofSettings", txt("t:OofState", oofStates[a.Status]), txt("t:ExternalAudience", oofAudiences[a.Audience]))
	if a.Status == "scheduled" {
		s.add(el("t:Duration", moment("t:StartTime", a.Start), moment("t:EndTime", a.End)))
	}
	s.add(el("t:InternalReply", txt("t:Message", a.Internal)), el("t:ExternalReply", txt("t:Message", a.External)))
	_, err = b.one(ctx, request{doing: "Setting the automatic reply", need: writing, op: el("m:SetUserOofSettingsRequest", who, s)})
	return err
}

// Categories are kept in the calendar, as a document that Outlook wrote
// (MS-OXOCFG §2.2.5).
const (
	categoryList  = "CategoryList"
	maxCategories = 1 << 20
	noColor       = "-1"
)

func (b *box) categoryName() *node {
	return el("t:UserConfigurationName", b.wellKnown("calendar")).with("Name", categoryList)
}

// categoryDocument reads it; nil when nobody has made it yet.
func (b *box) categoryDocument(ctx context.Context) (*node, error) {
	name := b.categoryName()
	name.name = "m:UserConfigurationName"
	n, err := b.one(ctx, request{doing: "Reading the categories", need: reading, op: el("m:GetUserConfiguration", name, txt("m:UserConfigurationProperties", "XmlData"))})
	if exchange.Gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text := n.val("UserConfiguration", "XmlData")
	if text == "" {
		return nil, nil
	}
	raw, err := decoded(text)
	if err == nil {
		n, err = readXML(bytes.NewReader(raw), maxCategories)
	}
	if err != nil || n.name != "categories" {
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeRefused, Err: err, Detail: "The mailbox's list of categories cannot be read.",
			Hint: "Open the categories in Outlook and change one there: it writes the list anew."}
	}
	return n, nil
}

func (n *node) category() exchange.Category {
	c := exchange.Category{ID: strings.ToLower(strings.Trim(n.attr("guid"), "{}")), Name: n.attr("name"), Color: "none"}
	if color, ok := number(n.attr("color")); ok && color >= 0 {
		c.Color = fmt.Sprintf("preset%d", color)
	}
	return c
}

// Categories implements exchange.Settler.
func (b *box) Categories(ctx context.Context) ([]exchange.Category, error) {
	doc, err := b.categoryDocument(ctx)
	out := []exchange.Category{}
	for _, k := range doc.children() {
		if k.name == "category" {
			out = append(out, k.category())
		}
	}
	return out, err
}

// CreateCategory implements exchange.Settler. One of that name that is there
// already is refused as a conflict.
func (b *box) CreateCategory(ctx context.Context, c exchange.Category) (exchange.Category, error) {
	doc, err := b.categoryDocument(ctx)
	if err != nil {
		return exchange.Category{}, err
	}
	color := noColor
	if c.Color != "" && !strings.EqualFold(c.Color, "none") {
		n, ok := number(strings.TrimPrefix(strings.ToLower(c.Color), "preset"))
		if !ok || n < 0 || n > 24 {
			return exchange.Category{}, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: fmt.Sprintf("%q is no color of a category.", c.Color), Hint: "Colors are preset0 to preset24, and none."}
		}
		color = fmt.Sprint(n)
	}
	made := doc != nil
	if !made {
		doc = el("categories").with("default", c.Name).with("lastSavedSession", "0").with("lastSavedTime", b.s.now().UTC().Format("2006-01-02T15:04:05.000"))
	}
	if slices.ContainsFunc(doc.kids, func(k *node) bool { return strings.EqualFold(k.attr("name"), c.Name) }) {
		return exchange.Category{}, &signoff.Error{Kind: signoff.Conflict, Code: exchange.CodeConflict, Detail: fmt.Sprintf("There is a category %q already.", c.Name)}
	}
	one := el("category").with("name", c.Name).with("color", color).with("keyboardShortcut", "0").with("lastSessionUsed", "0").with("guid", "{"+strings.ToUpper(traffic.GUID())+"}")
	doc.add(one)
	return one.category(), b.saveCategories(ctx, doc, made)
}

func (b *box) saveCategories(ctx context.Context, doc *node, there bool) error {
	var text bytes.Buffer
	text.WriteString("<?xml version=\"1.0\"?>\n")
	doc.with("xmlns", "CategoryList.xsd").write(&text)
	config := el("m:UserConfiguration", b.categoryName(), txt("t:XmlData", base64.StdEncoding.EncodeToString(text.Bytes())))
	name := "m:UpdateUserConfiguration"
	if !there {
		name = "m:CreateUserConfiguration"
	}
	_, err := b.one(ctx, request{doing: "Making the category", need: writing, once: !there, op: el(name, config)})
	return err
}

const maxRoomLists = 50

// Rooms implements exchange.Settler. Exchange lists rooms by their lists alone:
// all are those of all lists.
func (b *box) Rooms(ctx context.Context, list string) ([]exchange.Room, error) {
	lists := []exchange.RoomList{{Address: list}}
	if list == "" {
		var err error
		if lists, err = b.RoomLists(ctx); err != nil {
			return nil, err
		}
		lists = lists[:min(len(lists), maxRoomLists)]
	}
	out := []exchange.Room{}
	for _, l := range lists {
		n, err := b.one(ctx, request{doing: "Listing rooms", need: reading, op: el("m:GetRooms", el("m:RoomList", txt("t:EmailAddress", l.Address)))})
		if err != nil {
			return nil, err
		}
		for _, r := range n.kid("Rooms").children() {
			a := r.kid("Id").address()
			room := exchange.Room{Name: a.Name, Address: a.Address, Building: l.Name}
			if !slices.ContainsFunc(out, func(o exchange.Room) bool { return strings.EqualFold(o.Address, room.Address) }) {
				out = append(out, room)
			}
		}
	}
	return out, nil
}

// RoomLists implements exchange.Settler.
func (b *box) RoomLists(ctx context.Context) ([]exchange.RoomList, error) {
	n, err := b.one(ctx, request{doing: "Listing room lists", need: reading, op: el("m:GetRoomLists")})
	out := []exchange.RoomList{}
	for _, l := range n.kid("RoomLists").children() {
		a := l.address()
		out = append(out, exchange.RoomList{Name: a.Name, Address: a.Address})
	}
	return out, err
}

// TimeZones implements exchange.Settler.
func (b *box) TimeZones(ctx context.Context) ([]exchange.TimeZone, error) {
	n, err := b.one(ctx, request{doing: "Listing time zones", need: reading, op: el("m:GetServerTimeZones").with("ReturnFullTimeZoneData", "false")})
	out := []exchange.TimeZone{}
	for _, z := range n.kid("TimeZoneDefinitions").children() {
		out = append(out, exchange.TimeZone{Name: z.attr("Id"), Title: z.attr("Name")})
	}
	return out, err
}
