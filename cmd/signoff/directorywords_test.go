package main

import (
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
)

func TestAListOfDirectoriesSaysWhatToDoNext(t *testing.T) {
	began := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		d    api.Directory
		last *api.DirectoryRun
		want string
		not  string
	}{
		{api.Directory{Name: "contoso", Type: "ldap", On: true}, nil, "never; begin with signoff directory sync contoso --preview", ""},
		{api.Directory{Name: "contoso", Type: "ldap"}, nil, "switched off", "begin"},
		{api.Directory{Name: "okta", Type: "scim", On: true}, nil, "its provider writes by itself", "directory sync"},
		{api.Directory{Name: "contoso", Type: "graph", On: true}, &api.DirectoryRun{State: "done", Preview: true, Began: began, Made: 2}, "would be: 2 made", ""},
		{api.Directory{Name: "contoso", Type: "graph", On: true}, &api.DirectoryRun{State: "done", Began: began, Made: 2}, "2 made", "would be"},
	} {
		got := lastSync(c.d, api.DirectoryStatus{Last: c.last})
		if !strings.Contains(got, c.want) || c.not != "" && strings.Contains(got, c.not) {
			t.Errorf("%s %s: %q", c.d.Type, c.d.Name, got)
		}
	}
}
