// Package directory takes people and groups from elsewhere: from Active
// Directory and other LDAP servers, and through the same seam from whatever else
// tells of people (SCIM, Microsoft Graph).
//
// Who somebody is stays with package identity. This package knows where
// accounts come from, keeps them as the directory says, and asks the directory
// whether a password is right.
//
// Where to start reading:
//
//   - Person, Group and Changes are what a directory has to tell;
//   - Service.Take takes it in: safe to repeat, in small transactions;
//   - sources are named: "ldap:NAME", "entra:TENANT", "scim:NAME".
package directory
