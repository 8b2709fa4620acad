package api

// Grant is one right: on a workflow, a category or the server. It is in the
// answers to GET and PUT of /rights, /categories/{name}/rights,
// /workflows/{id}/rights and /services/{name}/rights.
type Grant struct {
	Who      Person `json:"who"`
	Right    string `json:"right" enum:"start,view-own,view,finish,administer,deploy,impersonate,use,change" doc:"deploy and impersonate are on the server only, use and change on services only"`
	Category string `json:"category,omitempty" doc:"the category the right comes from, when it is not kept here; it is changed there"`
}

// Rights is the body of PUT /workflows/{id}/rights and
// /categories/{name}/rights: all grants kept there; what is left out is taken
// away.
type Rights struct {
	Grants []NewGrant `json:"grants" maxItems:"500"`
}

// NewGrant gives somebody a right. Who is a principal, a login, a group's name,
// or "role:" and a role's.
type NewGrant struct {
	Who   string `json:"who" minLength:"1" maxLength:"320"`
	Right string `json:"right" enum:"start,view-own,view,finish,administer"`
}

// ServerRights is the body of PUT /rights: all grants on the server; what is
// left out is taken away.
type ServerRights struct {
	Grants []NewServerGrant `json:"grants" maxItems:"500"`
}

// NewServerGrant gives somebody a right on the server. Who is as in NewGrant.
type NewServerGrant struct {
	Who   string `json:"who" minLength:"1" maxLength:"320"`
	Right string `json:"right" enum:"administer,deploy,impersonate"`
}

// Category is a category of workflows.
type Category struct {
	Name      string `json:"name" doc:"one within another by a slash: HR/Leave"`
	Workflows int    `json:"workflows" doc:"in it and in those within it, as far as you may know of them"`
	Rights    int    `json:"rights" doc:"how many are kept on the category itself"`
	CanManage bool   `json:"canManage" doc:"you may change its rights"`
}

// Why answers GET /rights/why.
type Why struct {
	Yes    bool      `json:"yes"`
	Text   string    `json:"text" doc:"one sentence"`
	Person Person    `json:"person"`
	Right  string    `json:"right,omitempty"`
	Thing  string    `json:"thing"`
	Chain  []WhyLink `json:"chain" doc:"from the person to the thing, when the answer is yes"`
	Would  []string  `json:"would" doc:"what would make it a yes"`
	Givers []Person  `json:"givers" doc:"who could do that"`
}

// WhyLink is one step of the chain.
type WhyLink struct {
	Kind   string  `json:"kind" enum:"person,group,role,right,category,workflow,server,task,instance"`
	Person *Person `json:"person,omitempty" doc:"of a person, group or role"`
	Name   string  `json:"name,omitempty" doc:"of anything else"`
}

// GroupInfo is a group or role, as lists show it.
type GroupInfo struct {
	Person
	About  string `json:"about,omitempty" doc:"what it is for"`
	Source string `json:"source,omitempty" doc:"the directory that rules it; absent: it is kept here"`
}

// Group is a group or role with those who were put into it.
type Group struct {
	GroupInfo
	Members []Member `json:"members" doc:"groups first; 1000 at most"`
}

// Member is somebody who was put into a group: a person or another group.
type Member struct {
	Person
	Via string `json:"via,omitempty" doc:"the other system that says so; absent: an administrator here"`
}

// EffectiveMember is a person who is in a group by any way.
type EffectiveMember struct {
	Person
	Through []Person `json:"through" doc:"the groups on the way, the nearest to the person first; empty for who was put into the group"`
}

// GroupBody is the body of POST /groups and /roles.
type GroupBody struct {
	Name  string `json:"name" minLength:"1" maxLength:"200"`
	About string `json:"about,omitempty" maxLength:"500"`
}

// ChangeGroup is the body of PATCH /groups/{id} and /roles/{id}. What is left
// out stays.
type ChangeGroup struct {
	Name  *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
	About *string `json:"about,omitempty" maxLength:"500"`
}
