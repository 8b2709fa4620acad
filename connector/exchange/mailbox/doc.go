// Package mailbox makes of a mailbox of Exchange, over whichever protocol, what
// a server sends and reads its own mail with: a Sender that keeps the mailbox's
// pace and knows what became of a mail, and an Inbox that tells when something
// came.
//
// Its methods use types of the standard library only, as those of
// connector/mail do, and its errors have the same codes: Unavailable for what
// concerns the whole mailbox, "mail-doubtful" when nobody knows.
package mailbox
