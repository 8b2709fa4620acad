// Package api holds the wire types of signoff's own REST API (/api/v1) and the
// list of problem codes. Servers and clients share it; it has no behaviour.
//
// Start reading at Task and Problem, then at Codes.
package api
