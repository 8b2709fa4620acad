// Package graph reaches mailboxes of Exchange Online through Microsoft Graph
// v1.0. It implements exchange.Backend.
//
// Every request asks for immutable ids, so that a draft, the mail that is sent
// of it, and what is moved keep their id within a mailbox. Lists are read page by
// page with links that stay on their own path; what Graph says is read within
// limits; requests are retried as Graph asks, four at a time for each mailbox.
// What may not be done twice is not retried: see exchange.Backend.
//
// Start reading at System.Open, then at box.do in request.go.
package graph
