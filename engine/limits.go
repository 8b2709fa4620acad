package engine

// Bounds on what one instance may grow to. Passing one is a refusal where a
// person asked for it, and an incident where the workflow did.
const (
	MaxEntries      = 10_000    // nodes entered in one Decide
	MaxFacts        = 100_000   // facts of an instance; beyond, no further step is begun
	MaxSteps        = 2_000_000 // steps of all expressions in one Decide
	MaxStepBytes    = 32 << 20  // of variables, texts, recipients and commands written in one Decide
	MaxTokens       = 1_000     // tokens of an instance at one time
	MaxVariables    = 1 << 20   // bytes of all variables as stored, with the items and what passes gave of activities that are being repeated
	MaxPasses       = 1_000     // of a repeated activity, but for loops
	MaxKey          = 200       // bytes of what tells the instances apart that wait for a message
	MaxRecipients   = 1_000     // of one task or mail, groups resolved
	MaxSleepers     = 1_000     // people one task sleeps for
	MaxQuestions    = 50        // asked about one task
	MaxComment      = 4_000     // characters
	MaxFiles        = 50        // added to an instance
	MaxFileBytes    = 10 << 20  // of one file
	MaxFilesBytes   = 100 << 20 // of all files of an instance
	MaxCode         = 100       // characters of the code a failed effect is given
	MaxFolio        = 500       // characters; longer templates are cut
	MaxTitle        = 500       // characters; longer templates are cut
	MaxText         = 64_000    // characters of instructions and of a mail's body
	MaxEvidence     = 4_000     // characters
	MaxCallBytes    = 1 << 20   // of a request's body, and of its address and headers together
	keepClosedTasks = 200       // closed tasks kept in State, so that a late answer hears who was first
	lastYear        = 9999      // times beyond it have no JSON form
)
