package ldap

import (
	"context"
	"errors"
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
