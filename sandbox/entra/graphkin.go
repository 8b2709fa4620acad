package entra

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// graphKin are further ways to ask who belongs to whom: casts to a type, checks
// of a few groups, photos that nobody has.
func (s *Server) graphKin(on registrar) {
	both := append(slices.Clone(readUsers), readGroups...)
	on("POST /users/{id}/checkMemberGroups", both, checkMemberGroups)
	on("POST /me/checkMemberGroups", onlyMe, asMe(checkMemberGroups))
	for kind, nested := range map[string]bool{"members": false, "transitiveMembers": true} {
		on("GET /groups/{id}/"+kind+"/{type}", readGroups, cast(members(nested)))
	}
	for kind, nested := range map[string]bool{"memberOf": false, "transitiveMemberOf": true} {
		on("GET /users/{id}/"+kind+"/{type}", readUsers, cast(memberOf(nested)))
		on("GET /me/"+kind+"/{type}", onlyMe, asMe(cast(memberOf(nested))))
	}
	for _, path := range []string{"photo", "photo/$value", "photos/{size}/$value"} {
		on("GET /users/{id}/"+path, readUsers, noPhoto)
		on("GET /me/"+path, onlyMe, asMe(noPhoto))
	}
}

// cast leaves objects of one type: microsoft.graph.user.
func cast(h graphHandler) graphHandler {
	return func(c *graphCall) (answer, *graphError) {
		kind := c.id("type")
		if !slices.Contains([]string{"microsoft.graph.user", "microsoft.graph.group", "microsoft.graph.servicePrincipal"}, kind) {
			return answer{}, refuseGraph(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", kind)
		}
		c.cast = "#" + kind
		return h(c)
	}
}

func checkMemberGroups(c *graphCall) (answer, *graphError) {
	var in struct {
		GroupIDs []string `json:"groupIds"`
	}
	if e := decode(c.body, &in); e != nil {
		return answer{}, e
	}
	if len(in.GroupIDs) == 0 || len(in.GroupIDs) > 20 {
		return answer{}, badRequest("groupIds must hold 1 to 20 ids.")
	}
	u, e := c.user()
	if e != nil {
		return answer{}, e
	}
	ids := slices.DeleteFunc(look(c.s.dir, func(t *tables) []string { return t.groupsOf(u.ID, true) }), func(id string) bool { return !slices.Contains(in.GroupIDs, id) })
	return answer{http.StatusOK, map[string]any{"@odata.context": c.s.base + "/v1.0/$metadata#Collection(Edm.String)", "value": append([]string{}, ids...)}}, nil
}

func noPhoto(c *graphCall) (answer, *graphError) {
	if _, e := c.user(); e != nil {
		return answer{}, e
	}
	return answer{}, refuseGraph(http.StatusNotFound, "ImageNotFound", "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.")
}

// withManager obeys $expand=manager, alone or as
// manager($levels=n;$select=id,displayName).
func (c *graphCall) withManager(u *user, m map[string]any) *graphError {
	text := c.r.URL.Query().Get("$expand")
	if text == "" {
		return nil
	}
	name, options, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	levels, names := 1, usual
	for option := range strings.SplitSeq(options, ";") {
		what, value, _ := strings.Cut(option, "=")
		n, err := strconv.Atoi(value)
		switch {
		case option == "":
		case what == "$levels" && value == "max":
			levels = 1000
		case what == "$levels" && err == nil && n >= 1 && n <= 1000:
			levels = n
		case what == "$select" && value != "":
			names = value
		default:
			return badRequest("The query specified in the URI is not valid: %s cannot be expanded here.", text)
		}
	}
	if name != "manager" {
		return badRequest("The query specified in the URI is not valid: %s cannot be expanded here.", text)
	}
	seen := map[string]bool{u.ID: true}
	for range levels {
		boss := look(c.s.dir, func(t *tables) *user { return t.user(u.Manager) })
		if u.Manager == "" || boss == nil || seen[boss.ID] {
			return nil
		}
		seen[boss.ID] = true
		inner := selected(boss.show(), names)
		inner["@odata.type"] = "#microsoft.graph.user"
		m["manager"] = inner
		u, m = boss, inner
	}
	return nil
}
