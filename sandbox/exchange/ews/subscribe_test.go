package ews

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

const newMail = `<t:FolderIds><t:DistinguishedFolderId Id="inbox"/></t:FolderIds><t:EventTypes><t:EventType>NewMailEvent</t:EventType><t:EventType>MovedEvent</t:EventType></t:EventTypes>`

func (o *office) subscribe(who, request string) (subscription, watermark string) {
	o.Helper()
	n := o.ok(o.ask(who, `<m:Subscribe>`+request+`</m:Subscribe>`))
	return n.val("m:SubscriptionId"), n.val("m:Watermark")
}

func (o *office) pull(who string) (string, string) {
	o.Helper()
	return o.subscribe(who, `<m:PullSubscriptionRequest>`+newMail+`<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest>`)
}

func getEventsOf(subscription, watermark string) string {
	return `<m:GetEvents><m:SubscriptionId>` + subscription + `</m:SubscriptionId><m:Watermark>` + watermark + `</m:Watermark></m:GetEvents>`
}

// mail sends one from Jane to somebody.
func (o *office) mail(to, subject string) {
	o.Helper()
	o.ok(o.ask("jane", `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:Message><t:Subject>`+subject+`</t:Subject><t:ToRecipients><t:Mailbox><t:EmailAddress>`+to+`@contoso.test</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message></m:Items></m:CreateItem>`))
}

// events are the names of a notification's events.
func eventsIn(n *node) string {
	var out []string
	for _, k := range n.kids {
		if strings.HasSuffix(k.name, "Event") {
			out = append(out, k.local())
		}
	}
	return strings.Join(out, " ")
}

func TestEventsArePulledByWatermark(t *testing.T) {
	o := open(t)
	sub, mark := o.pull("bob")
	get := func(mark string) *node {
		o.Helper()
		return o.ok(o.ask("bob", getEventsOf(sub, mark))).kid("m:Notification")
	}
	if n := get(mark); eventsIn(n) != "StatusEvent" || n.val("t:MoreEvents") != "false" {
		t.Errorf("nothing happened: %s", show(n))
	}
	o.mail("bob", "Pulled")
	n := get(mark)
	if eventsIn(n) != "NewMailEvent" || n.val("t:PreviousWatermark") != mark {
		t.Fatalf("%s", show(n))
	}
	event := n.kid("t:NewMailEvent")
	letter := o.get("bob", itemID(event), "Default", "")
	if letter.val("t:Subject") != "Pulled" {
		t.Errorf("the event is about %s", show(letter))
	}
	next := event.val("t:Watermark")
	if again := get(mark); eventsIn(again) != "NewMailEvent" {
		t.Errorf("the old watermark: %s", show(again))
	}
	if got := get(next); eventsIn(got) != "StatusEvent" {
		t.Errorf("the next watermark: %s", show(got))
	}
	o.ok(o.ask("bob", `<m:MoveItem><m:ToFolderId><t:DistinguishedFolderId Id="deleteditems"/></m:ToFolderId><m:ItemIds>`+id(itemID(letter))+`</m:ItemIds></m:MoveItem>`))
	moved := get(next)
	if eventsIn(moved) != "MovedEvent" || moved.kid("t:MovedEvent", "t:OldItemId").attr("Id") != itemID(letter).attr("Id") {
		t.Errorf("a move: %s", show(moved))
	}
	if got := code(o.ask("jane", getEventsOf(sub, mark))); got != "ErrorSubscriptionAccessDenied" {
		t.Errorf("another's subscription: %s", got)
	}
	if got := code(o.ask("bob", getEventsOf(sub, "%"))); got != "ErrorInvalidWatermark" {
		t.Errorf("no watermark: %s", got)
	}
	o.ok(o.ask("bob", `<m:Unsubscribe><m:SubscriptionId>`+sub+`</m:SubscriptionId></m:Unsubscribe>`))
	if got := code(o.ask("bob", getEventsOf(sub, mark))); got != "ErrorSubscriptionNotFound" {
		t.Errorf("after unsubscribing: %s", got)
	}
}

func TestSubscriptionsAreBoundedAndEnd(t *testing.T) {
	o := open(t)
	now := newClock(o)
	sub, mark := o.pull("bob")
	now.Add(int64(11 * time.Minute))
	if got := code(o.ask("bob", getEventsOf(sub, mark))); got != "ErrorExpiredSubscription" {
		t.Errorf("nobody asked for eleven minutes: %s", got)
	}
	for range maxSubscriptions {
		o.pull("bob")
	}
	if got := code(o.ask("bob", `<m:Subscribe><m:PullSubscriptionRequest>`+newMail+`<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>`)); got != "ErrorExceededSubscriptionCount" {
		t.Errorf("one too many: %s", got)
	}
	if sub, _ := o.pull("jane"); sub == "" {
		t.Error("somebody else has none")
	}
	if got := code(o.ask("ana", `<m:Subscribe><m:PushSubscriptionRequest/></m:Subscribe>`)); got != "ErrorInvalidPushSubscriptionUrl" {
		t.Errorf("push: %s", got)
	}
	if got := code(o.ask("ana", `<m:Subscribe><m:PullSubscriptionRequest>`+strings.Replace(newMail, "inbox", "publicfoldersroot", 1)+`<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>`)); got != "ErrorFolderNotFound" {
		t.Errorf("a folder that is not there: %s", got)
	}
	if err := o.x.Plant(exchange.Fault{Name: "subscription-removed", Mailbox: "jane", Times: 1}); err != nil {
		t.Fatal(err)
	}
	sub, mark = o.pull("jane")
	if got := code(o.ask("jane", getEventsOf(sub, mark))); got != "ErrorSubscriptionNotFound" {
		t.Errorf("removed: %s", got)
	}
}

// hanging reads a stream of envelopes.
type hanging struct {
	t     *testing.T
	body  *bufio.Reader
	close func()
}

func (o *office) stream(who string, subs ...string) *hanging {
	o.Helper()
	ids := ""
	for _, s := range subs {
		ids += `<t:SubscriptionId>` + s + `</t:SubscriptionId>`
	}
	ctx, cancel := context.WithTimeout(o.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, "POST", o.http.URL+"/EWS/Exchange.asmx",
		strings.NewReader(wrapped("", `<m:GetStreamingEvents><m:SubscriptionIds>`+ids+`</m:SubscriptionIds><m:ConnectionTimeout>1</m:ConnectionTimeout></m:GetStreamingEvents>`)))
	if err != nil {
		o.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer u."+who+".x")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		o.Fatal(err)
	}
	h := &hanging{o.T, bufio.NewReader(answer.Body), func() { answer.Body.Close(); cancel() }}
	o.Cleanup(h.close)
	return h
}

// next is the next envelope's response message; nil when the stream is over.
func (h *hanging) next() *node {
	h.t.Helper()
	var text strings.Builder
	for !strings.HasSuffix(text.String(), "</s:Envelope>") {
		b, err := h.body.ReadByte()
		if err != nil {
			return nil
		}
		text.WriteByte(b)
	}
	return message(parse(h.t, text.String()).kid("s:Body").first())
}

func (o *office) streaming(who string) string {
	o.Helper()
	sub, _ := o.subscribe(who, `<m:StreamingSubscriptionRequest>`+newMail+`</m:StreamingSubscriptionRequest>`)
	return sub
}

func TestEventsAreStreamedAsASeriesOfEnvelopes(t *testing.T) {
	o := open(t)
	o.s.shortMinute = 2 * time.Second
	sub := o.streaming("bob")
	h := o.stream("bob", sub)
	if n := h.next(); n.val("m:ConnectionStatus") != "OK" {
		t.Fatalf("the first envelope: %s", show(n))
	}
	o.mail("bob", "Streamed")
	n := h.next().kid("m:Notifications", "m:Notification")
	if n.val("t:SubscriptionId") != sub || eventsIn(n) != "NewMailEvent" {
		t.Fatalf("%s", show(n))
	}
	if letter := o.get("bob", itemID(n.kid("t:NewMailEvent")), "Default", ""); letter.val("t:Subject") != "Streamed" {
		t.Errorf("%s", show(letter))
	}
	if beat := h.next(); eventsIn(beat.kid("m:Notifications", "m:Notification")) != "StatusEvent" {
		t.Errorf("the heartbeat: %s", show(beat))
	}
	closed := ""
	for n := h.next(); n != nil; n = h.next() {
		closed = n.val("m:ConnectionStatus")
	}
	if closed != "Closed" {
		t.Errorf("the last envelope says %q", closed)
	}
}

func TestStreamsBreakLoseAndRepeatAsPlanted(t *testing.T) {
	o := open(t)
	sub := o.streaming("bob")
	for name, see := range map[string]func(h *hanging) string{
		"stream-stops":        func(h *hanging) string { return show(orNone(h.next())) },
		"notifications-twice": func(h *hanging) string { return eventsOf(h.next()) + eventsOf(h.next()) },
		"notifications-lost":  func(h *hanging) string { return h.next().val("m:ResponseCode") },
	} {
		h := o.stream("bob", sub)
		h.next()
		if err := o.x.Plant(exchange.Fault{Name: name, Mailbox: "bob", Times: 1}); err != nil {
			t.Fatal(err)
		}
		o.mail("bob", name)
		want := map[string]string{"stream-stops": "none", "notifications-twice": "NewMailEventNewMailEvent", "notifications-lost": "ErrorMissedNotificationEvents"}[name]
		if got := see(h); !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
		h.close()
	}
}

func eventsOf(n *node) string { return eventsIn(orNone(n.kid("m:Notifications", "m:Notification"))) }

func orNone(n *node) *node {
	if n == nil {
		return el("none")
	}
	return n
}

func TestStreamsRefuseWhatIsNoSubscription(t *testing.T) {
	o := open(t)
	pull, _ := o.pull("bob")
	for sub, want := range map[string]string{"nonsense": "ErrorSubscriptionNotFound", pull: "ErrorInvalidSubscription", o.streaming("jane"): "ErrorSubscriptionAccessDenied"} {
		n := o.stream("bob", o.streaming("bob"), sub).next()
		if n.val("m:ResponseCode") != want || n.kid("m:ErrorSubscriptionIds").val("m:SubscriptionId") != sub {
			t.Errorf("%s: %s", want, show(n))
		}
	}
	if n := o.stream("bob", make([]string, maxStreamIDs+1)...).next(); n.val("m:ResponseCode") != "ErrorInvalidArgument" {
		t.Errorf("too many: %s", show(n))
	}
	sub := o.streaming("ana")
	for range maxStreams {
		if n := o.stream("ana", sub).next(); n.val("m:ConnectionStatus") != "OK" {
			t.Fatalf("%s", show(n))
		}
	}
	if n := o.stream("ana", sub).next(); n.val("m:ResponseCode") != "ErrorExceededConnectionCount" {
		t.Errorf("one connection too many: %s", show(n))
	}
}

func TestClosingTheServerEndsItsStreams(t *testing.T) {
	o := open(t)
	h := o.stream("bob", o.streaming("bob"))
	h.next()
	o.s.Close()
	if n := h.next(); n != nil {
		t.Errorf("%s", show(n))
	}
}

func TestSubscriptionsMayLiveAtOneBackEnd(t *testing.T) {
	o := open(t)
	if err := o.s.Plant(Fault{Name: "affinity"}); err != nil {
		t.Fatal(err)
	}
	_, h, text := o.send("u.bob.x", wrapped("", `<m:Subscribe><m:PullSubscriptionRequest>`+newMail+`<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>`), func(r *http.Request) { r.Header.Set("X-PreferServerAffinity", "True") })
	cookies := (&http.Response{Header: h}).Cookies()
	if len(cookies) != 1 || cookies[0].Name != "X-BackEndOverrideCookie" {
		t.Fatalf("cookies: %v", h.Values("Set-Cookie"))
	}
	sub := message(parse(t, text).kid("s:Body").first())
	ask := getEventsOf(sub.val("m:SubscriptionId"), sub.val("m:Watermark"))
	if got := code(o.ask("bob", ask)); got != "ErrorSubscriptionNotFound" {
		t.Errorf("without the cookie: %s", got)
	}
	if _, _, text := o.send("u.bob.x", wrapped("", ask), func(r *http.Request) { r.AddCookie(cookies[0]) }); !strings.Contains(text, "NoError") {
		t.Errorf("with it: %s", text)
	}
	if _, h, _ := o.send("u.bob.x", wrapped("", getInbox), nil); h.Get("Set-Cookie") != "" {
		t.Error("a cookie that nobody asked for")
	}
}
