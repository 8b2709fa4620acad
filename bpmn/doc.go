// Package bpmn reads BPMN 2.0 XML, says everything that is wrong with it at
// once, and turns the executable process into a process.Definition. What it has
// read it can write back with nothing lost: diagram, colours, comments, and the
// extensions of other programs.
//
// It does not run anything, and it does not decide what a Definition may say:
// package process checks that. It covers the elements of tier 1 (see the table
// in elements.go) and refuses the rest with advice.
//
// Rules cite sections of BPMN 2.0.2 (OMG formal/2013-12-09), XML 1.0 (fifth
// edition) and Namespaces in XML 1.0.
//
// Start reading at Parse and Document.Definition.
package bpmn
