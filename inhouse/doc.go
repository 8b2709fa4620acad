// Package inhouse offers what this server has itself as services, beside the
// systems of others: its people and groups (service type "directory"), its
// workflows, instances and tasks ("workflow"), and its mail ("mail").
//
// A call is in the name of whoever calls, and may what they may on the pages. It
// keeps nothing and decides nothing: identity, worklist, runner and mailroom do.
//
// Start reading at House.Types.
package inhouse
