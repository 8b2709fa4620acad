package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	sandboxed "github.com/signoffhq/signoff/sandbox/exchange"
)

func TestEveryMissingRightIsNamedWithTheCommandThatGivesIt(t *testing.T) {
	f := newFirm(t)
	ctx := t.Context()
	own, _ := f.person("ana", "Mail.Read", "")
	_, err := own.Draft(ctx, exchangetest.NewMail("x", "jane"))
	exchangetest.Explained(t, err, exchange.CodeDenied, "Mail.ReadWrite", "az ad app permission grant", "connect the account again")
	other, _ := f.person("ana", every, "jane@contoso.test")
	_, err = other.Mails(ctx, exchange.MailQuery{})
	exchangetest.Explained(t, err, exchange.CodeDenied, "Mail.Read.Shared", "Add-MailboxPermission -Identity jane@contoso.test")
	app := f.app("jane@contoso.test")
	_, err = app.Mails(ctx, exchange.MailQuery{})
	exchangetest.Explained(t, err, exchange.CodeDenied, `-Role "Application Mail.Read"`, "Test-ServicePrincipalAuthorization", "az ad app permission add")
	f.Give("Application Mail.Read", "jane", exchangetest.SomeApp)
	if _, err = app.Mails(ctx, exchange.MailQuery{}); err != nil {
		t.Errorf("with the right: %v", err)
	}
	_, err = f.app("bob@contoso.test").Mails(ctx, exchange.MailQuery{})
	exchangetest.Explained(t, err, exchange.CodeDenied, "scope does not hold this mailbox")
	_, err = f.app("").Mails(ctx, exchange.MailQuery{})
	exchangetest.Explained(t, err, exchange.CodeRefused, "enter the address")
	as, _ := f.own("ana")
	n := exchangetest.NewMail("As another", "jane")
	n.From = &exchange.Address{Address: "bob@contoso.test"}
	_, err = f.Post(as).SendNew(ctx, n, nil, false)
	exchangetest.Explained(t, err, exchange.CodeSendAs, "Add-RecipientPermission", "GrantSendOnBehalfTo")
}

func TestEveryTroubleOfAMailboxIsExplained(t *testing.T) {
	f := newFirm(t)
	ctx := t.Context()
	box, _ := f.own("ana")
	for _, c := range []struct{ fault, value, code, hint string }{
		{"access-denied", "", exchange.CodeDenied, "permission"},
		{"mailbox-missing", "", exchange.CodeNoMailbox, "licence"},
		{"quota-exceeded", "", exchange.CodeFull, "full"},
		{"throttled", "3600", exchange.CodeBusy, "1h0m0s"},
		{"server-busy", "3600", exchange.CodeDoubtful, ""}, // making a draft: it may be there
	} {
		t.Run(c.fault, func(t *testing.T) {
			f.Plant(c.fault, "ana", c.value, 0)
			defer f.Exchange.Heal(c.fault)
			_, err := box.Draft(ctx, exchangetest.NewMail("x", "jane"))
			exchangetest.Explained(t, err, c.code, c.hint)
		})
		// A mailbox that asked to wait is left alone that long, by everybody here.
		if err := f.Pause(ctx, 31*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	_, err := box.Mail(ctx, "AAAAdead", 0)
	exchangetest.Explained(t, err, exchange.CodeGone)
	_, err = box.Mail(ctx, "../../users", 0)
	exchangetest.Explained(t, err, exchange.CodeGone)
	nobody, _ := f.person("ana", every, "nobody@contoso.test")
	_, err = nobody.Mails(ctx, exchange.MailQuery{})
	exchangetest.Explained(t, err, exchange.CodeNoMailbox, "address")
}

func TestWaitingIsAsLongAsTheServerAsks(t *testing.T) {
	for _, c := range []struct {
		fault string
		want  time.Duration
	}{{"throttled", 7 * time.Second}, {"server-busy", 7 * time.Second}} {
		f := newFirm(t)
		box, _ := f.own("ana")
		f.Plant(c.fault, "ana", "7", 2)
		if _, err := box.Mails(t.Context(), exchange.MailQuery{}); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, d := range f.Pauses() {
			if d > 6*time.Second && d <= c.want {
				n++
			}
		}
		if n < 2 {
			t.Errorf("%s: paused %v", c.fault, f.Pauses())
		}
	}
}

func TestAMailboxHasFourRequestsAtATime(t *testing.T) {
	f := newFirm(t)
	box, asked := f.own("ana")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := box.Folder(t.Context(), "inbox"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked.most > 4 {
		t.Errorf("%d at a time", asked.most)
	}
}

// fake answers what the sandbox does not: with broken answers, and from parts of
// Graph that it has not, in the words of Microsoft's documentation.
type fake struct {
	*httptest.Server
	t      *testing.T
	system exchange.System
	paused []time.Duration
	mu     sync.Mutex
	got    []string
}

func newFake(t *testing.T, h func(w http.ResponseWriter, r *http.Request, body string)) *fake {
	t.Helper()
	f := &fake{t: t}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.got = append(f.got, r.Method+" "+r.URL.RequestURI())
		f.mu.Unlock()
		if strings.Contains(r.URL.Path, "/me") && r.Header.Get("Prefer") == "" || !strings.HasPrefix(r.Header.Get("Prefer"), `IdType="ImmutableId"`) && strings.HasPrefix(r.URL.Path, "/v1.0") {
			t.Errorf("%s %s without immutable ids", r.Method, r.URL)
		}
		w.Header().Set("request-id", "4b2c")
		h(w, r, string(body))
	}))
	t.Cleanup(f.Close)
	var err error
	f.system, err = graph.Open(exchange.Settings{Server: f.URL + "/v1.0", Timeout: 5 * time.Second, Pause: func(ctx context.Context, d time.Duration) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.paused = append(f.paused, d)
		return ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// requests are those that came so far.
func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.got...)
}

func (f *fake) box() exchange.Backend {
	return f.system.Open(exchange.Access{HTTP: f.Client(), Who: "x"}, exchange.Box{})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func TestWhatIsNoAnswerOfGraphIsToldApart(t *testing.T) {
	for name, c := range map[string]struct {
		h     func(w http.ResponseWriter)
		code  string
		tries int
	}{
		"a sign-in page": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html>Sign in</html>")
		}, exchange.CodeNotExchange, 1},
		"a redirection": {func(w http.ResponseWriter) { w.Header().Set("Location", "https://evil.test/"); w.WriteHeader(302) }, exchange.CodeNotExchange, 1},
		"a blocking proxy": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(403)
			fmt.Fprint(w, "<html>blocked</html>")
		}, exchange.CodeNotExchange, 1},
		"an HTML 503": {func(w http.ResponseWriter) { w.WriteHeader(503); fmt.Fprint(w, "<html>") }, exchange.CodeBusy, 5},
		"half an answer": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"value":[{"id":"A`)
		}, exchange.CodeUnreachable, 5},
		"a cut answer": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"value":[`)
		}, exchange.CodeUnreachable, 5},
		"an unknown code": {func(w http.ResponseWriter) {
			answer(w, 400, map[string]any{"error": map[string]any{"code": "ErrorNewIn2031", "message": "Never seen."}})
		}, exchange.CodeRefused, 1},
		"an inner code": {func(w http.ResponseWriter) {
			answer(w, 404, map[string]any{"error": map[string]any{"code": "BadRequest", "message": "m", "innererror": map[string]any{"innererror": map[string]any{"code": "MailboxNotEnabledForRESTAPI"}}}})
		}, exchange.CodeNoMailbox, 1},
		"a bad token": {func(w http.ResponseWriter) {
			answer(w, 401, map[string]any{"error": map[string]any{"code": "InvalidAuthenticationToken", "message": "Access token validation failure. Invalid audience."}})
		}, exchange.CodeSignIn, 1},
		"a hostile message": {func(w http.ResponseWriter) {
			answer(w, 400, map[string]any{"error": map[string]any{"code": "X\r\nY", "message": strings.Repeat("z\n", 5000)}})
		}, exchange.CodeRefused, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) { c.h(w) })
			_, err := f.box().Mails(t.Context(), exchange.MailQuery{})
			if signoff.CodeOf(err) != c.code || len(f.requests()) != c.tries {
				t.Errorf("%v after %d tries", err, len(f.requests()))
			}
			if e, _ := errors.AsType[*signoff.Error](err); e != nil && (len(e.Detail) > 1000 || strings.ContainsAny(e.Detail, "\r\n") || !strings.Contains(e.Detail, "4b2c") && name != "a cut answer") {
				t.Errorf("detail %q", e.Detail)
			}
		})
	}
}

func TestAnAnswerLostAfterSomethingWasMadeIsDoubtful(t *testing.T) {
	for name, h := range map[string]func(w http.ResponseWriter){
		"half of it": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(201)
			fmt.Fprint(w, `{"id":`)
		},
		"none": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"500":  func(w http.ResponseWriter) { w.WriteHeader(500) },
	} {
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request, _ string) { h(w) })
		if _, err := f.box().Draft(t.Context(), exchange.NewMail{}); !exchange.Doubtful(err) || len(f.requests()) != 1 {
			t.Errorf("%s: %v after %d", name, err, len(f.requests()))
		}
		if _, err := f.box().SendDraft(t.Context(), "AA"); name != "half of it" && (!exchange.Doubtful(err) || len(f.requests()) != 2) {
			t.Errorf("%s: %v after %d", name, err, len(f.requests()))
		}
	}
}

func TestNoConnectionIsToldWithItsCause(t *testing.T) {
	f := newFake(t, nil)
	f.Close()
	_, err := f.box().SendDraft(t.Context(), "AA")
	exchangetest.Explained(t, err, exchange.CodeUnreachable, "firewall") // not doubtful: nothing left this machine
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	tls.StartTLS()
	defer tls.Close()
	s, err := graph.Open(exchange.Settings{Server: tls.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Open(exchange.Access{HTTP: &http.Client{}}, exchange.Box{}).Folder(t.Context(), "inbox")
	exchangetest.Explained(t, err, exchange.CodeUnreachable, "certificate authority")
}

type noToken struct{}

func (noToken) RoundTrip(*http.Request) (*http.Response, error) { return nil, parked{} }

type parked struct{}

func (parked) Error() string { return "not connected" }
func (parked) ParksFor() (string, signoff.Principal, string) {
	return "office|user:7|", "user:7", "Jane has to connect"
}

func TestAMissingTokenComesThrough(t *testing.T) {
	f := newFake(t, nil)
	box := f.system.Open(exchange.Access{HTTP: &http.Client{Transport: noToken{}}}, exchange.Box{})
	_, err := box.SendDraft(t.Context(), "AA")
	if _, ok := errors.AsType[parked](err); !ok || exchange.Doubtful(err) {
		t.Error(err)
	}
}

func TestAddressesThatCannotBeGraphsAreRefused(t *testing.T) {
	for _, a := range []string{"http://graph.microsoft.com", "ftp://x", "https://u:p@x", "https://x?y", "%", "https://"} {
		if _, err := graph.Open(exchange.Settings{Server: a}); signoff.KindOf(err) != signoff.Invalid {
			t.Errorf("%s: %v", a, err)
		}
	}
}

// Of an upload of 100 MB a part is lost, another one's answer: it goes on with
// what the session expects, holds one part in memory, and sends no token along.
func TestALargeFileIsUploadedInPartsThroughTrouble(t *testing.T) {
	const size = 100<<20 + 1
	var got int64
	puts, name := 0, "big.bin"
	var f *fake
	f = newFake(t, func(w http.ResponseWriter, r *http.Request, body string) {
		switch {
		case strings.HasSuffix(r.URL.Path, "createUploadSession"):
			answer(w, 201, map[string]any{"uploadUrl": f.URL + "/upload?authtoken=secret", "nextExpectedRanges": []string{"0"}})
		case r.Method == "PUT":
			if r.Header.Get("Authorization") != "" {
				t.Error("a token went to the upload address")
			}
			var from, to, total int64
			fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &total)
			if puts++; puts == 2 {
				w.WriteHeader(503)
				return
			}
			if from != got || total != size || int64(len(body)) != to-from+1 || len(body) >= 4<<20 || to+1 < size && len(body)%(320<<10) != 0 {
				t.Errorf("part %d-%d of %d, have %d", from, to, total, got)
			}
			got = to + 1
			if puts == 4 {
				panic(http.ErrAbortHandler)
			}
			if got == size {
				w.WriteHeader(201)
				return
			}
			answer(w, 200, map[string]any{"nextExpectedRanges": []string{fmt.Sprint(got)}})
		case r.URL.Path == "/upload":
			answer(w, 200, map[string]any{"nextExpectedRanges": []string{fmt.Sprintf("%d-%d", got, size-1)}})
		default:
			answer(w, 200, map[string]any{"value": []any{map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "id": "AAfile", "name": name, "size": size + 100}}})
		}
	})
	file, err := f.box().Attach(t.Context(), "AA", exchange.NewFile{Name: name, Size: size, Content: io.LimitReader(zeros{}, size)})
	if err != nil || file.ID != "AAfile" || got != size {
		t.Errorf("%+v %d %v", file, got, err)
	}
	short := exchange.NewFile{Name: name, Size: 5 << 20, Content: bytes.NewReader(make([]byte, 1<<20))}
	got, puts = 0, 100
	if _, err := f.box().Attach(t.Context(), "AA", short); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that ends early: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestWhatAMailboxMayNotSendIsTold(t *testing.T) {
	f := newFirm(t)
	box, asked := f.own("ana")
	f.Plant("send-as-denied", "ana", "", 0)
	_, err := f.Post(box).SendNew(t.Context(), exchangetest.NewMail("Denied", "jane"), nil, false)
	exchangetest.Explained(t, err, exchange.CodeSendAs, "SendAs")
	f.Exchange.Heal("")
	// One mail a minute: the second waits for its turn with the runner, and is not
	// lost. Reading goes on meanwhile.
	f.Exchange.SetLimits(sandboxed.Limits{Concurrent: 4, RequestsPer10Min: -1, MessagesPerMinute: 1})
	post := f.Post(box)
	if _, err := post.SendNew(t.Context(), exchangetest.NewMail("First", "jane"), nil, false); err != nil {
		t.Fatal(err)
	}
	_, err = post.SendNew(t.Context(), exchangetest.NewMail("Second", "jane"), nil, false)
	exchangetest.Explained(t, err, exchange.CodeBusy, "30 mails a minute")
	if exchange.WaitOf(err) == 0 || signoff.KindOf(err) != signoff.Unavailable || exchange.Doubtful(err) {
		t.Errorf("%v, wait %v", err, exchange.WaitOf(err))
	}
	before := asked.count("/messages")
	if _, err := box.Mails(t.Context(), exchange.MailQuery{}); err != nil || asked.count("/messages") != before+1 {
		t.Error(err)
	}
	if err := f.Pause(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	paused := len(f.Pauses())
	if r, err := post.SendNew(t.Context(), exchangetest.NewMail("Second", "jane"), nil, true); err != nil || !r.Filed {
		t.Fatalf("%+v %v", r, err)
	}
	for _, d := range f.Pauses()[paused:] {
		if d > 5*time.Second {
			t.Errorf("a mail that surely was not sent was waited for: %v", d)
		}
	}
	if got := f.Arrived("jane"); len(got) != 2 {
		t.Errorf("Jane has %v", got)
	}
}

func TestABounceIsReadLikeAnyMail(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	f.Plant("bounce", "", "jane@contoso.test", 0)
	if _, err := f.Post(box).SendNew(t.Context(), exchangetest.NewMail("Bounces", "jane"), nil, false); err != nil {
		t.Fatal(err)
	}
	c, err := box.Sync(t.Context(), "inbox", "")
	if err != nil || len(c.New) != 1 {
		t.Fatalf("%+v %v", c, err)
	}
	raw, err := box.Raw(t.Context(), c.New[0].ID, 1<<20)
	if err != nil || !bytes.Contains(raw, []byte("message/delivery-status")) {
		t.Errorf("%s %v", raw, err)
	}
}

func TestAMailboxThatOthersUseIsWaitedFor(t *testing.T) {
	f := newFirm(t)
	f.Exchange.SetLimits(sandboxed.Limits{Concurrent: 4, RequestsPer10Min: 6, MessagesPerMinute: -1})
	box, _ := f.own("ana")
	var err error
	for range 12 {
		if _, err = box.Folder(t.Context(), "inbox"); err != nil {
			break
		}
	}
	// The limit asks for more patience than one request has: it comes back as busy.
	exchangetest.Explained(t, err, exchange.CodeBusy)
	if exchange.WaitOf(err) == 0 {
		t.Errorf("how long to wait is not told: %v", err)
	}
}
