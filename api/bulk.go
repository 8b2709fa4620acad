package api

import "time"

// NewBulk is the body of POST /bulk: what to do with which open incidents.
type NewBulk struct {
	Do        string         `json:"do" enum:"retry,skip,cancel" doc:"cancel ends the instances"`
	Workflow  string         `json:"workflow,omitempty" maxLength:"255" doc:"key or number; this or code is needed"`
	Step      string         `json:"step,omitempty" maxLength:"255" doc:"element id"`
	Code      string         `json:"code,omitempty" maxLength:"100" doc:"of the incidents"`
	Reason    string         `json:"reason,omitempty" maxLength:"1000" doc:"needed to skip and to cancel; that of a retry stays with the order"`
	Outcome   string         `json:"outcome,omitempty" maxLength:"100" doc:"to skip tasks with"`
	Variables map[string]any `json:"variables,omitempty" doc:"corrections, the same for each"`
}

// Bulk is an order for many incidents, and how far it is.
type Bulk struct {
	ID        int64          `json:"id"`
	Do        string         `json:"do" enum:"retry,skip,cancel,migrate,return" doc:"migrate takes instances to another version of their workflow, return takes them back"`
	By        Person         `json:"by"`
	Workflow  string         `json:"workflow,omitempty" doc:"key of the one it is for; absent where it is for any"`
	Step      string         `json:"step,omitempty"`
	Code      string         `json:"code,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	Outcome   string         `json:"outcome,omitempty"`
	Variables map[string]any `json:"variables,omitempty"`
	Made      time.Time      `json:"made"`
	Ended     *time.Time     `json:"ended,omitempty" doc:"absent while there is something left to do"`
	Stopped   bool           `json:"stopped,omitempty" doc:"somebody stopped it, or it could not go on: then cause says why"`
	Cause     string         `json:"cause,omitempty" doc:"why it waits, or could not go on"`
	Due       *time.Time     `json:"due,omitempty" doc:"when it goes on, where it waits"`
	Total     int            `json:"total"`
	Done      int            `json:"done"`
	Failed    int            `json:"failed"`
	Passed    int            `json:"passed" doc:"were dealt with already when their turn came, or left alone because of others"`

	Migration *BulkMigration `json:"migration,omitempty" doc:"of an order that migrates, or takes back"`
}

// BulkItem is one incident of an order, and what became of it.
type BulkItem struct {
	Number   int        `json:"number"`
	Instance int64      `json:"instance"`
	Incident string     `json:"incident,omitempty" doc:"serial number; absent where it is about the instance"`
	State    string     `json:"state" enum:"waiting,done,failed,passed"`
	Code     string     `json:"code,omitempty"`
	Cause    string     `json:"cause,omitempty"`
	At       *time.Time `json:"at,omitempty"`
	Attempts int        `json:"attempts,omitempty" doc:"how often it could not be dealt with"`
	Due      *time.Time `json:"due,omitempty" doc:"when it is tried again; cause says what was in the way"`
}
