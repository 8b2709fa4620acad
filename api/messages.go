package api

import "time"

// SendMessage is the body of POST /messages.
type SendMessage struct {
	Name string         `json:"name" minLength:"1" maxLength:"200" doc:"the message's name, as it is drawn"`
	Key  string         `json:"key,omitempty" maxLength:"200" doc:"what tells the instance that waits from others: an order's number, for instance"`
	Vars map[string]any `json:"vars,omitempty" doc:"what it carries, 1 MiB at most"`
	TTL  *int64         `json:"ttl,omitempty" minimum:"0" maximum:"31536000" doc:"for how many seconds it waits for somebody to want it; left out: a day. 0: now or never. 10,000 messages of one sender may wait, and 64 MiB together"`
	ID   string         `json:"id,omitempty" maxLength:"200" doc:"your own id for it: sent again under the same id, it is taken in once"`
}

// SendSignal is the body of POST /signals.
type SendSignal struct {
	Name string         `json:"name" minLength:"1" maxLength:"200" doc:"the signal's name, as it is drawn"`
	Vars map[string]any `json:"vars,omitempty" doc:"what it carries, 1 MiB at most"`
	ID   string         `json:"id,omitempty" maxLength:"200" doc:"your own id for it: sent again under the same id, it is sent once"`
}

// Message is a message or a signal that was sent, and what has become of it.
type Message struct {
	Number   int64      `json:"number" doc:"the server's number for it"`
	Kind     string     `json:"kind" enum:"message,signal"`
	Name     string     `json:"name"`
	Key      string     `json:"key,omitempty"`
	ID       string     `json:"id,omitempty" doc:"the sender's own id"`
	State    string     `json:"state" enum:"waiting,delivered,missed,sent" doc:"missed: nobody wanted it in its time; sent: a signal"`
	Sender   *Person    `json:"sender,omitempty" doc:"who sent it; left out when a workflow did"`
	From     string     `json:"from,omitempty" doc:"the step that sent it, by its serial number"`
	Came     time.Time  `json:"came"`
	Until    *time.Time `json:"until,omitempty" doc:"how long it waits for somebody to want it"`
	Settled  *time.Time `json:"settled,omitempty" doc:"when that was settled"`
	Instance int64      `json:"instance,omitempty" doc:"who has it; only if you may see it"`
	Step     string     `json:"step,omitempty" doc:"id of the element that has it"`
	Begun    bool       `json:"begun,omitempty" doc:"it began that instance"`
	Told     *int       `json:"told,omitempty" doc:"of a signal: to how many it goes that waited for it when it was sent, of those its sender may reach"`
	Problem  string     `json:"problem,omitempty" doc:"why it could not be handed over the last time"`
	Near     *Near      `json:"near,omitempty" doc:"of one that waits or was missed: what comes near to it"`
}

// Near is what comes near to a message that nobody wants.
type Near struct {
	Waits []Awaited `json:"waits" doc:"who waits for a message of that name, with another key; those you may see"`
	Meant string    `json:"meant,omitempty" doc:"a name that is waited for and looks like this one; for administrators of the server, of a message that is asked for alone"`
}

// Awaited is an instance that waits for a message.
type Awaited struct {
	Instance int64     `json:"instance"`
	Step     string    `json:"step" doc:"id of the element that waits"`
	Key      string    `json:"key" doc:"the key it asks for; empty: any"`
	Since    time.Time `json:"since"`
}

// Schedule is a timer that begins instances of a workflow.
type Schedule struct {
	Workflow string     `json:"workflow" doc:"its key"`
	Name     string     `json:"name" doc:"what the workflow is called"`
	Step     string     `json:"step" doc:"id of the start event"`
	StepName string     `json:"stepName,omitempty"`
	Timer    string     `json:"timer" doc:"as it is drawn"`
	Zone     string     `json:"zone,omitempty" doc:"time zone; left out: the server's"`
	Next     *time.Time `json:"next,omitempty" doc:"when it begins one next; left out: not again"`
	Left     *int       `json:"left,omitempty" doc:"how often after that; left out: without end"`
	Paused   *time.Time `json:"paused,omitempty" doc:"since when it is stopped"`
	PausedBy *Person    `json:"pausedBy,omitempty"`
	Last     *time.Time `json:"last,omitempty" doc:"when it last began one"`
	Instance int64      `json:"instance,omitempty" doc:"which that was"`
	Problem  string     `json:"problem,omitempty" doc:"why it could not the last time"`
}

// Related is an instance that calls another one, or is called.
type Related struct {
	Instance int64  `json:"instance"`
	Folio    string `json:"folio"`
	Status   string `json:"status" enum:"running,completed,cancelled"`
	Step     string `json:"step" doc:"serial number of the step that calls"`
}
