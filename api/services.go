package api

import "time"

// ServiceType answers GET /services/types: a kind of system that can be called.
type ServiceType struct {
	Name  string           `json:"name"`
	Title string           `json:"title"`
	Text  string           `json:"text" doc:"one sentence for people"`
	Modes []string         `json:"modes" doc:"how its services can sign in, the recommended first: service, caller, app, static, none"`
	Keys  []ServiceTypeKey `json:"keys"`
}

// ServiceTypeKey is one setting of a service of a type.
type ServiceTypeKey struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Text     string   `json:"text" doc:"what it is for, what to enter, and an example"`
	Kind     string   `json:"kind" enum:"text,number,bool,secret,document,choice"`
	Choices  []string `json:"choices,omitempty"`
	Required bool     `json:"required,omitempty"`
	Default  string   `json:"default,omitempty"`
	Harmless bool     `json:"harmless,omitempty" doc:"it does not say where calls go: secrets that are kept need not be entered again when it changes"`
}

// Service is a system that can be called. What stands behind canChange is left
// out for those who may not change it.
type Service struct {
	Name      string     `json:"name" doc:"as workflows name it"`
	Title     string     `json:"title"`
	Type      string     `json:"type"`
	CanUse    bool       `json:"canUse" doc:"you may call it"`
	CanChange bool       `json:"canChange" doc:"you may change it"`
	Generated *time.Time `json:"generated,omitempty" doc:"when what it offers was last taken; left out: never"`

	Mode        string            `json:"mode,omitempty" doc:"how calls sign in: service (the service account's token), caller (the token of whoever calls), app (the application's own), static (a name and a password), none"`
	Resource    string            `json:"resource,omitempty" doc:"which OAuth resource the token is of"`
	Audience    string            `json:"audience,omitempty" doc:"left out: the resource's own"`
	User        string            `json:"user,omitempty"`
	HasPassword bool              `json:"hasPassword,omitempty" doc:"a password is kept"`
	Keys        map[string]string `json:"keys,omitempty" doc:"settings that are no secrets"`
	Kept        []string          `json:"kept,omitempty" doc:"names of secrets that are kept"`
	Saved       *Saved            `json:"saved,omitempty"`
}

// ServiceSettings are what a service is set to, in the bodies of POST and PUT.
type ServiceSettings struct {
	Title    string            `json:"title" maxLength:"400"`
	Mode     string            `json:"mode" enum:"service,caller,app,static,none" doc:"how calls sign in"`
	Resource string            `json:"resource,omitempty" maxLength:"100" doc:"which OAuth resource the token is of"`
	Audience string            `json:"audience,omitempty" maxLength:"200" doc:"left out: the resource's own"`
	User     string            `json:"user,omitempty" maxLength:"500" doc:"for static: the name to sign in with"`
	Password *string           `json:"password,omitempty" maxLength:"10000" doc:"for static; never answered. Left out: the one that is kept, as long as calls go where they went"`
	Keys     map[string]string `json:"keys,omitempty" doc:"settings that are no secrets"`
	Secrets  map[string]string `json:"secrets,omitempty" doc:"secrets; never answered. Left out: those that are kept, as long as calls go where they went; \"\": none"`
}

// NewService is the body of POST /services.
type NewService struct {
	Name string `json:"name" maxLength:"40" doc:"as workflows name it: a lower-case letter, then letters, digits and underscores; it never changes"`
	Type string `json:"type" maxLength:"40"`
	ServiceSettings
}

// TestService is the body of POST /services/{name}/test.
type TestService struct {
	Service *TryService `json:"service,omitempty" doc:"settings to be tested before they are saved; left out: as they were saved"`
}

// TryService are settings to be tested.
type TryService struct {
	Type string `json:"type" maxLength:"40"`
	ServiceSettings
}

// ServiceTested is how far a test came.
type ServiceTested struct {
	OK      bool            `json:"ok"`
	Steps   []ServiceStep   `json:"steps"`
	Connect *ServiceConnect `json:"connect,omitempty" doc:"what you have to connect your account to first: calls sign in as whoever calls"`
}

// ServiceConnect is an account that a test needs connected.
type ServiceConnect struct {
	Resource string `json:"resource"`
	Title    string `json:"title"`
	Audience string `json:"audience,omitempty"`
	Claims   string `json:"claims,omitempty"`
}

// ServiceStep is one step of a test.
type ServiceStep struct {
	Name  string `json:"name" doc:"settings, name, TLS, token, rights, mailbox, send, read ..."`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Do    string `json:"do,omitempty" doc:"who mends it and how"`
}

// ServiceObject is something a service has, with what can be done with it.
type ServiceObject struct {
	Name       string            `json:"name"`
	Title      string            `json:"title"`
	Text       string            `json:"text,omitempty"`
	Properties []ServiceProperty `json:"properties"`
	Methods    []ServiceMethod   `json:"methods"`
}

// ServiceProperty is one value of an object.
type ServiceProperty struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	Type  string `json:"type" enum:"text,number,yesno,moment,date,file,json" doc:"moment: RFC 3339; date: 2026-11-23; file: {name, type, content in base64}"`
	List  bool   `json:"list,omitempty" doc:"several of them"`
	Key   bool   `json:"key,omitempty" doc:"it names the object among its kind"`
}

// ServiceMethod is something that can be done with an object.
type ServiceMethod struct {
	Name    string         `json:"name"`
	Title   string         `json:"title,omitempty"`
	Text    string         `json:"text,omitempty"`
	Kind    string         `json:"kind" enum:"create,read,update,delete,list,execute"`
	Inputs  []ServiceInput `json:"inputs"`
	Outputs []string       `json:"outputs" doc:"names of properties"`
}

// ServiceInput is a value that a method takes.
type ServiceInput struct {
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Type     string `json:"type" enum:"text,number,yesno,moment,date,file,json"`
	List     bool   `json:"list,omitempty"`
	Required bool   `json:"required,omitempty"`
	Text     string `json:"text,omitempty"`
}

// RefreshService is the body of POST /services/{name}/refresh.
type RefreshService struct {
	Apply  bool `json:"apply,omitempty" doc:"keep what it offers now; left out: only say what is different"`
	Anyway bool `json:"anyway,omitempty" doc:"also when steps of workflows will fail"`
}

// ServiceRefreshed is what is different between what a service offered and offers.
type ServiceRefreshed struct {
	First   bool            `json:"first,omitempty" doc:"nothing had been taken before"`
	Applied bool            `json:"applied,omitempty" doc:"it is kept now"`
	Changes []ServiceChange `json:"changes"`
}

// ServiceChange is an object or a method that came, went or is different.
type ServiceChange struct {
	What   string       `json:"what" enum:"added,removed,changed"`
	Object string       `json:"object"`
	Method string       `json:"method,omitempty" doc:"left out: the object as such"`
	Words  []string     `json:"words" doc:"what is different"`
	Breaks bool         `json:"breaks,omitempty" doc:"calls as they were may fail"`
	Uses   []ServiceUse `json:"uses" doc:"steps of workflows it breaks"`
}

// ServiceUse is a step of a workflow that calls a method.
type ServiceUse struct {
	Workflow string `json:"workflow" doc:"its key"`
	Name     string `json:"name"`
	Version  int    `json:"version"`
	Step     string `json:"step"`
	Object   string `json:"object"`
	Method   string `json:"method"`
}

// CallService is the body of POST /services/{name}/{object}/{method}.
type CallService struct {
	Inputs map[string]any `json:"inputs,omitempty" doc:"as the method takes them"`
	Filter *ServiceFilter `json:"filter,omitempty" doc:"of a list"`
	Top    int            `json:"top,omitempty" minimum:"0" maximum:"1000" doc:"of a list: how many rows at most; left out: as many as the system gives at a time"`
	After  string         `json:"after,omitempty" maxLength:"20000" doc:"of a list: next of the page before"`
}

// ServiceFilter is a condition on the rows of a list.
type ServiceFilter struct {
	Op   string          `json:"op" enum:"and,or,not,eq,ne,gt,ge,lt,le,contains,startswith,endswith,in"`
	Name string          `json:"name,omitempty" maxLength:"100" doc:"of the property that is compared"`
	To   any             `json:"to,omitempty" doc:"what it is compared with; left out: nothing"`
	In   []any           `json:"in,omitempty" maxItems:"200" doc:"for in: what it may be"`
	Of   []ServiceFilter `json:"of,omitempty" maxItems:"200" doc:"for and, or, not"`
}

// ServiceResult is what a call gave.
type ServiceResult struct {
	Row  map[string]any   `json:"row,omitempty" doc:"of a method that is no list; left out: nothing"`
	Rows []map[string]any `json:"rows,omitempty" doc:"of a list"`
	Next string           `json:"next,omitempty" doc:"where the list goes on; left out: it ends here"`
}

// ServiceRights is the body of PUT /services/{name}/rights: all rights on it;
// what is left out is taken away.
type ServiceRights struct {
	Grants []NewServiceGrant `json:"grants" maxItems:"500"`
}

// NewServiceGrant gives somebody a right on a service. Who is as in NewGrant.
type NewServiceGrant struct {
	Who   string `json:"who" minLength:"1" maxLength:"320"`
	Right string `json:"right" enum:"use,change"`
}
