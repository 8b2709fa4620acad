package scimapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/scimapi"
	"github.com/signoffhq/signoff/provision"
)

// clients are those that are set up, by name.
type clients map[string]provision.Client

func (c clients) SCIMClient(name string) (provision.Client, bool) { one, ok := c[name]; return one, ok }

func (c clients) SCIMApplication(signoff.Principal) (provision.Client, bool) {
	return provision.Client{}, false
}

// world is the whole server with SCIM and one client.
type world struct {
	*apitest.World
	t         *testing.T
	provision *provision.Service
	clients   clients
	token     string
	now       time.Time // of the pace
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clients: clients{"entra": {Name: "entra"}}, now: time.Now()}
	w.World = apitest.Start(t, func(s *httpapi.Server) {
		st := s.Runner.Store
		w.provision = &provision.Service{Store: st, People: directory.New(st, s.Identity, slog.New(slog.DiscardHandler)), Log: s.Log}
		s.Also = map[string]http.Handler{scimapi.Base + "/": &scimapi.Server{HTTP: s, Provision: w.provision, Clients: w.clients,
			Now: func() time.Time { return w.now }}}
	})
	text, _, err := w.provision.AddToken(t.Context(), access.System, "entra", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	w.token = text.Reveal()
	return w
}

// joined waits until the server's runner is one of the nodes, which it does while
// requests are answered already.
func (w *world) joined() {
	w.t.Helper()
	for {
		nodes, err := w.API.Runner.Store.Nodes(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if len(nodes) > 0 {
			return
		}
		runtime.Gosched()
	}
}

// send makes a request with the client's token, unless headers say otherwise.
func (w *world) send(method, path, body string, headers ...string) (int, string, http.Header) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.URL+scimapi.Base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(text), resp.Header
}

func TestConversationsGoAsThePagesSay(t *testing.T) {
	pages, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(pages) != 3 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(page), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			w := open(t)
			play(t, w, string(text))
		})
	}
}

// play sends what a page says and compares.
func play(t *testing.T, w *world, page string) {
	t.Helper()
	known := map[string]string{}
	fill := func(s string) string {
		return regexp.MustCompile(`\{([a-z]+[0-9]?)\}`).ReplaceAllStringFunc(s, func(m string) string {
			if v, ok := known[m[1:len(m)-1]]; ok {
				return v
			}
			return m
		})
	}
	var method, path, body string
	var headers []string
	var answer any
	var line string
	sent := false
	for _, line = range strings.Split(page, "\n") {
		switch {
		case strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "> "):
			method, path, _ = strings.Cut(fill(line[2:]), " ")
			path = strings.ReplaceAll(path, `"`, "%22")
			body, headers, sent = "", nil, false
		case strings.HasPrefix(line, "< "):
			status, text, _ := w.send(method, path, body, headers...)
			if want := line[2:]; strconv.Itoa(status) != want {
				t.Fatalf("%s %s: %d, want %s\n%s", method, path, status, want, text)
			}
			answer, sent = nil, true
			if err := json.Unmarshal([]byte(text), &answer); err != nil && text != "" {
				t.Fatalf("%s %s: %s", method, path, text)
			}
		case !sent && body == "" && regexp.MustCompile(`^[A-Z][A-Za-z-]+: `).MatchString(line):
			name, value, _ := strings.Cut(fill(line), ": ")
			headers = append(headers, name, value)
		case !sent:
			body += fill(line) + "\n"
		default:
			if name, at, ok := strings.Cut(line, " := "); ok {
				known[name], _ = value(answer, at).(string)
				if known[name] == "" {
					t.Fatalf("%s %s: no %s", method, path, at)
				}
				continue
			}
			at, want, _ := strings.Cut(line, " = ")
			got := "(none)"
			if v := value(answer, at); v != nil {
				text, _ := json.Marshal(v)
				got = string(text)
			}
			if want = fill(want); got != want {
				t.Errorf("%s %s: %s is %s, want %s", method, path, at, got, want)
			}
		}
	}
}

// value follows a path into JSON; URNs have dots of their own.
func value(v any, at string) any {
	for at != "" && v != nil {
		var name string
		if strings.HasPrefix(at, "urn:") {
			i := strings.LastIndex(at, ":User")
			name, at = at[:i+5], strings.TrimPrefix(at[i+5:], ".")
		} else {
			name, at, _ = strings.Cut(at, ".")
		}
		switch of := v.(type) {
		case map[string]any:
			v = of[name]
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n >= len(of) {
				return nil
			}
			v = of[n]
		default:
			return nil
		}
	}
	return v
}

func TestOnlyClientsComeIn(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		name, header string
		want         int
		challenge    string
	}{
		{"nobody", "", 401, `Bearer realm="signoff"`},
		{"a name and password", "Basic YWRtaW46eA==", 401, `Bearer realm="signoff"`},
		{"no token", "Bearer ", 401, `Bearer realm="signoff"`},
		{"another's token", "Bearer scim_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 401, `Bearer realm="signoff", error="invalid_token"`},
		{"an access token", "Bearer sgn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 401, `Bearer realm="signoff", error="invalid_token"`},
		{"a letter more", "Bearer " + w.token + "A", 401, `Bearer realm="signoff", error="invalid_token"`},
		{"small letters", "Bearer " + strings.ToLower(w.token), 401, `Bearer realm="signoff", error="invalid_token"`},
	} {
		for _, path := range []string{"/Users", "/ServiceProviderConfig", "/Bulk", "/nothing"} {
			status, text, h := w.send("GET", path, "", "Authorization", c.header)
			if status != c.want || h.Get("WWW-Authenticate") != c.challenge || !strings.Contains(text, `"status":"401"`) {
				t.Errorf("%s: %s: %d %s %s", c.name, path, status, h.Get("WWW-Authenticate"), text)
			}
		}
	}
	if status, _, h := w.send("GET", "/Users", "", "Authorization", "bearer  "+w.token); status != 200 || h.Get("Content-Type") != "application/scim+json" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", status, h)
	}
	delete(w.clients, "entra")
	if status, text, _ := w.send("GET", "/Users", ""); status != 403 {
		t.Errorf("a client that is switched off: %d %s", status, text)
	}
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	w := open(t)
	status, text, _ := w.send("POST", "/Users", `{"userName":"`+strings.Repeat("x", 6<<20)+`"}`)
	if status != http.StatusRequestEntityTooLarge || !strings.Contains(text, "5242880") {
		t.Errorf("%d %s", status, text)
	}
	status, text, _ = w.send("GET", "/Users?filter="+strings.Repeat("x", 5000), "")
	if status != 400 || !strings.Contains(text, "invalidFilter") {
		t.Errorf("%d %s", status, text)
	}
}

func TestAClientKeepsItsPace(t *testing.T) {
	w := open(t) // its clock stands still
	for i := range 201 {
		status, text, h := w.send("GET", "/ServiceProviderConfig", "")
		if i < 200 && status != 200 || i == 200 && (status != http.StatusTooManyRequests || h.Get("Retry-After") != "1" || !strings.Contains(text, `"status":"429"`)) {
			t.Fatalf("request %d: %d %s", i+1, status, text)
		}
	}
	w.now = w.now.Add(time.Second)
	if status, _, _ := w.send("GET", "/ServiceProviderConfig", ""); status != 200 {
		t.Errorf("a second later: %d", status)
	}
}

func TestAMistakeOfOursIsNotShown(t *testing.T) {
	w := open(t)
	status, text, _ := w.send("POST", "/Users", `{"userName":"ann"}`)
	if status != 201 {
		t.Fatal(text)
	}
	w.joined()
	if err := w.API.Runner.Store.Close(); err != nil {
		t.Fatal(err)
	}
	status, text, _ = w.send("GET", "/Users", "")
	if status < 500 || strings.Contains(text, "sql") || !strings.Contains(text, fmt.Sprintf(`"status":"%d"`, status)) {
		t.Errorf("%d %s", status, text)
	}
}
