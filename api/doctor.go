package api

// Pasted is the body of POST /doctor/token.
type Pasted struct {
	Text string `json:"text" minLength:"1" maxLength:"131072" doc:"an access token; or a request, a curl command, an answer, an error of Entra's, as copied. Nothing of it is kept or logged"`
}

// Registrations is the body of POST /doctor/entra: what Entra's registrations
// are read with. Nothing of it is kept or logged.
type Registrations struct {
	Issuer   string `json:"issuer,omitempty" maxLength:"200" doc:"a trusted issuer or a sign-in provider by name; left out: all of Entra"`
	ClientID string `json:"clientId,omitempty" maxLength:"100" doc:"an application that may read registrations (Application.Read.All, and Directory.Read.All for what was consented to)"`
	Secret   string `json:"secret,omitempty" maxLength:"2000"`
	Token    string `json:"token,omitempty" maxLength:"20000" doc:"instead: an access token for Microsoft Graph"`
}

// Diagnosis is what the doctor has to say.
type Diagnosis struct {
	OK     bool             `json:"ok"`
	Line   string           `json:"line" doc:"the fault that matters first, or that there is none"`
	Fault  *Fault           `json:"fault,omitempty"`
	Checks []DiagnosisCheck `json:"checks"`
	Notes  []string         `json:"notes" doc:"what had to be put right to read what was pasted"`
	Facts  []Fact           `json:"facts" doc:"what the token or the error says"`
}

// DiagnosisCheck is one line of the checklist.
type DiagnosisCheck struct {
	Group    string `json:"group,omitempty" doc:"what it is about: the request, the token, the person, a provider by name"`
	Name     string `json:"name"`
	Result   string `json:"result" enum:"passed,failed,warning,not reached"`
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
	Fault    *Fault `json:"fault,omitempty" doc:"of a failed check or a warning"`
}

// Fault is one thing that is wrong.
type Fault struct {
	Code  string     `json:"code"`
	Line  string     `json:"line"`
	Who   string     `json:"who" enum:"caller,person,provider,server,network,nobody,suspicious" doc:"who can mend it: the caller's developer, the person who signs in, an administrator of Entra or another provider, an administrator of this server, whoever runs its network; nobody: it passes; suspicious: no honest program does it"`
	Where string     `json:"where,omitempty" doc:"the registration or setting to change"`
	Do    string     `json:"do,omitempty"`
	Copy  []CopyText `json:"copy"`
}

// CopyText is an exact value.
type CopyText struct {
	For  string `json:"for" enum:"az,graph,setting,value" doc:"a command of the Azure CLI, a call of Microsoft Graph, a value of our settings, anything else"`
	What string `json:"what"`
	Text string `json:"text"`
}

// Fact is something that was read.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
