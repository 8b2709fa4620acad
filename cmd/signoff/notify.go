package main

import (
	"net"
	"os"
	"strings"
)

// notify sends a state to the socket that systemd names in the environment, if
// it does. A name that begins with @ is not a file.
// https://www.freedesktop.org/software/systemd/man/sd_notify.html
func notify(state string) error {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return nil
	}
	if abstract, ok := strings.CutPrefix(name, "@"); ok {
		name = "\x00" + abstract
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte(state))
	return err
}
