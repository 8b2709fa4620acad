package api

// ExpressionToCheck is the body of POST /expressions/check.
type ExpressionToCheck struct {
	Expression string           `json:"expression" minLength:"1" maxLength:"32768" example:"amount > 1000" doc:"FEEL; or text with FEEL in {braces} when template is set"`
	Template   bool             `json:"template,omitempty" doc:"it is text with expressions in {braces}"`
	Condition  bool             `json:"condition,omitempty" doc:"it has to come out true or false"`
	Variables  []SampleVariable `json:"variables,omitempty" maxItems:"500" doc:"all that it may use, with values to try; a name that is not here is an error"`
}

// SampleVariable is a variable an expression may use, with a value to try.
type SampleVariable struct {
	Name  string `json:"name" minLength:"1" maxLength:"200" example:"amount"`
	Type  string `json:"type,omitempty" enum:"string,text,number,boolean,date,dateTime,duration,person,json" doc:"what the value is taken for, as a workflow's variable would; left out: what JSON says"`
	Value any    `json:"value,omitempty" example:"1250.5" doc:"JSON; left out: null"`
}

// ExpressionChecked is what there is to say about an expression.
type ExpressionChecked struct {
	OK      bool              `json:"ok" doc:"it can be read, uses known names only and, if it is to be a condition, is one"`
	Error   *ExpressionFault  `json:"error,omitempty" doc:"of one that is not ok"`
	Names   []string          `json:"names" doc:"variables it uses"`
	Unknown []string          `json:"unknown" doc:"names it uses that nobody has"`
	Type    string            `json:"type,omitempty" example:"boolean" doc:"of the value: number, string, boolean, date, list, null …"`
	Value   any               `json:"value,omitempty" doc:"what it comes to with the values given, as JSON"`
	FEEL    string            `json:"feel,omitempty" example:"true" doc:"the same as FEEL writes it"`
	Text    string            `json:"text,omitempty" example:"yes" doc:"the same as people read it"`
	Reasons []ExpressionFault `json:"reasons" doc:"why something in it was null"`
}

// ExpressionFault is what is wrong with an expression, and where.
type ExpressionFault struct {
	Message string `json:"message" example:"== is not understood here: write = to compare"`
	Line    int    `json:"line" doc:"from 1"`
	Column  int    `json:"column" doc:"from 1, in characters"`
	Offset  int    `json:"offset" doc:"from 0, in bytes"`
}
