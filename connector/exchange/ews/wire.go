package ews

import (
	"fmt"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

// The property that a correlation is kept in: of the mailbox alone, no recipient
// sees it. Graph knows it by the same name.
const (
	correlationSet  = "5b1a6a5e-7c3d-4f62-9a41-0d6f2f1f8e11"
	correlationName = "signoffCorrelation"
)

const maxIDBytes = 2048

func correlationPath() *node {
	return el("t:ExtendedFieldURI").with("PropertySetId", correlationSet).with("PropertyName", correlationName).with("PropertyType", "String")
}

func correlated(correlation string) *node {
	if correlation == "" {
		return nil
	}
	return el("t:ExtendedProperty", correlationPath(), txt("t:Value", correlation))
}

// headerPath is a field of a mail's head that is set.
func headerPath(name string) *node {
	return el("t:ExtendedFieldURI").with("DistinguishedPropertySetId", "InternetHeaders").with("PropertyName", name).with("PropertyType", "String")
}

func fieldURI(uri string) *node { return el("t:FieldURI").with("FieldURI", uri) }

// itemID names an item. What cannot be an id is refused before anything is asked.
func itemID(name, id, key, what string) (*node, error) {
	bad := strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>&"'`, r) })
	if id == "" || len(id) > maxIDBytes || bad {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: exchange.CodeGone, Detail: fmt.Sprintf("The id of the %s is empty or not whole (%d characters).", what, len(id)),
			Hint: "Pass it on as it was returned: upper and lower case count."}
	}
	n := el(name).with("Id", id)
	if key != "" {
		n.with("ChangeKey", key)
	}
	return n, nil
}

// itemIDs names items whose ids a server gave.
func itemIDs(ids []string) *node {
	n := el("m:ItemIds")
	for _, id := range ids {
		n.add(el("t:ItemId").with("Id", id))
	}
	return n
}

func mailboxOut(name string, a exchange.Address) *node {
	return el(name, opt("t:Name", a.Name), txt("t:EmailAddress", a.Address))
}

// mailboxes is a list of recipients, nil when there is none.
func mailboxes(name string, list []exchange.Address) *node {
	if len(list) == 0 {
		return nil
	}
	n := el(name)
	for _, a := range list {
		n.add(mailboxOut("t:Mailbox", a))
	}
	return n
}

func (n *node) address() exchange.Address {
	a := exchange.Address{Name: n.val("Name"), Address: n.val("EmailAddress")}
	if r := n.val("RoutingType"); r != "" && !strings.EqualFold(r, "SMTP") { // of somebody who is no more
		a.Address = ""
	}
	if a.Name == a.Address {
		a.Name = ""
	}
	return a
}

func (n *node) addresses(name string) []exchange.Address {
	var out []exchange.Address
	for _, m := range n.kid(name).children() {
		if m.name == "Mailbox" {
			out = append(out, m.address())
		}
	}
	return out
}

func bodyOut(name string, b exchange.Body) *node {
	kind := "Text"
	if b.HTML {
		kind = "HTML"
	}
	return txt(name, b.Text).with("BodyType", kind)
}

func (n *node) body(name string) exchange.Body {
	b := n.kid(name)
	return exchange.Body{HTML: strings.EqualFold(b.attr("BodyType"), "HTML"), Text: n.whole(name)}
}

func stringsOut(name string, list []string) *node {
	if len(list) == 0 {
		return nil
	}
	n := el(name)
	for _, s := range list {
		n.add(txt("t:String", s))
	}
	return n
}

func (n *node) strings(name string) []string {
	var out []string
	for _, s := range n.kid(name).children() {
		out = append(out, s.text)
	}
	return out
}

// levelOut is how important something is, nil when nobody says.
func levelOut(l exchange.Level) *node {
	words := map[exchange.Level]string{exchange.Low: "Low", exchange.Normal: "Normal", exchange.High: "High"}
	return opt("t:Importance", words[l])
}

func levelIn(text string) exchange.Level {
	switch l := exchange.Level(strings.ToLower(text)); l {
	case exchange.Low, exchange.High:
		return l
	}
	return exchange.Normal
}

func (n *node) truth(name string) bool {
	text := n.val(name)
	return text == "true" || text == "1"
}

const momentForm = "2006-01-02T15:04:05Z"

// moment writes a moment, and nothing of the zero time.
func moment(name string, t time.Time) *node {
	if t.IsZero() {
		return nil
	}
	return txt(name, t.UTC().Format(momentForm))
}

// moment reads one; without a zone it is in UTC, which requests ask for.
func (n *node) moment(name string) time.Time {
	text := n.val(name)
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.9999999", "2006-01-02Z07:00", "2006-01-02"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// ofWord is the key of a value in a table of words; "" when it is none of them.
func ofWord[K ~string](words map[K]string, text string) K {
	for k, v := range words {
		if strings.EqualFold(v, text) {
			return k
		}
	}
	return ""
}

// shape says which properties of items are wanted.
func shape(paths ...string) *node {
	n := el("m:ItemShape", txt("t:BaseShape", "IdOnly"))
	if len(paths) > 0 {
		more := el("t:AdditionalProperties")
		for _, p := range paths {
			more.add(fieldURI(p))
		}
		n.add(more)
	}
	return n
}

// update lays something over an item: a property, or its absence.
func update(path *node, item string, value *node) *node {
	if value == nil {
		return el("t:DeleteItemField", path)
	}
	return el("t:SetItemField", path, el(item, value))
}
