// Package movein reads what other BPMN engines write into a file — camunda:,
// zeebe:, flowable: and activiti: assignments, forms, conditions, timers,
// listeners, mappings — and says the same in signoff: extensions and FEEL, so
// that the file runs here. It reports what runs as it is, what was changed into
// what, and what somebody has to do by hand.
//
// Nothing of the original is lost. The other engine's attributes and elements
// stay. Where BPMN has one place for something, such as the text of a condition,
// the original is kept beside it in <moved:original>.
//
// It runs nothing and guesses nothing: what has no equal here is left to a
// person, with advice.
//
// Start reading at Import.
package movein
