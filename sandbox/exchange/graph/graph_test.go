package graph

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

const correlation = "String {5b1a6a5e-0000-4000-8000-000000000001} Name wfCorrelation"

func TestADraftIsMadeSentAndFoundAgain(t *testing.T) {
	o := newCloud(t)
	wf := o.as("workflow")
	in := message("Approve PO 42", "jane@contoso.test")
	in["replyTo"] = []m{{"emailAddress": m{"address": "workflow+01J@contoso.test"}}}
	in["internetMessageHeaders"] = []m{{"name": "x-wf-task", "value": "01J"}}
	in["singleValueExtendedProperties"] = []m{{"id": strings.ToUpper(correlation[:1]) + correlation[1:], "value": "01J"}}
	draft := wf.post("/me/messages", in).is(201)
	id := draft.text("id")
	if draft.at("isDraft") != true || draft.header.Get("Preference-Applied") != `IdType="ImmutableId"` || draft.text("internetMessageId") == "" {
		t.Errorf("the draft is %s", draft.raw)
	}
	if r := wf.post("/me/messages/"+id+"/send", nil).is(202); r.raw != "" {
		t.Errorf("send answers %q", r.raw)
	}
	sent := wf.get("/me/messages/" + id + "?$select=internetMessageId,parentFolderId,isDraft").is(200)
	folder := wf.get("/me/mailFolders/sentitems").is(200)
	if sent.at("isDraft") != false || sent.text("internetMessageId") != draft.text("internetMessageId") || sent.at("parentFolderId") != folder.at("id") || sent.at("subject") != nil {
		t.Errorf("the sent copy is %s", sent.raw)
	}
	filter := "?$filter=" + url.QueryEscape("singleValueExtendedProperties/any(ep: ep/id eq '"+correlation+"' and ep/value eq '01J')")
	if list := wf.get("/me/messages" + filter).is(200).list(); len(list) != 1 || list[0]["id"] != id {
		t.Errorf("by its correlation: %v", list)
	}
	byID := "?$filter=" + url.QueryEscape("internetMessageId eq '"+draft.text("internetMessageId")+"'")
	got := o.as("jane").get("/me/mailFolders/inbox/messages" + byID + "&$select=internetMessageHeaders,replyTo,subject").is(200).list()
	if len(got) != 1 || !strings.Contains(fmt.Sprint(got[0]["internetMessageHeaders"]), "X-Wf-Task") || !strings.Contains(fmt.Sprint(got[0]["replyTo"]), "workflow+01J@") {
		t.Errorf("jane got %v", got)
	}
	wf.post("/me/messages/"+id+"/send", nil).refused(400, "ErrorInvalidOperation")
}

func TestAnOrdinaryIDDiesWhenTheDraftIsSent(t *testing.T) {
	o := newCloud(t)
	wf := o.as("workflow")
	wf.prefer = ""
	id := wf.post("/me/messages", message("x", "jane@contoso.test")).is(201).text("id")
	if len(id) != 152 || strings.ContainsAny(id, "+/") {
		t.Errorf("the id is %q", id)
	}
	wf.post("/me/messages/"+id+"/send", nil).is(202)
	wf.get("/me/messages/"+id).refused(404, "ErrorItemNotFound")
	wf.get("/me/messages/nonsense").refused(400, "ErrorInvalidIdMalformed")
}

func TestSendMailAnswersNothingAndTakesMIME(t *testing.T) {
	o := newCloud(t)
	wf, jane := o.as("workflow"), o.as("jane")
	if r := wf.post("/me/sendMail", m{"message": message("one", "jane@contoso.test"), "saveToSentItems": false}).is(202); r.raw != "" || r.header.Get("Location") != "" {
		t.Errorf("the answer is %q %v", r.raw, r.header)
	}
	if n := len(wf.get("/me/mailFolders/sentitems/messages").list()); n != 0 {
		t.Errorf("%d copies were kept", n)
	}
	mime := "From: workflow@contoso.test\r\nTo: jane@contoso.test\r\nSubject: two\r\nMessage-ID: <mine@contoso.test>\r\nIn-Reply-To: <first@x>\r\n" +
		"Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nAuto-Submitted: auto-generated\r\n\r\nHello\r\n"
	wf.post("/me/sendMail", base64.StdEncoding.EncodeToString([]byte(mime))).is(202)
	wf.post("/me/sendMail", "no base64!").refused(400, "ErrorMimeContentInvalidBase64String")
	list := jane.get("/me/messages?$filter=" + url.QueryEscape("internetMessageId eq '<mine@contoso.test>'")).list()
	if len(list) != 1 || list[0]["subject"] != "two" {
		t.Fatalf("jane has %v", list)
	}
	raw := jane.get("/me/messages/" + list[0]["id"].(string) + "/$value").is(200).raw
	if !strings.Contains(raw, "In-Reply-To: <first@x>") || !strings.Contains(raw, "Auto-Submitted: auto-generated") {
		t.Errorf("the mail is %s", raw)
	}
	wf.post("/me/sendMail", m{"message": message("nobody")}).refused(400, "ErrorInvalidRecipients")
	bad := message("x", "jane@contoso.test")
	bad["internetMessageHeaders"] = []m{{"name": "Auto-Submitted", "value": "auto-generated"}}
	wf.post("/me/sendMail", m{"message": bad}).refused(400, "InvalidInternetMessageHeader")
	bad["internetMessageHeaders"] = []m{{"name": "x-1"}, {"name": "x-2"}, {"name": "x-3"}, {"name": "x-4"}, {"name": "x-5"}, {"name": "x-6"}}
	wf.post("/me/sendMail", m{"message": bad}).refused(400, "InvalidInternetMessageHeaderCollection")
	as := message("x", "jane@contoso.test")
	as["from"] = m{"emailAddress": m{"address": "bob@contoso.test"}}
	wf.post("/me/sendMail", m{"message": as}).refused(403, "ErrorSendAsDenied")
	wf.post("/me/sendMail", m{"message": m{"subjct": "x"}}).refused(400, "RequestBodyRead")
}

func TestRightsAreThoseOfTheToken(t *testing.T) {
	o := newCloud(t)
	only := func(token string) *caller { return &caller{cloud: o, token: token} }
	msg := m{"message": message("x", "jane@contoso.test")}
	sender := only(o.token("workflow", "Mail.Send"))
	sender.post("/me/sendMail", msg).is(202)
	sender.post("/me/messages", message("x")).refused(403, "ErrorAccessDenied")
	sender.get("/me/messages").refused(403, "ErrorAccessDenied")
	only(o.token("jane", "Mail.Read")).get("/me/messages").is(200)
	only(o.token("jane", "Mail.ReadWrite")).get("/users/bob@contoso.test/messages").refused(403, "ErrorAccessDenied")
	shared := only(o.token("jane", "Mail.Read.Shared"))
	shared.get("/users/bob@contoso.test/messages").refused(403, "ErrorAccessDenied")
	if err := o.x.Grant(exchange.Grant{Right: exchange.FullAccess, Mailbox: "bob", To: "jane"}); err != nil {
		t.Fatal(err)
	}
	shared.get("/users/bob@contoso.test/messages").is(200)
	assistant := only(o.token("jane", "Mail.Send.Shared"))
	assistant.post("/users/bob@contoso.test/sendMail", m{"message": message("for bob", "ana@contoso.test")}).refused(403, "ErrorAccessDenied")
	if err := o.x.Grant(exchange.Grant{Right: exchange.SendOnBehalf, Mailbox: "bob", To: "jane"}); err != nil {
		t.Fatal(err)
	}
	assistant.post("/users/bob@contoso.test/sendMail", m{"message": message("for bob", "ana@contoso.test")}).is(202)
	got := o.as("ana").get("/me/messages?$select=from,sender").is(200)
	if !strings.Contains(fmt.Sprint(got.list()[0]["from"]), "bob@") || !strings.Contains(fmt.Sprint(got.list()[0]["sender"]), "jane@") {
		t.Errorf("sent on behalf: %s", got.raw)
	}
	app := only(o.appToken("Mail.Send"))
	app.get("/me/messages").refused(400, "BadRequest")
	app.post("/users/workflow@contoso.test/sendMail", msg).is(202)
	app.get("/users/workflow@contoso.test/messages").refused(403, "ErrorAccessDenied")
	scoped := only(o.appToken())
	scoped.post("/users/workflow@contoso.test/sendMail", msg).refused(403, "ErrorAccessDenied")
	if err := o.x.Grant(exchange.Grant{Right: exchange.AppMailSend, Mailbox: "workflow", To: someApp}); err != nil {
		t.Fatal(err)
	}
	scoped.post("/users/workflow@contoso.test/sendMail", msg).is(202)
	scoped.post("/users/jane@contoso.test/sendMail", msg).refused(403, "ErrorAccessDenied")
	app.post("/users/nobody@contoso.test/sendMail", msg).refused(404, "ErrorInvalidUser")
	only("").get("/me/messages").refused(401, "InvalidAuthenticationToken")
}

func TestQueriesAreObeyedOrRefused(t *testing.T) {
	o := newCloud(t)
	wf, jane := o.as("workflow"), o.as("jane")
	for i := range 5 {
		wf.post("/me/sendMail", m{"message": message(fmt.Sprint("mail ", i), "jane@contoso.test")}).is(202)
	}
	subjects := func(path string) string {
		t.Helper()
		var out []string
		for _, o := range jane.get(path).is(200).list() {
			out = append(out, strings.TrimPrefix(o["subject"].(string), "mail "))
		}
		return strings.Join(out, "")
	}
	for path, want := range map[string]string{
		"/me/messages?$orderby=subject&$top=2":                                             "01",
		"/me/messages?$orderby=receivedDateTime desc":                                      "43210",
		"/me/messages?$filter=subject eq 'mail 3'":                                         "3",
		"/me/messages?$filter=startswith(subject,'MAIL') and not (subject eq 'mail 3')":    "4210",
		"/me/messages?$filter=from/emailAddress/address eq 'workflow@contoso.test'&$top=1": "4",
		"/me/messages?$filter=subject in ('mail 1','mail 2')&$skip=1":                      "1",
		"/me/messages?$filter=isRead ne false":                                             "",
		"/me/messages?$filter=receivedDateTime ge 2020-01-01T00:00:00Z&$top=3":             "432",
		"/me/messages?$search=\"subject:mail 2\"":                                          "2",
		"/me/mailFolders('inbox')/messages?$filter=subject le 'mail 1'":                    "10",
	} {
		if got := subjects(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	first := jane.get("/me/messages?$top=3&$count=true&$orderby=subject").is(200)
	next := jane.get(first.text("@odata.nextLink"))
	if first.at("@odata.count") != 5.0 || len(next.list()) != 2 || next.at("@odata.nextLink") != nil {
		t.Errorf("pages %s then %s", first.raw, next.raw)
	}
	if r := jane.get("/me/messages/$count").is(200); r.raw != "5" {
		t.Errorf("$count is %s", r.raw)
	}
	for path, code := range map[string]string{
		"/me/messages?$filter=nothing eq 1": "RequestBroker--ParseUri", "/me/messages?$select=nothing": "RequestBroker--ParseUri",
		"/me/messages?$filter=subject eq": "BadRequest", "/me/messages?$top=1001": "BadRequest", "/me/messages?$apply=x": "BadRequest",
		"/me/messages?$filter=isRead eq false&$orderby=receivedDateTime": "InefficientFilter",
		"/me/messages?$search=x&$filter=isRead eq false":                 "SearchWithFilter", "/me/nothing": "BadRequest",
	} {
		jane.get(path).refused(400, code)
	}
	text := jane.do("GET", "/me/messages?$top=1&$select=body,uniqueBody", nil, "Prefer", `outlook.body-content-type="text"`).is(200)
	if b, _ := text.list()[0].value("body/content"); !strings.Contains(fmt.Sprint(b), "Please approve") || strings.Contains(fmt.Sprint(b), "<") {
		t.Errorf("as text: %s", text.raw)
	}
}

func TestMailsAreMarkedMovedAnsweredAndDeleted(t *testing.T) {
	o := newCloud(t)
	wf, jane := o.as("workflow"), o.as("jane")
	wf.post("/me/sendMail", m{"message": message("Approve PO 42", "jane@contoso.test", "bob@contoso.test")}).is(202)
	got := jane.get("/me/messages").list()[0]
	at := "/me/messages/" + got["id"].(string)
	read := jane.do("PATCH", at, m{"isRead": true, "categories": []string{"Done"}, "flag": m{"flagStatus": "flagged"}}, "If-Match", got["@odata.etag"].(string)).is(200)
	if read.at("isRead") != true || read.at("flag/flagStatus") != "flagged" || read.at("changeKey") == got["changeKey"] {
		t.Errorf("after PATCH: %s", read.raw)
	}
	jane.do("PATCH", at, m{"isRead": false}, "If-Match", got["@odata.etag"].(string)).refused(412, "ErrorIrresolvableConflict")
	jane.patch(at, m{"subject": "Approved"}).refused(403, "ErrorAccessDenied")
	moved := jane.post(at+"/move", m{"destinationId": "archive"}).is(201)
	if moved.at("id") != got["id"] {
		t.Error("the immutable id changed with a move")
	}
	copied := jane.post(at+"/copy", m{"destinationId": "inbox"}).is(201)
	if copied.at("id") == got["id"] {
		t.Error("the copy has the id of the original")
	}
	reply := jane.post(at+"/createReply", m{"comment": "Approve"}).is(201)
	if !strings.HasPrefix(reply.text("subject"), "RE: ") || reply.at("conversationId") != got["conversationId"] || reply.at("isDraft") != true {
		t.Errorf("the reply is %s", reply.raw)
	}
	jane.post(at+"/createReply", m{"comment": "x", "message": m{"body": m{"content": "y"}}}).refused(400, "ErrorInvalidRequest")
	jane.post(at+"/replyAll", m{"comment": "Approve"}).is(202)
	for _, who := range []string{"workflow", "bob"} {
		list := o.as(who).get("/me/mailFolders/inbox/messages?$select=subject,uniqueBody,from&$orderby=receivedDateTime desc").list()
		if u, _ := list[0].value("uniqueBody/content"); list[0]["subject"] != "RE: Approve PO 42" || !strings.Contains(fmt.Sprint(u), "Approve") || strings.Contains(fmt.Sprint(u), "Sent:") {
			t.Errorf("%s got %v", who, list[0])
		}
	}
	jane.post(at+"/forward", m{"comment": "FYI", "toRecipients": []m{{"emailAddress": m{"address": "ana@contoso.test"}}}}).is(202)
	if n := len(o.as("ana").get("/me/messages").list()); n != 1 {
		t.Errorf("ana got %d", n)
	}
	jane.do("DELETE", at, nil).is(204)
	if f := jane.get(at).is(200); f.at("parentFolderId") != jane.get("/me/mailFolders/deleteditems").at("id") {
		t.Errorf("deleted, it is in %s", f.raw)
	}
	jane.do("DELETE", at, nil).is(204)
	jane.get(at).refused(404, "ErrorItemNotFound")
}

func TestAttachmentsSmallAndLarge(t *testing.T) {
	o := newCloud(t)
	wf, jane := o.as("workflow"), o.as("jane")
	in := message("files", "jane@contoso.test")
	in["attachments"] = []m{{"@odata.type": "#microsoft.graph.fileAttachment", "name": "po.pdf", "contentType": "application/pdf", "contentBytes": "JVBERi0="}}
	draft := wf.post("/me/messages", in).is(201)
	at := "/me/messages/" + draft.text("id") + "/attachments"
	wf.post(at, m{"@odata.type": "#microsoft.graph.itemAttachment", "name": "inner", "item": m{"@odata.type": "microsoft.graph.message", "subject": "inner mail"}}).is(201)
	wf.post(at, m{"@odata.type": "#microsoft.graph.referenceAttachment", "name": "cloud", "sourceUrl": "https://contoso.test/x"}).is(201)
	extra := wf.post(at, m{"@odata.type": "#microsoft.graph.fileAttachment", "name": "extra", "contentBytes": "AA=="}).is(201)
	wf.do("DELETE", at+"/"+extra.text("id"), nil).is(204)
	wf.get(at+"/"+extra.text("id")).refused(404, "ErrorAttachmentNotFound")
	size := 5 << 20
	session := wf.post(at+"/createUploadSession", m{"AttachmentItem": m{"attachmentType": "file", "name": "big.bin", "size": size}}).is(201)
	big := []byte(strings.Repeat("0123456789abcdef", size/16))
	up := &caller{cloud: o}
	half := 3 << 20
	up.do("PUT", session.text("uploadUrl"), big[half:], "Content-Range", fmt.Sprintf("bytes %d-%d/%d", half, size-1, size)).refused(416, "InvalidContentRange")
	if r := up.do("PUT", session.text("uploadUrl"), big[:half], "Content-Range", fmt.Sprintf("bytes 0-%d/%d", half-1, size)).is(200); fmt.Sprint(r.at("nextExpectedRanges")) != fmt.Sprintf("[%d]", half) {
		t.Errorf("after half: %s", r.raw)
	}
	wf.do("PUT", session.text("uploadUrl"), big[half:], "Content-Range", fmt.Sprintf("bytes %d-%d/%d", half, size-1, size)).refused(401, "InvalidAudience")
	if r := up.do("PUT", session.text("uploadUrl"), big[half:], "Content-Range", fmt.Sprintf("bytes %d-%d/%d", half, size-1, size)).is(201); r.header.Get("Location") == "" {
		t.Error("the finished upload says no Location")
	}
	up.get(session.text("uploadUrl")).refused(404, "ErrorItemNotFound")
	wf.post(at+"/createUploadSession", m{"AttachmentItem": m{"attachmentType": "file", "name": "more than 150 MB", "size": 150<<20 + 1}}).refused(413, "ErrorAttachmentSizeLimitExceeded")
	wf.post("/me/messages/"+draft.text("id")+"/send", nil).is(202)
	got := jane.get("/me/messages?$expand=attachments").is(200).list()[0]
	var names []string
	for _, a := range got["attachments"].([]any) {
		f := jsonObject(a.(map[string]any))
		names = append(names, f["name"].(string))
		content := jane.get("/me/messages/" + got["id"].(string) + "/attachments/" + f["id"].(string) + "/$value").is(200)
		if f["name"] == "big.bin" && content.raw != string(big) || f["name"] == "po.pdf" && content.raw != "%PDF-" {
			t.Errorf("%s came as %d bytes", f["name"], len(content.raw))
		}
		if f["name"] == "inner" {
			inner := jane.get("/me/messages/" + got["id"].(string) + "/attachments/" + f["id"].(string) + "?$expand=microsoft.graph.itemattachment/item").is(200)
			if inner.at("item/subject") != "inner mail" {
				t.Errorf("inner mail: %s", inner.raw)
			}
		}
	}
	if strings.Join(names, ",") != "po.pdf,inner,big.bin" || got["hasAttachments"] != true {
		t.Errorf("jane got %v", names)
	}
}

func TestDeltaTellsEveryChangeOnce(t *testing.T) {
	o := newCloud(t)
	wf, jane := o.as("workflow"), o.as("jane")
	for i := range 3 {
		wf.post("/me/sendMail", m{"message": message(fmt.Sprint(i), "jane@contoso.test")}).is(202)
	}
	jane.prefer = `IdType="ImmutableId", odata.maxpagesize=2`
	first := jane.get("/me/mailFolders/inbox/messages/delta?$select=subject").is(200)
	second := jane.get(first.text("@odata.nextLink")).is(200)
	if len(first.list()) != 2 || len(second.list()) != 1 || first.list()[0]["body"] != nil || first.list()[0]["subject"] != "0" {
		t.Fatalf("pages %s then %s", first.raw, second.raw)
	}
	link := second.text("@odata.deltaLink")
	if r := jane.get(link).is(200); len(r.list()) != 0 {
		t.Errorf("without a change: %s", r.raw)
	}
	ids := []string{first.list()[0]["id"].(string), first.list()[1]["id"].(string)}
	jane.post("/me/messages/"+ids[0]+"/move", m{"destinationId": "archive"}).is(201)
	jane.patch("/me/messages/"+ids[1], m{"isRead": true}).is(200)
	list := jane.get(link).is(200).list()
	if len(list) != 2 || list[0]["id"] != ids[0] || fmt.Sprint(list[0]["@removed"]) != "map[reason:changed]" || list[1]["id"] != ids[1] {
		t.Errorf("changes %v", list)
	}
	jane.get("/me/mailFolders/archive/messages/delta?"+link[strings.Index(link, "$"):]).refused(400, "BadRequest")
	jane.get("/me/mailFolders/inbox/messages/delta?$search=x").refused(400, "BadRequest")
	if err := o.x.Plant(exchange.Fault{Name: "delta-expired", Times: 1}); err != nil {
		t.Fatal(err)
	}
	gone := jane.get(link).refused(410, "SyncStateNotFound")
	if again := jane.get(gone.header.Get("Location")).is(200); len(again.list()) != 2 {
		t.Errorf("beginning anew: %s", again.raw)
	}
}

func TestABatchHoldsMailAndDirectory(t *testing.T) {
	o := newCloud(t)
	jane := &caller{cloud: o, token: o.token("jane", everyone+" User.Read")}
	r := jane.post("/$batch", m{"requests": []m{
		{"id": "1", "method": "GET", "url": "/me?$select=mail"},
		{"id": "2", "method": "POST", "url": "/me/messages", "headers": m{"Content-Type": "application/json"}, "body": message("in a batch")},
		{"id": "3", "method": "GET", "url": "/me/messages/nonsense"},
		{"id": "4", "method": "GET", "url": "/me/mailFolders/drafts", "dependsOn": []string{"2"}},
		{"id": "5", "method": "GET", "url": "/me", "dependsOn": []string{"3"}}}}).is(200)
	want := []float64{200, 201, 400, 200, 424}
	for i, one := range r.body["responses"].([]any) {
		if a := jsonObject(one.(map[string]any)); a["status"] != want[i] {
			t.Errorf("request %d: %v", i+1, a)
		} else if v, _ := a.value("body/mail"); i == 0 && v != "jane@contoso.test" {
			t.Errorf("/me in a batch: %v", a)
		}
	}
	var many []m
	for i := range 21 {
		many = append(many, m{"id": fmt.Sprint(i), "method": "GET", "url": "/me"})
	}
	jane.post("/$batch", m{"requests": many}).refused(400, "BadRequest")
}

func TestMoreThanFourRequestsAtOnceAreTooMany(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	var held []func()
	for range 4 {
		done, limit, _ := o.x.Begin(someApp, "jane")
		if limit != "" {
			t.Fatal(limit)
		}
		held = append(held, done)
	}
	r := jane.get("/me/messages").refused(429, "ApplicationThrottled")
	if r.header.Get("Retry-After") != "1" || !strings.Contains(r.raw, "MailboxConcurrency") {
		t.Errorf("%v %s", r.header, r.raw)
	}
	o.as("bob").get("/me/messages").is(200)
	held[0]()
	jane.get("/me/messages").is(200)
}

func TestSettingsAreKeptAndAnswerForTheOwner(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	jane.patch("/me/mailboxSettings", m{"automaticRepliesSetting": m{"status": "alwaysEnabled", "internalReplyMessage": "<p>Away</p>"}, "timeZone": "W. Europe Standard Time"}).is(200)
	if r := jane.get("/me/mailboxSettings/automaticRepliesSetting").is(200); r.at("status") != "alwaysEnabled" || r.at("internalReplyMessage") != "<p>Away</p>" {
		t.Error(r.raw)
	}
	jane.patch("/me/mailboxSettings", m{"timeZone": "Atlantis"}).refused(400, "ErrorInvalidTimeZone")
	jane.patch("/me/mailboxSettings", m{"automaticRepliesSetting": m{"status": "sometimes"}}).refused(400, "ErrorInvalidArgument")
	only := &caller{cloud: o, token: o.token("jane", "MailboxSettings.Read")}
	only.patch("/me/mailboxSettings", m{}).refused(403, "ErrorAccessDenied")
}

func TestEventsContactsAndRooms(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	e := jane.post("/me/events", m{"subject": "Talk", "start": m{"dateTime": "2026-11-24T09:00:00", "timeZone": "W. Europe Standard Time"}, "end": m{"dateTime": "2026-11-24T10:00:00", "timeZone": "W. Europe Standard Time"},
		"attendees": []m{{"emailAddress": m{"address": "bob@contoso.test"}, "type": "required"}}}).is(201)
	if e.at("start/dateTime") != "2026-11-24T08:00:00.0000000" || e.at("isOrganizer") != true {
		t.Errorf("the event is %s", e.raw)
	}
	if n := len(jane.get("/me/calendarView?startDateTime=2026-11-24T08:30:00Z&endDateTime=2026-11-24T09:00:00Z").is(200).list()); n != 1 {
		t.Errorf("%d events in view", n)
	}
	if n := len(jane.get("/me/calendar/calendarView?startDateTime=2026-11-25T00:00:00Z&endDateTime=2026-11-26T00:00:00Z").is(200).list()); n != 0 {
		t.Errorf("%d events the day after", n)
	}
	jane.patch("/me/events/"+e.text("id"), m{"end": m{"dateTime": "2026-11-24T01:00:00"}}).refused(400, "ErrorCalendarEndDateIsEarlierThanStartDate")
	if r := jane.patch("/me/events/"+e.text("id"), m{"subject": "Long talk"}).is(200); r.at("subject") != "Long talk" || r.at("start/dateTime") != e.at("start/dateTime") {
		t.Errorf("changed: %s", r.raw)
	}
	jane.do("DELETE", "/me/events/"+e.text("id"), nil).is(204)
	jane.get("/me/events/"+e.text("id")).refused(404, "ErrorItemNotFound")
	k := jane.post("/me/contacts", m{"givenName": "Eve", "emailAddresses": []m{{"address": "eve@fabrikam.test"}}}).is(201)
	if r := jane.get("/me/contacts/" + k.text("id")).is(200); r.at("displayName") != "Eve" || !strings.Contains(r.raw, "eve@fabrikam.test") {
		t.Error(r.raw)
	}
	if n := len(jane.get("/places/microsoft.graph.room").is(200).list()); n != 3 {
		t.Errorf("%d rooms", n)
	}
	jane.get("/me/findRooms").is(200)
}

func TestAnAnswerThatIsLostWasObeyedAllTheSame(t *testing.T) {
	o := newCloud(t)
	wf := o.as("workflow")
	if err := o.x.Plant(exchange.Fault{Name: "answer-lost", Value: "POST /v1.0/me/sendMail", Times: 1}); err != nil {
		t.Fatal(err)
	}
	wf.http.Transport.(*http.Transport).DisableKeepAlives = true // else the client tries again by itself
	if r := wf.post("/me/sendMail", m{"message": message("once", "jane@contoso.test")}); r.status != 0 {
		t.Errorf("an answer came: %d %s", r.status, r.raw)
	}
	if n := len(o.as("jane").get("/me/messages").list()); n != 1 {
		t.Errorf("jane has %d mails", n)
	}
}

func TestFaultsOfAMailboxStrike(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	for name, want := range map[string]struct {
		status int
		code   string
	}{"throttled": {429, "TooManyRequests"}, "server-busy": {503, "ServiceNotAvailable"}, "access-denied": {403, "ErrorAccessDenied"},
		"mailbox-missing": {404, "MailboxNotEnabledForRESTAPI"}} {
		if err := o.x.Plant(exchange.Fault{Name: name, Mailbox: "jane", Value: "7"}); err != nil {
			t.Fatal(err)
		}
		r := jane.get("/me/messages").refused(want.status, want.code)
		if after := r.header.Get("Retry-After"); (want.status == 429 || want.status == 503) != (after == "7") {
			t.Errorf("%s: Retry-After %q", name, after)
		}
		o.x.Heal(name)
	}
	jane.get("/me/messages").is(200)
}

func TestFoldersOverGraph(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	f := jane.post("/me/mailFolders/inbox/childFolders", m{"displayName": "Projects"}).is(201)
	jane.post("/me/mailFolders/inbox/childFolders", m{"displayName": "Projects"}).refused(409, "ErrorFolderExists")
	if r := jane.get("/me/mailFolders/inbox/childFolders").is(200); len(r.list()) != 1 || r.list()[0]["id"] != f.at("id") {
		t.Error(r.raw)
	}
	if r := jane.patch("/me/mailFolders/"+f.text("id"), m{"displayName": "Old"}).is(200); r.at("displayName") != "Old" || r.at("id") != f.at("id") {
		t.Error(r.raw)
	}
	jane.do("DELETE", "/me/mailFolders/"+f.text("id"), nil).is(204)
	jane.get("/me/mailFolders/"+f.text("id")).refused(404, "ErrorFolderNotFound")
	jane.do("DELETE", "/me/mailFolders/inbox", nil).refused(403, "ErrorDeleteDistinguishedFolder")
	if n := len(jane.get("/me/mailFolders?$top=50").is(200).list()); n != 7 {
		t.Errorf("%d folders", n)
	}
}

func TestIDsAreTranslated(t *testing.T) {
	o := newCloud(t)
	jane := o.as("jane")
	id := jane.post("/me/messages", message("x")).is(201).text("id")
	r := jane.post("/me/translateExchangeIds", m{"inputIds": []string{id, "nonsense"}, "sourceIdType": "restImmutableEntryId", "targetIdType": "ewsId"}).is(200)
	ews := fmt.Sprint(r.list()[0]["targetId"])
	back := jane.post("/me/translateExchangeIds", m{"inputIds": []string{ews}, "sourceIdType": "ewsId", "targetIdType": "restImmutableEntryId"}).is(200)
	if back.list()[0]["targetId"] != id || r.list()[1]["errorDetails"] == nil {
		t.Errorf("there %s and back %s", r.raw, back.raw)
	}
}

func TestWritersAtOnceLoseNothing(t *testing.T) {
	o := newCloud(t)
	o.x.SetLimits(exchange.Limits{Concurrent: -1, RequestsPer10Min: -1, MessagesPerMinute: -1})
	wf := o.as("workflow")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { wf.post("/me/sendMail", m{"message": message(fmt.Sprint(i), "jane@contoso.test")}) })
	}
	all.Wait()
	if a, b := len(o.as("jane").get("/me/messages?$top=50").list()), len(wf.get("/me/mailFolders/sentitems/messages?$top=50").list()); a != 20 || b != 20 {
		t.Errorf("%d arrived, %d were filed", a, b)
	}
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"subject eq 'it''s' and (isRead eq false or not startswith(from/emailAddress/address,'a'))", "receivedDateTime ge 2020-01-01T00:00:00Z",
		"singleValueExtendedProperties/any(ep: ep/id eq 'String 0x1042' and ep/value eq 'x')", "categories/any(c:c eq 'Red')", "subject in ('a','b')",
		"tolower(subject) eq 'x'", "((((", "not not not isRead", "a eq -1.5e3", "hasAttachments"} {
		f.Add(s)
	}
	o := jsonObject{"subject": "it's", "isRead": false, "receivedDateTime": "2026-01-01T00:00:00Z", "categories": []string{"Red"}, "hasAttachments": true,
		"from": map[string]any{"emailAddress": map[string]any{"address": "a@b"}}, "singleValueExtendedProperties": []map[string]any{{"id": "String 0x1042", "value": "x"}}}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := parseFilter(tidyFilter(text)); err == nil {
			p.test(o)
		}
		wantedProperties(exchange.Item{}, "$filter="+text)
		canonical("/v1.0/" + text)
	})
}
