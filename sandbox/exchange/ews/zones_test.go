package ews

import (
	"strings"
	"testing"
	"time"
)

func TestTimeZonesTellTheirRules(t *testing.T) {
	o := open(t)
	o.s.Now = func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }
	ask := func(full, id string) *node {
		n := o.ok(o.ask("jane", `<m:GetServerTimeZones ReturnFullTimeZoneData="`+full+`"><m:Ids><t:Id>`+id+`</t:Id></m:Ids></m:GetServerTimeZones>`))
		return n.kid("m:TimeZoneDefinitions").first()
	}
	berlin := ask("true", "W. Europe Standard Time")
	var rules []string
	for _, r := range berlin.kid("t:TransitionsGroups", "t:TransitionsGroup").kids {
		rules = append(rules, r.val("t:TimeOffset")+" "+r.val("t:Month")+" "+r.val("t:DayOfWeek")+" "+r.val("t:Occurrence"))
	}
	if berlin.attr("Name") != "(UTC+01:00) W. Europe" || strings.Join(rules, ",") != "PT2H0M 3 Sunday -1,PT3H0M 10 Sunday -1" || berlin.kid("t:Periods", "t:Period").attr("Bias") == "" {
		t.Errorf("%v %s", rules, show(berlin))
	}
	if utc := ask("true", "UTC"); len(utc.kid("t:Periods").children()) != 1 {
		t.Errorf("%s", show(utc))
	}
	if short := ask("false", "UTC"); len(short.kids) != 0 {
		t.Errorf("%s", show(short))
	}
	if none := ask("true", "Nowhere Standard Time"); none != nil {
		t.Errorf("%s", show(none))
	}
	if all := o.ok(o.ask("jane", `<m:GetServerTimeZones/>`)).kid("m:TimeZoneDefinitions"); len(all.kids) != len(zones) {
		t.Errorf("%d zones", len(all.kids))
	}
}

func TestTimesWithoutAZoneAreInTheRequests(t *testing.T) {
	o := open(t)
	context := `<t:TimeZoneContext><t:TimeZoneDefinition Id="W. Europe Standard Time"/></t:TimeZoneContext>`
	made := o.ok(o.with("u.jane.x", context, `<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem><t:Start>2026-07-01T09:00:00</t:Start><t:End>2026-07-01T10:00:00</t:End></t:CalendarItem></m:Items></m:CreateItem>`))
	got := o.get("jane", made.kid("m:Items", "t:CalendarItem", "t:ItemId"), "Default", `<t:FieldURI FieldURI="calendar:StartTimeZone"/>`)
	if got.val("t:Start") != "2026-07-01T07:00:00Z" || got.kid("t:StartTimeZone").attr("Id") != "W. Europe Standard Time" {
		t.Errorf("%s", show(got))
	}
	if f := o.faultOf("u.jane.x", strings.Replace(context, "W. Europe", "Nowhere", 1), getInbox); f != "ErrorTimeZone" {
		t.Errorf("an unknown zone: %s", f)
	}
	view := func(from, to string) *node {
		return o.ask("jane", `<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:CalendarView StartDate="`+from+`" EndDate="`+to+`"/><m:ParentFolderIds><t:DistinguishedFolderId Id="calendar"/></m:ParentFolderIds></m:FindItem>`)
	}
	for span, want := range map[[2]string]int{{"2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"}: 1, {"2026-07-01T07:30:00Z", "2026-07-01T07:31:00Z"}: 1, {"2026-07-01T08:00:00Z", "2026-07-02T00:00:00Z"}: 0} {
		if got := len(o.ok(view(span[0], span[1])).kid("m:RootFolder", "t:Items").kids); got != want {
			t.Errorf("%v: %d", span, got)
		}
	}
	for span, want := range map[[2]string]string{{"2026-07-02T00:00:00Z", "2026-07-01T00:00:00Z"}: "ErrorCalendarEndDateIsEarlierThanStartDate", {"2020-07-01T00:00:00Z", "2026-07-01T00:00:00Z"}: "ErrorCalendarViewRangeTooBig"} {
		if got := code(view(span[0], span[1])); got != want {
			t.Errorf("%v: %s", span, got)
		}
	}
}

func TestIdsAreConverted(t *testing.T) {
	o := open(t)
	draft := o.draft("jane", "Convert", "")
	convert := func(id, from, to string) *node {
		return o.ask("jane", `<m:ConvertId DestinationFormat="`+to+`"><m:SourceIds><t:AlternateId Format="`+from+`" Id="`+id+`" Mailbox="jane@contoso.test"/></m:SourceIds></m:ConvertId>`)
	}
	for _, to := range []string{"EntryId", "HexEntryId", "OwaId", "EwsId"} {
		if got := o.ok(convert(draft.attr("Id"), "EwsId", to)).kid("m:AlternateId"); got.attr("Format") != to || got.attr("Id") == "" || (to == "EwsId") != (got.attr("Id") == draft.attr("Id")) {
			t.Errorf("%s: %s", to, show(got))
		}
	}
	owa := o.ok(convert(draft.attr("Id"), "EwsId", "OwaId")).kid("m:AlternateId").attr("Id")
	if got := o.ok(convert(owa, "OwaId", "EwsId")).kid("m:AlternateId").attr("Id"); got != draft.attr("Id") {
		t.Errorf("back again: %s", got)
	}
	if got := code(convert("DUMMY", "EwsId", "EntryId")); got != "ErrorInvalidIdMalformed" {
		t.Errorf("what exchangelib asks first: %s", got)
	}
}
