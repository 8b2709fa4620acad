// Package trust decides whether a bearer token is believed: which issuers this
// server trusts, with which keys, for which callers.
//
// An Issuer is one entry of the setting, as an administrator sees it. A
// Verifier holds several side by side, is given new ones at run time, and turns
// a token into who it speaks for (Accepted) or into a Refusal. The checks are a
// list, in order, in checks.go; Explain shows an administrator every one of
// them with what was expected, what was found and what to change, while the
// caller of a refused request hears one sentence and a code.
//
// No token makes the server call anybody it does not trust already: keys come
// from the documents of the configured issuers only, through the http.Client
// this package was given, and an unknown key asks for them again at most once
// in five minutes (keyset.go).
//
// The package knows no people of ours, no HTTP routes and no database: who
// Accepted belongs to is decided by package identity, which is also where a
// disabled person is refused. It makes no tokens.
//
// Start reading at Verifier.Verify, then checks.go.
package trust
