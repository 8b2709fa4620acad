// Package entra is the sandbox's Entra ID: a tenant called contoso.test with
// five people, a few groups and registrations, which hands out tokens over
// https the way Microsoft's own does, so that signing in, calling an API and
// everything that goes wrong on the way can be tried on one machine.
//
// It is a stand-in for trying and testing. It listens on loopback only, its
// passwords are known to everybody, and nothing but a program told to should
// trust its keys. It shares no code with what is tested against it: tokens are
// made and read here with the standard library alone.
//
// What it has:
//
//   - v1.0 and v2.0 authorise, token, device code, logout, metadata and keys;
//     federation metadata, instance discovery, userinfo, admin consent
//   - code with PKCE, refresh, client credentials (secret, certificate,
//     federated credential), on-behalf-of, device code, and the password grant
//     that old samples post
//   - registrations through Graph's paths below /v1.0 and on a small page
//   - faults that can be switched on, in Go (Server.Plant) and over HTTP
//     (/sandbox/entra/faults): everything an administrator meets
//
// What it is not: a directory for the world, or complete. Unknown Graph paths
// and query options are refused rather than passed over.
//
// Limits, all in limits.go: sizes of requests, numbers of what is kept, and
// lifetimes.
//
// Start reading at Open, then authorize.go and token.go; errors.go is the table
// of AADSTS codes, fault.go the table of switches.
package entra
