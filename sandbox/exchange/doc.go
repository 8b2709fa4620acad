// Package exchange is the sandbox's Exchange Online: mailboxes with well-known
// folders, items that have ids, change keys, conversations and properties, and
// everything around them that gets in the way of a program that sends and
// reads mail.
//
// The mails are those of package sandbox, in the same files: what SMTP
// delivers is here at once, and what is moved here is moved for IMAP clients
// too. What a file of mail cannot say (ids that outlive a move, categories,
// extended properties, appointments, contacts, tasks, settings) is kept beside
// it, in one journal a mailbox.
//
// Package exchange is the model; sandbox/exchange/graph and
// sandbox/exchange/ews are the protocols on top of it. It shares no code with
// the connectors that are tested against it.
//
// Start reading at Open, then Mailbox, Item and Message; send.go and arrive.go
// tell what becomes of a mail.
package exchange
