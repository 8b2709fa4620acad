// Package scim knows the words of SCIM 2.0 (RFC 7643 and 7644): the schema of
// users and groups, filters, PATCH, and the documents a server describes itself
// with. It turns values into values: who is stored where, and HTTP, are
// somebody else's.
//
// Names of attributes are taken in any letter case, as the standard wants, and
// what well-known clients send beside the standard (Entra ID's "False", paths as
// names of members, values where objects belong) is taken for what it means.
//
// Start reading at Read, which makes a Resource out of a body; then ParseFilter
// and Patch.
package scim
