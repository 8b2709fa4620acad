package api

import "time"

// Directory is one directory people and groups are taken from.
type Directory struct {
	Name string `json:"name" maxLength:"40" doc:"a to z, digits and hyphens; accounts carry it, and one of another name is another directory"`
	Type string `json:"type" enum:"ldap,graph,scim" doc:"ldap and graph are read; scim writes to this server"`
	On   bool   `json:"on" doc:"it is read on a schedule, and asked for passwords"`

	ByAddress    bool `json:"byAddress" doc:"somebody who is here already is found by their main address, unless an administrator or an application has it"`
	MostPercent  int  `json:"mostPercent" minimum:"0" maximum:"100" doc:"a sync that would switch off more of the people stops and asks; 0: none does"`
	EveryMinutes int  `json:"everyMinutes" minimum:"0" maximum:"10080" doc:"between two syncs, 5 or more; 0: by hand only"`

	LDAP  *DirectoryLDAP  `json:"ldap,omitempty"`
	Graph *DirectoryGraph `json:"graph,omitempty" doc:"Entra ID"`
	SCIM  *DirectorySCIM  `json:"scim,omitempty"`
}

// DirectoryLDAP is where an LDAP server is, and what to take from it.
type DirectoryLDAP struct {
	Servers  []string `json:"servers" maxItems:"16" doc:"host or host:port, tried in this order; none: found by DNS for domain"`
	Domain   string   `json:"domain,omitempty" maxLength:"255" doc:"the DNS domain, such as contoso.test; its servers are _ldap._tcp.DOMAIN"`
	Security string   `json:"security" enum:"ldaps,starttls,plain" doc:"plain: to this machine only"`
	CA       string   `json:"ca,omitempty" maxLength:"1000000" doc:"certificates (PEM) to believe besides the system's"`

	Bind        string  `json:"bind,omitempty" maxLength:"1000" doc:"the account that reads: user@domain, DOMAIN\\user or a DN; left out: nobody"`
	Password    *string `json:"password,omitempty" maxLength:"1000" doc:"its password; never answered. Left out: the one that is kept, if server and account are the same"`
	HasPassword bool    `json:"hasPassword,omitempty" doc:"a password is kept"`

	SignIn  bool     `json:"signIn" doc:"its people sign in with the password they have there"`
	Domains []string `json:"domains,omitempty" maxItems:"20" doc:"what stands before a backslash in CONTOSO\\ana; none: the first part of base"`

	Base         string `json:"base,omitempty" maxLength:"1000" doc:"where people and groups stand, DC=contoso,DC=test; left out: where the server begins"`
	PeopleBase   string `json:"peopleBase,omitempty" maxLength:"1000"`
	PeopleFilter string `json:"peopleFilter,omitempty" maxLength:"8192"`
	GroupsBase   string `json:"groupsBase,omitempty" maxLength:"1000"`
	GroupsFilter string `json:"groupsFilter,omitempty" maxLength:"8192"`
	NoGroups     bool   `json:"noGroups,omitempty"`

	Attributes *DirectoryAttributes `json:"attributes,omitempty" doc:"left out: those of Active Directory, or of OpenLDAP"`
}

// DirectoryAttributes are which attribute holds what; empty ones are as usual.
type DirectoryAttributes struct {
	Subject string `json:"subject,omitempty" maxLength:"100" doc:"never changes: objectGUID, entryUUID"`
	Login   string `json:"login,omitempty" maxLength:"100" doc:"sAMAccountName, uid"`
	Label   string `json:"label,omitempty" maxLength:"100" doc:"userPrincipalName"`
	Name    string `json:"name,omitempty" maxLength:"100" doc:"displayName"`
	Mail    string `json:"mail,omitempty" maxLength:"100" doc:"mail"`
	Manager string `json:"manager,omitempty" maxLength:"100" doc:"manager"`
	Group   string `json:"group,omitempty" maxLength:"100" doc:"a group's name: cn"`
	Member  string `json:"member,omitempty" maxLength:"100" doc:"a group's members: member"`
}

// SetDirectories is the body of PUT /directories: all of them.
type SetDirectories struct {
	Directories []Directory `json:"directories" maxItems:"50"`
}

// Directories answers GET and PUT /directories.
type Directories struct {
	Directories []Directory       `json:"directories"`
	Status      []DirectoryStatus `json:"status" doc:"of each, in the same order"`
	Saved       *Saved            `json:"saved,omitempty" doc:"left out: never"`
}

// DirectoryStatus is how a directory stands.
type DirectoryStatus struct {
	Name   string        `json:"name"`
	Agreed bool          `json:"agreed" doc:"the first sync is done, so that the schedule holds"`
	People int           `json:"people" doc:"taken, and there"`
	Groups int           `json:"groups"`
	Whole  *time.Time    `json:"whole,omitempty" doc:"when everything was last read"`
	Last   *DirectoryRun `json:"last,omitempty" doc:"the latest sync or preview"`

	Problems []DirectoryProblem `json:"problems" doc:"of a directory that writes here by SCIM: who could not be taken as it says, up to 50; of others see the sync"`
}

// DirectoryDetail answers GET /directories/{name}.
type DirectoryDetail struct {
	DirectoryStatus
	Runs    []DirectoryRun     `json:"runs" doc:"newest first"`
	Refused []DirectoryRefused `json:"refused" doc:"sign-ins the directory refused for another reason than a wrong password, as far as this server was asked; newest first"`
}

// DirectoryRun is one sync or preview, under way or over.
type DirectoryRun struct {
	ID      int64      `json:"id"`
	State   string     `json:"state" enum:"running,done,stopped,failed,broken" doc:"stopped: for safety; broken: its server ended, and the next one goes on"`
	Preview bool       `json:"preview" doc:"nothing was written"`
	Began   time.Time  `json:"began"`
	Ended   *time.Time `json:"ended,omitempty"`
	By      *Person    `json:"by,omitempty" doc:"left out: the schedule"`
	Node    string     `json:"node"`
	Server  string     `json:"server,omitempty" doc:"of the directory: which answered"`
	Whole   bool       `json:"whole" doc:"everything was read, not only what is new"`
	Step    string     `json:"step,omitempty" doc:"reading or taking, while it runs"`
	Read    int        `json:"read"`
	Taken   int        `json:"taken" doc:"of toTake"`
	ToTake  int        `json:"toTake"`

	People   int `json:"people" doc:"that are there"`
	Groups   int `json:"groups"`
	Made     int `json:"made"`
	Linked   int `json:"linked" doc:"accounts that were here and now belong to somebody there"`
	Changed  int `json:"changed"`
	Disabled int `json:"disabled"`
	Enabled  int `json:"enabled"`
	Members  int `json:"members" doc:"memberships begun and ended"`
	Left     int `json:"left" doc:"people disabled there who never were here"`
	Leaving  int `json:"leaving" doc:"people who are to be switched off"`

	GroupsMade    int `json:"groupsMade"`
	GroupsChanged int `json:"groupsChanged" doc:"groups with another name or description"`
	GroupsGone    int `json:"groupsGone" doc:"groups emptied, since they are there no more"`

	First    []DirectoryForeseen `json:"first" doc:"of a preview: the first of whom something would be done"`
	Problems []DirectoryProblem  `json:"problems" doc:"the first of them"`
	Troubled int                 `json:"troubled" doc:"how many there are"`

	Code string `json:"code,omitempty" doc:"why it failed or stopped"`
	Why  string `json:"why,omitempty"`
	Hint string `json:"hint,omitempty"`
}

// DirectoryForeseen is what would be done about somebody.
type DirectoryForeseen struct {
	What  string `json:"what" enum:"make,link,change,disable,enable"`
	Name  string `json:"name"`
	Login string `json:"login"`
	Label string `json:"label"`
}

// DirectoryProblem is somebody or something that could not be taken.
type DirectoryProblem struct {
	Name   string `json:"name"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// DirectoryRefused is a sign-in the directory refused.
type DirectoryRefused struct {
	At    time.Time `json:"at"`
	Name  string    `json:"name"`
	Login string    `json:"login"`
	Why   string    `json:"why"`
}

// SyncDirectory is the body of POST /directories/{name}/sync.
type SyncDirectory struct {
	Preview bool `json:"preview,omitempty" doc:"only say what would be done"`
	Anyway  bool `json:"anyway,omitempty" doc:"go on although it would switch off more people than are let pass"`
	Whole   bool `json:"whole,omitempty" doc:"read everything, not only what is new"`
}

// TestDirectory is the body of POST /directories/{name}/test.
type TestDirectory struct {
	Directory *Directory `json:"directory,omitempty" doc:"to be tested before it is saved; left out: as it was saved"`
}

// DirectoryTested is how far a test came.
type DirectoryTested struct {
	OK          bool                  `json:"ok"`
	Kind        string                `json:"kind,omitempty" enum:"active-directory,ldap"`
	Steps       []DirectoryStep       `json:"steps"`
	Certificate *DirectoryCertificate `json:"certificate,omitempty" doc:"what the server showed, believed or not"`
	People      []DirectoryPerson     `json:"people" doc:"a few, as they would be taken"`
	Groups      []DirectoryTeam       `json:"groups"`
}

// DirectoryStep is one step of a test.
type DirectoryStep struct {
	Name   string `json:"name" enum:"name,tcp,tls,sign-in,base,people,groups"`
	OK     bool   `json:"ok"`
	Words  string `json:"words"`
	Hint   string `json:"hint,omitempty"`
	Server string `json:"server,omitempty"`
	Millis int64  `json:"millis"`
}

// DirectoryCertificate is a server's certificate.
type DirectoryCertificate struct {
	Subject string    `json:"subject"`
	Issuer  string    `json:"issuer"`
	Names   []string  `json:"names"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	SHA256  string    `json:"sha256"`
}

// DirectoryPerson is somebody as a test found them.
type DirectoryPerson struct {
	Name      string   `json:"name"`
	Login     string   `json:"login"`
	Label     string   `json:"label"`
	Addresses []string `json:"addresses"`
	Disabled  bool     `json:"disabled"`
	DN        string   `json:"dn"`
}

// DirectoryTeam is a group as a test found it.
type DirectoryTeam struct {
	Name    string `json:"name"`
	About   string `json:"about,omitempty"`
	Members int    `json:"members"`
	DN      string `json:"dn"`
}
