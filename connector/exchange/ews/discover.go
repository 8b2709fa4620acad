package ews

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// Autodiscover in its plain form ("POX"), which every Exchange Server has.
// https://learn.microsoft.com/exchange/client-developer/exchange-web-services/autodiscover-for-exchange
const (
	nsAsk         = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
	nsAnswer      = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
	discoverPath  = "/autodiscover/autodiscover.xml"
	maxHops       = 10 // redirections in all
	maxDiscovery  = 1 << 20
	discoverFor   = 20 * time.Second // each step
	rememberFor   = 12 * time.Hour
	maxRemembered = 1000
)

// discovered is where a mailbox's server was found.
type discovered struct {
	at    *url.URL
	until time.Time
}

// lookUp finds hosts that are named for a service in DNS (RFC 2782).
type lookUp func(ctx context.Context, service, domain string) ([]*net.SRV, error)

func lookUpDNS(ctx context.Context, service, domain string) ([]*net.SRV, error) {
	_, list, err := net.DefaultResolver.LookupSRV(ctx, service, "tcp", domain)
	return list, err
}

// discovered gives the address of the mailbox's server, which is remembered.
func (b *box) discovered(ctx context.Context) (*url.URL, error) {
	key := strings.ToLower(b.mailbox())
	b.s.mu.Lock()
	known, ok := b.s.found[key]
	b.s.mu.Unlock()
	if ok && b.s.now().Before(known.until) {
		return known.at, nil
	}
	at, _, err := b.discover(ctx)
	return at, err
}

// mailbox is the address that Autodiscover asks for.
func (b *box) mailbox() string {
	if b.address == "" && strings.Contains(b.access.User, "@") {
		return b.access.User
	}
	return b.address
}

// discover looks for the server, and tells each step.
func (b *box) discover(ctx context.Context) (*url.URL, []broker.Step, error) {
	address := b.mailbox()
	_, domain, whole := strings.Cut(address, "@")
	if !whole || domain == "" || strings.ContainsAny(domain, "/:@?#[] ") {
		return nil, nil, &signoff.Error{Kind: signoff.Invalid, Code: exchange.CodeNoMailbox, Detail: "Autodiscover needs the address of a mailbox.",
			Hint: "Enter one at the service instance, as workflow@contoso.com."}
	}
	// Whoever calls says which mailbox: its domain is not to be theirs.
	if domain = strings.ToLower(domain); domain != b.s.domain && !slices.Contains(b.s.believed, domain) {
		return nil, nil, &signoff.Error{Kind: signoff.Forbidden, Code: exchange.CodeDenied, Detail: fmt.Sprintf("Servers of %s are not asked: the service is not set up for that mail domain.", domain),
			Hint: fmt.Sprintf("If that is right, an administrator enters as server: autodiscover %s. The password, or the token, goes there then.", domain)}
	}
	d := &discovery{b: b, address: address, domain: domain}
	at, err := d.walk(ctx)
	if err != nil {
		return nil, d.steps, err
	}
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	if len(b.s.found) >= maxRemembered {
		clear(b.s.found)
	}
	b.s.found[strings.ToLower(b.mailbox())] = discovered{at, b.s.now().Add(rememberFor)}
	return at, d.steps, nil
}

// discovery is one search. The password goes to hosts of the mail domain over TLS,
// and to no others unless the settings name them.
type discovery struct {
	b       *box
	address string
	domain  string
	steps   []broker.Step
	hops    int
	asked   []string // addresses, so that redirections do not go in circles
	foreign []string // hosts that would have to be believed
	refused error    // the first refusal of the credential
}

func (d *discovery) told(ok bool, found string, about ...any) {
	if len(d.steps) < 50 {
		d.steps = append(d.steps, broker.Step{Name: "autodiscover", OK: ok, Found: fmt.Sprintf(found, about...)})
	}
}

// walk traffic.Tries the places in Microsoft's order. A refusal at one is not the end.
func (d *discovery) walk(ctx context.Context) (*url.URL, error) {
	places := []func(context.Context) (*url.URL, error){
		func(ctx context.Context) (*url.URL, error) { return d.ask(ctx, "https://"+d.domain+discoverPath) },
		func(ctx context.Context) (*url.URL, error) {
			return d.ask(ctx, "https://autodiscover."+d.domain+discoverPath)
		},
		d.byRedirection,
		d.bySRV,
	}
	for _, place := range places {
		at, err := place(ctx)
		if err != nil || at != nil {
			return at, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, d.nowhere()
}

func (d *discovery) nowhere() error {
	switch {
	case len(d.foreign) > 0:
		hosts := strings.Join(d.foreign, " ")
		hint := fmt.Sprintf("If that is right, enter as server: autodiscover %s. The password goes there then.", hosts)
		if strings.Contains(hosts, "outlook.com") || strings.Contains(hosts, "office365.com") {
			hint = "The mailbox is in Exchange Online: leave the server empty, and sign in with an OAuth resource; Microsoft Graph is the better protocol there."
		}
		return &signoff.Error{Kind: signoff.Conflict, Code: exchange.CodeUnreachable, Hint: hint,
			Detail: fmt.Sprintf("Autodiscover of %s leads to %s, which is outside the mail domain. Nothing was sent there.", d.domain, hosts)}
	case d.refused != nil:
		return d.refused
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: exchange.CodeUnreachable, Detail: fmt.Sprintf("Autodiscover of %s was found nowhere.", d.domain),
		Hint: "Enter the server's address, as https://mail." + d.domain + usualPath + ". On the server, Get-WebServicesVirtualDirectory | fl ExternalUrl,InternalUrl shows it."}
}

// believes tells whether a host may get the credential.
func (d *discovery) believes(host string) bool {
	host = strings.ToLower(host)
	if host == d.domain || strings.HasSuffix(host, "."+d.domain) || slices.Contains(d.b.s.believed, host) {
		return true
	}
	if !slices.Contains(d.foreign, host) && len(d.foreign) < maxHops {
		d.foreign = append(d.foreign, host)
	}
	return false
}

// goesOn tells whether a redirection may be followed.
func (d *discovery) goesOn(to string) (*url.URL, bool) {
	u, err := url.Parse(to)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		d.told(false, "It leads to %.200q, which is no address.", to)
	case u.Scheme != "https":
		d.told(false, "It leads to %s, without TLS: that is not followed.", u.Redacted())
	case !d.believes(u.Hostname()):
		d.told(false, "It leads to %s, which is outside %s: that has to be confirmed.", u.Hostname(), d.domain)
	case d.hops >= maxHops:
		d.told(false, "It leads on to %s, after %d redirections: that is enough.", u.Hostname(), maxHops)
	default:
		d.hops++
		return u, true
	}
	return nil, false
}

// ask asks one address with the credential, and follows where it leads. nil
// without an error: it is not there.
func (d *discovery) ask(ctx context.Context, at string) (*url.URL, error) {
	if mark := at + " " + d.address; slices.Contains(d.asked, mark) {
		d.told(false, "%s was asked already.", at)
		return nil, nil
	} else {
		d.asked = append(d.asked, mark)
	}
	timed, stop := context.WithTimeout(ctx, discoverFor)
	defer stop()
	a, err := d.post(timed, at)
	if err != nil {
		if traffic.RefusedToAsk(err) {
			return nil, err
		}
		d.told(false, "%s: %s", at, traffic.Cleaned(traffic.Unreachable(hostOf(at), "Autodiscover", err).Detail, 300))
		return nil, nil
	}
	defer traffic.Drain(a.Body)
	switch {
	case a.StatusCode >= 300 && a.StatusCode < 400:
		to, err := a.Request.URL.Parse(a.Header.Get("Location"))
		if err != nil || a.Header.Get("Location") == "" {
			d.told(false, "%s: a redirection to nowhere.", at)
			return nil, nil
		}
		d.told(true, "%s: a redirection.", at)
		return d.follow(ctx, to.String())
	case a.StatusCode == http.StatusUnauthorized:
		ref := &exchange.Refusal{Status: a.StatusCode, RequestID: traffic.RequestID(a), Text: diagnosis(a.Header)}
		err := ref.Explain("Autodiscover at "+hostOf(at), d.b.unauthorised(ref, a.Header))
		if d.refused == nil {
			d.refused = err
		}
		d.told(false, "%s: the credential was not accepted.", at)
		return nil, nil
	case a.StatusCode != http.StatusOK || !isXML(a):
		d.told(false, "%s: HTTP %d with %q, which is not Autodiscover.", at, a.StatusCode, traffic.Cleaned(a.Header.Get("Content-Type"), 60))
		return nil, nil
	}
	root, err := readXML(a.Body, maxDiscovery)
	if err != nil {
		d.told(false, "%s: the answer cannot be read.", at)
		return nil, nil
	}
	return d.read(ctx, at, root)
}

func hostOf(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return u.Host
}

func (d *discovery) post(ctx context.Context, at string) (*http.Response, error) {
	var body bytes.Buffer
	body.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
	el("Autodiscover", el("Request", txt("EMailAddress", d.address), txt("AcceptableResponseSchema", nsAnswer))).with("xmlns", nsAsk).write(&body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body.Bytes()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("User-Agent", traffic.UserAgent)
	req.Header.Set("X-AnchorMailbox", d.address)
	return d.b.ask(req)
}

func (d *discovery) follow(ctx context.Context, to string) (*url.URL, error) {
	u, ok := d.goesOn(to)
	if !ok {
		return nil, nil
	}
	return d.ask(ctx, u.String())
}

// read reads an answer: settings, another address of mail, another server, or an
// error.
func (d *discovery) read(ctx context.Context, at string, root *node) (*url.URL, error) {
	answer := root.kid("Response")
	if e := answer.kid("Error"); e != nil {
		d.told(false, "%s: %s (%s).", at, traffic.Cleaned(e.val("Message"), 200), traffic.Cleaned(e.val("ErrorCode"), 20))
		return nil, nil
	}
	account := answer.kid("Account")
	switch strings.ToLower(account.val("Action")) {
	case "redirectaddr":
		to := traffic.Cleaned(account.val("RedirectAddr"), 320)
		if d.hops++; d.hops > maxHops || !strings.Contains(to, "@") {
			d.told(false, "%s: it names another mail address, %q: that is not followed.", at, to)
			return nil, nil
		}
		d.told(true, "%s: the mailbox's address there is %s.", at, to)
		was := d.address
		d.address = to
		found, err := d.ask(ctx, at)
		d.address = was
		return found, err
	case "redirecturl":
		d.told(true, "%s: it names another server.", at)
		return d.follow(ctx, account.val("RedirectUrl"))
	case "settings":
		return d.settings(at, account), nil
	}
	d.told(false, "%s: an answer that says nothing.", at)
	return nil, nil
}

// settings takes the address for use from outside (EXPR), and else the inner one.
func (d *discovery) settings(at string, account *node) *url.URL {
	for _, kind := range []string{"EXPR", "EXCH", "WEB"} {
		for _, p := range account.kids {
			if p.name != "Protocol" || !strings.EqualFold(p.val("Type"), kind) || p.val("EwsUrl") == "" {
				continue
			}
			if u, ok := traffic.Address(p.val("EwsUrl"), usualPath); ok && u.Scheme == "https" && d.believes(u.Hostname()) {
				d.told(true, "%s: found.", at)
				return u
			}
			d.told(false, "%s: it names %.200q for %s, which is not taken without being confirmed.", at, p.val("EwsUrl"), kind)
		}
	}
	d.told(false, "%s: an answer without an address for EWS.", at)
	return nil
}

// byRedirection asks without TLS, and so without the credential, where to ask.
func (d *discovery) byRedirection(ctx context.Context) (*url.URL, error) {
	at := "http://autodiscover." + d.domain + discoverPath
	timed, stop := context.WithTimeout(ctx, discoverFor)
	defer stop()
	req, err := http.NewRequestWithContext(timed, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", traffic.UserAgent)
	plain := *d.b.s.plain
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a, err := plain.Do(req)
	if err != nil {
		d.told(false, "%s: no answer.", at)
		return nil, nil
	}
	defer traffic.Drain(a.Body)
	if a.StatusCode != http.StatusFound && a.StatusCode != http.StatusMovedPermanently {
		d.told(false, "%s: HTTP %d, and no redirection.", at, a.StatusCode)
		return nil, nil
	}
	d.told(true, "%s: a redirection.", at)
	return d.follow(ctx, a.Header.Get("Location"))
}

// bySRV asks DNS.
func (d *discovery) bySRV(ctx context.Context) (*url.URL, error) {
	timed, stop := context.WithTimeout(ctx, discoverFor)
	defer stop()
	list, err := d.b.s.lookUp(timed, "autodiscover", d.domain)
	if err != nil || len(list) == 0 {
		d.told(false, "DNS has no _autodiscover._tcp.%s.", d.domain)
		return nil, nil
	}
	host := strings.ToLower(strings.TrimSuffix(list[0].Target, "."))
	d.told(true, "DNS names %s for _autodiscover._tcp.%s.", host, d.domain)
	if list[0].Port != 443 {
		host = net.JoinHostPort(host, fmt.Sprint(list[0].Port))
	}
	return d.follow(ctx, "https://"+host+discoverPath)
}
