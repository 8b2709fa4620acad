package api

import "time"

// WaitingConnection is a connection that work waits for and that the caller can
// give.
type WaitingConnection struct {
	Connect string    `json:"connect" doc:"its page is /connect/{connect}"`
	Why     string    `json:"why" doc:"whose account has to be connected to what, and why it is not"`
	Service bool      `json:"service" doc:"it is not your own: an administrator gives it for the service account or the server"`
	Steps   int       `json:"steps" doc:"how many steps wait for it"`
	Since   time.Time `json:"since" doc:"how long the first of them has waited"`
}
