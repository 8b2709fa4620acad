// Package odata serves the objects of services as OData v4.0: entity sets with
// their lists, one thing by its key, making, changing and deleting it, and all
// other methods as actions. What a caller may not use is not there for them.
//
// It stands at /api/odata/v4/ and, for clients of K2, at /api/odatav4/v4/. It
// reads and writes JSON; what it leaves out of OData it refuses with 501.
//
// Start reading at Server.ServeHTTP, then model.go for what is published and
// filter.go for $filter.
package odata
