package api

import "time"

// Node is one of the servers at work on the same data.
type Node struct {
	ID      string    `json:"id" doc:"made anew at every start"`
	Name    string    `json:"name" doc:"as the configuration calls it; the name of its machine otherwise"`
	Version string    `json:"version" doc:"of the program"`
	Started time.Time `json:"started"`
	Renewed time.Time `json:"renewed" doc:"when it last said that it lives; where the data is a file, when it started"`
	Late    bool      `json:"late,omitempty" doc:"it has not said so for too long and will be taken for dead"`
	Here    bool      `json:"here,omitempty" doc:"it answers this very request"`
	Does    []string  `json:"does" doc:"what it does for all: mail"`
}
