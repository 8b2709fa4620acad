package m365

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Tenant is the id of the tenant that the client is signed in to: "" if it may
// not be read. It refuses another than the plan is for, as a token that was
// given may be of any.
func (p Plan) Tenant(ctx context.Context, c *Client) (string, error) {
	all, err := list[struct {
		ID      string
		Domains []struct{ Name string } `json:"verifiedDomains"`
	}](ctx, c, "/organization")
	if forbidden(err) || err == nil && len(all) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	want, is := p.Values.Tenant, all[0]
	names := []string{strings.ToLower(is.ID)}
	for _, d := range is.Domains {
		names = append(names, strings.ToLower(d.Name))
	}
	if want != "" && !slices.Contains(names, want) {
		return is.ID, fmt.Errorf("the token is for the tenant %s, and this plan is for %s: nothing was registered; az login --tenant %s, then get a token again", strings.Join(names, ", "), want, want)
	}
	return is.ID, nil
}

// TrustCommand lets this server believe the tokens of what was registered:
// api is the client id of its API, tenant its tenant's, unless the plan says it.
func (p Plan) TrustCommand(tenant, api string) string {
	v := p.Values
	words := []string{"signoff", "trust", "add", "--server", v.URL, "--tenant", cmp.Or(v.Tenant, tenant), "--audience", api}
	if login := strings.TrimRight(v.Login, "/"); login != "" && login != "https://login.microsoftonline.com" {
		words = append(words, "--authority", login)
	}
	if v.Scope != defaultScope {
		words = append(words, "--scope", v.Scope)
	}
	if slices.ContainsFunc(v.Callers, func(c Caller) bool { return c.Redirect == "" }) {
		words = append(words, "--app-role", v.Role)
	}
	return strings.Join(words, " ")
}
