package ews_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	served "github.com/signoffhq/signoff/sandbox/exchange/ews"
)

func inbox(t *testing.T, b exchange.Backend) error {
	t.Helper()
	_, err := b.Folder(t.Context(), "inbox")
	return err
}

func TestAnApplicationActsAsTheOwnerAndIsToldHowWhenItMayNot(t *testing.T) {
	f := newFirm(t)
	app, sent := f.app("jane@contoso.test", "full_access_as_app")
	if _, err := f.Post(app).SendNew(t.Context(), exchangetest.NewMail("By the app", "ana"), nil, false); err != nil {
		t.Fatal(err)
	}
	if len(f.Arrived("ana")) != 1 || f.EWS.Misrouted() != 0 {
		t.Errorf("Ana has %v; %d requests went astray", f.Arrived("ana"), f.EWS.Misrouted())
	}
	for _, h := range sent.heads {
		if h.Get("X-AnchorMailbox") != "jane@contoso.test" || h.Get("User-Agent") != "signoff" || h.Get("client-request-id") == "" || h.Get("Cookie") != "" {
			t.Fatalf("head %v", h)
		}
	}
	none, _ := f.app("jane@contoso.test")
	exchangetest.Explained(t, inbox(t, none), exchange.CodeDenied, `-Role "Application EWS.AccessAsApp"`, "full_access_as_app")
	f.Plant("impersonation-denied", "jane", "", 0)
	exchangetest.Explained(t, inbox(t, app), exchange.CodeImpersonate, "New-ManagementRoleAssignment -App", "Test-ServicePrincipalAuthorization -Identity <application id> -Resource jane@contoso.test")
	nobody, _ := f.app("nobody@contoso.test", "full_access_as_app")
	exchangetest.Explained(t, inbox(t, nobody), exchange.CodeNoMailbox, "licence")
	person, _ := f.person("ana", every, exchange.Box{Address: "jane@contoso.test", Impersonate: true})
	exchangetest.Explained(t, inbox(t, person), exchange.CodeImpersonate, "February 2025", "Add-MailboxPermission -Identity jane@contoso.test")
}

func TestDelegatesOpenAMailboxByRightsOnIt(t *testing.T) {
	f := newFirm(t)
	ana, _ := f.person("ana", every, exchange.Box{Address: "jane@contoso.test"})
	exchangetest.Explained(t, inbox(t, ana), exchange.CodeDenied, "Add-MailboxPermission -Identity jane@contoso.test")
	for _, right := range []string{"FullAccess"} {
		f.Give(right, "jane", "ana")
	}
	if err := inbox(t, ana); err != nil {
		t.Fatal(err)
	}
	_, err := f.Post(ana).SendNew(t.Context(), exchangetest.NewMail("For Jane", "bob"), nil, false)
	exchangetest.Explained(t, err, exchange.CodeSendAs, "Add-RecipientPermission")
	f.Give("SendAs", "jane", "ana")
	if _, err := f.Post(ana).SendNew(t.Context(), exchangetest.NewMail("For Jane, with the right", "bob"), nil, false); err != nil {
		t.Fatal(err)
	}
	bob, _ := f.own("bob")
	page, err := bob.Mails(t.Context(), exchange.MailQuery{})
	if err != nil || len(page.Items) != 1 || page.Items[0].From.Address != "jane@contoso.test" {
		t.Errorf("%+v %v", page.Items, err)
	}
	// Nobody may listen to another's mailbox: it is asked in turns.
	changes, err := ana.Sync(t.Context(), "inbox", "")
	if err != nil {
		t.Fatal(err)
	}
	before := len(f.Pauses())
	if err := ana.Watch(t.Context(), "inbox", changes.State); err != nil || len(f.Pauses())-before != 10 {
		t.Errorf("paused %v, %v", f.Pauses()[before:], err)
	}
}

func TestEveryTroubleOfAMailboxIsExplained(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	for _, c := range []struct{ fault, value, code, hint string }{
		{"access-denied", "", exchange.CodeDenied, "Add-MailboxPermission"},
		{"mailbox-missing", "", exchange.CodeNoMailbox, "licence"},
		{"quota-exceeded", "", exchange.CodeFull, "full"},
		{"throttled", "3600", exchange.CodeBusy, "1h0m0s"},
		{"server-busy", "3600", exchange.CodeDoubtful, ""}, // making a draft: it may be there
		{"ews-off", "", exchange.CodeDenied, ews.End},
	} {
		t.Run(c.fault, func(t *testing.T) {
			f.Plant(c.fault, "ana", c.value, 0)
			_, err := box.Draft(t.Context(), exchangetest.NewMail("x", "jane"))
			f.Exchange.Heal(c.fault)
			exchangetest.Explained(t, err, c.code, c.hint)
		})
		if err := f.Pause(t.Context(), 2*time.Hour); err != nil { // it asked to be left alone
			t.Fatal(err)
		}
		f.system = f.open(exchange.Settings{})
		box, _ = f.own("ana")
	}
	for code, want := range map[string]string{
		"ErrorItemNotFound": exchange.CodeGone, "ErrorMessageSizeExceeded": exchange.CodeTooLarge, "ErrorSendAsDenied": exchange.CodeSendAs, "ErrorStaleObject": exchange.CodeConflict,
		"ErrorInvalidRecipients": exchange.CodeRecipients, "ErrorInventedYesterday": exchange.CodeRefused, "ErrorQuotaExceeded": exchange.CodeFull, "ErrorInternalServerTransientError": exchange.CodeDoubtful,
	} {
		f.plantEWS(served.Fault{Name: "item-error", Operation: "SendItem", Value: code})
		d, err := box.Draft(t.Context(), exchangetest.NewMail("x", "jane"))
		if err == nil {
			_, err = box.SendDraft(t.Context(), d.ID)
		}
		f.EWS.Clear("")
		exchangetest.Explained(t, err, want)
	}
	if n := len(f.Arrived("jane")); n != 0 {
		t.Errorf("Jane has %d mails", n)
	}
}

func TestFaultsOfWholeRequestsAreTakenInEveryForm(t *testing.T) {
	f := newFirm(t)
	for _, c := range []struct {
		name, value, code string
		tries             int
	}{
		{"fault", "ErrorInventedYesterday", exchange.CodeBusy, 5},
		{"fault", "ErrorADUnavailable", exchange.CodeBusy, 5},
		{"fault-soap12", "ErrorADUnavailable", exchange.CodeBusy, 5},
		{"fault", "ErrorOrganizationAccessBlocked", exchange.CodeDenied, 1},
		{"fault-soap12", "ErrorInvalidRecipients", exchange.CodeRecipients, 1},
		{"fault", "ErrorSchemaValidation", exchange.CodeRefused, 1},
	} {
		f.plantEWS(served.Fault{Name: c.name, Value: c.value})
		box, sent := f.own("ana")
		exchangetest.Explained(t, inbox(t, box), c.code)
		f.EWS.Clear("")
		if n := sent.count("GetFolder"); n != c.tries {
			t.Errorf("%s %s: asked %d times", c.name, c.value, n)
		}
	}
	// A passing trouble is over after a while.
	f.plantEWS(served.Fault{Name: "fault", Value: "ErrorMailboxStoreUnavailable", Times: 2})
	box, _ := f.own("ana")
	if err := inbox(t, box); err != nil {
		t.Error(err)
	}
	f.plantEWS(served.Fault{Name: "half-answer", Times: 2})
	if err := inbox(t, box); err != nil {
		t.Error(err)
	}
	f.plantEWS(served.Fault{Name: "nothing", Times: 1})
	if err := inbox(t, box); err != nil {
		t.Error(err)
	}
	f.plantEWS(served.Fault{Name: "html", Times: 1})
	exchangetest.Explained(t, inbox(t, box), exchange.CodeNotExchange, "proxy")
	f.plantEWS(served.Fault{Name: "too-large", Times: 1})
	exchangetest.Explained(t, inbox(t, box), exchange.CodeTooLarge, "maxAllowedContentLength")
	f.plantEWS(served.Fault{Name: "token-expired", Times: 1})
	exchangetest.Explained(t, inbox(t, box), exchange.CodeSignIn, "Connect the account again")
}

func TestWaitingIsAsLongAsTheServerAsksForAllOfTheMailbox(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	f.plantEWS(served.Fault{Name: "busy-items", Value: "7000", Times: 1})
	if _, err := box.Draft(t.Context(), exchangetest.NewMail("x", "jane")); err != nil { // turned away: not done, so done again
		t.Fatal(err)
	}
	if !slices.Contains(f.Pauses(), 7*time.Second) {
		t.Errorf("paused %v", f.Pauses())
	}
	f.plantEWS(served.Fault{Name: "busy-items", Value: "297749", Times: 1})
	exchangetest.Explained(t, inbox(t, box), exchange.CodeBusy, "4m57.749s")
	other, sent := f.own("ana")
	exchangetest.Explained(t, func() error {
		_, err := other.Folder(t.Context(), "inbox")
		if r, ok := errors.AsType[*exchange.Refusal](err); ok && r.RequestID == "" {
			r.RequestID = "asked nobody"
			return r.Explain("x", "")
		}
		return err
	}(), exchange.CodeBusy)
	if n := sent.count("GetFolder"); n != 0 {
		t.Error("a mailbox that asked for five minutes was asked again")
	}
	jane, _ := f.own("jane")
	if err := inbox(t, jane); err != nil {
		t.Errorf("another mailbox: %v", err)
	}
	if err := f.Pause(t.Context(), 5*time.Minute); err != nil {
		t.Fatal(err)
	}
}

func TestAMailboxHasFourRequestsAtATimeAndTwentyFiveItemsInEach(t *testing.T) {
	f := newFirm(t)
	box, sent := f.own("ana")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := box.Folder(t.Context(), "inbox"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if sent.most > 4 {
		t.Errorf("%d at a time", sent.most)
	}
	for n := range 30 {
		if _, err := box.Draft(t.Context(), exchangetest.NewMail(fmt.Sprint(n), "jane")); err != nil {
			t.Fatal(err)
		}
	}
	before := sent.count("GetItem")
	page, err := box.Mails(t.Context(), exchange.MailQuery{Folder: "drafts", Query: exchange.Query{Top: 30}})
	if err != nil || len(page.Items) != 30 || sent.count("GetItem")-before != 2 {
		t.Errorf("%d mails by %d requests, %v", len(page.Items), sent.count("GetItem")-before, err)
	}
}

func TestEWSThatIsSwitchedOffNamesTheDateAndTheWay(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	for _, p := range []served.Policy{{Enabled: "false"}, {RolledOut: true}, {RolledOut: true, Enabled: "true", AllowedApps: []string{"another"}}, {Access: "EnforceAllowList", AllowList: []string{"Outlook*"}},
		{Mailboxes: map[string]bool{"ana@contoso.test": false}}, {Ends: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		f.EWS.SetPolicy(p)
		exchangetest.Explained(t, inbox(t, box), exchange.CodeDenied, "1 April 2027", "Manage › Exchange by the choice Exchange Online, which is Microsoft Graph", "work.\n$ids = ", "\nSet-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs \"$ids,", "\nGet-CASMailbox", "EwsApplicationAccessPolicy")
	}
	f.EWS.SetPolicy(served.Policy{RolledOut: true, Enabled: "true", AllowedApps: []string{exchangetest.SomeApp}})
	if err := inbox(t, box); err != nil {
		t.Error(err)
	}
	none, _ := f.person("ana", "User.Read", exchange.Box{})
	exchangetest.Explained(t, inbox(t, none), exchange.CodeDenied, "EWS.AccessAsUser.All")
	f.EWS.SetPolicy(served.Policy{OnPremises: true, Enabled: "false"})
	own := f.password("CONTOSO\\ana", "signoff", exchange.Box{})
	f.EWS.SetPolicy(served.Policy{OnPremises: true})
	if err := inbox(t, own); err != nil { // the server says what it is
		t.Fatal(err)
	}
	f.EWS.SetPolicy(served.Policy{OnPremises: true, Enabled: "false"})
	err := inbox(t, own)
	exchangetest.Explained(t, err, exchange.CodeDenied, "Set-CASMailbox")
	if e, _ := errors.AsType[*signoff.Error](err); strings.Contains(e.Hint, "2027") {
		t.Errorf("EWS of a server of one's own does not end: %q", e.Hint)
	}
}

// fake answers what the sandbox does not.
type fake struct {
	*httptest.Server
	system exchange.System
	paused atomic.Int64
	asked  atomic.Int64
}

func newFake(t *testing.T, h func(w http.ResponseWriter, r *http.Request, op string)) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body strings.Builder
		_, _ = fmt.Fprint(&body, readAll(r))
		f.asked.Add(1)
		w.Header().Set("request-id", "4b2c")
		op := operation([]byte(body.String()))
		if body.Len() > 0 {
			inOrder(t, []byte(body.String()))
		}
		r.Header.Set("Asked", body.String())
		h(w, r, op)
	}))
	t.Cleanup(f.Close)
	var err error
	f.system, err = ews.Open(exchange.Settings{Server: f.URL, Timeout: 5 * time.Second, Pause: func(ctx context.Context, _ time.Duration) error {
		f.paused.Add(1)
		return ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func readAll(r *http.Request) string {
	var b strings.Builder
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String()
		}
	}
}

func (f *fake) box() exchange.Backend {
	return f.system.Open(exchange.Access{HTTP: f.Client(), Who: "x"}, exchange.Box{Address: "ana@contoso.test"})
}

// answer writes an answer of one message.
func answer(w http.ResponseWriter, op, message string) {
	envelope(w, 200, fmt.Sprintf(`<m:%[1]sResponse xmlns:m="urn:m"><m:ResponseMessages><m:%[1]sResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>%[2]s</m:%[1]sResponseMessage></m:ResponseMessages></m:%[1]sResponse>`, op, message))
}

func envelope(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><h:ServerVersionInfo xmlns:h="urn:h" MajorVersion="15" MinorVersion="1"/></s:Header><s:Body>%s</s:Body></s:Envelope>`, body)
}

func TestWhatIsNoAnswerOfExchangeIsToldApart(t *testing.T) {
	for name, c := range map[string]struct {
		h     func(w http.ResponseWriter)
		code  string
		tries int
	}{
		"a redirection": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://elsewhere.test/")
			w.WriteHeader(302)
		}, exchange.CodeNotExchange, 1},
		"JSON":           {func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/json"); fmt.Fprint(w, "{}") }, exchange.CodeNotExchange, 1},
		"not there":      {func(w http.ResponseWriter) { w.WriteHeader(404) }, exchange.CodeNotExchange, 1},
		"another answer": {func(w http.ResponseWriter) { answer(w, "GetItem", "") }, exchange.CodeUnreachable, 5},
		"an empty body":  {func(w http.ResponseWriter) { envelope(w, 200, "") }, exchange.CodeUnreachable, 5},
		"no class": {func(w http.ResponseWriter) {
			envelope(w, 200, `<GetFolderResponse><ResponseMessages><X/></ResponseMessages></GetFolderResponse>`)
		}, exchange.CodeUnreachable, 5},
		"half": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, `<s:Envelope xmlns:s="x"><s:Body>`)
		}, exchange.CodeUnreachable, 5},
		"a document type": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Envelope><Body>&e;</Body></Envelope>`)
		}, exchange.CodeUnreachable, 5},
		"too deep": {func(w http.ResponseWriter) { envelope(w, 200, strings.Repeat("<a>", 100)) }, exchange.CodeUnreachable, 5},
		"too many requests": {func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(503)
		}, exchange.CodeBusy, 1},
		"a page of a server error": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(500)
			fmt.Fprint(w, "<html>")
		}, exchange.CodeBusy, 5},
		"a fault with status 200": {func(w http.ResponseWriter) {
			envelope(w, 200, `<s:Fault><faultcode xmlns:a="x">a:ErrorNonExistentMailbox</faultcode><faultstring>none</faultstring></s:Fault>`)
		}, exchange.CodeNoMailbox, 1},
		"what is behind an inner error": {func(w http.ResponseWriter) {
			envelope(w, 500, `<s:Fault><faultstring>x</faultstring><detail><ResponseCode>ErrorInternalServerError</ResponseCode><MessageXml><Value Name="InnerErrorResponseCode">ErrorQuotaExceeded</Value><Value Name="InnerErrorMessageText">full</Value></MessageXml></detail></s:Fault>`)
		}, exchange.CodeFull, 1},
		"said shortly": {func(w http.ResponseWriter) {
			envelope(w, 200, `<GetFolderResponse><ResponseMessages><X ResponseClass="Success"><ResponseCode>NoError</ResponseCode></X></ResponseMessages></GetFolderResponse>`)
		}, exchange.CodeNotExchange, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) { c.h(w) })
			_, err := f.box().Folder(t.Context(), "inbox")
			e, ok := errors.AsType[*signoff.Error](err)
			if !ok || e.Code != c.code || f.asked.Load() != int64(c.tries) || e.Detail == "" {
				t.Errorf("asked %d times: %v", f.asked.Load(), err)
			}
		})
	}
}

func TestWhatMayHaveBeenDoneIsNotDoneAgain(t *testing.T) {
	for name, h := range map[string]func(w http.ResponseWriter){
		"cut off": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"503":     func(w http.ResponseWriter) { w.WriteHeader(503) },
		"an unknown fault": func(w http.ResponseWriter) {
			envelope(w, 500, `<Fault><detail><ResponseCode>ErrorX</ResponseCode></detail></Fault>`)
		},
		"half":               func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/xml"); fmt.Fprint(w, `<a>`) },
		"done and not shown": func(w http.ResponseWriter) { answer(w, "CreateItem", "<Items/>") },
		"a passing item":     func(w http.ResponseWriter) { itemError(w, "CreateItem", "ErrorTimeoutExpired") },
		"a fault of the disk": func(w http.ResponseWriter) {
			envelope(w, 500, `<Fault><detail><ResponseCode>ErrorInternalServerError</ResponseCode></detail></Fault>`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) { h(w) })
			_, err := f.box().Draft(t.Context(), exchangetest.NewMail("x", "jane"))
			if !exchange.Doubtful(err) || f.asked.Load() != 1 {
				t.Errorf("asked %d times: %v", f.asked.Load(), err)
			}
		})
	}
}

func itemError(w http.ResponseWriter, op, code string) {
	envelope(w, 200, fmt.Sprintf(`<m:%[1]sResponse xmlns:m="urn:m"><m:ResponseMessages><m:%[1]sResponseMessage ResponseClass="Error"><m:MessageText>no</m:MessageText><m:ResponseCode>%[2]s</m:ResponseCode></m:%[1]sResponseMessage></m:ResponseMessages></m:%[1]sResponse>`, op, code))
}

func TestAnOlderServerIsAskedInItsOwnVersion(t *testing.T) {
	var seen []string
	f := newFake(t, func(w http.ResponseWriter, r *http.Request, op string) {
		for _, v := range []string{"Exchange2016", "Exchange2013_SP1", "Exchange2010_SP2"} {
			if strings.Contains(r.Header.Get("Asked"), v) {
				seen = append(seen, v)
			}
		}
		if !strings.Contains(r.Header.Get("Asked"), "Exchange2010_SP2") {
			envelope(w, 500, `<Fault><detail><ResponseCode>ErrorInvalidServerVersion</ResponseCode></detail></Fault>`)
			return
		}
		if strings.Contains(r.Header.Get("Asked"), "item:Flag") {
			t.Error("an old server is asked what it does not know")
		}
		answer(w, op, `<m:Items><t:Message xmlns:t="urn:t"><t:ItemId Id="A" ChangeKey="B"/></t:Message></m:Items>`)
	})
	for range 2 {
		if _, err := f.box().Event(t.Context(), "A"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.box().Mail(t.Context(), "A", 0); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 6 || seen[5] != "Exchange2010_SP2" {
		t.Errorf("asked %v", seen)
	}
}

// https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuseravailability-operation
func TestTimesAreSuggestedWithinWhatIsWanted(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		suggestion := func(at, quality, work string) string {
			return fmt.Sprintf(`<Suggestion><MeetingTime>%s</MeetingTime><IsWorkTime>%s</IsWorkTime><SuggestionQuality>%s</SuggestionQuality><AttendeeConflictDataArray/></Suggestion>`, at, work, quality)
		}
		envelope(w, 200, `<GetUserAvailabilityResponse><SuggestionsResponse><ResponseMessage ResponseClass="Success"><ResponseCode>NoError</ResponseCode></ResponseMessage><SuggestionDayResultArray><SuggestionDayResult><Date>2026-12-01T00:00:00</Date><DayQuality>Excellent</DayQuality><SuggestionArray>`+
			suggestion("2026-12-01T07:00:00", "Excellent", "false")+suggestion("2026-12-01T09:30:00", "Good", "true")+suggestion("2026-12-01T10:00:00", "Excellent", "true")+suggestion("2026-12-01T11:30:00", "Excellent", "true")+
			`</SuggestionArray></SuggestionDayResult></SuggestionDayResultArray></SuggestionsResponse></GetUserAvailabilityResponse>`)
	})
	from := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	got, err := f.box().Suggest(t.Context(), exchange.Wanted{Attendees: []exchange.Attendee{{Address: exchangetest.To("jane")[0]}}, From: from, To: from.Add(3 * time.Hour), Minutes: 60})
	if err != nil || len(got) != 2 || got[0].Start.Hour() != 10 || got[0].Confidence != 100 || !got[0].End.Equal(got[0].Start.Add(time.Hour)) || !strings.Contains(got[0].Reason, "working hours") || got[1].Confidence != 80 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestAMoveWhoseAnswerWasLostIsFollowed(t *testing.T) {
	for _, fault := range []string{"answer-lost", "answer-error"} {
		f := newFirm(t)
		box, _ := f.own("ana")
		d, err := box.Draft(t.Context(), exchangetest.NewMail("Moved", "jane"))
		if err != nil {
			t.Fatal(err)
		}
		f.Plant(fault, "ana", "MoveItem", 1)
		moved, err := box.MoveMail(t.Context(), d.ID, "inbox")
		if err != nil || moved == d.ID {
			t.Fatal(moved, err)
		}
		if m, err := box.Mail(t.Context(), moved, 0); err != nil || m.Subject != "Moved" {
			t.Errorf("%+v %v", m, err)
		}
		f.Plant(fault, "ana", "DeleteItem", 1)
		if err := box.DeleteMail(t.Context(), moved, true); err != nil {
			t.Error(err)
		}
	}
}

func TestAddressesThatCannotBeRightAreRefused(t *testing.T) {
	for _, bad := range []string{"http://mail.contoso.test/", "mail.contoso.test", "https://a:b@c.test", "https://a.test?x=1", "https://a.test https://b.test", "autodiscover https://a.test", "autodiscover localhost", "ftp://x"} {
		if _, err := ews.Open(exchange.Settings{Server: bad}); signoff.KindOf(err) != signoff.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, good := range []string{"", "https://mail.contoso.test", "https://mail.contoso.test/EWS/Exchange.asmx", "http://127.0.0.1:1/", "autodiscover", "Autodiscover mail.fabrikam.test, ews.fabrikam.test"} {
		if _, err := ews.Open(exchange.Settings{Server: good}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestADraftIsSentByTheKeyThatItsLastFileGaveIt(t *testing.T) {
	f := newFirm(t)
	box, sent := f.own("ana")
	d, err := box.Draft(t.Context(), exchangetest.NewMail("Two files", "jane"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		if _, err := box.Attach(t.Context(), d.ID, exchange.NewFile{Name: name, Size: 1, Content: strings.NewReader(name)}); err != nil {
			t.Fatal(err)
		}
	}
	before := sent.count("GetItem")
	if _, err := box.SendDraft(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	if sent.count("GetItem") != before || sent.count("SendItem") != 1 || sent.count("CreateAttachment") != 2 {
		t.Errorf("asked %v", sent.operations)
	}
	// Somebody changes a draft meanwhile: its key is read anew, and it is sent once.
	d, err = box.Draft(t.Context(), exchangetest.NewMail("Changed", "jane"))
	if err != nil {
		t.Fatal(err)
	}
	other := f.open(exchange.Settings{}).Open(exchange.Access{HTTP: &http.Client{Transport: sent}, Who: "ana"}, exchange.Box{})
	subject := "Changed meanwhile"
	if _, err := other.ChangeMail(t.Context(), d.ID, exchange.MailChange{Subject: &subject}); err != nil {
		t.Fatal(err)
	}
	if _, err := box.SendDraft(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	if got := f.Arrived("jane"); exchangetest.Count(got, subject) != 1 || len(got) != 2 {
		t.Errorf("Jane has %v", got)
	}
}
