package exchange

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// Codes of errors.
const (
	CodeDoubtful    = "exchange-doubtful"    // no answer to something that must not be done twice: it may have been done
	CodeGone        = "exchange-item-gone"   // the id names nothing any more
	CodeBusy        = "exchange-busy"        // later
	CodeUnreachable = "exchange-unreachable" // no connection, no TLS, or no answer
	CodeNotExchange = "exchange-not-there"   // something answered, and it was not Exchange
	CodeSignIn      = "exchange-sign-in"     // the credential is not good
	CodeDenied      = "exchange-denied"      // a right is missing
	CodeSendAs      = "exchange-send-as"     // the right to send as that address is missing
	CodeImpersonate = "exchange-impersonate" // the right to act as the mailbox is missing
	CodeNoMailbox   = "exchange-no-mailbox"  // there is no such mailbox, or it cannot be reached this way
	CodeFull        = "exchange-full"        // the mailbox, or what it may send
	CodeTooLarge    = "exchange-too-large"
	CodeConflict    = "exchange-changed"    // the item is not as it was
	CodeRecipients  = "exchange-recipients" // an address that mail cannot go to
	CodeNoMethod    = "exchange-no-method"  // there is no such object or method
	CodeRefused     = "exchange-refused"    // any other refusal
)

// A Refusal is what a server said, as it said it. It is the cause inside a
// *signoff.Error; its text holds no token.
type Refusal struct {
	Code      string        // "ErrorItemNotFound"; "" when it had none
	Text      string        // the server's own words
	Status    int           // HTTP
	RequestID string        // what the server's owner finds the request by
	Wait      time.Duration // how long it asked to wait; 0: it did not
}

func (r *Refusal) Error() string {
	var b strings.Builder
	if r.Status != 0 {
		fmt.Fprintf(&b, "HTTP %d ", r.Status)
	}
	b.WriteString(r.Code)
	if r.Text != "" {
		b.WriteString(": " + r.Text)
	}
	if r.RequestID != "" {
		b.WriteString(" (request " + r.RequestID + ")")
	}
	return strings.TrimSpace(b.String())
}

// Told is the sentence that reports r to people: what was tried, and the
// server's own words with its code and request id.
func (r *Refusal) Told(doing string) string {
	said := r.Text
	if said == "" {
		said = fmt.Sprintf("HTTP %d", r.Status)
	}
	about := []string{}
	for _, s := range []string{r.Code, r.RequestID} {
		if s != "" {
			about = append(about, s)
		}
	}
	tail := ""
	if len(about) > 0 {
		tail = " (" + strings.Join(about, ", request ") + ")"
	}
	return fmt.Sprintf("%s: the server said: %s%s", doing, strings.TrimRight(said, " ."), tail) + "."
}

// Doubtful tells whether err leaves open whether something was done.
func Doubtful(err error) bool { return signoff.CodeOf(err) == CodeDoubtful }

// Gone tells whether err says that an id names nothing any more.
func Gone(err error) bool { return signoff.CodeOf(err) == CodeGone }

// Doubt is the error of a request without an answer, or with one that does not
// tell, when it must not be made again.
func Doubt(doing string, cause error) error {
	what := doing + ": the connection broke before the server answered."
	if r, ok := errors.AsType[*Refusal](cause); ok {
		what = r.Told(doing)
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeDoubtful, Err: cause,
		Detail: what + " It may have been done all the same.", Hint: "It is looked for before it is tried again."}
}

// WaitOf is how long the server asked to wait, 0 if it did not.
func WaitOf(err error) time.Duration {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Wait
	}
	return 0
}
