package oauth

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
)

// A Need names a token.
type Need struct {
	Resource string
	Owner    signoff.Principal // a person; "" is the service account
	App      bool              // the application's own token (client credentials); Owner is ignored
	Audience string            // "" the resource's own
}

// Owners other than people, as keys and the store name them.
const (
	ownerService = "service"
	ownerApp     = "app"
)

// maxAudience bounds an audience, so that a key stays below MaxKey bytes.
const maxAudience = 200

// MaxKey is the greatest length of a Need's key in bytes.
const MaxKey = 300

// owner is whose the token is, as keys and the store name it.
func (n Need) owner() string {
	switch {
	case n.App:
		return ownerApp
	case n.Owner == "":
		return ownerService
	}
	return string(n.Owner)
}

// Key names the need for ever: "resource|owner|audience", with "service" or
// "app" for those who are no person. Work that waits for a token waits for it.
func (n Need) Key() string { return n.Resource + "|" + n.owner() + "|" + n.Audience }

// Name is short and fit for an address: /connect/{name} is the page of a need.
func (n Need) Name() string {
	sum := sha256.Sum256([]byte(n.Key()))
	return hex.EncodeToString(sum[:10])
}

// ParseKey undoes Need.Key.
func ParseKey(key string) (Need, bool) {
	resource, rest, ok := strings.Cut(key, "|")
	owner, audience, more := strings.Cut(rest, "|")
	if !ok || !more || len(key) > MaxKey || resource == "" {
		return Need{}, false
	}
	n := Need{Resource: resource, Audience: audience}
	switch {
	case owner == ownerApp:
		n.App = true
	case owner == ownerService:
	case signoff.Principal(owner).IsUser():
		n.Owner = signoff.Principal(owner)
	default:
		return Need{}, false
	}
	return n, true
}

// A Token is what a request carries.
type Token struct {
	Text    seal.Secret
	Type    string    // "Bearer"
	Expires time.Time // zero: the provider did not say
	Account string    // whose it is, as the provider calls them: "jane@contoso.test"; "" unknown
	Scope   string    // what was granted, if the provider says
}

// A State says how a token fares.
type State string

const (
	Valid       State = "valid"
	Expiring    State = "expiring"      // its end is near, and nothing renews it
	NeedsSignIn State = "needs-sign-in" // somebody has to connect again
	Revoked     State = "revoked"       // the provider took it back
	Failing     State = "failing"       // renewing it fails for now; it is tried again
)

// NotConnected says that there is no usable token, and who has to do something
// about it. It unwraps to a *signoff.Error of Kind Unavailable and code
// "not-connected".
type NotConnected struct {
	Need   Need
	Reason string // in words: why there is none
	Claims string // what the next token has to say, when a provider asked for that
	Title  string // of the resource
	Ours   bool   // connecting again does not help: an administrator has to mend the resource
}

func (e *NotConnected) Error() string { return "not-connected: " + e.why() }

// Unwrap is the refusal as the rest of the program knows it.
func (e *NotConnected) Unwrap() error {
	hint := "connect the account; what waits for it goes on by itself"
	switch {
	case e.Need.App || e.Ours:
		hint = "an administrator checks the OAuth resource " + e.Need.Resource
	case e.Need.Owner == "":
		hint = "an administrator connects the service account on the page of OAuth resources"
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: "not-connected", Detail: e.why(), Hint: hint}
}

// ParksFor is what work waits for that met this error, who can bring it about
// ("" an administrator) and why it waits.
func (e *NotConnected) ParksFor() (key string, who signoff.Principal, why string) {
	if !e.Need.App && !e.Ours {
		who = e.Need.Owner
	}
	return e.Need.Key(), who, e.why()
}

func (e *NotConnected) why() string {
	title := e.Title
	if title == "" {
		title = e.Need.Resource
	}
	text := ""
	switch {
	case e.Ours:
		text = "this server gets no tokens for " + title
	case e.Need.App:
		text = "this server has no token of its own for " + title
	case e.Need.Owner == "":
		text = "the service account has to be connected to " + title
	default:
		text = signoff.Mention(e.Need.Owner) + " has to connect their account to " + title
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}
