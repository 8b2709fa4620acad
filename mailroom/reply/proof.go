package reply

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/publicsuffix"
)

// Proof is what our receiving mail server found out about the sender.
type Proof struct {
	Genuine bool
	Method  string // one of the methods below; "" when nothing was said
	Domain  string // the domain that was checked
	Header  string // the header it rests on, at most 1,000 characters
	Why     string // why not, for people
}

// How a sender was proven.
const (
	ByDMARC    = "dmarc"    // dmarc=pass for the domain of From
	ByExchange = "internal" // Exchange took it from a signed-in sender of its own organisation
	ByDKIM     = "dkim"     // a signature of the domain of From, where nobody said anything of DMARC
	BySPF      = "spf"      // an envelope of the domain of From, likewise
	ByARC      = "arc"      // a sealer that is trusted saw dmarc=pass before it passed the mail on
)

// Trust says what is believed besides dmarc=pass. The zero value believes that
// alone.
type Trust struct {
	// Exchange: the mailbox is in an Exchange organisation of ours and is read
	// over its own interface (Graph, EWS). Exchange takes foreign X-MS-Exchange-
	// Organization headers off what comes in from outside. Never set it for a
	// mailbox that another server delivers to.
	Exchange bool
	// Online: that organisation's mail comes in through Exchange Online, which
	// writes its Authentication-Results without a name and calls those that were
	// there before Authentication-Results-Original. An Exchange Server does neither:
	// a result without a name is then the sender's own.
	Online bool
	// Aligned: where no DMARC result is given, dkim=pass or spf=pass for the
	// organisational domain of From is enough.
	Aligned bool
	// Sealers are domains whose ARC seal is believed (RFC 8617) when DMARC
	// failed because a forwarder stood between.
	Sealers []string
}

// proof reads the topmost Authentication-Results with our server's name
// (RFC 8601 §5: only headers of one's own border may be believed, and the
// border removes forged ones). spf or dkim alone concern other names than the
// one people see.
func proof(m *message, from string, p Policy) (Proof, []authres.Result) {
	if from == "" {
		return Proof{Why: "it does not have exactly one sender"}, nil
	}
	if p.Authserv == "" && !p.Trust.Exchange && !p.Trust.Online {
		return Proof{Why: "no mail server is trusted to check senders"}, nil
	}
	if inside, ok := byExchange(m, from, p); ok {
		if found := online(m, from, p); found.Method == "compauth" {
			return found, nil
		}
		return inside, nil
	}
	for i, v := range m.values("Authentication-Results") {
		plain, whole := withoutQuotes(v)
		switch {
		case i == 0 && p.Trust.Online && nameless(plain):
			plain = "online; " + plain
		case !ours(plain, p):
			continue
		}
		_, results, err := authres.Parse(plain)
		if err != nil || !whole {
			return Proof{Header: clip(v, 1000), Why: "the result of the sender check cannot be read"}, nil
		}
		found := judge(results, from, clip(v, 1000), p.Trust)
		if !found.Genuine && sealed(m, results, from, p.Trust) {
			found.Genuine, found.Method, found.Why = true, ByARC, ""
		}
		return found, results
	}
	if p.Authserv == "" {
		return Proof{Why: "Exchange did not check the sender"}, nil
	}
	return Proof{Why: "the mail server " + p.Authserv + " did not check the sender"}, nil
}

// ours tells whether a header is of the server that is trusted.
func ours(plain string, p Policy) bool {
	server, _, _ := strings.Cut(plain, ";")
	id := strings.Fields(server)
	return len(id) > 0 && p.Authserv != "" && strings.EqualFold(id[0], p.Authserv)
}

// nameless is the form Exchange Online writes: the results begin at once.
func nameless(plain string) bool {
	first, _, _ := strings.Cut(plain, ";")
	return strings.Contains(first, "=")
}

// online is what Exchange Online found out about a mail that it took from one of
// its own people: it may still call it forged.
func online(m *message, from string, p Policy) Proof {
	all := m.values("Authentication-Results")
	if len(all) == 0 || !p.Trust.Online {
		return Proof{}
	}
	plain, whole := withoutQuotes(all[0])
	if !whole || !nameless(plain) {
		return Proof{}
	}
	_, results, err := authres.Parse("online; " + plain)
	if err != nil {
		return Proof{}
	}
	return judge(results, from, clip(all[0], 1000), Trust{})
}

// byExchange believes that Exchange took the mail from one of its own people.
// Mail of receive connectors that are secured by other means (mechanism 10)
// bears the same mark, and nobody signed in there.
func byExchange(m *message, from string, p Policy) (Proof, bool) {
	as, source := m.values("X-MS-Exchange-Organization-AuthAs"), m.values("X-MS-Exchange-Organization-AuthSource")
	mechanism := strings.ToLower(m.first("X-MS-Exchange-Organization-AuthMechanism"))
	direction := m.first("X-MS-Exchange-Organization-MessageDirectionality")
	inside := p.Trust.Exchange && len(as) == 1 && strings.EqualFold(strings.TrimSpace(as[0]), "internal") && len(source) == 1 &&
		mechanism != "10" && mechanism != "0a" && (direction == "" || strings.EqualFold(direction, "Originating"))
	if !inside {
		return Proof{}, false
	}
	_, domain, _ := strings.Cut(from, "@")
	return Proof{Genuine: true, Method: ByExchange, Domain: domain, Header: clip("X-MS-Exchange-Organization-AuthAs: "+as[0]+"; AuthSource: "+strings.TrimSpace(source[0])+
		"; AuthMechanism: "+mechanism, 1000)}, true
}

// withoutQuotes leaves out comments and puts "_" for quoted strings (RFC 8601
// §2.2, RFC 5322 §3.2). Both may hold what the sender wrote, such as an envelope
// address with "; dmarc=pass" in it, and authres takes them for results. It is
// not whole when a quote or a comment does not end.
func withoutQuotes(v string) (plain string, whole bool) {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			if quoted = !quoted; quoted {
				b.WriteByte('_')
			}
		case quoted:
		case c == '(':
			depth++
			b.WriteByte(' ')
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String(), !quoted && depth == 0
}

// judge believes a DMARC result only when every one there is says the same.
func judge(results []authres.Result, from, header string, trust Trust) Proof {
	_, domain, _ := strings.Cut(from, "@")
	found := Proof{Header: header, Why: "the sender's domain has no DMARC result"}
	for _, r := range results {
		if g, ok := r.(*authres.GenericResult); ok && strings.EqualFold(g.Method, "compauth") && g.Value == authres.ResultFail {
			return Proof{Header: header, Method: "compauth", Domain: domain, Why: "compauth=fail"}
		}
	}
	said := false
	for _, r := range results {
		d, ok := r.(*authres.DMARCResult)
		if !ok {
			continue
		}
		said = true
		found.Method, found.Domain, found.Why = ByDMARC, strings.ToLower(d.From), ""
		switch {
		case d.Value != authres.ResultPass:
			found.Why = "dmarc=" + string(d.Value)
		case !strings.EqualFold(d.From, domain):
			found.Why = "DMARC was checked for another domain than the sender's"
		}
		if found.Genuine = found.Why == ""; !found.Genuine {
			break
		}
	}
	if trust.Aligned && !said {
		return aligned(results, domain, found)
	}
	return found
}

// aligned looks for a signature or an envelope of the sender's own
// organisation (RFC 7489 §3.1, relaxed).
func aligned(results []authres.Result, domain string, found Proof) Proof {
	for _, r := range results {
		if d, ok := r.(*authres.DKIMResult); ok && d.Value == authres.ResultPass && sameOrganisation(domainOf(d.Domain), domain) {
			found.Genuine, found.Method, found.Domain, found.Why = true, ByDKIM, domainOf(d.Domain), ""
			return found
		}
	}
	for _, r := range results {
		if s, ok := r.(*authres.SPFResult); ok && s.Value == authres.ResultPass && sameOrganisation(domainOf(s.From), domain) {
			found.Genuine, found.Method, found.Domain, found.Why = true, BySPF, domainOf(s.From), ""
			return found
		}
	}
	found.Why = "neither a signature nor the envelope is of the sender's domain"
	return found
}

// sealed tells whether our server found the ARC chain whole, all its sealers
// are trusted, and the first of them saw the sender's DMARC pass.
func sealed(m *message, results []authres.Result, from string, trust Trust) bool {
	if len(trust.Sealers) == 0 || !arcPassed(results) {
		return false
	}
	seals := m.values("ARC-Seal")
	if len(seals) == 0 || len(seals) > maxSeals {
		return false
	}
	for _, v := range seals {
		if !listedFold(trust.Sealers, tag(v, "d")) {
			return false
		}
	}
	for _, v := range m.values("ARC-Authentication-Results") {
		plain, whole := withoutQuotes(v)
		instance, rest, _ := strings.Cut(plain, ";")
		if strings.ReplaceAll(instance, " ", "") != "i=1" || !whole {
			continue
		}
		_, before, err := authres.Parse(strings.TrimSpace(rest))
		return err == nil && judge(before, from, "", Trust{}).Genuine
	}
	return false
}

// maxSeals is RFC 8617 §4.2.1.
const maxSeals = 50

func arcPassed(results []authres.Result) bool {
	passed := false
	for _, r := range results {
		if a, ok := r.(*authres.ARCResult); ok {
			if a.Value != authres.ResultPass {
				return false
			}
			passed = true
		}
	}
	return passed
}

// tag is the value of a tag in a list of tags (RFC 6376 §3.2).
func tag(list, name string) string {
	for part := range strings.SplitSeq(list, ";") {
		if k, v, ok := strings.Cut(part, "="); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func listedFold(list []string, s string) bool {
	for _, have := range list {
		if s != "" && strings.EqualFold(have, s) {
			return true
		}
	}
	return false
}

// domainOf takes a domain as it is, or of an address.
func domainOf(v string) string {
	v = strings.Trim(v, "<> ")
	return strings.ToLower(v[strings.LastIndexByte(v, '@')+1:])
}

// sameOrganisation tells whether two domains belong to the same registered
// domain by the list of public suffixes.
func sameOrganisation(a, b string) bool {
	a, b = strings.TrimSuffix(strings.ToLower(a), "."), strings.TrimSuffix(strings.ToLower(b), ".")
	if a == b {
		return a != ""
	}
	x, err := publicsuffix.EffectiveTLDPlusOne(a)
	if err != nil {
		return false
	}
	y, err := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && x == y
}
