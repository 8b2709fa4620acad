// Package samples holds workflows to start from. The sandbox deploys them; they
// are files people drew, and each has a scenario that says what it does.
package samples

import "embed"

// Files holds the *.bpmn and *.scenario files.
//
//go:embed *.bpmn
var Files embed.FS
