// Package m365 says what has to be registered in Entra for this server.
package m365
