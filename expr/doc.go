// Package expr evaluates FEEL, the expression language of DMN and BPMN, and
// text with FEEL in braces: "Hello {starter.name}". Workflows hold their
// conditions, defaults, assignments and texts in it.
//
// Numbers are decimals of 34 digits, rounded half to even, so money adds up.
// Logic has three values: what cannot be worked out is null, as FEEL demands,
// and (*Expr).Explain says why. Nothing here reads a clock or the network; the
// moment is part of the Scope. Time zones come from the Go runtime, so a
// program that must give the same answers everywhere imports time/tzdata.
//
// Every expression is bounded: see the Max constants. Passing a bound is an
// *Error, never null, because a wrong answer would be worse than none.
//
// Where this differs from DMN 1.5, besides the bounds: words that stand next to
// each other are one name even if nobody knows it ("order number"); other names
// with spaces or operators must be known to Parse. Unknown functions and wrong
// numbers of values are refused when read, not null when run. Patterns are those of
// XPath without references back to a group.
// There are no external functions and no declared types. trim(text) is an
// addition, and a function that is an entry of a context may call itself.
//
// Start reading at Parse, then node.go for what each construct means.
package expr

// Bounds on what one expression may be and use.
const (
	MaxSource     = 32 << 10  // bytes of source text
	MaxTokens     = 8192      // words, numbers, operators and the like in the source
	MaxDepth      = 100       // nesting of source
	MaxCalls      = 100       // calls of functions within each other, while evaluating
	MaxSteps      = 200_000   // steps of one evaluation, unless Scope.Steps says otherwise
	MaxList       = 20_000    // elements of one list, entries of one context
	MaxText       = 256 << 10 // bytes of one string
	MaxExponent   = 6144      // of a number; beyond it a calculation gives null
	MaxNesting    = 64        // lists and contexts within each other, in a result or in JSON
	MaxValues     = 100_000   // values in one result or JSON document, nested ones counted
	MaxResultText = 4 << 20   // bytes of all strings in one result
	maxPattern    = 1000      // bytes of a regular expression
	maxProgram    = 4000      // what one comes to, repetitions written out
)
