package graph

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// Options says whose mailboxes are served.
type Options struct {
	Exchange *exchange.Exchange

	// Notify delivers change notifications. nil: a client that reaches this
	// machine only and trusts the sandbox's certificates.
	Notify *http.Client

	Log *slog.Logger // nil: says nothing
}

// Server answers for mail and calendars below /v1.0/. Close ends its
// subscriptions.
type Server struct {
	x      *exchange.Exchange
	log    *slog.Logger
	notify *http.Client
	mux    *http.ServeMux

	patterns [][]string // the routes' paths, by segment

	mu      sync.Mutex
	tenant  *entra.Server
	uploads map[string]*upload
	subs    map[string]*subscription
	closed  bool
	running sync.WaitGroup
	ctx     context.Context
	stop    context.CancelFunc
}

// New makes the server. It answers 503 until Join.
func New(opts Options) *Server {
	s := &Server{x: opts.Exchange, log: opts.Log, notify: opts.Notify, mux: http.NewServeMux(), uploads: map[string]*upload{}, subs: map[string]*subscription{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.routes()
	return s
}

// Join gives the tenant that issues tokens, knows people and has the rest of
// Graph.
func (s *Server) Join(tenant *entra.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenant = tenant
	if s.notify == nil {
		s.notify = localClient(tenant.Addresses().CAFile)
	}
}

func (s *Server) joined() *entra.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tenant
}

// Close ends notifications and waits for those under way.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
	return nil
}

func (s *Server) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Go(f)
	}
}

// call is one request.
type call struct {
	s         *Server
	r         *http.Request
	caller    entra.Caller
	mailbox   *exchange.Mailbox // of paths below a user
	prefer    prefer
	applied   []string
	asked     string // the path as it was asked for, for links
	body      map[string]any
	delegated bool // by another person's token
}

type handler func(*call) (answer, error)

func (c *call) id(name string) string { return c.r.PathValue(name) }

// prefer is the Prefer header as far as Outlook knows it.
type prefer struct {
	immutable bool
	body      string // "text", "html", "": as it is
	pageSize  int
	timeZone  string
}

func (c *call) readPrefer() {
	for _, line := range c.r.Header.Values("Prefer") {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "idtype":
				c.prefer.immutable = strings.EqualFold(value, "ImmutableId")
				c.applied = append(c.applied, `IdType="`+map[bool]string{true: "ImmutableId", false: "Default"}[c.prefer.immutable]+`"`)
			case "outlook.body-content-type":
				if v := strings.ToLower(value); v == "text" || v == "html" {
					c.prefer.body = v
					c.applied = append(c.applied, `outlook.body-content-type="`+v+`"`)
				}
			case "odata.maxpagesize":
				if n, err := strconv.Atoi(value); err == nil && n > 0 {
					c.prefer.pageSize = min(n, maxPage)
					c.applied = append(c.applied, "odata.maxpagesize="+strconv.Itoa(c.prefer.pageSize))
				}
			case "outlook.timezone":
				c.prefer.timeZone = value
				c.applied = append(c.applied, `outlook.timezone="`+value+`"`)
			}
		}
	}
}

// segments that Graph reads in any case, as the routes have them.
var segments = map[string]string{}

func init() {
	for _, name := range []string{"me", "users", "mailFolders", "childFolders", "messages", "attachments", "sendMail", "send", "reply", "replyAll", "forward",
		"createReply", "createReplyAll", "createForward", "move", "copy", "permanentDelete", "delta", "createUploadSession", "mailboxSettings",
		"translateExchangeIds", "events", "calendar", "calendars", "calendarView", "contacts", "contactFolders", "subscriptions", "reauthorize", "outlook",
		"masterCategories", "findRooms", "findRoomLists", "places", "room", "roomList", "rooms", "cancel", "getSchedule", "findMeetingTimes", "$count", "$value", "$batch", "accept", "decline", "tentativelyAccept", "supportedTimeZones", "supportedLanguages", "todo", "lists", "tasks"} {
		segments[strings.ToLower(name)] = name
	}
}

var byKey = regexp.MustCompile(`^([A-Za-z.]+)\((?:[A-Za-z]+=)?'([^']*)'\)$`)

// canonical rewrites a path to the form of the routes: /users/{id}/…, keys as
// segments of their own, no type names, no folder before a message's id.
func canonical(path string) string {
	var out []string
	for seg := range strings.SplitSeq(strings.Trim(strings.TrimPrefix(path, "/v1.0"), "/"), "/") {
		key := ""
		if m := byKey.FindStringSubmatch(seg); m != nil {
			seg, key = m[1], m[2]
		}
		seg = strings.TrimSuffix(strings.TrimPrefix(seg, "microsoft.graph."), "()")
		if known := segments[strings.ToLower(seg)]; known != "" && len(seg) < 30 {
			seg = known
		}
		out = append(out, seg)
		if key != "" {
			out = append(out, key)
		}
	}
	if out[0] == "me" {
		out = append([]string{"users", "me"}, out[1:]...)
	}
	// users/{u}/mailFolders/{f}[/childFolders/{g}…]/messages/{id}…
	for len(out) > 6 && out[2] == "mailFolders" && out[4] == "childFolders" {
		out = slices.Delete(out, 3, 5)
	}
	if len(out) > 5 && out[2] == "mailFolders" && out[4] == "messages" && out[5] != "delta" && out[5] != "$count" {
		out = slices.Delete(out, 2, 4)
	}
	if len(out) > 3 && out[2] == "calendar" && out[3] != "" { // the one calendar there is
		out = slices.Delete(out, 2, 3)
	}
	if len(out) > 5 && out[2] == "calendars" && out[4] == "events" {
		out = slices.Delete(out, 2, 4)
	}
	for i, seg := range out {
		out[i] = url.PathEscape(seg)
	}
	return "/" + strings.Join(out, "/")
}

// ServeHTTP answers a request for something below /v1.0/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.Path) > 4000 {
		refuse(http.StatusRequestURITooLong, "BadRequest", "The path is too long.").write(w, r, s.x.Now())
		return
	}
	inner := r.Clone(context.WithValue(r.Context(), askedKey{}, r.URL.Path))
	u := *r.URL
	u.RawPath = canonical(r.URL.Path)
	path, err := url.PathUnescape(u.RawPath)
	if err != nil {
		badRequest("The path cannot be read.").write(w, r, s.x.Now())
		return
	}
	u.Path = path
	inner.URL = &u
	s.mux.ServeHTTP(w, inner)
}

type askedKey struct{}

// on adds a route. permissions are what a token needs one of; the first path
// segment tells whether a mailbox is opened.
func (s *Server) on(pattern string, need permission, h handler) {
	_, path, _ := strings.Cut(pattern, " ")
	s.patterns = append(s.patterns, strings.Split(strings.Trim(path, "/"), "/"))
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, need, h) })
}

// list adds a collection's route, and its $count.
func (s *Server) list(path string, need permission, h handler) {
	s.on("GET "+path, need, h)
	s.on("GET "+path+"/$count", need, h)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, need permission, h handler) {
	tenant := s.joined()
	if tenant == nil {
		refuse(http.StatusServiceUnavailable, "ServiceNotAvailable", "The service is starting.").write(w, r, s.x.Now())
		return
	}
	c := &call{s: s, r: r}
	c.asked, _ = r.Context().Value(askedKey{}).(string)
	if need != open {
		var ok bool
		if c.caller, ok = tenant.Authenticate(w, r); !ok {
			return
		}
	}
	c.readPrefer()
	done, err := c.enter(need)
	if err != nil {
		asRefusal(err).write(w, r, s.x.Now())
		return
	}
	defer done()
	out, err := c.run(w, h)
	if s.lost(c) {
		panic(http.ErrAbortHandler) // net/http closes the connection and says nothing
	}
	if len(c.applied) > 0 {
		w.Header().Set("Preference-Applied", strings.Join(c.applied, ", "))
	}
	if err != nil {
		e := asRefusal(err)
		if e.status == http.StatusInternalServerError {
			s.log.Error("sandbox graph request failed", "err", err)
		}
		e.write(w, r, s.x.Now())
		return
	}
	if f, on := s.struck(c, "answer-error"); on {
		(&refusal{status: http.StatusServiceUnavailable, code: "ServiceNotAvailable", message: "The service is unavailable.", wait: seconds(f.Value, 1)}).write(w, r, s.x.Now())
		return
	}
	out.write(w, r)
}

func (c *call) run(w http.ResponseWriter, h handler) (answer, error) {
	if err := c.readBody(w); err != nil {
		return answer{}, err
	}
	return h(c)
}

// readBody takes a JSON object, where the request has one.
func (c *call) readBody(w http.ResponseWriter) error {
	kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";")
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodDelete || c.r.Method == http.MethodPut || strings.TrimSpace(kind) == "text/plain" {
		return nil
	}
	text, err := c.raw(w)
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, &c.body); err != nil || c.body == nil {
		return badRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	return nil
}

func (c *call) raw(w http.ResponseWriter) ([]byte, error) {
	text, err := io.ReadAll(http.MaxBytesReader(w, c.r.Body, maxBodyBytes))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, refuse(http.StatusRequestEntityTooLarge, "ErrorMessageSizeExceeded", "The request is larger than %d bytes.", tooLarge.Limit)
	}
	if err != nil {
		return nil, badRequest("The request was cut off.")
	}
	return text, nil
}

// lost tells whether the switch wants the answer to go missing.
func (s *Server) lost(c *call) bool {
	_, on := s.struck(c, "answer-lost")
	return on
}

func (s *Server) struck(c *call, name string) (exchange.Fault, bool) {
	box := ""
	if c.mailbox != nil {
		box = c.mailbox.Account().ID
	}
	what := c.r.Method + " " + c.asked
	return s.x.SwitchedIf(name, box, c.caller.Client, func(f exchange.Fault) bool {
		return strings.Contains(strings.ToLower(what), strings.ToLower(f.Value))
	})
}

func seconds(text string, usual int) time.Duration {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 3600 {
		n = usual
	}
	return time.Duration(n) * time.Second
}

// base is where the caller sees Graph.
func (c *call) base() string { return c.s.joined().URL() + "/v1.0" }
