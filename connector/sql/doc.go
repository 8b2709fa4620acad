// Package sql is the service type of databases: PostgreSQL, and SQLite files.
// Tables and views are objects with list, read, create, update and delete by
// their primary key; statements of one's own are methods of the object
// Statement. Values are always bound and names always quoted; filters, order
// and counting are the database's work.
//
// Start reading at Type.Open, then tables.go for what is offered and rows.go for
// how it is called.
package sql
