// Package openapi is the service type of HTTP APIs that have an OpenAPI document:
// 3.1, 3.0, or Swagger 2.0. Operations become methods of objects, by their tag or
// their path; what they take and answer is typed as the document says; answers
// that hold a list become lists with pages.
//
// The document is read by this package alone and as tolerantly as it can be: of
// JSON Schema it understands what names and types values, and leaves the rest to
// the API, which checks what it is sent anyway.
//
// Start reading at Type.Open, then api.go for what a document becomes and call.go
// for how an operation is called.
package openapi
