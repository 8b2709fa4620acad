//go:build ignore

// Prints the OpenAPI document the pages' types are made from:
//
//	go run web/scripts/openapi.go api
//	go run web/scripts/openapi.go sandbox
package main

import (
	"fmt"
	"os"

	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/sandbox"
)

func main() {
	documents := map[string]func() ([]byte, error){"api": httpapi.OpenAPI, "sandbox": sandbox.OpenAPI}
	document, ok := documents[os.Args[len(os.Args)-1]]
	if !ok {
		fmt.Fprintln(os.Stderr, "which document: api or sandbox?")
		os.Exit(2)
	}
	text, err := document()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.Write(text)
}
