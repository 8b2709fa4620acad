package ews

import (
	"context"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

// The keys of lists that are asked for, and changed, entry by entry.
var emailKeys, phoneKeys = []string{"EmailAddress1", "EmailAddress2", "EmailAddress3"}, []string{"BusinessPhone", "BusinessPhone2"}

const mobileKey = "MobilePhone"

func indexed(uri, key string) *node {
	return el("t:IndexedFieldURI").with("FieldURI", uri).with("FieldIndex", key)
}

func contactShape() *node {
	s := shape("item:Body", "item:Categories", "item:LastModifiedTime", "contacts:DisplayName", "contacts:GivenName", "contacts:Surname", "contacts:CompanyName", "contacts:JobTitle", "contacts:Department")
	more := s.kids[1]
	for _, key := range emailKeys {
		more.add(indexed("contacts:EmailAddress", key))
	}
	for _, key := range append([]string{mobileKey}, phoneKeys...) {
		more.add(indexed("contacts:PhoneNumber", key))
	}
	return s
}

func (n *node) contact() exchange.Contact {
	c := exchange.Contact{ID: n.kid("ItemId").attr("Id"), Name: n.val("DisplayName"), GivenName: n.val("GivenName"), Surname: n.val("Surname"), Company: n.val("CompanyName"),
		JobTitle: n.val("JobTitle"), Department: n.val("Department"), Notes: n.whole("Body"), Categories: n.strings("Categories"), Modified: n.moment("LastModifiedTime")}
	entries := func(list string) map[string]*node {
		out := map[string]*node{}
		for _, e := range n.kid(list).children() {
			out[e.attr("Key")] = e
		}
		return out
	}
	emails, phones := entries("EmailAddresses"), entries("PhoneNumbers")
	for _, key := range emailKeys {
		if e := emails[key]; e != nil && strings.TrimSpace(e.text) != "" {
			a := exchange.Address{Name: e.attr("Name"), Address: strings.TrimSpace(e.text)}
			if a.Name == a.Address {
				a.Name = ""
			}
			c.Emails = append(c.Emails, a)
		}
	}
	for _, key := range phoneKeys {
		if e := phones[key]; e != nil && strings.TrimSpace(e.text) != "" {
			c.Business = append(c.Business, strings.TrimSpace(e.text))
		}
	}
	if e := phones[mobileKey]; e != nil {
		c.Mobile = strings.TrimSpace(e.text)
	}
	return c
}

func emailEntry(key string, a exchange.Address) *node {
	n := txt("t:Entry", a.Address).with("Key", key)
	if a.Name != "" {
		n.with("Name", a.Name)
	}
	return n
}

func fits(what string, n, most int) error {
	if n <= most {
		return nil
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: fmt.Sprintf("Exchange keeps %d %s of a contact, and these are %d.", most, what, n)}
}

// CreateContact implements exchange.Contacts.
func (b *box) CreateContact(ctx context.Context, n exchange.NewContact) (exchange.Contact, error) {
	if err := fits("mail addresses", len(n.Emails), len(emailKeys)); err != nil {
		return exchange.Contact{}, err
	}
	if err := fits("business phones", len(n.Business), len(phoneKeys)); err != nil {
		return exchange.Contact{}, err
	}
	item := el("t:Contact")
	if n.Notes != "" {
		item.add(bodyOut("t:Body", exchange.Body{Text: n.Notes}))
	}
	item.add(stringsOut("t:Categories", n.Categories), correlated(n.Correlation), opt("t:FileAs", n.Name), opt("t:DisplayName", n.Name), opt("t:GivenName", n.GivenName), opt("t:CompanyName", n.Company))
	if len(n.Emails) > 0 {
		emails := el("t:EmailAddresses")
		for i, a := range n.Emails {
			emails.add(emailEntry(emailKeys[i], a))
		}
		item.add(emails)
	}
	if len(n.Business) > 0 || n.Mobile != "" {
		phones := el("t:PhoneNumbers")
		for i, p := range n.Business {
			phones.add(txt("t:Entry", p).with("Key", phoneKeys[i]))
		}
		if n.Mobile != "" {
			phones.add(txt("t:Entry", n.Mobile).with("Key", mobileKey))
		}
		item.add(phones)
	}
	item.add(opt("t:Department", n.Department), opt("t:JobTitle", n.JobTitle), opt("t:Surname", n.Surname))
	id, err := b.createOnce(ctx, "Making the contact", "contacts", n.Correlation, item)
	if err != nil {
		return exchange.Contact{}, err
	}
	return b.Contact(ctx, id)
}

// Contact implements exchange.Contacts.
func (b *box) Contact(ctx context.Context, id string) (exchange.Contact, error) {
	n, err := b.item(ctx, "Reading the contact", id, "contact", contactShape(), 0)
	if err != nil {
		return exchange.Contact{}, err
	}
	return n.contact(), nil
}

// Contacts implements exchange.Contacts.
func (b *box) Contacts(ctx context.Context, q exchange.Query) (exchange.Page[exchange.Contact], error) {
	f := find{doing: "Listing contacts", folder: "contacts", query: q, by: "item:DateTimeCreated"}
	var filtered bool
	f.restriction, filtered = translate(q.Filter, contactProperties)
	out := exchange.Page[exchange.Contact]{Items: []exchange.Contact{}, Unfiltered: !filtered}
	ids, next, err := b.ids(ctx, f)
	if err != nil {
		return out, err
	}
	all, err := b.items(ctx, f.doing, ids, contactShape())
	for _, n := range all {
		out.Items = append(out.Items, n.contact())
	}
	out.Next = next
	return out, err
}

// ChangeContact implements exchange.Contacts.
func (b *box) ChangeContact(ctx context.Context, id string, c exchange.ContactChange) (exchange.Contact, error) {
	updates, err := contactUpdates(c)
	if err != nil {
		return exchange.Contact{}, err
	}
	if len(updates) > 0 {
		if err := b.update(ctx, "Changing the contact", id, "contact", updates, nil, false); err != nil {
			return exchange.Contact{}, err
		}
	}
	return b.Contact(ctx, id)
}

// contactUpdates are what takes away first, then what sets.
func contactUpdates(c exchange.ContactChange) ([]*node, error) {
	var gone, out []*node
	put := func(path, value *node) {
		if value == nil {
			gone = append(gone, update(path, "", nil))
			return
		}
		out = append(out, update(path, "t:Contact", value))
	}
	if c.Notes != nil {
		put(fieldURI("item:Body"), bodyOut("t:Body", exchange.Body{Text: *c.Notes}))
	}
	if c.Categories != nil {
		put(fieldURI("item:Categories"), stringsOut("t:Categories", *c.Categories))
	}
	for _, s := range []struct {
		name string
		v    *string
	}{{"DisplayName", c.Name}, {"GivenName", c.GivenName}, {"CompanyName", c.Company}, {"Department", c.Department}, {"JobTitle", c.JobTitle}, {"Surname", c.Surname}} {
		if s.v != nil {
			put(fieldURI("contacts:"+s.name), opt("t:"+s.name, *s.v))
		}
	}
	if c.Emails != nil {
		if err := fits("mail addresses", len(*c.Emails), len(emailKeys)); err != nil {
			return nil, err
		}
		for i, key := range emailKeys {
			var value *node
			if i < len(*c.Emails) {
				value = el("t:EmailAddresses", emailEntry(key, (*c.Emails)[i]))
			}
			put(indexed("contacts:EmailAddress", key), value)
		}
	}
	phone := func(key, text string) {
		var value *node
		if text != "" {
			value = el("t:PhoneNumbers", txt("t:Entry", text).with("Key", key))
		}
		put(indexed("contacts:PhoneNumber", key), value)
	}
	if c.Business != nil {
		if err := fits("business phones", len(*c.Business), len(phoneKeys)); err != nil {
			return nil, err
		}
		for i, key := range phoneKeys {
			phone(key, strings.Join((*c.Business)[min(i, len(*c.Business)):min(i+1, len(*c.Business))], ""))
		}
	}
	if c.Mobile != nil {
		phone(mobileKey, *c.Mobile)
	}
	return append(gone, out...), nil
}

// DeleteContact implements exchange.Contacts.
func (b *box) DeleteContact(ctx context.Context, id string) error {
	return b.delete(ctx, "Deleting the contact", id, "contact", false)
}
