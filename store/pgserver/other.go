//go:build !unix

// Package pgserver starts a PostgreSQL server for tests and measurements. It
// does so on Unix only.
package pgserver

import (
	"context"
	"errors"
)

// ErrAbsent says that a server cannot be started here.
var ErrAbsent = errors.New("a PostgreSQL server is started on Unix only")

type Settings struct {
	In     string
	NoSync bool
	More   []string
}

type Server struct {
	Dir  string
	Port int
}

func Start(Settings) (*Server, error) { return nil, ErrAbsent }

func (*Server) Run() error                             { return ErrAbsent }
func (*Server) Halt()                                  {}
func (*Server) Kill()                                  {}
func (*Server) Stop()                                  {}
func (*Server) Address(string) string                  { return "" }
func (*Server) Create(context.Context) (string, error) { return "", ErrAbsent }
