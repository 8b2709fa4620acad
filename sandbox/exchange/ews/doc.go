// Package ews serves the mailboxes of package exchange over Exchange Web
// Services (SOAP) and Autodiscover, the way Exchange Online does it until
// April 2027 and Exchange Server goes on doing: strict about the order of
// elements, with ids that die when an item moves, change keys, sync states,
// pull and streaming subscriptions, impersonation by grants, and every refusal
// in Exchange's words. In the cloud it takes tokens; with Policy.OnPremises it
// takes passwords too, by NTLM (version 2) and Basic.
//
// Requests are checked against grammar.go before an operation sees them;
// answers are put into the same grammar's order. Faults of EWS are planted with
// Server.Plant, those that EWS and Graph share with exchange.Exchange.Plant; an
// organisation's switches for EWS are a Policy.
//
// What it does not have is refused, not passed over: recurring appointments,
// search folders, delegates' folder permissions, push subscriptions and Kerberos.
//
// Start reading at Server.ServeHTTP, then soap.go and call.go; a file holds the
// operations that its name says.
package ews
