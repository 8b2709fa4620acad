package sandbox

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// page is a browser on the sandbox's page: it sends what browsers send.
type page struct {
	t   *testing.T
	srv *httptest.Server
}

func openPage(t *testing.T, s *Sandbox) page {
	t.Helper()
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return page{t, srv}
}

func (p page) do(method, path, body string, header ...string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.srv.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func get[T any](p page, path string) T {
	p.t.Helper()
	status, body := p.do("GET", path, "")
	var out T
	if err := json.Unmarshal([]byte(body), &out); err != nil || status != 200 {
		p.t.Fatalf("GET %s: %d %s", path, status, body)
	}
	return out
}

type messagesPage struct {
	Items []Summary
	Next  string
}

const taskMail = `From: Contoso Workflow <workflow@contoso.test>
To: Jane <jane@contoso.test>
Reply-To: workflow+abc@contoso.test
Subject: Approve leave
Message-ID: <so.1@contoso.test>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Please decide.
--b
Content-Type: text/html; charset=utf-8

<html><head><script>alert(1)</script><style>p{color:red}</style></head><body onload="x()">
<p>Please decide.</p><img src="https://spy.test/x.png"><form action="/x"><input name=a></form>
<a href="javascript:alert(1)">bad</a><a href="https://x.test/t">open</a>
<a href="mailto:workflow+abc@contoso.test?subject=Re%3A%20Approve%20leave&body=Approve%0A">Approve</a></body></html>
--b--
`

func TestThePageReadsAMailAndAnswersInItsOwnersName(t *testing.T) {
	for _, style := range []string{"plain", "html"} {
		t.Run(style, func(t *testing.T) {
			s := start(t, t.TempDir())
			p := openPage(t, s)
			if err := submit(t, s, "workflow", "workflow@contoso.test", []string{"jane@contoso.test"}, taskMail); err != nil {
				t.Fatal(err)
			}
			list := get[messagesPage](p, "/sandbox/api/messages?mailbox=jane")
			if len(list.Items) != 1 || list.Items[0].Subject != "Approve leave" || list.Items[0].Read {
				t.Fatalf("list: %+v", list)
			}
			id := list.Items[0].ID
			m := get[Message](p, "/sandbox/api/messages/"+id)
			if strings.TrimSpace(m.Text) != "Please decide." || !m.HasHTML || len(m.Replies) != 1 ||
				m.Replies[0] != (QuickReply{"Approve", "workflow+abc@contoso.test", "Re: Approve leave", "Approve"}) {
				t.Fatalf("message: %+v", m)
			}
			status, body := p.do("POST", "/sandbox/api/messages/"+id+"/reply", `{"text":"Approve","style":"`+style+`"}`)
			if status != 201 {
				t.Fatalf("reply: %d %s", status, body)
			}
			got := inboxOf(t, s, "workflow")[0]
			for _, want := range []string{"dmarc=pass", "Delivered-To: workflow+abc@contoso.test", "In-Reply-To: <so.1@contoso.test>", "Subject: Re: Approve leave"} {
				if !strings.Contains(got, want) {
					t.Errorf("the answer lacks %q:\n%s", want, got)
				}
			}
			c := parse([]byte(got))
			if first, _, _ := strings.Cut(c.text, "\n"); first != "Approve" || !strings.Contains(c.text, "Please decide.") {
				t.Errorf("the answer says %q", c.text)
			}
			if (c.html != "") != (style == "html") {
				t.Errorf("html: %q", c.html)
			}
			if sent := get[messagesPage](p, "/sandbox/api/messages?mailbox=jane&folder=Sent"); len(sent.Items) != 1 {
				t.Errorf("sent: %+v", sent)
			}
		})
	}
}

func TestAMailsHTMLRunsAndFetchesNothing(t *testing.T) {
	s := start(t, t.TempDir())
	p := openPage(t, s)
	if err := submit(t, s, "workflow", "workflow@contoso.test", []string{"jane@contoso.test"}, taskMail); err != nil {
		t.Fatal(err)
	}
	id := get[messagesPage](p, "/sandbox/api/messages?mailbox=jane").Items[0].ID
	resp, err := http.Get(p.srv.URL + "/sandbox/api/messages/" + id + "/html")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, bad := range []string{"<script", "onload", "spy.test", "<form", "<input", "javascript:"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s is still there:\n%s", bad, text)
		}
	}
	for _, want := range []string{"Please decide.", `href="https://x.test/t" target="_blank"`, `href="/sandbox/` + id + `?reply=Approve" target="_top"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing:\n%s", want, text)
		}
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "sandbox") ||
		!strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("headers: %v", resp.Header)
	}
}

func TestOnlyThisMachinesOwnPagesMayChangeAnything(t *testing.T) {
	p := openPage(t, start(t, t.TempDir()))
	for _, c := range []struct {
		name, method string
		body         string
		header       []string
		want         int
	}{
		{"another name for this machine", "GET", "", []string{"Host", "evil.test"}, 403},
		{"the right name", "GET", "", []string{"Host", "localhost:99"}, 200},
		{"a write from another site", "DELETE", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a write from a sibling site", "DELETE", "", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"a write with a foreign origin", "DELETE", "", []string{"Origin", "https://evil.test"}, 403},
		{"a form", "DELETE", "a=b", []string{"Content-Type", "text/plain"}, 415},
		{"our own page", "DELETE", "", []string{"Sec-Fetch-Site", "same-origin", "Origin", p.srv.URL}, 204},
	} {
		if status, body := p.do(c.method, "/sandbox/api/messages?mailbox=jane", c.body, c.header...); status != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, status, body, c.want)
		}
	}
}

func TestTheListPagesThroughEverythingOnce(t *testing.T) {
	s := start(t, t.TempDir())
	p := openPage(t, s)
	for range 7 {
		if err := s.mail.deliver(envelope{from: "jane@contoso.test", to: []string{"bob@contoso.test"}, auth: "jane"}, []byte(hello)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	next, pages := "", 0
	for {
		page := get[messagesPage](p, "/sandbox/api/messages?mailbox=bob&limit=3&cursor="+next)
		pages++
		for _, m := range page.Items {
			if seen[m.ID] {
				t.Errorf("%s comes twice", m.ID)
			}
			seen[m.ID] = true
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if len(seen) != 7 || pages != 3 {
		t.Errorf("%d mails on %d pages", len(seen), pages)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	p := openPage(t, start(t, t.TempDir()))
	for _, path := range []string{"messages?mailbox=nobody", "messages/xyz", "messages/" + encodeID("jane/INBOX/7"), "messages/" + encodeID("jane/../7") + "/raw"} {
		if status, body := p.do("GET", "/sandbox/api/"+path, ""); status != 404 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := p.do("GET", "/sandbox/api/messages?mailbox=jane&cursor=*", ""); status != 422 {
		t.Errorf("a bad cursor: %d", status)
	}
}

func TestClearingEmptiesAMailboxAndTellsThePage(t *testing.T) {
	s := start(t, t.TempDir())
	p := openPage(t, s)
	if err := submit(t, s, "jane", "jane@contoso.test", []string{"bob@contoso.test"}, hello); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(p.srv.URL + "/sandbox/api/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if status, _ := p.do("DELETE", "/sandbox/api/messages?mailbox=bob", ""); status != 204 {
		t.Fatalf("clear: %d", status)
	}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if lines.Text() == `data: {"mailbox":"bob"}` {
			break
		}
	}
	if lines.Err() != nil {
		t.Error(lines.Err())
	}
	for _, box := range get[struct{ Items []Mailbox }](p, "/sandbox/api/mailboxes").Items {
		if box.Total != 0 {
			t.Errorf("%s still holds %d mails", box.ID, box.Total)
		}
	}
}

func TestTheAPIDescribesItselfWithoutStarting(t *testing.T) {
	doc, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range []string{"listMailboxes", "listMessages", "clearMessages", "getMessage", "getMessageHTML", "getMessageRaw", "readMessage", "replyToMessage", "sandboxEvents"} {
		if !strings.Contains(string(doc), `"`+op+`"`) {
			t.Errorf("%s is not described", op)
		}
	}
}
