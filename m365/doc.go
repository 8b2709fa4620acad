// Package m365 says what has to be registered in Entra for this server: the
// API, its sign-in, and the programs that call it, with the fewest rights and
// with this server's own values. The same Registration is printed as commands
// (Plan.Print), sent to Graph (Run) and compared with what is there (Check), so
// the three cannot disagree.
//
// It knows no settings and no database: whoever calls says the values. It keeps
// no tokens and no secrets.
//
// Start reading at Registration, then Values.Plan.
package m365
