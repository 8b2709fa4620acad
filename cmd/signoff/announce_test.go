package main

import (
	"reflect"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/oauth"
)

func TestWhatPeopleAreToldToConnect(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	to := []signoff.Principal{"user:3"}
	own := oauth.Need{Resource: "m365", Owner: "user:3"}
	const after = "What waits for it goes on by itself afterwards."
	for _, tt := range []struct {
		n    oauth.Notice
		want mailroom.Announcement
	}{
		{oauth.Notice{To: "user:3", Need: own, Resource: "m365", Title: "Microsoft 365", Why: "{user:3} has to connect their account to Microsoft 365: the password was changed", Path: "/connect/x"},
			mailroom.Announcement{Key: own.Name() + "/2026-11-23", To: to, Title: "Connect your account to Microsoft 365", Text: []string{"Work waits for your Microsoft 365 account.", "The password was changed.", "The button opens a page of signoff with one more button; that leads to the provider, where you sign in with your own account.", after}, Path: "/connect/x", Button: "Connect Microsoft 365"}},
		{oauth.Notice{Need: oauth.Need{Resource: "m365"}, Resource: "m365", Title: "Microsoft 365", Why: "the service account has to be connected", Path: "/connect/y"},
			mailroom.Announcement{Key: oauth.Need{Resource: "m365"}.Name() + "/2026-11-23", To: to, Title: "Connect the service account to Microsoft 365", Text: []string{"The service account has to be connected.", after}, Path: "/connect/y", Button: "Connect Microsoft 365"}},
		{oauth.Notice{Need: oauth.Need{Resource: "m365", App: true}, Resource: "m365", Title: "Microsoft 365", Why: "no token", Path: "/manage/oauth/m365"},
			mailroom.Announcement{Key: oauth.Need{Resource: "m365", App: true}.Name() + "/2026-11-23", To: to, Title: "This server gets no token for Microsoft 365", Text: []string{"No token.", after}, Path: "/manage/oauth/m365", Button: "Open Microsoft 365"}},
		{oauth.Notice{Resource: "m365", Title: "Microsoft 365", Why: "the client secret runs out today", Path: "/manage/oauth/m365", Ends: now},
			mailroom.Announcement{Key: "m365/ends/2026-11-23", To: to, Title: "Microsoft 365 needs a new credential", Text: []string{"The client secret runs out today."}, Path: "/manage/oauth/m365", Button: "Open Microsoft 365"}},
	} {
		if got := announcement(tt.n, to, now); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("got  %+v\nwant %+v", got, tt.want)
		}
	}
	if got := unmarked("{user:2} has to connect {what}: {group:4}"); got != "user:2 has to connect {what}: group:4" {
		t.Errorf("for a log: %s", got)
	}
	grants := []access.Grant{{Who: "user:1", Right: access.Server}, {Who: "user:2", Right: access.Deploy}, {Who: "group:4", Right: access.Server}}
	if got := administrators(grants); !reflect.DeepEqual(got, []signoff.Principal{"user:1", "group:4"}) {
		t.Errorf("administrators: %v", got)
	}
}
