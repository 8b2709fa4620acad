// Package api holds the wire types of signoff's own REST API (/api/v1) and the
// list of error codes. Servers and clients share it; it has no behaviour.
package api
