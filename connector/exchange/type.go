package exchange

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// Type is the service type "exchange" over the protocols it is given, the
// recommended first.
type Type struct {
	Protocols []Protocol
	Plain     *http.Client                                     // as in Settings
	Pause     func(ctx context.Context, d time.Duration) error // as in Settings
}

const mostPage = 500

// About implements broker.Type.
func (t *Type) About() broker.About {
	names := make([]string, 0, len(t.Protocols))
	text := []string{}
	for _, p := range t.Protocols {
		names = append(names, p.Name)
		text = append(text, p.Name+": "+p.Title+". "+p.Text)
	}
	return broker.About{Name: "exchange", Title: "Exchange", Text: "Mail, calendars, tasks and contacts of Exchange Online or an Exchange Server.",
		Modes: []broker.Mode{broker.AsService, broker.AsCaller, broker.AppOnly, broker.Static},
		Keys: []broker.Key{
			{Name: "protocol", Title: "Protocol", Text: "How mailboxes are reached. " + strings.Join(text, " "), Kind: "choice", Choices: names, Required: true, Default: names[0]},
			{Name: "server", Title: "Server", Text: "Address of the service. Empty for Exchange Online; for an Exchange Server as https://mail.contoso.com/EWS/Exchange.asmx. " +
				"With Exchange Web Services also: autodiscover, which looks the mailbox's server up; other hosts and mail domains that it may lead to are named after it, as autodiscover mail.contoso.net.", Kind: "text"},
			{Name: "mailbox", Title: "Mailbox", Text: "The mailbox that is used when a step names none, as workflow@contoso.com. Empty: that of whoever signs in. " +
				"Signing in as somebody else, they need a right on it: Add-MailboxPermission -Identity <mailbox> -User <account> -AccessRights FullAccess.", Kind: "text"},
			{Name: "onBehalfOf", Title: "Send on behalf of", Text: "Delegation: mails are sent from the mailbox with this address as their sender, when a step names none. " +
				"The account needs Send As (Add-RecipientPermission) or Send on Behalf (Set-Mailbox -GrantSendOnBehalfTo) on it. Usually empty.", Kind: "text"},
			{Name: "impersonate", Title: "Impersonate", Text: "Impersonation: act as the owner of the mailbox, with all their rights. Exchange Web Services only. " +
				"On a server of your own the account needs the role ApplicationImpersonation; in Exchange Online only an application can, with \"Application EWS.AccessAsApp\". " +
				"It is another right than delegation, and neither gives the other.", Kind: "bool", Default: "false"},
			{Name: "pageSize", Title: "Page size", Text: "How many items a list reads at a time, 1 to 500.", Kind: "number", Default: "100"},
			{Name: "outside", Title: "Mailbox that must stay closed", Text: "For an application that may open chosen mailboxes only: one that it must not. " +
				"The test warns when it opens, because a consent for all mailboxes undoes the choice.", Kind: "text"},
		}}
}

// Open implements broker.Type.
func (t *Type) Open(in broker.Instance) (broker.Provider, error) {
	var bad []signoff.FieldError
	refuse := func(key, detail, advice string) {
		bad = append(bad, signoff.FieldError{Field: "keys." + key, Detail: detail, Advice: advice})
	}
	p := &provider{t: t, in: in, mailbox: in.Keys["mailbox"], onBehalfOf: in.Keys["onBehalfOf"], outside: in.Keys["outside"]}
	at := slices.IndexFunc(t.Protocols, func(q Protocol) bool { return q.Name == in.Keys["protocol"] || in.Keys["protocol"] == "" })
	if at < 0 {
		refuse("protocol", fmt.Sprintf("there is no protocol %q", in.Keys["protocol"]), "Choose one of the list.")
		at = 0
	}
	protocol := t.Protocols[at]
	for _, key := range []string{"mailbox", "onBehalfOf", "outside"} {
		if a := in.Keys[key]; a != "" && !wholeAddress(a) {
			refuse(key, fmt.Sprintf("%q is no mail address", a), "Enter one as workflow@contoso.com.")
		}
	}
	size, err := strconv.Atoi(orElse(in.Keys["pageSize"], "100"))
	if err != nil || size < 1 || size > mostPage {
		refuse("pageSize", "is not from 1 to 500", "Enter 100.")
	}
	p.impersonate = in.Keys["impersonate"] == "true"
	switch {
	case p.impersonate && protocol.Name == "graph":
		refuse("impersonate", "Microsoft Graph knows no impersonation", "Switch it off; an application's own sign-in does it there.")
	case p.impersonate && p.mailbox == "":
		refuse("mailbox", "is needed to impersonate", "Enter the mailbox to act as.")
	}
	if in.Mode == broker.Static && protocol.Name == "graph" {
		refuse("protocol", "Microsoft Graph takes no password", "Sign in with an OAuth resource, or choose Exchange Web Services for a server of your own.")
	}
	if in.Mode == broker.AppOnly && p.mailbox == "" {
		refuse("mailbox", "is needed, since an application has none of its own", "Enter one as workflow@contoso.com.")
	}
	if in.Mode == broker.AppOnly && protocol.Name != "graph" {
		p.impersonate = true // the only way that an application has there
	}
	server := strings.ToLower(strings.TrimRight(in.Keys["server"], "/"))
	switch {
	case protocol.Name == "graph" && strings.HasSuffix(server, ".asmx"):
		refuse("server", "is the address of Exchange Web Services, not of Microsoft Graph", "Leave it empty for Exchange Online.")
	case protocol.Name == "ews" && (strings.HasSuffix(server, "/v1.0") || strings.Contains(server, "//graph.microsoft.")):
		refuse("server", "is the address of Microsoft Graph, not of Exchange Web Services", "Leave it empty for Exchange Online.")
	}
	if len(bad) > 0 {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "The settings of the service cannot be right.", Fields: bad}
	}
	p.system, err = protocol.Open(Settings{Server: in.Keys["server"], Domain: DomainOf(orElse(p.mailbox, in.User)), PageSize: size, Plain: t.Plain, Pause: t.Pause})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// DomainOf is what follows the @ of an address, "" when there is none.
func DomainOf(address string) string {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	return domain
}

func orElse(text, usual string) string {
	if text == "" {
		return usual
	}
	return text
}

// provider is one instance of the type.
type provider struct {
	t                            *Type
	in                           broker.Instance
	system                       System
	mailbox, onBehalfOf, outside string
	impersonate                  bool
	unsent                       Unsent
}

// Close implements broker.Provider.
func (p *provider) Close() error { return p.system.Close() }

// backend opens a mailbox with somebody's credential; "" is the instance's own.
func (p *provider) backend(by broker.Principal, mailbox string) Backend {
	box := Box{Address: orElse(mailbox, p.mailbox), Impersonate: p.impersonate}
	a := Access{User: p.in.User, Password: p.in.Password, App: p.in.Mode == broker.AppOnly, Who: string(by)}
	if p.in.HTTP != nil {
		a.HTTP = p.in.HTTP(by)
	}
	if a.HTTP == nil {
		a.HTTP = &http.Client{}
	}
	return p.system.Open(a, box)
}

// Objects implements broker.Provider. They are the same for every system.
func (p *provider) Objects(context.Context) ([]broker.Object, error) {
	out := make([]broker.Object, 0, len(objects))
	for _, o := range objects {
		out = append(out, o.describe())
	}
	return out, nil
}

// Call implements broker.Provider.
func (p *provider) Call(ctx context.Context, c broker.Call) (broker.Result, error) {
	m, err := find(c.Object, c.Method)
	if err != nil {
		return broker.Result{}, err
	}
	in := &inputs{given: c.Inputs}
	mailbox := in.text("mailbox")
	if mailbox != "" && !wholeAddress(mailbox) {
		in.refuse("mailbox", "is no mail address")
	}
	for _, i := range m.inputs {
		if v := c.Inputs[i.Name]; i.Required && (v == nil || v == "") {
			in.refuse(i.Name, "is missing")
		}
	}
	b := p.backend(c.By, mailbox)
	k := &call{Call: c, in: in, b: b, p: p, post: Post{Backend: b, Pause: p.t.Pause, Unsent: &p.unsent}}
	return m.do(ctx, k)
}

// Test implements broker.Provider.
func (p *provider) Test(ctx context.Context, by broker.Principal) []broker.Step {
	steps := p.backend(by, "").Check(ctx)
	if p.outside == "" || len(steps) == 0 || !steps[len(steps)-1].OK {
		return steps
	}
	_, err := p.backend(by, p.outside).Folder(ctx, "inbox")
	step := broker.Step{Name: "closed", OK: signoff.CodeOf(err) == CodeDenied || signoff.CodeOf(err) == CodeImpersonate, Found: p.outside + " stays closed, as it should."}
	switch {
	case err == nil:
		step.Found = p.outside + " opens, and must not."
		step.Do = "A consent for all mailboxes undoes the choice of mailboxes: an administrator of Entra ID takes the Mail permissions back from the app registration (API permissions, Revoke admin consent). It takes up to two hours to work."
	case !step.OK:
		step.Found = fmt.Sprintf("Whether %s stays closed cannot be told: %v", p.outside, err)
	}
	return append(steps, step)
}
