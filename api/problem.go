package api

// ProblemBase is what a code follows in Problem.Type. GET on the whole path
// answers with what the code means.
const ProblemBase = "/problems/"

// Problem is how every refusal looks on the wire: RFC 9457 problem details
// (application/problem+json), with a stable code and a hint.
type Problem struct {
	Type      string        `json:"type" doc:"/problems/ and the code"`
	Title     string        `json:"title" doc:"what the code means, always the same"`
	Status    int           `json:"status"`
	Code      string        `json:"code" doc:"stable name of what went wrong"`
	Detail    string        `json:"detail" doc:"what happened this time, for people"`
	Hint      string        `json:"hint,omitempty" doc:"what to do about it"`
	Errors    []FieldError  `json:"errors,omitempty" doc:"what is wrong with which part of the request"`
	Problems  []FileProblem `json:"problems,omitempty" doc:"everything that is wrong with a deployed file"`
	RequestID string        `json:"requestId,omitempty" doc:"find the request in the server's log by this"`
}

// FieldError says what is wrong with one part of a request. It never repeats
// the value that was sent.
type FieldError struct {
	Field  string `json:"field" doc:"body.days, query.limit, header.If-Match"`
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"`
}
