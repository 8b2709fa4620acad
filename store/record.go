package store

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/signoffhq/signoff"
)

// What changes of people and groups look like on record. Nothing secret is in it.

// record puts on record what a change made of subject; nothing when it made
// nothing of it.
func (t *tx) record(list []Change, at time.Time, subject signoff.Principal, before, after []byte) error {
	if bytes.Equal(before, after) {
		return nil
	}
	for _, c := range list {
		c.Subject, c.Before, c.After = string(subject), before, after
		if err := t.note(c, at); err != nil {
			return err
		}
	}
	return nil
}

type accountWords struct {
	Login     string            `json:"login"`
	Name      string            `json:"name"`
	Addresses []string          `json:"addresses"`
	Admin     bool              `json:"admin,omitempty"`
	Disabled  bool              `json:"disabled,omitempty"`
	App       bool              `json:"app,omitempty"`
	Source    string            `json:"source,omitempty"`
	Manager   signoff.Principal `json:"manager,omitempty"`
}

func accountText(a Account) []byte { return textOf(wordsOfAccount(a)) }

func wordsOfAccount(a Account) accountWords {
	addresses := make([]string, 0, len(a.Addresses))
	for _, addr := range a.Addresses {
		addresses = append(addresses, addr.Text)
	}
	out := accountWords{Login: a.Login, Name: a.Name, Addresses: addresses, Admin: a.Admin, Disabled: a.Disabled, App: a.App, Source: a.Source}
	if a.Manager != 0 {
		out.Manager = userPrincipal(a.Manager)
	}
	return out
}

type groupWords struct {
	Name   string `json:"name"`
	Role   bool   `json:"role,omitempty"`
	Source string `json:"source,omitempty"`
	About  string `json:"about,omitempty"`
}

func groupText(g Group) []byte { return textOf(wordsOfGroup(g)) }

func wordsOfGroup(g Group) groupWords { return groupWords{g.Name, g.Role, g.Source, g.About} }

func memberText(p signoff.Principal) []byte {
	return textOf(struct {
		Member signoff.Principal `json:"member"`
	}{p})
}

// passwordText is all that is said of a new password.
var passwordText = []byte(`{"password":"(another)"}`)

func textOf(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and truths always encode
	}
	return text
}
