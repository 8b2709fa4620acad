package api

// MailConnections answers GET /mail/connections.
type MailConnections struct {
	Items []MailConnection `json:"items"`
	Saved *Saved           `json:"saved,omitempty" doc:"who changed them last; missing: nobody has"`
}

// MailConnection is a mailbox that the server's own mail leaves from, and that
// may be read.
type MailConnection struct {
	Name        string `json:"name"`
	HasPassword bool   `json:"hasPassword"`
	InFile      bool   `json:"inFile" doc:"it is set in the configuration file, and cannot be changed here"`
	SetMailConnection
}

// SetMailConnection is the body of PUT /mail/connections/{name}.
type SetMailConnection struct {
	Protocol  string   `json:"protocol" enum:"graph,ews,smtp"`
	From      string   `json:"from" maxLength:"300" doc:"sender, such as Approvals <workflow@contoso.com>"`
	Usual     bool     `json:"usual,omitempty" doc:"all mail that no other connection takes leaves by it; instead of the one that was"`
	Workflows []string `json:"workflows,omitempty" maxItems:"200" doc:"names of workflows whose mail leaves by it"`
	Reads     bool     `json:"reads,omitempty" doc:"replies arrive in it; instead of the one that was"`
	Off       bool     `json:"off,omitempty"`

	Mailbox     string     `json:"mailbox,omitempty" maxLength:"300" doc:"address of the mailbox; missing: that in from"`
	Server      string     `json:"server,omitempty" maxLength:"300" doc:"address of Graph or EWS; missing: Microsoft's"`
	Resource    string     `json:"resource,omitempty" maxLength:"60" doc:"OAuth resource that tokens are of; missing: user and password"`
	Audience    string     `json:"audience,omitempty" maxLength:"300" doc:"whom the tokens are for; missing: what Exchange Online wants"`
	App         bool       `json:"app,omitempty" doc:"the application's own tokens; else the service account's"`
	Impersonate bool       `json:"impersonate,omitempty" doc:"EWS, signed in as somebody else than the mailbox's owner"`
	User        string     `json:"user,omitempty" maxLength:"300"`
	Password    *string    `json:"password,omitempty" maxLength:"1000" doc:"missing: the one there is; empty: none"`
	SMTP        *MailPlace `json:"smtp,omitempty"`
	IMAP        *MailPlace `json:"imap,omitempty"`

	Folder    string `json:"folder,omitempty" maxLength:"300" doc:"that replies arrive in; missing: the inbox"`
	Processed string `json:"processed,omitempty" maxLength:"300" doc:"folder for mail that was dealt with; missing: Processed"`
	ReplyTo   string `json:"replyTo,omitempty" maxLength:"300" doc:"address that replies go to, with a secret after a plus sign; missing: the mailbox's"`
	Authserv  string `json:"authserv,omitempty" maxLength:"300" doc:"name by which the receiving server signs Authentication-Results"`
	PerMinute int    `json:"perMinute,omitempty" minimum:"0" maximum:"10000" doc:"missing: 30"`
	AtOnce    int    `json:"atOnce,omitempty" minimum:"0" maximum:"50" doc:"missing: 4"`
}

// MailPlace is a server of SMTP or IMAP.
type MailPlace struct {
	Address string `json:"address" maxLength:"300" doc:"host:port"`
	TLS     string `json:"tls" enum:"starttls,tls,none"`
}

// TestMail is the body of POST /mail/connections/{name}/test-send.
type TestMail struct {
	To string `json:"to,omitempty" maxLength:"300" doc:"missing: your own address"`
}
