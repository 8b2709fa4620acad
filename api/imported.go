package api

// Imported is what came of a file that was made for another engine: what runs as
// it is, what was changed, and what is left to do by hand.
type Imported struct {
	File     string          `json:"file,omitempty"`
	Engines  []string        `json:"engines,omitempty" doc:"whose extensions the file holds"`
	Runs     bool            `json:"runs" doc:"the new file can be deployed"`
	Findings []ImportFinding `json:"findings"`
	BPMN     string          `json:"bpmn,omitempty" doc:"the new file; nobody has deployed it"`
	Problems []FileProblem   `json:"problems,omitempty" doc:"what a deployment would say of the new file; lines are those of the old one"`
}

// ImportFinding is one thing a file says to another engine, and what became of it.
type ImportFinding struct {
	Outcome string `json:"outcome" enum:"as is,changed,by hand"`
	Element string `json:"element,omitempty" doc:"id of the BPMN element"`
	Name    string `json:"name,omitempty"`
	Line    int    `json:"line,omitempty"`
	What    string `json:"what" doc:"such as assignee or condition"`
	From    string `json:"from,omitempty" doc:"as it stood, shortened"`
	To      string `json:"to,omitempty" doc:"what stands there now; absent when nothing was written"`
	Advice  string `json:"advice,omitempty"`
}
