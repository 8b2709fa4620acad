package reply

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"
)

// Proof is what our receiving mail server found out about the sender.
type Proof struct {
	Genuine bool
	Method  string // "dmarc"; "" when nothing was said
	Domain  string // the domain that was checked
	Header  string // the header it rests on, at most 1,000 characters
	Why     string // why not, for people
}

// proof reads the topmost Authentication-Results with our server's name
// (RFC 8601 §5: only headers of one's own border may be believed, and the
// border removes forged ones). dmarc=pass for the domain of From is genuine;
// spf or dkim alone concern other names than the one people see.
func proof(m *message, from string, p Policy) Proof {
	if from == "" {
		return Proof{Why: "it does not have exactly one sender"}
	}
	if p.Authserv == "" {
		return Proof{Why: "no mail server is trusted to check senders"}
	}
	for _, v := range m.values("Authentication-Results") {
		plain, whole := withoutQuotes(v)
		server, _, _ := strings.Cut(plain, ";")
		if id := strings.Fields(server); len(id) == 0 || !strings.EqualFold(id[0], p.Authserv) {
			continue
		}
		_, results, err := authres.Parse(plain)
		if err != nil || !whole {
			return Proof{Header: clip(v, 1000), Why: "the result of the sender check cannot be read"}
		}
		return judge(results, from, clip(v, 1000))
	}
	return Proof{Why: "the mail server " + p.Authserv + " did not check the sender"}
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
func judge(results []authres.Result, from, header string) Proof {
	_, domain, _ := strings.Cut(from, "@")
	found := Proof{Header: header, Why: "the sender's domain has no DMARC result"}
	for _, r := range results {
		d, ok := r.(*authres.DMARCResult)
		if !ok {
			continue
		}
		found.Method, found.Domain, found.Why = "dmarc", strings.ToLower(d.From), ""
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
	return found
}
