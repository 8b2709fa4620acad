package doctor

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/identity/trust"
)

// A Stage is how far asking a provider came.
type Stage string

const (
	StageAddress Stage = "address" // the address can be used at all
	StageName    Stage = "name"    // the name was found
	StageConnect Stage = "connect" // a connection was made
	StageTLS     Stage = "tls"
	StageAnswer  Stage = "answer" // an answer came, in time and within the limits
	StageDone    Stage = "done"
)

// A Fetch is what came of asking for one document.
type Fetch struct {
	URL        string
	Stopped    Stage  // where it ended; StageDone: it is here
	Problem    string // why it ended
	Cause      string // a word for it: timeout, refused, forbidden, unknown-authority, expired, wrong-name, status, redirect, too-large, interrupted
	Status     int
	Address    string    // that was connected to
	Expires    time.Time // of its certificate
	Authority  string    // that issued the certificate
	Date       time.Time // by the provider's clock
	At         time.Time // by ours, when the answer came
	RetryAfter string
	Page       bool // the answer is a web page
}

// A Provider is one that was asked: a trusted issuer in one version and tenant,
// or a provider that signs people in.
type Provider struct {
	Name     string // of the entry in the setting
	SignsIn  bool   // it is in the sign-in setting; else among the trusted issuers
	Issuer   string // that the setting names
	Metadata Fetch
	Doc      Document
	KeysURL  string // of an issuer without metadata
	Keys     Fetch
	KeySet   KeySet
	State    *trust.KeyState // what the server itself holds; nil: it needs none
	Sent     string          // our redirect URI, for one that signs people in
}

// A Document is what its OpenID metadata says.
type Document struct {
	Problem               string // it cannot be read
	Issuer, KeysURL       string
	Authorize, Token, End string
	Challenges            []string // PKCE methods; nil: not said
}

// A KeySet is what its keys are like.
type KeySet struct {
	Problem string
	Usable  []string // ids of keys that can check signatures
	Weak    []string
	Foreign []string // said to be for encryption
	Issuers []string // that the keys are for, if they say so
}

// Provider says what is wrong with a provider, from its name to its keys.
func (s Server) Provider(p Provider) Report {
	var r Report
	s.provider(&r, p)
	r.Conclude(p.Name + ": nothing is wrong")
	return r
}

// Providers is Provider for all of them, one checklist.
func (s Server) Providers(all []Provider) Report {
	var r Report
	names := map[string]bool{} // an entry for both token versions is two sources of one provider
	for _, p := range all {
		s.provider(&r, p)
		names[fmt.Sprint(p.SignsIn, p.Name)] = true
	}
	switch n := len(names); n {
	case 0:
		r.Fail("trust", "issuers", "a trusted issuer or a sign-in provider", "none", Finding{Code: "nothing-trusted", Who: OurAdmin, Where: trust.Page("", "add"),
			Line: "this server trusts no issuer yet, and nobody signs people in for it", Do: "add your tenant", Copy: []Copy{{Az, "read the tenant's id", "az account show --query tenantId -o tsv"}}})
		r.Conclude("")
	default:
		r.Conclude(fmt.Sprintf("nothing is wrong with %s", count(n, "provider")))
	}
	return r
}

func count(n int, noun string) string {
	if n == 1 {
		return "the one " + noun
	}
	return fmt.Sprintf("all %d %ss", n, noun)
}

func (s Server) provider(r *Report, p Provider) {
	group := p.Name
	if p.State != nil && p.State.Version != "" {
		group += ", version " + p.State.Version
	}
	where := trust.Page(p.Name, "")
	if p.SignsIn {
		where = "Manage › Access › Sign-in › " + p.Name
	}
	if p.Metadata.URL != "" {
		if !s.fetched(r, group, where, "metadata", p.Metadata) {
			for _, later := range []string{"issuer", "keys"} {
				r.Skip(group, later, "the metadata could not be had")
			}
			s.held(r, group, p)
			return
		}
		s.clock(r, group, p.Metadata)
		if !s.document(r, group, where, p) {
			s.held(r, group, p)
			return
		}
	}
	if p.Keys.URL != "" && s.fetched(r, group, where, "keys", p.Keys) {
		s.keys(r, group, p)
	}
	s.held(r, group, p)
}

// fetched reports one fetch, each stage a line: those before the one where it
// ended went well.
func (s Server) fetched(r *Report, group, where, what string, f Fetch) bool {
	stages := []struct {
		stage    Stage
		name     string
		expected string
		found    string
	}{
		{StageAddress, "address", "an https address that this server may call", f.URL},
		{StageName, "name", "the name leads to an address", cmp.Or(f.Address, "it does")},
		{StageConnect, "connection", "a connection", cmp.Or(f.Address, "made")},
		{StageTLS, "TLS", "a certificate that this server believes", certificate(f)},
		{StageAnswer, "answer", "200, in time and not too long", fmt.Sprint(f.Status)},
	}
	for _, st := range stages {
		name := what + ": " + st.name
		if st.stage != f.Stopped {
			r.Pass(group, name, st.expected, st.found)
			continue
		}
		r.Fail(group, name, st.expected, f.Problem, s.stopped(group, where, what, f))
		return false
	}
	if f.Expires.IsZero() {
		return true
	}
	if left := f.Expires.Sub(s.Now); left < 7*24*time.Hour && what == "metadata" {
		r.Warn(group, "certificate", "valid for another week", "until "+f.Expires.Format("2006-01-02 15:04 MST"), Finding{Code: "certificate-ending", Who: EntraAdmin, Where: f.URL,
			Line: "the certificate of " + host(f.URL) + " ends in " + inWords(left), Do: "have it renewed"})
	}
	return true
}

func certificate(f Fetch) string {
	if f.Expires.IsZero() {
		return "none shown"
	}
	return fmt.Sprintf("by %s, until %s", cmp.Or(clip(f.Authority), "an unnamed authority"), f.Expires.Format("2006-01-02"))
}

func host(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	h, _, _ := strings.Cut(rest, "/")
	return h
}

// stopped words where a fetch ended.
func (s Server) stopped(group, where, what string, f Fetch) Finding {
	h := host(f.URL)
	out := Finding{Who: Network, Where: "the network between this server and " + h, Copy: []Copy{{Value, "try it on this server's machine", "curl -sSv -o /dev/null " + f.URL}}}
	say := func(code, line, do string) Finding {
		out.Code, out.Line, out.Do = code, group+": "+line, do
		return out
	}
	switch f.Stopped {
	case StageAddress:
		out.Who, out.Where, out.Copy = OurAdmin, where, nil
		return say("provider-address", "the address "+f.URL+" cannot be used: "+f.Problem, "correct the address in the setting")
	case StageName:
		out.Copy[0].Text = "getent hosts " + h
		return say("provider-name", "the name "+h+" is not found", "correct it in the setting, or let this server's machine resolve names: its DNS server does not know this one")
	case StageConnect:
		if f.Cause == "forbidden" {
			out.Who, out.Where, out.Copy = OurAdmin, "this server’s configuration: outside.allow", []Copy{{Setting, "outside.allow", network(cmp.Or(f.Address, h))}}
			return say("provider-forbidden", h+" is at an address that this server does not call: "+f.Problem, "if that is meant, name its network in outside.allow")
		}
		return say("provider-unreachable", "no connection to "+h+": "+f.Problem, "let this server's machine reach "+h+" by https: firewall, route, or the provider is down")
	case StageTLS:
		return s.stoppedTLS(group, f, out)
	}
	out.Who = EntraAdmin
	out.Where = f.URL
	switch f.Cause {
	case "timeout":
		return say("provider-slow", h+" did not answer in time", "try again; if it stays so, look at the provider's state and at proxies on the way")
	case "throttled":
		out.Who = Nobody
		return say("provider-throttled", h+" says that it is asked too often (429)", "wait "+cmp.Or(f.RetryAfter, "a few")+" seconds; look whether other programs on this network address ask it")
	case "redirect":
		return say("provider-redirect", "the "+what+" sends on to another place: "+f.Problem, "enter the address it is really at; this server follows within one host only")
	case "too-large":
		return say("provider-huge", "the "+what+" is too long to be one: "+f.Problem, "correct the address: this is something else")
	case "interrupted":
		return say("provider-interrupted", "the connection to "+h+" ended in the middle: "+f.Problem, "try again; a proxy or the provider breaks off")
	}
	if f.Status == 404 || f.Status == 400 {
		out.Who, out.Where = OurAdmin, where
		return say("provider-no-document", fmt.Sprintf("there is no %s at %s (%d)", what, f.URL, f.Status), "correct the tenant or the address in the setting")
	}
	return say("provider-error", fmt.Sprintf("%s answered %d instead of its %s", h, f.Status, what), "try again in a moment; if it stays so, ask the provider")
}

func (s Server) stoppedTLS(group string, f Fetch, out Finding) Finding {
	h := host(f.URL)
	out.Copy[0].Text = "openssl s_client -connect " + withPort(h) + " -servername " + strings.Split(h, ":")[0] + " </dev/null"
	switch f.Cause {
	case "expired":
		out.Code, out.Line, out.Do = "tls-expired", "the certificate of "+h+" has expired", "have it renewed; if it is not expired by your own clock, this server's clock is wrong"
		out.Who, out.Where = EntraAdmin, f.URL
	case "wrong-name":
		out.Code, out.Line, out.Do = "tls-wrong-name", "the certificate of "+h+" is for another name: "+f.Problem, "correct the address, or have the certificate made for this name"
		out.Who, out.Where = EntraAdmin, f.URL
	case "unknown-authority":
		out.Code, out.Line, out.Do = "tls-untrusted", "this server does not know who issued the certificate of "+h, "if a proxy on your network looks inside, or the provider is your own, name its certificate authority in outside.ca; else do not trust it"
		out.Who, out.Where = OurAdmin, "this server’s configuration: outside.ca"
	default:
		out.Code, out.Line, out.Do = "tls-failed", "no TLS connection with "+h+": "+f.Problem, "look at what answers there: it may not be https at all"
	}
	out.Line = group + ": " + out.Line
	return out
}

// network is one address as a setting names networks.
func network(address string) string {
	host := strings.Trim(address, "[]")
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	if strings.Contains(host, ":") {
		return host + "/128"
	}
	return host + "/32"
}

func withPort(h string) string {
	if strings.Contains(h, ":") {
		return h
	}
	return h + ":443"
}

// maxApart is how far our clock and the provider's may be apart before tokens
// are refused; a Date header is a second or two late.
const maxApart = trust.MaxSkew - 10*time.Second

// clock compares the provider's clock with ours. Which of them is wrong cannot
// be told, only that tokens will be refused.
func (s Server) clock(r *Report, group string, f Fetch) {
	if f.Date.IsZero() || f.At.IsZero() {
		return
	}
	apart := f.At.Sub(f.Date)
	found := fmt.Sprintf("%s apart", inWords(apart.Abs().Round(time.Second)))
	if apart.Abs() <= maxApart {
		r.Pass(group, "clock", "at most 5 minutes apart", found)
		return
	}
	way := "ahead of"
	if apart < 0 {
		way = "behind"
	}
	r.Fail(group, "clock", "at most 5 minutes apart", found, Finding{Code: "clock", Who: Network, Where: "the clock of this server's machine", Do: "set it by NTP; compare it with a clock you believe, as the provider's may be the wrong one",
		Line: fmt.Sprintf("%s: this server's clock is %s %s the provider's", group, inWords(apart.Abs()), way), Copy: []Copy{{Value, "see whether the clock is kept right", "timedatectl status"}}})
}

func (s Server) document(r *Report, group, where string, p Provider) bool {
	d := p.Doc
	if d.Problem != "" {
		f := Finding{Code: "metadata-unreadable", Who: EntraAdmin, Where: p.Metadata.URL, Line: group + ": the metadata cannot be read: " + d.Problem, Do: "open the address in a browser: it must be JSON with issuer and jwks_uri"}
		if p.Metadata.Page {
			f.Code, f.Line, f.Who, f.Where = "metadata-page", group+": a web page came instead of the metadata, as from a proxy that wants a sign-in", Network, "proxies between this server and "+host(p.Metadata.URL)
			f.Do = "let this server reach " + host(p.Metadata.URL) + " without the proxy's sign-in"
		}
		r.Fail(group, "metadata: content", "JSON with issuer and jwks_uri", d.Problem, f)
		return false
	}
	r.Pass(group, "metadata: content", "JSON with issuer and jwks_uri", "it is")
	if p.Issuer != "" && d.Issuer != p.Issuer {
		r.Fail(group, "issuer", p.Issuer, d.Issuer, Finding{Code: "metadata-issuer", Who: OurAdmin, Where: where, Copy: []Copy{{Setting, "issuer", d.Issuer}},
			Line: fmt.Sprintf("%s: the metadata is of the issuer %s, not %s (%s)", group, d.Issuer, p.Issuer, Differ(d.Issuer, p.Issuer)), Do: "if it is the provider you mean, enter the issuer that it names; else correct the address"})
		return false
	}
	r.Pass(group, "issuer", cmp.Or(p.Issuer, "any"), d.Issuer)
	if !p.SignsIn {
		return true
	}
	if d.Authorize == "" || d.Token == "" {
		r.Fail(group, "sign-in addresses", "authorization_endpoint and token_endpoint", "one is missing", Finding{Code: "metadata-no-endpoints", Who: EntraAdmin, Where: p.Metadata.URL,
			Line: group + ": the metadata does not say where people sign in", Do: "use a provider that offers the authorisation code flow"})
		return false
	}
	r.Pass(group, "sign-in addresses", "authorization_endpoint and token_endpoint", d.Authorize)
	if d.Challenges != nil && !slices.Contains(d.Challenges, "S256") {
		r.Fail(group, "PKCE", "S256", strings.Join(d.Challenges, ", "), Finding{Code: "metadata-no-pkce", Who: EntraAdmin, Where: p.Metadata.URL,
			Line: group + ": the provider says that it has no PKCE with S256", Do: "switch it on at the provider"})
	}
	return true
}

func (s Server) keys(r *Report, group string, p Provider) {
	k, at := p.KeySet, p.Keys.URL
	bad := func(code, line, do, found string) {
		r.Fail(group, "keys", "keys that check signatures", found, Finding{Code: code, Who: EntraAdmin, Where: at, Line: group + ": " + line, Do: do})
	}
	switch {
	case k.Problem != "":
		bad("keys-unreadable", "the keys cannot be read: "+k.Problem, "open the address in a browser: it must be a JWK set", k.Problem)
	case len(k.Usable) == 0 && len(k.Weak) > 0:
		bad("keys-weak", "every key is too short to be safe: "+strings.Join(k.Weak, ", "), "have the provider make a key of 2048 bits or more", "weak ones")
	case len(k.Usable) == 0 && len(k.Foreign) > 0:
		bad("keys-not-for-signing", "the keys say that they are not for signing", "have the provider publish its signing keys", "keys for something else")
	case len(k.Usable) == 0:
		bad("keys-empty", "the provider publishes no keys at all", "try again in a moment; then ask the provider", "none")
	case p.foreignKeys():
		bad("keys-issuer", "the keys are for another issuer: "+clip(strings.Join(k.Issuers, ", ")), "correct the address of the metadata: these are the keys of somebody else", strings.Join(k.Issuers, ", "))
	default:
		r.Pass(group, "keys", "keys that check signatures", fmt.Sprintf("%d: %s", len(k.Usable), clip(strings.Join(k.Usable, ", "))))
	}
}

// foreignKeys tells whether the keys name issuers, and ours is not among them.
func (p Provider) foreignKeys() bool {
	if len(p.KeySet.Issuers) == 0 || p.Issuer == "" {
		return false
	}
	return !slices.ContainsFunc(p.KeySet.Issuers, func(named string) bool {
		before, after, template := strings.Cut(named, "{tenantid}")
		return named == p.Issuer || template && strings.HasPrefix(p.Issuer, before) && strings.HasSuffix(p.Issuer, after) ||
			p.State != nil && p.State.Version == trust.V1 && template
	})
}

// oldKeys is the age at which keys are a worry: they are read about every hour.
const oldKeys = 24 * time.Hour

// held is about the keys that the server itself holds and checks tokens with.
func (s Server) held(r *Report, group string, p Provider) {
	st := p.State
	if st == nil {
		return
	}
	age := st.Age(s.Now)
	refresh := []Copy{{Value, "read them now", "signoff trust check"}}
	switch {
	case len(st.Keys) == 0 && st.Problem != "":
		r.Fail(group, "keys held", "keys", "none: "+st.Problem, Finding{Code: "keys-never-read", Who: Network, Where: "the network between this server and " + host(cmp.Or(st.MetadataURL, st.KeysURL)),
			Line: group + ": this server never could read the issuer's keys: " + st.Problem, Do: "mend what the line above says; they are read again by themselves", Copy: refresh})
	case len(st.Keys) == 0:
		r.Skip(group, "keys held", "none yet: they are read with the first token, or within an hour")
	case age > oldKeys:
		r.Warn(group, "keys held", "read within a day", inWords(age)+" old", Finding{Code: "keys-old", Who: Network, Where: "the network between this server and " + host(cmp.Or(st.MetadataURL, st.KeysURL)),
			Line: group + ": the keys that tokens are checked with are " + inWords(age) + " old", Do: cmp.Or(st.Problem, "they are read about every hour while the server runs"), Copy: refresh})
	case s.outdated(st, p):
		r.Fail(group, "keys held", "those that are published", "others", Finding{Code: "keys-outdated", Who: OurAdmin, Where: trust.Page(p.Name, "") + " › Fetch keys now",
			Line: group + ": the issuer has changed its keys, and this server holds none of the new ones", Do: "have them read now; a token signed with a new key does it too, at most once in five minutes", Copy: refresh})
	default:
		r.Pass(group, "keys held", "read within a day", fmt.Sprintf("%d, %s old", len(st.Keys), inWords(age)))
	}
}

// outdated tells whether nothing of what is held is still published.
func (s Server) outdated(st *trust.KeyState, p Provider) bool {
	if len(p.KeySet.Usable) == 0 {
		return false
	}
	return !slices.ContainsFunc(st.Keys, func(k trust.Key) bool { return slices.Contains(p.KeySet.Usable, k.ID) })
}
