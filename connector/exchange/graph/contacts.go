package graph

import (
	"context"
	"net/url"
	"time"

	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

const contactFields = "id,displayName,givenName,surname,emailAddresses,companyName,jobTitle,department,mobilePhone,businessPhones,personalNotes,categories,lastModifiedDateTime"

type emailOf struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

type contact struct {
	ID         string     `json:"id"`
	Name       string     `json:"displayName"`
	GivenName  string     `json:"givenName"`
	Surname    string     `json:"surname"`
	Emails     []emailOf  `json:"emailAddresses"`
	Company    string     `json:"companyName"`
	JobTitle   string     `json:"jobTitle"`
	Department string     `json:"department"`
	Mobile     string     `json:"mobilePhone"`
	Business   []string   `json:"businessPhones"`
	Notes      string     `json:"personalNotes"`
	Categories []string   `json:"categories"`
	Modified   *time.Time `json:"lastModifiedDateTime"`
}

func (c contact) contact() exchange.Contact {
	out := exchange.Contact{ID: c.ID, Name: c.Name, GivenName: c.GivenName, Surname: c.Surname, Company: c.Company, JobTitle: c.JobTitle, Department: c.Department,
		Mobile: c.Mobile, Business: c.Business, Notes: c.Notes, Categories: c.Categories, Modified: moment(c.Modified)}
	for _, e := range c.Emails {
		out.Emails = append(out.Emails, exchange.Address{Name: e.Name, Address: e.Address})
	}
	return out
}

func emailsOut(list []exchange.Address) []emailOf {
	out := make([]emailOf, 0, len(list))
	for _, a := range list {
		out = append(out, emailOf(a))
	}
	return out
}

// layContact writes what is to change.
func layContact(body change, c exchange.ContactChange) {
	for name, v := range map[string]*string{"displayName": c.Name, "givenName": c.GivenName, "surname": c.Surname, "companyName": c.Company, "jobTitle": c.JobTitle,
		"department": c.Department, "mobilePhone": c.Mobile, "personalNotes": c.Notes} {
		put(body, name, v)
	}
	put(body, "businessPhones", c.Business)
	put(body, "categories", c.Categories)
	if c.Emails != nil {
		body["emailAddresses"] = emailsOut(*c.Emails)
	}
}

// CreateContact implements exchange.Contacts.
func (b *box) CreateContact(ctx context.Context, n exchange.NewContact) (exchange.Contact, error) {
	body := change{}
	given := exchange.ContactChange{}
	for _, s := range []struct {
		from string
		to   **string
	}{{n.Name, &given.Name}, {n.GivenName, &given.GivenName}, {n.Surname, &given.Surname}, {n.Company, &given.Company}, {n.JobTitle, &given.JobTitle},
		{n.Department, &given.Department}, {n.Mobile, &given.Mobile}, {n.Notes, &given.Notes}} {
		if s.from != "" {
			*s.to = &s.from
		}
	}
	if len(n.Emails) > 0 {
		given.Emails = &n.Emails
	}
	if len(n.Business) > 0 {
		given.Business = &n.Business
	}
	if len(n.Categories) > 0 {
		given.Categories = &n.Categories
	}
	layContact(body, given)
	if n.Correlation != "" {
		body["singleValueExtendedProperties"] = correlated(n.Correlation)
	}
	const doing = "Making the contact"
	c, err := traffic.MakeOnce(ctx, b.s.pause, n.Correlation,
		func() (*contact, error) {
			return byCorrelation[contact](ctx, b, "/contacts", n.Correlation, contactsWrite)
		},
		func() (contact, error) {
			var c contact
			err := b.do(ctx, request{doing: doing, method: "POST", path: "/contacts", body: body, into: &c, need: contactsWrite, once: true})
			return c, err
		})
	return c.contact(), err
}

// Contact implements exchange.Contacts.
func (b *box) Contact(ctx context.Context, id string) (exchange.Contact, error) {
	at, err := segment(id, "contact")
	if err != nil {
		return exchange.Contact{}, err
	}
	var c contact
	err = b.do(ctx, request{doing: "Reading the contact", method: "GET", path: "/contacts/" + at, query: url.Values{"$select": {contactFields}}, into: &c, need: contactsRead})
	return c.contact(), err
}

var contactProperties = map[string]field{"name": {path: "displayName", kind: broker.Text}, "givenName": {path: "givenName", kind: broker.Text},
	"surname": {path: "surname", kind: broker.Text}, "company": {path: "companyName", kind: broker.Text}}

// Contacts implements exchange.Contacts.
func (b *box) Contacts(ctx context.Context, q exchange.Query) (exchange.Page[exchange.Contact], error) {
	options, filtered := url.Values{"$select": {contactFields}}, q.Filter == nil
	if q.Filter != nil {
		var filter string
		if filter, filtered = translate(*q.Filter, contactProperties); filtered {
			options.Set("$filter", filter)
		}
	}
	page, err := list(ctx, b, request{doing: "Listing contacts", method: "GET", path: "/contacts", need: contactsRead}, options, q, contact.contact)
	page.Unfiltered = !filtered
	return page, err
}

// ChangeContact implements exchange.Contacts.
func (b *box) ChangeContact(ctx context.Context, id string, c exchange.ContactChange) (exchange.Contact, error) {
	at, err := segment(id, "contact")
	if err != nil {
		return exchange.Contact{}, err
	}
	body := change{}
	layContact(body, c)
	var out contact
	err = b.do(ctx, request{doing: "Changing the contact", method: "PATCH", path: "/contacts/" + at, body: body, into: &out, need: contactsWrite})
	return out.contact(), err
}

// DeleteContact implements exchange.Contacts.
func (b *box) DeleteContact(ctx context.Context, id string) error {
	at, err := segment(id, "contact")
	if err != nil {
		return err
	}
	return b.do(ctx, request{doing: "Deleting the contact", method: "DELETE", path: "/contacts/" + at, need: contactsWrite, goneIsDone: true})
}
