// Package exchange has the words of mailboxes, calendars and address books, the
// service objects that are made of them, and what is the same over every
// protocol: sending once and knowing what was sent, and what a refusal means.
//
// Backend is the port that exchange/graph and exchange/ews implement, each for
// one mailbox with one credential; System is what opens them. Type is the
// service type of package broker over both.
//
// Nothing is kept here. What may have been sent is looked for by its
// correlation, a property that every mail made here carries and no recipient
// sees, before anything is sent again; see Send and SendRaw.
//
// Errors are *signoff.Error with the server's own words, its request id and what
// to do, around a *Refusal with the server's code. An error about a missing
// token comes through as the HTTP client gave it.
//
// Start reading at Backend, then at Send.
package exchange
