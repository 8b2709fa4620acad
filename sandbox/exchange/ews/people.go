package ews

import (
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// resolveNames finds people of the directory and the caller's contacts by name
// or address. Several are a warning, none is an error.
func resolveNames(c *call, op *node) (*node, error) {
	return c.each("ResolveNames", []*node{op}, nil, func(*node) ([]*node, error) { return c.resolve(op) })
}

func (c *call) resolve(op *node) ([]*node, error) {
	entry := op.val("m:UnresolvedEntry")
	if entry == "" || len(entry) > 500 {
		return nil, refuse("ErrorInvalidNameForNameResolution")
	}
	var found []*node
	scope := op.attr("SearchScope")
	if scope != "Contacts" {
		for _, box := range c.people(entry) {
			found = append(found, resolution(box, op.attr("ReturnFullContactData") == "true"))
		}
	}
	if strings.Contains(scope, "Contacts") && c.box != nil {
		mine, err := c.contactsLike(entry)
		if err != nil {
			return nil, err
		}
		found = append(found, mine...)
	}
	if len(found) == 0 {
		return nil, refuse("ErrorNameResolutionNoResults")
	}
	some := found[:min(len(found), maxResolved)]
	set := el("m:ResolutionSet", attr{"TotalItemsInView", strconv.Itoa(len(some))}, attr{"IncludesLastItemInRange", strconv.FormatBool(len(some) == len(found))}, some)
	if len(found) > 1 {
		return nil, &warning{refuse("ErrorNameResolutionMultipleResults"), set}
	}
	return []*node{set}, nil
}

// warning is an answer with a remark: ResponseClass="Warning".
type warning struct {
	*fault
	says *node
}

// people are those of the directory whose name or address begins so.
func (c *call) people(entry string) []*exchange.Mailbox {
	kind, address, exact := strings.Cut(entry, ":")
	exact = exact && strings.EqualFold(kind, "smtp")
	entry = strings.ToLower(entry)
	var out []*exchange.Mailbox
	for _, box := range c.srv.Exchange.Mailboxes() {
		a := box.Address()
		fits := strings.HasPrefix(strings.ToLower(a.Address), entry)
		for word := range strings.FieldsSeq(strings.ToLower(a.Name)) {
			fits = fits || strings.HasPrefix(word, entry)
		}
		fits = fits || strings.HasPrefix(strings.ToLower(a.Name), entry)
		if exact {
			fits = strings.EqualFold(a.Address, address)
		}
		if fits {
			out = append(out, box)
		}
	}
	return out
}

func resolution(box *exchange.Mailbox, full bool) *node {
	a := box.Address()
	n := el("t:Resolution", mailboxNode(box, a))
	if full {
		given, surname, _ := strings.Cut(a.Name, " ")
		n.kids = append(n.kids, el("t:Contact", el("t:DisplayName", a.Name), words("t:GivenName", given),
			el("t:EmailAddresses", el("t:Entry", attr{"Key", "EmailAddress1"}, "SMTP:"+a.Address)), el("t:ContactSource", "ActiveDirectory"),
			words("t:JobTitle", box.Account().Role), words("t:Surname", surname)))
	}
	return n
}

func (c *call) contactsLike(entry string) ([]*node, error) {
	items, err := c.box.Items(exchange.Contacts)
	if err != nil {
		return nil, err
	}
	var out []*node
	entry = strings.ToLower(entry)
	for _, it := range items {
		e := readEntry(it)
		if e.contact == nil || len(e.contact.Emails) == 0 || !strings.Contains(strings.ToLower(e.contact.DisplayName+" "+e.contact.Emails[0].Address), entry) {
			continue
		}
		m := mailboxNode(nil, exchange.Address{Name: e.contact.DisplayName, Address: e.contact.Emails[0].Address})
		m.kids[len(m.kids)-1].text = "Contact"
		m.kids = append(m.kids, (&itemView{Item: it, box: c.box}).id())
		out = append(out, el("t:Resolution", m))
	}
	return out, nil
}

// expandDL lists who is behind an address: the rooms of a room list, or the
// people of the list "everybody".
func expandDL(c *call, op *node) (*node, error) {
	return c.each("ExpandDL", []*node{op}, nil, func(*node) ([]*node, error) {
		address := op.val("m:Mailbox", "t:EmailAddress")
		var members []*node
		if strings.EqualFold(address, "everybody@contoso.test") {
			for _, box := range c.srv.Exchange.Mailboxes() {
				members = append(members, mailboxNode(box, box.Address()))
			}
		}
		for _, r := range exchange.Rooms() {
			if strings.EqualFold(address, exchange.RoomList(r.Building).Address) {
				members = append(members, mailboxNode(nil, exchange.Address{Name: r.Name, Address: r.Address}))
			}
		}
		if len(members) == 0 {
			return nil, refuse("ErrorNameResolutionNoResults")
		}
		return []*node{el("m:DLExpansion", attr{"TotalItemsInView", strconv.Itoa(len(members))}, attr{"IncludesLastItemInRange", "true"}, members)}, nil
	})
}

// findPeople searches the directory. Its answer has no ResponseMessages.
func findPeople(c *call, op *node) (*node, error) {
	query := op.val("m:QueryString")
	match, f := readRestriction(op.kid("m:Restriction"), knownOfPeople)
	if f != nil {
		return nil, f
	}
	if op.kid("m:AggregationRestriction") != nil {
		return nil, &fault{code: "ErrorInvalidOperation", text: "This server aggregates no people."}
	}
	var all []*exchange.Mailbox
	for _, box := range c.srv.Exchange.Mailboxes() {
		a := box.Address()
		if strings.Contains(strings.ToLower(a.Name+" "+a.Address), strings.ToLower(query)) && match(persona(a)) {
			all = append(all, box)
		}
	}
	some, _, no := page(all, op.kid("m:IndexedPageItemView"))
	if no != nil {
		return nil, no
	}
	people := el("m:People")
	for _, box := range some {
		people.kids = append(people.kids, personaNode("t:Persona", box))
	}
	return el("m:FindPeopleResponse", attr{"ResponseClass", "Success"}, el("m:ResponseCode", "NoError"), people,
		el("m:TotalNumberOfPeopleInView", strconv.Itoa(len(all))), el("m:FirstMatchingRowIndex", "0"), el("m:FirstLoadedRowIndex", "0")), nil
}

func personaNode(name string, box *exchange.Mailbox) *node {
	a := box.Address()
	id := exchange.ID{Mailbox: box.GUID(), Kind: exchange.OfFolder, N: 1}
	return el(name, el("t:PersonaId", attr{"Id", id.EWS()}), el("t:DisplayName", a.Name),
		el("t:EmailAddress", el("t:Name", a.Name), el("t:EmailAddress", a.Address), el("t:RoutingType", "SMTP")))
}

// getPersona shows one of the people that FindPeople found. Its answer is a
// response message by itself.
func getPersona(c *call, op *node) (*node, error) {
	id, err := parseID(op.kid("m:PersonaId").attr("Id"))
	if err != nil {
		return c.failed("GetPersona", err), nil
	}
	box, err := c.srv.Exchange.Mailbox(id.Mailbox)
	if err != nil {
		return c.failed("GetPersona", refuse("ErrorItemNotFound")), nil
	}
	return answer("GetPersona", personaNode("m:Persona", box)), nil
}

// persona is what people can be found by.
type persona exchange.Address

func (p persona) value(of path) any {
	switch of.uri {
	case "persona:DisplayName", "contacts:DisplayName":
		return p.Name
	case "persona:EmailAddress", "persona:EmailAddresses":
		return p.Address
	}
	return nil
}

func knownOfPeople(p path) *fault {
	if persona(exchange.Address{}).value(p) == nil {
		return &fault{code: "ErrorUnsupportedPathForQuery", text: "People cannot be found by " + short(p.uri) + "."}
	}
	return nil
}

// getRoomLists lists the buildings. The answer is the response message itself.
func getRoomLists(*call, *node) (*node, error) {
	var seen []string
	list := el("m:RoomLists")
	for _, r := range exchange.Rooms() {
		if !slices.Contains(seen, r.Building) {
			seen = append(seen, r.Building)
			a := exchange.RoomList(r.Building)
			list.kids = append(list.kids, el("t:Address", el("t:Name", a.Name), el("t:EmailAddress", a.Address), el("t:RoutingType", "SMTP"), el("t:MailboxType", "PublicDL")))
		}
	}
	return bare("GetRoomLists", list), nil
}

func getRooms(c *call, op *node) (*node, error) {
	address := op.val("m:RoomList", "t:EmailAddress")
	list := el("m:Rooms")
	for _, r := range exchange.Rooms() {
		if strings.EqualFold(address, exchange.RoomList(r.Building).Address) {
			list.kids = append(list.kids, el("t:Room", el("t:Id", el("t:Name", r.Name), el("t:EmailAddress", r.Address), el("t:RoutingType", "SMTP"), el("t:MailboxType", "Mailbox"))))
		}
	}
	if len(list.kids) == 0 {
		n := failed("GetRooms", refuse("ErrorNameResolutionNoResults"))
		n.name = "m:GetRoomsResponse"
		return n, nil
	}
	return bare("GetRooms", list), nil
}

// bare is an answer without ResponseMessages.
func bare(op string, parts ...*node) *node {
	return el("m:"+op+"Response", attr{"ResponseClass", "Success"}, el("m:ResponseCode", "NoError"), parts)
}
