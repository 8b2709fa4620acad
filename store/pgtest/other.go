//go:build !unix

// Package pgtest starts a PostgreSQL server for tests. It does so on Unix only.
package pgtest

import "testing"

const Variable = "SIGNOFF_TEST_STORE"

const absent = "tests start PostgreSQL on Unix only: what runs on it is not tested"

type Server struct{ Dir string }

func Choose(t testing.TB, path string) string { return path }
func Copy(testing.TB, string) string          { return "" }
func FileOnly(testing.TB)                     {}
func Prepare()                                {}
func Database(t testing.TB) string            { t.Skip(absent); return "" }
func Empty(t testing.TB) string               { t.Skip(absent); return "" }
func Start(t testing.TB) *Server              { t.Skip(absent); return nil }
func Exec(t testing.TB, address, sql string)  { t.Skip(absent) }

func (*Server) Run() error                 { return nil }
func (*Server) Halt()                      {}
func (*Server) Kill()                      {}
func (*Server) Database(testing.TB) string { return "" }
func (*Server) Promote() error             { return nil }
func (*Server) Standby(testing.TB) *Server { return nil }
