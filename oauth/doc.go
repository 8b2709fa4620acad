// Package oauth gets and keeps the tokens with which this server calls other
// systems: for a person, for the service account, or for the application itself.
//
// A resource is a system with its registration there (who we are to it, what we
// may ask for); its type says what its provider wants to hear in which request.
// A token belongs to a Need: of which resource, for whom, for which audience.
// Somebody connects once, in a window or with a code (Service.Connect); from
// then on the token is refreshed before it ends, by one node, and a new refresh
// token is on disk before the access token that came with it is used.
//
// It is not for tokens that others call us with: that is identity/trust. It knows
// no route, no workflow and no mail.
//
// Start reading at Need, then Service.Token, then refresh.go.
package oauth
