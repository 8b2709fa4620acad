package ews

import (
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

func (c *call) createContact(op, n *node) ([]*node, error) {
	box, folder, err := c.savedFolder(op, exchange.Contacts)
	if err != nil {
		return nil, err
	}
	if folder.Class != exchange.ContactFolder {
		return nil, refuse("ErrorCannotCreateContactInNonContactFolder")
	}
	says := &exchange.Contact{}
	it, err := c.createEntry(box, folder, exchange.ClassContact, says, &draft{contact: says}, n, func() error {
		if says.DisplayName == "" {
			says.DisplayName = strings.TrimSpace(says.GivenName + " " + says.Surname)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return []*node{el("m:Items", (&itemView{Item: it, box: box}).brief())}, nil
}

func getContact(c *exchange.Contact, element string) *node {
	n := el(element)
	switch element {
	case "t:EmailAddresses":
		for i, a := range c.Emails[:min(len(c.Emails), 3)] {
			n.kids = append(n.kids, el("t:Entry", attr{"Key", "EmailAddress" + strconv.Itoa(i+1)}, attr{"Name", nameOf(a)}, attr{"RoutingType", "SMTP"}, a.Address))
		}
	case "t:PhoneNumbers":
		for i, p := range c.BusinessPhones[:min(len(c.BusinessPhones), 2)] {
			n.kids = append(n.kids, el("t:Entry", attr{"Key", []string{"BusinessPhone", "BusinessPhone2"}[i]}, p))
		}
		if c.MobilePhone != "" {
			n.kids = append(n.kids, el("t:Entry", attr{"Key", "MobilePhone"}, c.MobilePhone))
		}
	default:
		if field := contactField(c, element); field != nil {
			return words(element, *field)
		}
	}
	if len(n.kids) == 0 {
		return nil
	}
	return n
}

// contactField is the text behind an element, or nil.
func contactField(c *exchange.Contact, element string) *string {
	switch element {
	case "t:DisplayName":
		return &c.DisplayName
	case "t:GivenName":
		return &c.GivenName
	case "t:Surname":
		return &c.Surname
	case "t:CompanyName":
		return &c.CompanyName
	case "t:JobTitle":
		return &c.JobTitle
	case "t:Department":
		return &c.Department
	}
	return nil
}

func (d *draft) setContact(n *node) (done bool, err error) {
	c := d.contact
	if field := contactField(c, n.name); field != nil {
		*field = oneLine(n.text)
		return true, nil
	}
	switch n.name {
	case "t:EmailAddresses":
		if len(n.kids) == 0 {
			c.Emails = nil
		}
		for _, k := range n.kids {
			i := number(strings.TrimPrefix(k.attr("Key"), "EmailAddress"), 1)
			if i > 3 {
				return false, refuse("ErrorInvalidArgument")
			}
			for len(c.Emails) < i {
				c.Emails = append(c.Emails, exchange.Address{})
			}
			c.Emails[i-1] = exchange.Address{Name: k.attr("Name"), Address: oneLine(k.text)}
		}
	case "t:PhoneNumbers":
		for _, k := range n.kids {
			switch text := oneLine(k.text); k.attr("Key") {
			case "MobilePhone":
				c.MobilePhone = text
			case "BusinessPhone":
				c.BusinessPhones = append([]string{text}, c.BusinessPhones[min(1, len(c.BusinessPhones)):]...)
			case "BusinessPhone2":
				c.BusinessPhones = append(c.BusinessPhones[:min(1, len(c.BusinessPhones))], text)
			default:
				return false, &fault{code: "ErrorInvalidPropertySet", text: "This server keeps business and mobile phones only."}
			}
		}
	default:
		return false, nil
	}
	return true, nil
}
