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

// endingStep warns: it is there only where a credential runs out.
const endingStep = "credential"

// inPlace adds to the walk where a missing mailbox's address is changed, and
// when what the server signs in with runs out; ending tells that, or nothing.
func inPlace(walk func(context.Context) []broker.Step, ending func(context.Context) string, name string) func(context.Context) []broker.Step {
	return func(ctx context.Context) []broker.Step {
		steps := walk(ctx)
		for i, s := range steps {
			if s.Name == "mailbox" && !s.OK {
				steps[i].Do = strings.TrimSpace(s.Do + " The address is changed under Manage › Mail › Mailboxes › " + name + ".")
			}
		}
		if why := ending(ctx); why != "" {
			at := slices.IndexFunc(steps, func(s broker.Step) bool { return s.Name == "token" })
			if at < 0 {
				at = len(steps)
			}
			steps = slices.Insert(steps, at, broker.Step{Name: endingStep, OK: true, Found: "Warning: " + why})
		}
		return steps
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
