// Package doctor says what is wrong when a token is refused, a request fails or
// a provider does not answer: as one line that names the fault, with who mends
// it, where, and the exact value to use.
//
// It is values in, findings out. A person pastes something (Read); whoever calls
// adds what the server knows (Server, and what package trust's checklist said);
// Token and Provider turn that into a Report. Nothing here is fetched, kept or
// logged: package doctor/probe asks the network, package m365 reads
// registrations.
//
// What it is not for: deciding. Whether a token is believed is decided by
// package trust alone, and nothing here lets anybody in.
//
// Start reading at Report, then Token in token.go; aadsts.go is the table of
// Entra's error codes.
package doctor
