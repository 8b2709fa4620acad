package api

import "time"

// ReceivedMail is a mail that came in, and what became of it.
type ReceivedMail struct {
	ID       int64     `json:"id"`
	At       time.Time `json:"at"`
	From     string    `json:"from"`
	Subject  string    `json:"subject"`
	Verdict  string    `json:"verdict" doc:"decided, refused, unclear, automatic and others"`
	Detail   string    `json:"detail" doc:"what happened, for people"`
	Evidence any       `json:"evidence,omitempty" doc:"what the verdict rests on"`
	Action   string    `json:"action,omitempty"`
	Instance int64     `json:"instance,omitempty"`
	Task     string    `json:"task,omitempty" doc:"serial number"`
	For      *Person   `json:"for,omitempty" doc:"who the mail was for that it answers, or that came back"`
	Look     bool      `json:"look" doc:"a person should look at it"`
}

// SentMail is a mail on its way out.
type SentMail struct {
	ID       int64      `json:"id"`
	Purpose  string     `json:"purpose" enum:"notify,email,answer,announce"`
	State    string     `json:"state" enum:"queued,sending,doubtful,sent,failed"`
	To       string     `json:"to"`
	Subject  string     `json:"subject"`
	Attempts int        `json:"attempts"`
	Created  time.Time  `json:"created"`
	Since    time.Time  `json:"since" doc:"in this state"`
	Due      *time.Time `json:"due,omitempty" doc:"queued: not sent before; doubtful: when it is looked for again, absent when nobody can"`
	Error    string     `json:"error,omitempty" doc:"why it did not go out"`
	Bounce   string     `json:"bounce,omitempty" doc:"what a delivery report said"`
	Look     bool       `json:"look" doc:"it is in doubt or has failed, and nobody has dealt with it"`
	Instance int64      `json:"instance,omitempty"`
	Task     string     `json:"task,omitempty" doc:"serial number"`
}

// InstanceMail is a mail about an instance: who was told, and whether it went out.
type InstanceMail struct {
	ID      int64     `json:"id"`
	Purpose string    `json:"purpose" enum:"notify,email,answer,announce" doc:"tells of a task, is sent by a step, answers a mail, tells of something else to see to"`
	State   string    `json:"state" enum:"queued,sending,doubtful,sent,failed"`
	To      *Person   `json:"to,omitempty" doc:"absent when the address belongs to nobody here"`
	Address string    `json:"address"`
	Task    string    `json:"task,omitempty" doc:"serial number"`
	Created time.Time `json:"created"`
	Since   time.Time `json:"since" doc:"in this state"`
	Error   string    `json:"error,omitempty" doc:"why it did not go out"`
	Bounce  string    `json:"bounce,omitempty" doc:"what a delivery report said"`
}

// MailStatus says how mail fares, and how much of it waits. Counts stop at 100.
type MailStatus struct {
	Look     int        `json:"look" doc:"mails that came in and wait for a person"`
	Doubtful int        `json:"doubtful" doc:"mails that may have been sent or not"`
	Failed   int        `json:"failed" doc:"mails that could not be sent and nobody has dealt with"`
	Queued   int        `json:"queued" doc:"mails that wait for their turn"`
	Health   MailHealth `json:"health"`
}

// MailHealth says whether mail moves.
type MailHealth struct {
	Off  bool         `json:"off,omitempty" doc:"this server has no mail server to send with"`
	Node string       `json:"node,omitempty" doc:"the node that sends and reads mail; absent: none does"`
	Out  *MailTrouble `json:"out,omitempty" doc:"why no mail leaves; absent: it does"`
	In   *MailTrouble `json:"in,omitempty" doc:"why no mail is read; absent: it is"`
}

// MailTrouble is something that keeps mail from moving.
type MailTrouble struct {
	Words string    `json:"words" doc:"for people"`
	Since time.Time `json:"since"`
}
