// Package graph is the mail and calendar part of the sandbox's Microsoft Graph
// v1.0, over the mailboxes of package exchange: folders, messages, attachments
// and upload sessions, sending, answering, delta, subscriptions, batches,
// mailbox settings, events, meetings, free and busy times, contacts, tasks,
// categories and rooms, with Graph's permissions, limits and error bodies.
//
// What a query asks that is not understood here is refused, never passed over.
//
// The handler stands behind sandbox/entra, which has the paths of the directory
// and issues the tokens: entra.Options.Also. Start reading at New, then
// route.go.
package graph
