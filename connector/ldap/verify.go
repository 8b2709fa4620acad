package ldap

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/signoffhq/signoff"
)

// Verdict is why a directory lets somebody not in.
type Verdict string

const (
	Wrong     Verdict = "wrong"      // name or password
	Expired   Verdict = "expired"    // the password was right and is too old
	MustReset Verdict = "must-reset" // the password was right and has to be changed first
	Disabled  Verdict = "disabled"   // the account is switched off
	Ended     Verdict = "ended"      // the account's last day is past
	Locked    Verdict = "locked"     // after too many wrong passwords
	NotNow    Verdict = "not-now"    // not at this hour, or not from this machine
)

// Words says a verdict to an administrator.
func (v Verdict) Words() string {
	switch v {
	case Wrong:
		return "the name or the password is wrong"
	case Expired:
		return "the password has expired"
	case MustReset:
		return "the password has to be changed first"
	case Disabled:
		return "the account is disabled"
	case Ended:
		return "the account has expired"
	case Locked:
		return "the account is locked after too many wrong passwords"
	case NotNow:
		return "the account may not sign in at this time or from here"
	}
	return "no reason is given"
}

// Refused is the cause of an error with CodePassword.
type Refused struct{ Verdict Verdict }

func (r Refused) Error() string { return "directory: " + r.Verdict.Words() }

// VerdictOf tells why somebody was not let in, "" when that is not what err says.
func VerdictOf(err error) Verdict {
	r, _ := errors.AsType[Refused](err)
	return r.Verdict
}

// Verify asks whether a password is right, by signing in with it on a connection
// of its own. It refuses an empty name or password before asking: servers let
// "nobody" in and call that success (RFC 4513 section 5.1.2). An error with
// CodePassword means no; VerdictOf tells why. Any other error means that it is
// not known.
func (c *Client) Verify(ctx context.Context, name string, password Password) error {
	if name == "" || password == "" || strings.ContainsRune(name, 0) {
		return refused(Wrong, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*c.cfg.Timeout)
	defer cancel()
	l, err := c.enter(ctx, func(_ context.Context, l *link) error {
		err := l.conn.Bind(name, string(password))
		if v := verdictOf(err); v != "" {
			return refused(v, err)
		} else if err != nil {
			return l.explain("sign in", err)
		}
		return nil
	})
	if err == nil {
		l.close()
	}
	return err
}

func refused(v Verdict, err error) error {
	return &signoff.Error{Kind: signoff.Unauthenticated, Code: CodePassword, Detail: v.Words(),
		Err: errors.Join(Refused{v}, err)}
}

// dataCode finds the Windows error in what Active Directory says of a failed
// sign-in: "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext
// error, data 52e, v3839".
var dataCode = regexp.MustCompile(`\bdata ([0-9a-fA-F]{1,8})\b`)

// verdictOf reads a failed sign-in; "" when it failed for another reason than
// the account.
func verdictOf(err error) Verdict {
	e, ok := errors.AsType[*ldap.Error](err)
	if err == nil || !ok {
		return ""
	}
	text := ""
	if e.Err != nil {
		text = e.Err.Error()
	}
	switch e.ResultCode {
	case ldap.LDAPResultInvalidCredentials, ldap.LDAPResultUnwillingToPerform:
	case ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultInappropriateAuthentication:
		return Wrong
	case ldap.LDAPResultConstraintViolation: // OpenLDAP's and 389's lockout
		return Locked
	default:
		return ""
	}
	if v, known := verdicts[dataOf(text)]; known {
		return v
	}
	if e.ResultCode == ldap.LDAPResultUnwillingToPerform {
		return ""
	}
	return Wrong
}

func dataOf(text string) string {
	m := dataCode.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.ToLower(strings.TrimLeft(m[1], "0"))
}

// verdicts are Windows errors as Active Directory gives them.
// https://ldapwiki.com/wiki/Common%20Active%20Directory%20Bind%20Errors
var verdicts = map[string]Verdict{
	"525": Wrong, // no such user
	"52e": Wrong,
	"530": NotNow,
	"531": NotNow,
	"532": Expired,
	"533": Disabled,
	"568": NotNow, // in too many groups to sign in
	"701": Ended,
	"773": MustReset,
	"775": Locked,
}

// VerifySubject is Verify for whoever has that Subject, wherever they stand and
// whatever they are called by now. Our own account looks them up first; who does
// not meet the filter of people any more, or is not there, is refused.
func (c *Client) VerifySubject(ctx context.Context, subject string, password Password) error {
	if subject == "" || password == "" {
		return refused(Wrong, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*c.cfg.Timeout)
	defer cancel()
	l, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	dn, err := c.locate(ctx, l, subject)
	if err != nil {
		return err
	}
	if dn == "" {
		return refused(Wrong, errors.New("nobody has that subject where people are looked for"))
	}
	err = l.conn.Bind(dn, string(password))
	if v := verdictOf(err); v != "" {
		return refused(v, err)
	} else if err != nil {
		return l.explain("sign in", err)
	}
	return nil
}

// locate finds where somebody stands, "" when they are not there.
func (c *Client) locate(ctx context.Context, l *link, subject string) (string, error) {
	root, err := l.root(ctx)
	if err != nil {
		return "", err
	}
	r := &reading{client: c, link: l, root: root}
	r.prepare()
	found := ""
	q := query{base: r.peopleBase, filter: "(&" + r.peopleFilter + subjectFilter(r.attrs.Subject, subject) + ")", scope: ldap.ScopeWholeSubtree, attrs: []string{"1.1"}, most: 2}
	several := false
	err = l.search(ctx, q, func(e *ldap.Entry) error {
		several = found != ""
		found = e.DN
		return nil
	})
	if several {
		return "", unusable("more than one entry has "+r.attrs.Subject+" "+clip(subject, 100), nil)
	}
	return found, err
}

// subjectFilter asks for the entry with a Subject, whatever is in the text.
func subjectFilter(attr, subject string) string {
	if b := guidBytes(subject); b != nil && strings.EqualFold(attr, "objectGUID") {
		var text strings.Builder
		for _, c := range b {
			fmt.Fprintf(&text, `\%02x`, c)
		}
		return "(" + attr + "=" + text.String() + ")"
	}
	return "(" + attr + "=" + ldap.EscapeFilter(subject) + ")"
}

// guidBytes undoes guid; nil for what it never wrote.
func guidBytes(text string) []byte {
	h, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(h) != 16 || guid([]byte{h[3], h[2], h[1], h[0], h[5], h[4], h[7], h[6], h[8], h[9], h[10], h[11], h[12], h[13], h[14], h[15]}) != text {
		return nil
	}
	return []byte{h[3], h[2], h[1], h[0], h[5], h[4], h[7], h[6], h[8], h[9], h[10], h[11], h[12], h[13], h[14], h[15]}
}
