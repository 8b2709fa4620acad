package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/mailroom/connections"
)

// needed are the delegated permissions that the server's mail takes.
var needed = map[string][]string{connections.Graph: {"Mail.ReadWrite", "Mail.Send"}, connections.EWS: {"EWS.AccessAsUser.All"}}

// signedIn adds to the walk to a mailbox who has signed in, and whether all was
// granted that mail takes: a refusal of Exchange tells neither.
func signedIn(walk func(context.Context) []broker.Step, a exchange.Access, c connections.Connection) func(context.Context) []broker.Step {
	if c.Resource == "" || c.App {
		return walk
	}
	return func(ctx context.Context) []broker.Step {
		return withSignIn(walk(ctx), a.Grant(ctx), c)
	}
}

func withSignIn(steps []broker.Step, g exchange.Grant, c connections.Connection) []broker.Step {
	at := slices.IndexFunc(steps, func(s broker.Step) bool { return s.Name == "token" && s.OK }) + 1
	if at == 0 || g.Account == "" && g.Scope == "" {
		return steps
	}
	who := broker.Step{Name: "account", OK: true, Found: "Signed in as " + g.Account + "."}
	switch lacking := g.Lacks(needed[c.Protocol]...); {
	case len(lacking) > 0:
		missing := broker.Step{Name: "permissions", Found: fmt.Sprintf("The token of %s lacks %s.", g.Account, strings.Join(lacking, " and ")), Do: g.Missing(lacking)}
		return append(slices.Clone(steps[:at]), who, missing)
	case !g.Own(c.Box()) && strings.Contains(g.Account, "@"):
		who.Found = fmt.Sprintf("Signed in as %s, and the mailbox is %s: not by name the account's own.", g.Account, c.Box())
		for i := range steps {
			if !steps[i].OK {
				steps[i].Found = who.Found + " " + steps[i].Found
				steps[i].Do = fmt.Sprintf("Enter %s as the mailbox, or connect again and sign in as %s. If it is a mailbox that several share: %s", g.Account, c.Box(), steps[i].Do)
			}
		}
	}
	return slices.Insert(steps, at, who)
}
