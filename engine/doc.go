// Package engine works out what follows when something happens to an instance
// of a workflow. It is a pure state machine:
//
//	Decide(definition, state, input) → facts, commands, the state after
//	Apply(state, fact)               → the state in which the fact is true
//
// It has no clock, no network, no storage and no randomness: the input carries
// the time, commands say what the world should do, and when the engine must
// know who is called "jane" it asks with NeedPeople. Folding Apply over all
// facts of an instance gives its state, always; history is the facts.
//
// The engine checks that a task belongs to who acts on it. Rights on whole
// instances (cancel, retry, finish an external step, comment on the instance)
// are the server's to check before it asks.
//
// Start reading at types.go, then decide.go and run.go.
package engine
