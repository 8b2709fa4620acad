package httpapi

import (
	"github.com/signoffhq/signoff"
)

// Parts that inputs embed. They are exported because huma looks only into
// exported fields; nothing outside this package needs them.
type (
	// Page is the query every list takes.
	Page struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many at most"`
		Cursor string `query:"cursor" maxLength:"1000" doc:"\"next\" of the page before"`
	}

	// Once is the header that makes a request safe to send again.
	Once struct {
		Key string `header:"Idempotency-Key" minLength:"1" maxLength:"200" pattern:"^[!-~]+$" doc:"the same key again gives the first answer and does nothing"`
	}

	// BySerial is the path of a task or incident.
	BySerial struct {
		Serial signoff.Serial `path:"serial" doc:"serial number, such as 1234_5"`
	}

	// ByInstance is the path of an instance.
	ByInstance struct {
		ID signoff.InstanceID `path:"id" minimum:"1"`
	}

	// ByWorkflow is the path of a workflow.
	ByWorkflow struct {
		ID string `path:"id" maxLength:"255" doc:"number or key of the workflow"`
	}

	// ByPrincipal is the path of a user or group.
	ByPrincipal struct {
		ID string `path:"id" maxLength:"100" doc:"principal, such as user:7"`
	}

	// IfNoneMatch makes a GET cheap when nothing has changed.
	IfNoneMatch struct {
		Tags string `header:"If-None-Match" maxLength:"1000" doc:"ETag of what you have; 304 if it is still so"`
	}
)

// body is an answer of one thing.
type body[T any] struct{ Body T }

func (p ByPrincipal) principal() signoff.Principal { return signoff.Principal(p.ID) }
