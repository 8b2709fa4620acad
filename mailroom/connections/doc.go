// Package connections keeps which mailboxes the server's own mail leaves from
// and is read in, and runs the mailroom over them. A change counts at once, on
// every server: the mailroom begins anew with what is set then, and nothing on
// its way is lost.
//
// It knows no mail system: Options.Open makes of a Connection what sends and
// reads. Start reading at Connection, then Service.Run.
package connections
