package signin

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/signoffhq/signoff"
)

// A Failure says why somebody was not signed in, in words for the sign-in page.
// What the provider wrote is in Said, as it wrote it: to be shown as text only.
type Failure struct {
	Code     string `json:"code"`
	Detail   string `json:"detail"`
	Advice   string `json:"advice,omitempty"` // what to do, and who can
	Who      Who    `json:"who,omitempty"`
	Provider string `json:"provider,omitempty"` // its name
	Copy     string `json:"copy,omitempty"`     // the very value to enter there
	Said     string `json:"said,omitempty"`
	Number   int    `json:"number,omitempty"` // AADSTS
	Trace    string `json:"trace,omitempty"`  // under which the provider's log has it
	Request  string `json:"request,omitempty"`
	Return   string `json:"return,omitempty"`

	cause error // for the log
	kind  signoff.Kind
}

// Who can put something right.
type Who string

const (
	WhoYou      Who = "you"
	WhoOurs     Who = "administrator" // of this server
	WhoTheirs   Who = "provider"      // an administrator of the provider
	WhoTryAgain Who = "nobody"        // it may work the next time
)

func (f *Failure) Error() string {
	if f.cause != nil {
		return f.Code + ": " + f.cause.Error()
	}
	return f.Code + ": " + f.Detail
}

// Unwrap is the failure as the rest of the program knows refusals.
func (f *Failure) Unwrap() error {
	kind := f.kind
	if kind == signoff.Internal {
		kind = signoff.Forbidden
	}
	return &signoff.Error{Kind: kind, Code: f.Code, Detail: f.Detail, Hint: f.Advice, Err: f.cause}
}

// Codes of failures, all in api.Codes.
const (
	codeOver     = "sign-in-over"     // not begun in this browser, too long ago, or finished already
	codeAnswer   = "sign-in-answer"   // what came back is not for this sign-in
	codeRefused  = "sign-in-refused"  // the provider said no
	codeProvider = "sign-in-provider" // the provider is away or its answer cannot be used
	codeToken    = "sign-in-token"    // what the provider signed is not what it should be
	codeGone     = "provider-not-found"
)

func over(detail string) *Failure {
	return &Failure{Code: codeOver, Detail: detail, Advice: "sign in again", Who: WhoTryAgain}
}

func wrongAnswer(why string) *Failure {
	return &Failure{Code: codeAnswer, Detail: "what came back from the provider does not belong to the sign-in that was begun",
		Advice: "sign in again; if it stays, tell an administrator of this server", Who: WhoTryAgain, cause: fmt.Errorf("%s", why)}
}

func away(p *Provider, err error) *Failure {
	return &Failure{Code: codeProvider, kind: signoff.Unavailable, Provider: p.Name, Detail: p.Name + " cannot be asked at the moment, or its answer cannot be used",
		Advice: "try again in a moment; if it stays, an administrator of this server can test the provider on its page", Who: WhoOurs, cause: err}
}

func badToken(p *Provider, err error) *Failure {
	return &Failure{Code: codeToken, Provider: p.Name, Detail: "what " + p.Name + " says about you could not be verified",
		Advice: "sign in again; if it stays, an administrator of this server finds the reason in the log, and by testing the provider on its page", Who: WhoOurs, cause: err}
}

// maxSaid is how much of a provider's words is shown.
const maxSaid = 600

// said is what the provider wrote, without what could steer a page or a log.
func said(parts ...string) string {
	text := strings.TrimSpace(strings.Join(parts, " "))
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	if r := []rune(text); len(r) > maxSaid {
		text = string(r[:maxSaid]) + "…"
	}
	return text
}

var (
	aadsts      = regexp.MustCompile(`AADSTS(\d{4,8})`)
	correlation = regexp.MustCompile(`(?i)correlation id:? ?([0-9a-f-]{36})`)
	trace       = regexp.MustCompile(`(?i)trace id:? ?([0-9a-f-]{36})`)
)

// refused is the failure for an error of the provider's, from its redirect or
// from its token endpoint (RFC 6749 §4.1.2.1, §5.2).
func (s *Service) refused(p *Provider, code, description string) *Failure {
	f := &Failure{Code: codeRefused, Provider: p.Name, Said: said(code, description), Who: WhoOurs}
	words, known := plainErrors[code]
	if m := aadsts.FindStringSubmatch(description); m != nil {
		f.Number, _ = strconv.Atoi(m[1])
		if entra, ok := entraErrors[f.Number]; ok {
			words, known = entra, true
		}
	}
	if m := cmp.Or(first(correlation, description), first(trace, description)); m != "" {
		f.Trace = m
	}
	if !known {
		words = entraError{who: WhoOurs, detail: "{provider} refused the sign-in", advice: "what it wrote is below; an administrator of this server can look it up on the sign-in page's settings"}
	}
	put := strings.NewReplacer("{provider}", p.Name, "{client}", p.ClientID, "{tenant}", cmp.Or(p.Tenant, p.Issuer), "{redirect}", s.public+p.Redirect)
	f.Detail, f.Advice, f.Who, f.Copy = put.Replace(words.detail), put.Replace(words.advice), words.who, put.Replace(words.copy)
	return f
}

func first(re *regexp.Regexp, text string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// Explain says what an error of a provider means: a number like AADSTS50011, or
// the whole text that a provider's page shows. It is for administrators.
func (s *Service) Explain(p Provider, text string) *Failure {
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		text = "AADSTS" + strconv.Itoa(n)
	}
	code, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return s.refused(&p, strings.TrimSuffix(code, ":"), text)
}
