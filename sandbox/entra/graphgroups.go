package entra

import (
	"net/http"
	"slices"
	"strings"
)

// graphGroups are the paths of groups and their members.
func (s *Server) graphGroups(on registrar) {
	on("GET /groups", readGroups, listGroups)
	on("POST /groups", writeGroups, addGroup)
	on("GET /groups/delta", readGroups, deltaGroups)
	on("GET /groups/{id}", readGroups, getGroup)
	on("PATCH /groups/{id}", writeGroups, changeGroup)
	on("DELETE /groups/{id}", writeGroups, dropGroup)
	on("GET /groups/{id}/members", readGroups, members(false))
	on("GET /groups/{id}/transitiveMembers", readGroups, members(true))
	on("POST /groups/{id}/members/$ref", writeGroups, addMember)
	on("DELETE /groups/{id}/members/{member}/$ref", writeGroups, dropMember)
}

func listGroups(c *graphCall) (answer, *graphError) {
	return c.list("groups", look(c.s.dir, func(t *tables) []map[string]any {
		var list []map[string]any
		for _, g := range t.Groups {
			list = append(list, toMap(g))
		}
		return list
	}))
}

func (c *graphCall) group() (*group, *graphError) {
	if g := look(c.s.dir, func(t *tables) *group { return t.group(c.id("id")) }); g != nil {
		return g, nil
	}
	return nil, missing(c.id("id"))
}

func getGroup(c *graphCall) (answer, *graphError) {
	g, e := c.group()
	if e != nil {
		return answer{}, e
	}
	return c.one(http.StatusOK, "groups", toMap(g))
}

func (g *group) changed(change map[string]any) (*group, *graphError) {
	m := toMap(g)
	if e := merge(m, change); e != nil {
		return nil, e
	}
	n := &group{}
	if e := decode(m, n); e != nil {
		return nil, e
	}
	n.ID, n.CreatedDateTime, n.Members = g.ID, g.CreatedDateTime, g.Members
	if n.DisplayName == "" || len(n.DisplayName) > 256 || n.MailNickname == "" {
		return nil, badRequest("A group needs a displayName of 1 to 256 characters and a mailNickname.")
	}
	empty(&n.GroupTypes)
	return n, nil
}

func addGroup(c *graphCall) (answer, *graphError) {
	links, _ := c.body["members@odata.bind"].([]any)
	delete(c.body, "members@odata.bind")
	delete(c.body, "owners@odata.bind")
	g := &group{ID: newGUID(), CreatedDateTime: c.s.now()}
	n, e := g.changed(c.body)
	if e != nil {
		return answer{}, e
	}
	err := c.s.dir.change(func(t *tables) error {
		for _, l := range links {
			link, _ := l.(string)
			id := link[strings.LastIndexByte(link, '/')+1:]
			if kind, _ := t.principal(id); kind == "" {
				return missing(id)
			}
			n.Members = append(n.Members, id)
		}
		if len(t.Groups) >= maxGroups || len(links) > maxMembers {
			return refuseGraph(http.StatusBadRequest, "Directory_QuotaExceeded", "The directory holds %d groups already.", maxGroups)
		}
		t.putGroup(n)
		return nil
	})
	if e := graphFailure(nil, err); e != nil {
		return answer{}, e
	}
	return c.one(http.StatusCreated, "groups", toMap(n))
}

func changeGroup(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		g := t.group(c.id("id"))
		if g == nil {
			return missing(c.id("id"))
		}
		n, e := g.changed(c.body)
		if e != nil {
			return e
		}
		t.putGroup(n)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

func dropGroup(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		id := c.id("id")
		if t.group(id) == nil {
			return missing(id)
		}
		t.Groups = slices.DeleteFunc(slices.Clone(t.Groups), func(o *group) bool { return o.ID == id })
		t.forget(id, "group")
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

// object shows a member of whatever kind, nil when it is gone.
func (t *tables) object(id string) map[string]any {
	if u := t.user(id); u != nil {
		m := u.show()
		m["@odata.type"] = "#microsoft.graph.user"
		return m
	}
	if g := t.group(id); g != nil {
		m := toMap(g)
		m["@odata.type"] = "#microsoft.graph.group"
		return m
	}
	if p := t.sp(id); p != nil {
		m := toMap(t.view(p))
		m["@odata.type"] = "#microsoft.graph.servicePrincipal"
		return m
	}
	return nil
}

// members lists a group's members, or with those of the groups in it.
func members(nested bool) graphHandler {
	return func(c *graphCall) (answer, *graphError) {
		g, e := c.group()
		if e != nil {
			return answer{}, e
		}
		return c.list("directoryObjects", look(c.s.dir, func(t *tables) []map[string]any {
			var list []map[string]any
			seen := map[string]bool{g.ID: true}
			for queue := slices.Clone(g.Members); len(queue) > 0; queue = queue[1:] {
				id := queue[0]
				if seen[id] {
					continue
				}
				seen[id] = true
				if m := t.object(id); m != nil {
					list = append(list, m)
				}
				if inner := t.group(id); inner != nil && nested {
					queue = append(queue, inner.Members...)
				}
			}
			return list
		}))
	}
}

func addMember(c *graphCall) (answer, *graphError) {
	id := c.reference()
	err := c.s.dir.change(func(t *tables) error {
		g := t.group(c.id("id"))
		kind, _ := t.principal(id)
		switch {
		case g == nil:
			return missing(c.id("id"))
		case kind == "":
			return missing(id)
		case slices.Contains(g.Members, id):
			return badRequest("One or more added object references already exist for the following modified properties: 'members'.")
		case len(g.Members) >= maxMembers:
			return refuseGraph(http.StatusBadRequest, "Directory_QuotaExceeded", "The group has %d members already.", maxMembers)
		}
		t.setMember(g, id, true)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}

func dropMember(c *graphCall) (answer, *graphError) {
	err := c.s.dir.change(func(t *tables) error {
		g := t.group(c.id("id"))
		if g == nil || !slices.Contains(g.Members, c.id("member")) {
			return missing(c.id("member"))
		}
		t.setMember(g, c.id("member"), false)
		return nil
	})
	return answer{status: http.StatusNoContent}, graphFailure(nil, err)
}
