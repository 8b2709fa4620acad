// Package traffic is how requests go to a mailbox whatever the protocol: a few at
// a time, not while the server asks for patience, again when that may help, and
// with an error that says what stands in the way. It also walks through a mailbox
// step by step, as a test that people start.
//
// It knows no request and no answer: connector/exchange/graph and
// connector/exchange/ews do. Start reading at Repeat and Lane.
package traffic
