// Package ews reaches mailboxes over Exchange Web Services: those of an Exchange
// Server for as long as there are any, and those of Exchange Online until
// Microsoft switches it off there, on 1 April 2027 at the latest.
//
// Requests are small trees of elements, in the order that Microsoft's schema
// wants; answers are read by their local names, within limits, and nothing
// outside of them is ever fetched. Ids die when an item moves and when a draft is
// sent, so what was sent is found by its correlation.
//
// With a token the client of Access signs in. With a name and a password it is
// NTLM, by messages of github.com/Azure/go-ntlmssp, or Basic where a server has
// no NTLM, and never without TLS.
//
// Start reading at System.Open, then at box.do.
package ews
