package ldap

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/signoffhq/signoff"
)

// checkFilter refuses a filter that is none; "" is fine.
func checkFilter(filter string) error {
	if filter == "" {
		return nil
	}
	if len(filter) > 8192 || strings.Count(filter, "(") > 200 {
		return filterWrong(filter, "it is too long", nil)
	}
	if _, err := ldap.CompileFilter(filter); err != nil {
		return filterWrong(filter, "it cannot be read", err)
	}
	return nil
}

func filterWrong(filter, why string, err error) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: CodeFilter, Err: err,
		Detail: "the filter " + clip(filter, 200) + " is no LDAP filter: " + why,
		Hint:   "a filter looks like (&(objectClass=user)(department=Sales))"}
}

// A query is one search.
type query struct {
	base   string
	filter string
	scope  int
	attrs  []string
	most   int // entries, when fewer than everything are wanted; 0: everything
}

// search gives every entry to each, page by page (RFC 2696). Referrals are left
// lying: what stands on other servers is taken by asking them, if at all.
func (l *link) search(ctx context.Context, q query, each func(*ldap.Entry) error) error {
	size := uint32(pageSize)
	if q.most > 0 && q.most < pageSize {
		size = uint32(q.most)
	}
	paging := ldap.NewControlPaging(size)
	seen, pages := 0, 0
	cookies := map[string]bool{}
	for {
		if pages++; pages > l.most {
			return unusable("the server "+l.server.String()+" sends pages without end", nil)
		}
		before := seen
		cookie, err := l.page(ctx, q, paging, &seen, each)
		if err != nil {
			return err
		}
		if len(cookie) == 0 || q.most > 0 && seen >= q.most {
			return nil
		}
		if cookies[string(cookie)] && seen == before || len(cookie) > 64<<10 {
			return unusable("the server "+l.server.String()+" goes round in circles", nil)
		}
		cookies[string(cookie)] = true
		paging.SetCookie(cookie)
	}
}

// page asks for one page and returns the cookie of the next, empty at the end.
func (l *link) page(ctx context.Context, q query, paging *ldap.ControlPaging, seen *int, each func(*ldap.Entry) error) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req := ldap.NewSearchRequest(q.base, q.scope, ldap.NeverDerefAliases, 0, 0, false, q.filter, q.attrs, []ldap.Control{paging})
	answer := l.conn.SearchAsync(ctx, req, 64)
	var cookie []byte
	for answer.Next() {
		for _, control := range answer.Controls() {
			if p, ok := control.(*ldap.ControlPaging); ok {
				cookie = p.Cookie
			}
		}
		entry := answer.Entry()
		if entry == nil {
			continue
		}
		if *seen++; *seen > l.most {
			return nil, unusable(fmt.Sprintf("the search below %s finds more than %d entries", clip(q.base, 200), l.most), nil)
		}
		if q.most > 0 && *seen > q.most {
			return nil, nil
		}
		if err := each(entry); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := answer.Err(); err != nil {
		return nil, l.explain("search below "+clip(q.base, 200), err)
	}
	return cookie, l.broken()
}

// broken tells whether the connection is gone: the library ends a search
// without an error when it is.
func (l *link) broken() error {
	if err := l.conn.GetLastError(); err != nil {
		return l.explain("answer", err)
	}
	if l.conn.IsClosing() {
		return &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnreachable,
			Detail: "the connection to " + l.server.String() + " broke"}
	}
	return nil
}

// one reads a single entry; nil when there is none.
func (l *link) one(ctx context.Context, dn string, attrs ...string) (*ldap.Entry, error) {
	req := ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", attrs, nil)
	answer, err := l.conn.Search(req)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		return nil, nil
	}
	if err != nil {
		return nil, l.explain("read "+clip(dn, 200), err)
	}
	if len(answer.Entries) == 0 {
		return nil, nil
	}
	return answer.Entries[0], nil
}

// A span is the part of an attribute's values that an answer holds:
// "member;range=0-1499" (Active Directory gives at most so many at once).
type span struct {
	attr string
	next int // where to go on; -1: that was all
}

// parseSpan reads an attribute's name as an answer gives it.
func parseSpan(name string) (span, bool) {
	attr, options, found := strings.Cut(name, ";")
	if !found {
		return span{attr: name, next: -1}, true
	}
	for option := range strings.SplitSeq(options, ";") {
		text, ok := strings.CutPrefix(strings.ToLower(option), "range=")
		if !ok {
			continue
		}
		low, high, ok := strings.Cut(text, "-")
		first, err := strconv.Atoi(low)
		if !ok || err != nil || first < 0 || first > maxValues {
			return span{}, false
		}
		if high == "*" {
			return span{attr: attr, next: -1}, true
		}
		last, err := strconv.Atoi(high)
		if err != nil || last < first || last >= maxValues {
			return span{}, false
		}
		return span{attr: attr, next: last + 1}, true
	}
	return span{attr: attr, next: -1}, true
}

// all returns every value of an attribute of an entry, asking again as long as
// there are more.
func (l *link) all(ctx context.Context, e *ldap.Entry, attr string) ([]string, error) {
	values, next, err := spanOf(e, attr)
	for err == nil && next >= 0 {
		var more *ldap.Entry
		if more, err = l.one(ctx, e.DN, fmt.Sprintf("%s;range=%d-*", attr, next)); err != nil || more == nil {
			return values, err
		}
		was := next
		var part []string
		if part, next, err = spanOf(more, attr); err != nil {
			return nil, err
		}
		if values = append(values, part...); len(values) > maxValues || next >= 0 && next <= was {
			return nil, unusable("the entry "+clip(e.DN, 200)+" has more values of "+attr+" than are taken", nil)
		}
	}
	return values, err
}

func spanOf(e *ldap.Entry, attr string) (values []string, next int, err error) {
	next = -1
	for _, a := range e.Attributes {
		s, ok := parseSpan(a.Name)
		if !ok {
			return nil, 0, unusable("the entry "+clip(e.DN, 200)+" has a range that cannot be meant: "+clip(a.Name, 100), nil)
		}
		if !strings.EqualFold(s.attr, attr) {
			continue
		}
		values = append(values, a.Values...)
		if s.next >= 0 {
			next = s.next
		}
	}
	return values, next, nil
}
