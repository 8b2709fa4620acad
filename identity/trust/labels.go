package trust

import "cmp"

// labels are what the Trust page calls the fields of an entry: advice is read
// beside that page.
var labels = map[string]string{
	"tenants": "Tenants", "audiences": "Audiences", "slashVariants": "A URI counts with and without a slash at its end", "url": "Issuer",
	"algorithms": "Signature algorithms", "versions": "Token versions", "noPeople": "People may call through applications", "scopes": "Scopes",
	"clients": "Applications that may call for people", "guests": "Guests of the tenant", "personClaim": "Claim that names a new person",
	"newcomers": "People nobody here knows", "apps": "Applications that call by themselves", "roles": "App roles", "appClients": "Applications",
	"strongApps": "They have to use a certificate, not a secret", "authContext": "Authentication context", "add": "Add an issuer",
}

// Label is what the Trust page calls a field, or the field's own name where the
// page does not show it.
func Label(field string) string { return cmp.Or(labels[field], field) }

// Page says where on the pages an entry is, and a field of it; "" names none.
func Page(entry, field string) string {
	path := "Manage › Access › Trust"
	if entry != "" {
		path += " › " + entry
	}
	if field != "" {
		path += " › " + Label(field)
	}
	return path
}
