// Package samples holds workflows to start from. The sandbox deploys them. They
// are files people drew; the scenarios beside them say what they do, and
// `signoff test samples` runs those.
package samples

import "embed"

// Files holds the *.bpmn files.
//
//go:embed *.bpmn
var Files embed.FS
