package m365

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/doctor"
)

// sign compares where people are sent back to.
func (x *check) sign(r Registration, a *application) {
	x.redirects(r, a)
	x.leave(r, a)
	if a.Web != nil && r.LogoutURL != "" {
		have := ""
		if a.Web.Logout != nil {
			have = *a.Web.Logout
		}
		if have != r.LogoutURL {
			x.differs(r, "front-channel logout", r.LogoutURL, have, doctor.Finding{Code: "logout-differs", Line: "its front-channel logout URL is not " + r.LogoutURL, Do: "set it (Authentication)",
				Copy: x.patch(a, "set it", map[string]any{"web": map[string]any{"logoutUrl": r.LogoutURL}})})
		} else {
			x.pass(r, "front-channel logout", have)
		}
	}
	if a.Web != nil && (a.Web.Implicit.ID || a.Web.Implicit.Access) && !r.Lenient {
		x.differs(r, "implicit flow", "off", "on", doctor.Finding{Code: "implicit-on", Line: "it may be given tokens in addresses (implicit flow), which nothing here needs", Do: "switch both off (Authentication)",
			Copy: x.patch(a, "switch it off", map[string]any{"web": map[string]any{"implicitGrantSettings": implicit{}}})})
	}
	if a.Fallback != nil && *a.Fallback && r.Platform == Web && !r.Lenient {
		x.differs(r, "public client flows", "off", "on", doctor.Finding{Code: "public-client-on", Line: "programs without a secret may pass for it (public client flows)", Do: "switch it off (Authentication)",
			Copy: x.patch(a, "switch it off", map[string]any{"isFallbackPublicClient": false})})
	}
}

// platforms are a registration's redirect URIs by kind of program.
func (a *application) platforms() map[Platform][]string {
	out := map[Platform][]string{}
	if a.Web != nil {
		out[Web] = a.Web.URIs
	}
	if a.PublicClient != nil {
		out[Public] = a.PublicClient.URIs
	}
	if a.SPA != nil {
		out["spa"] = a.SPA.URIs
	}
	return out
}

var platformNames = map[Platform]string{Web: "Web", Public: "Mobile and desktop applications", "spa": "Single-page application"}

func (x *check) redirects(r Registration, a *application) {
	have := a.platforms()
	for _, uri := range r.Redirects {
		if slices.Contains(have[r.Platform], uri) {
			x.pass(r, "redirect URI", uri)
			continue
		}
		f := doctor.Finding{Code: "redirect-missing", Line: "the redirect URI " + uri + " is not registered (AADSTS50011)", Do: "add it (Authentication › " + platformNames[r.Platform] + ")",
			Copy: append([]doctor.Copy{{For: doctor.Value, What: "redirect URI", Text: uri}}, x.patch(a, "add it", map[string]any{string(r.Platform): redirects{append(slices.Clone(have[r.Platform]), uri)}})...)}
		for _, p := range slices.Sorted(maps.Keys(have)) {
			for _, other := range lacks(have[p], []string{r.Leave}) {
				switch d := doctor.Differ(other, uri); {
				case other == uri:
					f.Code, f.Line = "redirect-platform", fmt.Sprintf("the redirect URI %s is registered for %s, not for %s (AADSTS700025, AADSTS9002327)", uri, platformNames[p], platformNames[r.Platform])
					f.Do = "move it (Authentication)"
				case f.Code == "redirect-missing" && d != "they are different" && d != "the path differs":
					f.Code, f.Line = "redirect-differs", fmt.Sprintf("the redirect URI %s is registered as %s: %s (AADSTS50011)", uri, other, d)
				}
			}
		}
		x.differs(r, "redirect URI", uri, strings.Join(have[r.Platform], ", "), f)
	}
	if r.Lenient {
		return
	}
	for _, p := range slices.Sorted(maps.Keys(have)) {
		extra := lacks(have[p], r.addresses())
		if len(extra) == 0 {
			continue
		}
		x.differs(r, "other redirect URIs", "none", strings.Join(extra, ", "), doctor.Finding{Code: "redirect-extra", Line: "people may be sent back to places that are not this server's: " + strings.Join(extra, ", "),
			Do: "remove them, if nobody else uses this registration", Copy: x.patch(a, "remove them", map[string]any{string(p): redirects{keep(have[p], r.addresses())}})})
	}
}

// leave compares where people come back to who signed out. Without it they are
// signed out and stay on a page of Entra's, so that it keeps nobody out.
func (x *check) leave(r Registration, a *application) {
	if r.Leave == "" {
		return
	}
	have := a.platforms()[r.Platform]
	if slices.Contains(have, r.Leave) {
		x.pass(r, "post-logout redirect URI", r.Leave)
		return
	}
	x.lacking(r, "post-logout redirect URI", r.Leave, strings.Join(have, ", "), doctor.Finding{Code: "leave-missing", Do: "add it as a redirect URI (Authentication › " + platformNames[r.Platform] + ")",
		Line: "the redirect URI " + r.Leave + " is not registered, so people who sign out do not come back",
		Copy: append([]doctor.Copy{{For: doctor.Value, What: "redirect URI", Text: r.Leave}}, x.patch(a, "add it", map[string]any{string(r.Platform): redirects{append(slices.Clone(have), r.Leave)}})...)})
}

func keep(have, want []string) []string {
	out := []string{}
	for _, h := range have {
		if slices.Contains(want, h) {
			out = append(out, h)
		}
	}
	return out
}

// soon is when the end of a secret is worth a word.
const soon = 30 * 24 * time.Hour

// credentials looks at secrets and certificates. Entra tells neither, only when
// they end.
func (x *check) credentials(r Registration, a *application) {
	if !r.Secret {
		return
	}
	all := slices.Concat(a.Passwords, a.Keys)
	var last time.Time
	for _, c := range all {
		if c.End != nil && c.End.After(last) {
			last = *c.End
		}
	}
	fix := []doctor.Copy{{For: doctor.Az, What: "make a new secret beside the old", Text: "az ad app credential reset --id " + a.AppID + " --append --years 1 --query password -o tsv"},
		graphCopy("make a new secret", "POST", "/applications(appId='"+a.AppID+"')/addPassword", map[string]any{"passwordCredential": map[string]string{"displayName": secretName}})}
	where := "Entra: App registrations › " + r.Name + " › Certificates & secrets"
	day := last.Format("2 January 2006")
	switch {
	case len(all) == 0:
		x.differs(r, "secret", "a secret or certificate", "none", doctor.Finding{Code: "secret-missing", Where: where, Line: "it has neither secret nor certificate (AADSTS7000218)", Do: "make one and enter it in this server", Copy: fix})
	case !last.After(x.now):
		x.differs(r, "secret", "valid", "expired "+day, doctor.Finding{Code: "secret-expired", Where: where, Line: "its secret expired on " + day + " (AADSTS7000222)", Do: "make a new one and enter it in this server", Copy: fix})
	case last.Sub(x.now) < soon:
		x.worry(r, "secret", "valid for another month", "until "+day, doctor.Finding{Code: "secret-ending", Where: where, Line: "its secret ends on " + day, Do: "make a new one and enter it in this server", Copy: fix})
	default:
		x.pass(r, "secret", "until "+day)
	}
}
