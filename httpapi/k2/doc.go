// Package k2 serves the workflow REST API in the shapes of K2 Five, so that
// existing clients are re-pointed and not rewritten: sixteen operations under
// /api/workflow/v1 in any letter case, bare integers, {"Message": …} errors, and
// a Swagger 2.0 document. What K2 does not have is in /api/v1 and not here.
//
// Start reading at the table in operations.go: routes and Swagger both come
// from it.
package k2
