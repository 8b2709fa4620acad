// Package signin signs people in on the pages through OpenID Connect: with
// Entra ID and with any other provider, several side by side.
//
// A sign-in is begun (Service.Begin) by sending the browser to the provider,
// and finished (Service.Finish) when the browser comes back with a code. What
// has to be known in between is in a cookie of that browser, locked: it is
// nobody else's sign-in, any server can finish it, and beginning one costs
// nothing that is kept. That it was finished is kept, so that it is once.
//
// Who the person is here is decided by package identity (Recognise). Bearer
// tokens of API calls are package trust's; this package uses its keys, with
// its limits on asking for them.
//
// Start reading at Service.Begin, then Service.Finish, then verify in token.go.
package signin
