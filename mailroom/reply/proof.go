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
		id, results, err := authres.Parse(v)
		if !strings.EqualFold(id, p.Authserv) {
			continue
		}
		if err != nil {
			return Proof{Header: clip(v, 1000), Why: "the result of the sender check cannot be read"}
		}
		return judge(results, from, clip(v, 1000))
	}
	return Proof{Why: "the mail server " + p.Authserv + " did not check the sender"}
}

func judge(results []authres.Result, from, header string) Proof {
	_, domain, _ := strings.Cut(from, "@")
	found := Proof{Header: header, Why: "the sender's domain has no DMARC result"}
	for _, r := range results {
		d, ok := r.(*authres.DMARCResult)
		if !ok {
			continue
		}
		found.Method, found.Domain = "dmarc", strings.ToLower(d.From)
		switch {
		case d.Value != authres.ResultPass:
			found.Why = "dmarc=" + string(d.Value)
			return found
		case !strings.EqualFold(d.From, domain):
			found.Why = "DMARC was checked for another domain than the sender's"
			return found
		}
		found.Genuine, found.Why = true, ""
	}
	return found
}
