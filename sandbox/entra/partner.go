package entra

import (
	"slices"
	"strings"
	"time"
)

// The sandbox knows a second tenant, Fabrikam: a partner whose people may use
// an application that is registered for every tenant. It has the same keys, as
// real tenants do, its own issuers and metadata, and two people. It has no
// registrations, no directory in Graph, and no administrator.

const (
	// PartnerTenantID is the id of the second tenant.
	PartnerTenantID = "fab21ca0-7e57-4000-8000-000000000002"

	partnerDomain = "fabrikam.test"
)

func seedPartners(now time.Time) []*user {
	var all []*user
	for i, name := range []string{"Finn Fisher", "Faye Forest"} {
		first, last, _ := strings.Cut(name, " ")
		login := strings.ToLower(first) + "@" + partnerDomain
		all = append(all, &user{ID: seedID(0x11, i+1), AccountEnabled: true, UserPrincipalName: login, DisplayName: name, GivenName: &first, Surname: &last,
			Mail: &login, MailNickname: strings.ToLower(first), UserType: "Member", CreatedDateTime: now,
			SignInSessionsValidFromDateTime: now.Add(-time.Hour), Password: "signoff", Tenant: PartnerTenantID})
	}
	return all
}

// person finds somebody of either tenant, by id or login.
func (t *tables) person(idOrName string) *user {
	if u := t.user(idOrName); u != nil {
		return u
	}
	return t.partner(idOrName)
}

func (t *tables) partner(idOrName string) *user {
	return find(t.partners, func(u *user) bool { return u.ID == idOrName || strings.EqualFold(u.UserPrincipalName, idOrName) })
}

func (t *tables) everybody() []*user { return slices.Concat(t.Users, t.partners) }

// home is the tenant that a person is of.
func (u *user) home() string {
	if u == nil || u.Tenant == "" {
		return TenantID
	}
	return u.Tenant
}

// tenantName is how a tenant is called in messages.
func tenantName(shared string) string {
	if shared == PartnerTenantID {
		return "Fabrikam"
	}
	return "Contoso"
}

// mayEnter tells whether somebody of that home may go through an endpoint:
// a tenant's own is for its own people, the shared ones are for both.
func (u *user) mayEnter(shared string) bool {
	switch shared {
	case "":
		return u.home() == TenantID
	case PartnerTenantID:
		return u.home() == PartnerTenantID
	}
	return true
}
