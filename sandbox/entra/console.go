package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The console is the small page on which registrations are made and faults are
// switched: what the Azure portal is to a real tenant.

func (s *Server) console(w http.ResponseWriter, r *http.Request) {
	apps := look(s.dir, func(t *tables) []*application { return slices.Clone(t.Apps) })
	type row struct {
		Switch
		On []Fault
	}
	type part struct {
		Name string
		Rows []row
	}
	on := s.Faults()
	var parts []part
	for _, p := range pointsInOrder() {
		n := part{Name: pointNames[p]}
		for _, sw := range switches {
			if sw.where != p {
				continue
			}
			one := row{Switch: sw}
			for _, f := range on {
				if f.Name == sw.Name {
					one.On = append(one.On, f)
				}
			}
			n.Rows = append(n.Rows, one)
		}
		parts = append(parts, n)
	}
	s.pages.show(w, r, http.StatusOK, "console", view{"Apps": apps, "Parts": parts, "Endpoints": Endpoints(), "About": s.Addresses(),
		"Problem": r.URL.Query().Get("problem")})
}

func (s *Server) consoleApp(w http.ResponseWriter, r *http.Request) {
	s.showApp(w, r, r.PathValue("id"), nil)
}

func (s *Server) showApp(w http.ResponseWriter, r *http.Request, id string, also view) {
	v := view{}
	found := look(s.dir, func(t *tables) bool {
		a := t.app(id)
		if a == nil {
			return false
		}
		v["App"], v["SP"] = a, t.spByAppID(a.AppID)
		v["Redirects"] = map[string]string{"Web": strings.Join(a.Web.RedirectURIs, "\n"), "SPA": strings.Join(a.SPA.RedirectURIs, "\n"),
			"Public": strings.Join(a.PublicClient.RedirectURIs, "\n")}
		v["URIs"] = strings.Join(a.IdentifierURIs, "\n")
		v["Version2"] = a.API.RequestedAccessTokenVersion != nil && *a.API.RequestedAccessTokenVersion == 2
		v["PublicFlows"], v["Groups"] = a.fallbackPublic(), deref(a.GroupMembershipClaims) != ""
		v["Asks"], v["Now"] = t.wants(a), s.now()
		v["Offers"] = t.offers(a)
		return true
	})
	if !found {
		s.pages.show(w, r, http.StatusNotFound, "done", view{"Title": "No such registration", "Text": "It may have been deleted."})
		return
	}
	for k, x := range also {
		v[k] = x
	}
	s.pages.show(w, r, http.StatusOK, "app", v)
}

// permission is what a registration asks for, and whether an administrator
// has given consent to it.
type permission struct {
	ask
	Given bool
}

// wants is what a registration asks for, as far as the services are installed.
func (t *tables) wants(a *application) []permission {
	var list []permission
	client := t.spByAppID(a.AppID)
	for _, access := range a.RequiredResourceAccess {
		r := t.resource(access.ResourceAppID)
		if r == nil {
			continue
		}
		for _, p := range access.ResourceAccess {
			for _, one := range t.asksFor(requiredAccess{access.ResourceAppID, []resourceAccess{p}}) {
				list = append(list, permission{one, client != nil && t.given(client, r, p, one.Scope)})
			}
		}
	}
	return list
}

// given tells whether a client has a permission for everybody, or for itself.
func (t *tables) given(client *servicePrincipal, r *resource, p resourceAccess, scope string) bool {
	if p.Type == "Scope" {
		return slices.Contains(t.granted(client, "", r), scope)
	}
	return slices.ContainsFunc(t.Assignments, func(a *roleAssignment) bool {
		return a.PrincipalID == client.ID && a.ResourceID == r.sp.ID && strings.EqualFold(a.AppRoleID, p.ID)
	})
}

type offer struct{ Value, Words string }

// offers lists the permissions that a registration can be given.
func (t *tables) offers(a *application) []offer {
	var list []offer
	for _, p := range t.SPs {
		v := t.view(p)
		for _, s := range v.OAuth2PermissionScopes {
			list = append(list, offer{v.AppID + " Scope " + s.ID, v.DisplayName + ": " + s.Value + " (as a person)"})
		}
		for _, role := range v.AppRoles {
			list = append(list, offer{v.AppID + " Role " + role.ID, v.DisplayName + ": " + role.Value + " (as itself)"})
		}
	}
	return list
}

func (s *Server) consoleAdd(w http.ResponseWriter, r *http.Request) {
	v, e := form(w, r)
	if e != nil {
		problem(w, http.StatusBadRequest, e.text)
		return
	}
	a := &application{ID: newGUID(), AppID: newGUID(), DisplayName: strings.TrimSpace(v.Get("name")), CreatedDateTime: s.now(), PublisherDomain: "contoso.test"}
	a.normalise()
	if e := s.keepApplication(a, true); e != nil {
		http.Redirect(w, r, "/sandbox/entra/?"+query("problem", e.message), http.StatusSeeOther)
		return
	}
	if err := s.dir.change(func(t *tables) error { t.addSP(a); return nil }); err != nil {
		problem(w, http.StatusInternalServerError, err.Error())
		return
	}
	http.Redirect(w, r, "/sandbox/entra/apps/"+a.ID, http.StatusSeeOther)
}

// consoleChange takes one form of an application's page.
func (s *Server) consoleChange(w http.ResponseWriter, r *http.Request) {
	v, e := form(w, r)
	a := look(s.dir, func(t *tables) *application { return t.app(r.PathValue("id")) })
	if e != nil || a == nil {
		s.showApp(w, r, r.PathValue("id"), view{"Problem": "The form could not be read."})
		return
	}
	switch v.Get("do") {
	case "settings":
		n := *a
		n.apply(v)
		if e := s.keepApplication(&n, false); e != nil {
			s.showApp(w, r, a.ID, view{"Problem": e.message})
			return
		}
	case "secret":
		name := v.Get("name")
		end := s.now().Add(180 * 24 * time.Hour)
		p, e := s.newSecret(a.ID, &name, nil, &end)
		if e != nil {
			s.showApp(w, r, a.ID, view{"Problem": e.message})
			return
		}
		s.showApp(w, r, a.ID, view{"Secret": *p.SecretText})
		return
	case "permission":
		if e := s.ask(a, strings.Fields(v.Get("permission"))); e != nil {
			s.showApp(w, r, a.ID, view{"Problem": e.message})
			return
		}
	case "scope":
		if e := s.expose(a, strings.TrimSpace(v.Get("value"))); e != nil {
			s.showApp(w, r, a.ID, view{"Problem": e.message})
			return
		}
	case "consent":
		if e := s.consentNow(a); e != nil {
			s.showApp(w, r, a.ID, view{"Problem": e.Error()})
			return
		}
	case "delete":
		if e := s.dropApplication(a.ID); e != nil {
			s.showApp(w, r, a.ID, view{"Problem": e.message})
			return
		}
		http.Redirect(w, r, "/sandbox/entra/", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/sandbox/entra/apps/"+a.ID, http.StatusSeeOther)
}

// apply reads the settings form.
func (a *application) apply(v url.Values) {
	version, public := 1, v.Get("public") == "on"
	if v.Get("version") == "2" {
		version = 2
	}
	a.DisplayName = strings.TrimSpace(v.Get("name"))
	a.Web.RedirectURIs, a.SPA.RedirectURIs = strings.Fields(v.Get("web")), strings.Fields(v.Get("spa"))
	a.PublicClient.RedirectURIs, a.IdentifierURIs = strings.Fields(v.Get("native")), strings.Fields(v.Get("uris"))
	a.IsFallbackPublicClient, a.API.RequestedAccessTokenVersion = &public, &version
	a.GroupMembershipClaims = nil
	if v.Get("groups") == "on" {
		kind := "SecurityGroup"
		a.GroupMembershipClaims = &kind
	}
	a.normalise()
}

// ask adds a permission to what a registration asks for.
func (s *Server) ask(a *application, words []string) *graphError {
	if len(words) != 3 {
		return badRequest("No permission was chosen.")
	}
	n := *a
	n.RequiredResourceAccess = slices.Clone(a.RequiredResourceAccess)
	i := slices.IndexFunc(n.RequiredResourceAccess, func(x requiredAccess) bool { return x.ResourceAppID == words[0] })
	if i < 0 {
		n.RequiredResourceAccess = append(n.RequiredResourceAccess, requiredAccess{ResourceAppID: words[0]})
		i = len(n.RequiredResourceAccess) - 1
	}
	p := resourceAccess{ID: words[2], Type: words[1]}
	if list := n.RequiredResourceAccess[i].ResourceAccess; !slices.Contains(list, p) {
		n.RequiredResourceAccess[i].ResourceAccess = append(slices.Clone(list), p)
	}
	return s.keepApplication(&n, false)
}

// expose adds a scope that clients can ask for.
func (s *Server) expose(a *application, value string) *graphError {
	n := *a
	n.API.OAuth2PermissionScopes = append(slices.Clone(a.API.OAuth2PermissionScopes), permissionScope{ID: newGUID(), Value: value, Type: "User",
		IsEnabled: true, AdminConsentDisplayName: value, AdminConsentDescription: value})
	if len(n.IdentifierURIs) == 0 {
		n.IdentifierURIs = []string{"api://" + n.AppID}
	}
	return s.keepApplication(&n, false)
}

// consentNow is the portal's button "Grant admin consent".
func (s *Server) consentNow(a *application) *oauthError {
	var e *oauthError
	if err := s.dir.change(func(t *tables) error { e = t.consentForAll(t.addSP(a), a, s.now()); return nil }); err != nil {
		return s.broken(err)
	}
	return e
}

// consoleSwitch turns a fault on or off from the page.
func (s *Server) consoleSwitch(w http.ResponseWriter, r *http.Request) {
	v, e := form(w, r)
	var err error
	switch {
	case e != nil:
		err = e
	case v.Get("do") == "off":
		err = s.Heal(v.Get("name"))
	default:
		err = s.Plant(Fault{Name: v.Get("name"), App: strings.TrimSpace(v.Get("app")), User: strings.TrimSpace(v.Get("user")),
			Endpoint: v.Get("endpoint"), Value: v.Get("value")})
	}
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	http.Redirect(w, r, "/sandbox/entra/?"+query("problem", problem), http.StatusSeeOther)
}
