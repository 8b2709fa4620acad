// Package sandbox is a small mail system of a firm called Contoso, for trying
// and testing on one machine: SMTP and IMAP servers on loopback, five people
// with mailboxes, and an HTTP API through which a page shows the mailboxes and
// answers in their owners' names.
//
// It behaves like a real provider where that matters to a client: STARTTLS
// before any password, an Authentication-Results header on top of every mail,
// plus addressing, and mail that is on disk before it is acknowledged. It is
// no mail server for the world: it listens on loopback only, never relays, and
// keeps what is addressed elsewhere in a mailbox called "outside".
//
// It shares no code with the connectors that are tested against it.
//
// Start reading at Start, then deliver.
package sandbox
