// Package graph asks Microsoft Graph about the people and groups of an Entra ID
// tenant, as an application with two rights: User.Read.All and
// GroupMember.Read.All. It reads and never writes, and knows nothing of
// accounts here.
//
// What Graph says is read within limits: a link that leads to another host is
// not followed, an answer that is too large or means nothing is an error, and
// being asked to wait is waiting.
//
// Start reading at Client.Users, which tells what is new page by page.
package graph
