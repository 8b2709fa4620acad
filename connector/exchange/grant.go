package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// A Grant is what is known of the token that requests carry; fields that are not
// known are empty.
type Grant struct {
	Account string // as the provider calls whoever signed in
	Scope   string // what was granted, with spaces between
	Client  string // the application's id
	Consent string // where an administrator consents to what the registration lists
}

// Grant asks the transport that adds the token what it knows of it: one with a
// method Grant(context.Context) (account, scope, client, consent string).
func (a Access) Grant(ctx context.Context) Grant {
	if a.HTTP == nil {
		return Grant{}
	}
	known, ok := a.HTTP.Transport.(interface {
		Grant(context.Context) (account, scope, client, consent string)
	})
	if !ok {
		return Grant{}
	}
	var g Grant
	g.Account, g.Scope, g.Client, g.Consent = known.Grant(ctx)
	return g
}

// Known is Grant without a context: the token is there already, a request has
// just been made with it.
func (a Access) Known() Grant {
	ctx, stop := context.WithTimeout(context.Background(), knownFor)
	defer stop()
	return a.Grant(ctx)
}

const knownFor = 5 * time.Second

// Permissions are those of Scope without the address of their API, and without
// what only has to do with the sign-in.
func (g Grant) Permissions() []string {
	out := []string{}
	for _, one := range strings.Fields(g.Scope) {
		one = one[strings.LastIndexByte(one, '/')+1:]
		if !slices.Contains([]string{"openid", "profile", "email", "offline_access", ".default", ""}, one) {
			out = append(out, one)
		}
	}
	return out
}

// Lacks returns those of some permissions that were certainly not granted. The
// right to write is one to read; whether one is for other people's mailboxes only
// (.Shared) is not looked at.
func (g Grant) Lacks(permissions ...string) []string {
	has := g.Permissions()
	for i := range has {
		has[i] = strings.TrimSuffix(has[i], ".Shared")
	}
	if g.Scope == "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(permissions), func(want string) bool {
		wider := strings.Replace(want, ".Read", ".ReadWrite", 1)
		return slices.ContainsFunc(has, func(one string) bool { return strings.EqualFold(one, want) || strings.EqualFold(one, wider) })
	})
}

// Missing says what to do about delegated permissions that were not granted.
func (g Grant) Missing(permissions []string) string {
	list := strings.Join(permissions, " and ")
	was := strings.Join(g.Permissions(), ", ")
	return fmt.Sprintf("Granted was: %s. An administrator of Entra ID adds %s (delegated) to the app registration %s, if it is not there, and presses Grant admin consent under API permissions%s. "+
		"Then press Connect the service account again; whoever uses an account of their own connects that again.",
		cmp.Or(was, "nothing"), list, cmp.Or(g.Client, "<application id>"), map[bool]string{true: ", or opens " + g.Consent}[g.Consent != ""])
}

// Fill puts what is known into a hint's commands.
func (g Grant) Fill(text string) string {
	var pairs []string
	for hole, value := range map[string]string{"<account>": g.Account, "<application id>": g.Client} {
		if value != "" && !strings.ContainsAny(value, " '\"`$;&|<>") {
			pairs = append(pairs, hole, value)
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Filled is an error with what is known put into its hint.
func (a Access) Filled(err error) error {
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || !strings.Contains(e.Hint, "<a") {
		return err
	}
	out := *e
	out.Hint = a.Known().Fill(e.Hint)
	return &out
}

// Own tells whether a mailbox is that of the account that signed in, as far as
// their names tell.
func (g Grant) Own(mailbox string) bool {
	return g.Account != "" && strings.EqualFold(g.Account, mailbox)
}
