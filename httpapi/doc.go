// Package httpapi is the REST server: it turns requests into calls of the
// services and their answers and refusals into JSON, serves the pages, and
// streams changes to them. It decides nothing; who may do what is asked of
// package access, what follows of package engine, through the services.
//
// Start reading at the table in routes.go; operation.go says what every
// operation has in common, problem.go how a refusal reaches the caller.
package httpapi
