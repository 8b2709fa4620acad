package mailroom

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/store"
)

// doubted tells why the sender is not proven as the step wants it; "" if they are.
func (r *Room) doubted(m reply.Reading, about *store.ReplyAddress, tied string) string {
	switch {
	case about.Strict && (!m.Proof.Genuine || m.Proof.Method != reply.ByDMARC && m.Proof.Method != reply.ByExchange):
		return cmp.Or(m.Proof.Why, "this step wants a stronger proof of the sender than “"+m.Proof.Method+"”")
	case about.Strict && tied != bySecret:
		return "this step wants an answer to the secret address"
	case !m.Proof.Genuine && !r.TrustToken:
		return m.Proof.Why
	}
	return ""
}

// handedIn tells by whom else than the person it says a mail was handed in; ""
// for nobody. DMARC proves a domain, and a mail server that does not tie the
// From field to the sign-in lets one colleague write as another. An envelope of
// a foreign organisation is a mailing service's and says nothing.
func (r *Room) handedIn(ctx context.Context, m reply.Reading, person signoff.Person) (string, error) {
	for _, w := range m.Writers {
		who, found, err := r.People.ByAddress(ctx, w.Address)
		switch {
		case err != nil:
			return "", err
		case found && who.Principal == person.Principal, !found && r.AnyEnvelope && w.By == "Return-Path", !found && !w.Ours && w.By != "Sender":
			continue
		}
		return fmt.Sprintf("it says that %s wrote it, but %s handed it in (%s)", m.From, oneLine(w.Address, maxName), w.By), nil
	}
	return "", nil
}

func writersOf(m reply.Reading) string {
	var list []string
	for _, w := range m.Writers {
		list = append(list, w.By+": "+w.Address)
	}
	return strings.Join(list, ", ")
}

// bySecret is how a mail is tied to its task best.
const bySecret = "secret address"
