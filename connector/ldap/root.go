package ldap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/go-ldap/ldap/v3"
)

// root is what a server says of itself before anything else (RFC 4512 section 5.1).
type root struct {
	kind       Kind
	base       string // where its entries begin
	usn        int64  // Active Directory: the highest update sequence number
	invocation string // Active Directory: of the domain controller's database; a restored one has another
}

// capability 1.2.840.113556.1.4.800 is Active Directory's own ([MS-ADTS] section 3.1.1.3.4.3).
const capabilityAD = "1.2.840.113556.1.4.800"

// root reads the root entry.
func (l *link) root(ctx context.Context) (root, error) {
	e, err := l.one(ctx, "", "supportedCapabilities", "defaultNamingContext", "namingContexts", "highestCommittedUSN", "dsServiceName")
	if err != nil {
		return root{}, err
	}
	if e == nil {
		return root{}, unusable("the server "+l.server.String()+" says nothing of itself", nil)
	}
	out := root{kind: Other, base: text(e, "defaultNamingContext")}
	if contexts := texts(e, "namingContexts", 10); out.base == "" && len(contexts) > 0 {
		out.base = contexts[0]
	}
	if !slices.Contains(texts(e, "supportedCapabilities", 100), capabilityAD) {
		return out, nil
	}
	out.kind = ActiveDirectory
	out.usn, _ = strconv.ParseInt(text(e, "highestCommittedUSN"), 10, 64)
	return out, l.invocation(ctx, text(e, "dsServiceName"), &out)
}

// invocation finds whose sequence numbers these are. When it may not be read,
// the name of the server stands for it.
func (l *link) invocation(ctx context.Context, service string, into *root) error {
	into.invocation = service
	if service == "" {
		into.invocation = l.server.String()
		return nil
	}
	req := ldap.NewSearchRequest(service, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 0, false, "(objectClass=*)", []string{"invocationId"}, nil)
	answer, err := l.conn.Search(req)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || len(answer.Entries) == 0 {
		return l.broken() // not to be seen by this account
	}
	if id := guid(raw(answer.Entries[0], "invocationId")); id != "" {
		into.invocation = id
	}
	return nil
}

// short stands for a long text.
func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}
