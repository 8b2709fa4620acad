package entra

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox"
)

// graphUsers are the paths of people.
func (s *Server) graphUsers(on registrar) {
	on("GET /me", onlyMe, getMe)
	on("GET /me/memberOf", onlyMe, asMe(memberOf(false)))
	on("GET /me/transitiveMemberOf", onlyMe, asMe(memberOf(true)))
	on("GET /me/manager", onlyMe, asMe(getManager))
	on("GET /users", readUsers, listUsers)
	on("POST /users", writeUsers, addUser)
	on("GET /users/delta", readUsers, deltaUsers)
	on("GET /users/{id}", readUsers, getUser)
	on("PATCH /users/{id}", writeUsers, changeUser)
	on("DELETE /users/{id}", writeUsers, dropUser)
	on("GET /users/{id}/manager", readUsers, getManager)
	on("PUT /users/{id}/manager/$ref", writeUsers, setManager)
	on("DELETE /users/{id}/manager/$ref", writeUsers, setManager)
	on("GET /users/{id}/directReports", readUsers, directReports)
	on("GET /users/{id}/memberOf", readUsers, memberOf(false))
	on("GET /users/{id}/transitiveMemberOf", readUsers, memberOf(true))
	for _, path := range []string{"getMemberObjects", "getMemberGroups"} {
		on("POST /users/{id}/"+path, append(slices.Clone(readUsers), readGroups...), memberObjects)
		on("POST /me/"+path, onlyMe, asMe(memberObjects))
	}
	on("POST /users/{id}/revokeSignInSessions", append(slices.Clone(writeUsers), "User.RevokeSessions.All"), revokeSessions)
}

// usual are the properties that Graph gives of a person without $select.
var usual = "businessPhones,displayName,givenName,jobTitle,mail,mobilePhone,officeLocation,preferredLanguage,surname,userPrincipalName,id"

func (u *user) show() map[string]any {
	m := toMap(u)
	m["businessPhones"] = []any{}
	return m
}

// shown trims a person to what is usual, unless the request selects.
func (c *graphCall) shown(m map[string]any) map[string]any {
	if c.r.URL.Query().Get("$select") != "" {
		return m
	}
	return selected(m, usual)
}

func (c *graphCall) user() (*user, *graphError) {
	if u := look(c.s.dir, func(t *tables) *user { return t.user(c.id("id")) }); u != nil {
		return u, nil
	}
	return nil, missing(c.id("id"))
}

// asMe runs a handler of a person's path for the caller.
func asMe(h graphHandler) graphHandler {
	return func(c *graphCall) (answer, *graphError) {
		if c.caller.user == nil {
			return answer{}, badRequest("/me request is only valid with delegated authentication flow.")
		}
		c.r.SetPathValue("id", c.caller.user.ID)
		return h(c)
	}
}

func getMe(c *graphCall) (answer, *graphError) { return asMe(getUser)(c) }

func getUser(c *graphCall) (answer, *graphError) {
	u, e := c.user()
	if e != nil {
		return answer{}, e
	}
	a, e := c.one(http.StatusOK, "users", c.shown(u.show()))
	if e == nil {
		e = c.withManager(u, a.body.(map[string]any))
	}
	return a, e
}

func listUsers(c *graphCall) (answer, *graphError) {
	list := look(c.s.dir, func(t *tables) []map[string]any {
		var list []map[string]any
		for _, u := range t.Users {
			list = append(list, u.show())
		}
		return list
	})
	a, e := c.list("users", list)
	if e == nil {
		value := a.body.(map[string]any)["value"].([]map[string]any)
		for i := range value {
			value[i] = c.shown(value[i])
		}
	}
	return a, e
}

type passwordProfile struct {
	Password string `json:"password"`
	Change   bool   `json:"forceChangePasswordNextSignIn"`
	MFA      bool   `json:"forceChangePasswordNextSignInWithMfa"`
}

func addUser(c *graphCall) (answer, *graphError) {
	u := &user{ID: newGUID(), UserType: "Member", CreatedDateTime: c.s.now(), SignInSessionsValidFromDateTime: c.s.now().Add(-1)}
	n, e := u.changed(c.body, false)
	if e != nil {
		return answer{}, e
	}
	if n.MailNickname == "" || n.Password == "" {
		return answer{}, badRequest("A value is required for property 'mailNickname' and 'passwordProfile' of resource 'User'.")
	}
	err := c.s.dir.change(func(t *tables) error {
		if t.user(n.UserPrincipalName) != nil {
			return badRequest("Another object with the same value for property userPrincipalName already exists.")
		}
		if len(t.Users) >= maxUsers {
			return refuseGraph(http.StatusBadRequest, "Directory_QuotaExceeded", "The directory holds %d users already.", maxUsers)
		}
		t.putUser(n)
		return nil
	})
	if e := graphFailure(nil, err); e != nil {
		return answer{}, e
	}
	return c.one(http.StatusCreated, "users", c.shown(n.show()))
}

// changed returns the person with a change laid over. reset: a new password
// ends the sessions, as an administrator's reset does.
func (u *user) changed(change map[string]any, reset bool) (*user, *graphError) {
	password := u.Password
	if v, ok := change["passwordProfile"]; ok {
		var p passwordProfile
		m, _ := v.(map[string]any)
		if e := decode(m, &p); e != nil || p.Password == "" || len(p.Password) > 256 {
			return nil, badRequest("Property passwordProfile.password must have 1 to 256 characters.")
		}
		password = p.Password
		delete(change, "passwordProfile")
	}
	m := toMap(u)
	if e := merge(m, change); e != nil {
		return nil, e
	}
	n := &user{}
	if e := decode(m, n); e != nil {
		return nil, e
	}
	n.ID, n.CreatedDateTime, n.SignInSessionsValidFromDateTime = u.ID, u.CreatedDateTime, u.SignInSessionsValidFromDateTime
	n.Password, n.Manager, n.Admin = password, u.Manager, u.Admin
	if n.DisplayName == "" || len(n.DisplayName) > 256 {
		return nil, badRequest("Property displayName must have 1 to 256 characters.")
	}
	name, domain, _ := strings.Cut(n.UserPrincipalName, "@")
	if name == "" || !strings.EqualFold(domain, sandbox.Domain) || len(n.UserPrincipalName) > 113 {
		return nil, badRequest("The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.")
	}
	return n, nil
}

func changeUser(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		u := t.user(c.id("id"))
		if u == nil {
			return missing(c.id("id"))
		}
		n, e := u.changed(c.body, true)
		if e != nil {
			return e
		}
		if o := t.user(n.UserPrincipalName); o != nil && o.ID != n.ID {
			return badRequest("Another object with the same value for property userPrincipalName already exists.")
		}
		if n.Password != u.Password || u.AccountEnabled && !n.AccountEnabled {
			n.SignInSessionsValidFromDateTime = c.s.now()
		}
		t.putUser(n)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

func dropUser(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		u := t.user(c.id("id"))
		if u == nil {
			return missing(c.id("id"))
		}
		t.Users = slices.DeleteFunc(slices.Clone(t.Users), func(o *user) bool { return o.ID == u.ID })
		t.forget(u.ID, "user")
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

func getManager(c *graphCall) (answer, *graphError) {
	u, e := c.user()
	if e != nil {
		return answer{}, e
	}
	boss := look(c.s.dir, func(t *tables) *user { return t.user(u.Manager) })
	if u.Manager == "" || boss == nil {
		return answer{}, missing("manager")
	}
	m := c.shown(boss.show())
	m["@odata.type"] = "#microsoft.graph.user"
	return c.one(http.StatusOK, "directoryObjects", m)
}

// reference reads the object that a $ref names.
func (c *graphCall) reference() string {
	link, _ := c.body["@odata.id"].(string)
	return link[strings.LastIndexByte(link, '/')+1:]
}

func setManager(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		u := t.user(c.id("id"))
		if u == nil {
			return missing(c.id("id"))
		}
		n := *u
		n.Manager = ""
		if c.r.Method == http.MethodPut {
			boss := t.user(c.reference())
			if boss == nil {
				return missing(c.reference())
			}
			n.Manager = boss.ID
		}
		t.putUser(&n)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

func directReports(c *graphCall) (answer, *graphError) {
	u, e := c.user()
	if e != nil {
		return answer{}, e
	}
	return c.list("directoryObjects", look(c.s.dir, func(t *tables) []map[string]any {
		var list []map[string]any
		for _, o := range t.Users {
			if o.Manager == u.ID {
				m := o.show()
				m["@odata.type"] = "#microsoft.graph.user"
				list = append(list, m)
			}
		}
		return list
	}))
}

func memberOf(nested bool) graphHandler {
	return func(c *graphCall) (answer, *graphError) {
		u, e := c.user()
		if e != nil {
			return answer{}, e
		}
		return c.list("directoryObjects", look(c.s.dir, func(t *tables) []map[string]any {
			var list []map[string]any
			for _, id := range t.groupsOf(u.ID, nested) {
				m := toMap(t.group(id))
				m["@odata.type"] = "#microsoft.graph.group"
				list = append(list, m)
			}
			return list
		}))
	}
}

// memberObjects answers what tokens with too many groups point to.
func memberObjects(c *graphCall) (answer, *graphError) {
	var in struct {
		SecurityEnabledOnly *bool `json:"securityEnabledOnly"`
	}
	if e := decode(c.body, &in); e != nil {
		return answer{}, e
	}
	if in.SecurityEnabledOnly == nil {
		return answer{}, badRequest("A value is required for the parameter securityEnabledOnly.")
	}
	u, e := c.user()
	if e != nil {
		return answer{}, e
	}
	ids := look(c.s.dir, func(t *tables) []string {
		return slices.DeleteFunc(t.groupsOf(u.ID, true), func(id string) bool { return *in.SecurityEnabledOnly && !t.group(id).SecurityEnabled })
	})
	return answer{http.StatusOK, map[string]any{"@odata.context": c.s.base + "/v1.0/$metadata#Collection(Edm.String)", "value": ids}}, nil
}

func revokeSessions(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		u := t.user(c.id("id"))
		if u == nil {
			return missing(c.id("id"))
		}
		n := *u
		n.SignInSessionsValidFromDateTime = c.s.now()
		t.putUser(&n)
		return nil
	})
	if e := graphFailure(nil, err); e != nil {
		return answer{}, e
	}
	return answer{http.StatusOK, map[string]any{"@odata.context": c.s.base + "/v1.0/$metadata#Edm.Boolean", "value": true}}, nil
}
