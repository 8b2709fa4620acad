package bpmn

// Engine names the BPMN engine that a namespace of extensions belongs to, "" for
// a namespace of none.
func Engine(space string) string { return engines[space] }
