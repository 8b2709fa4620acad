package main

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// serverZone is the name of the server's own time zone, "" when it has none that
// people would know.
func serverZone() string {
	for _, name := range []string{time.Local.String(), strings.TrimPrefix(os.Getenv("TZ"), ":"), linkedZone("/etc/localtime")} {
		if name == "" || name == "Local" {
			continue
		}
		if _, err := time.LoadLocation(name); err == nil {
			return name
		}
	}
	return ""
}

// linkedZone is the zone a system's file of local time stands for.
func linkedZone(file string) string {
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return ""
	}
	_, name, _ := strings.Cut(filepath.ToSlash(target), "/zoneinfo/")
	return name
}
