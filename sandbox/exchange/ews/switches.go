package ews

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is one thing that is wrong, as Switches lists them.
type Fault struct {
	Name      string `json:"name"`
	App       string `json:"app,omitempty"`       // client id; "": every program
	Mailbox   string `json:"mailbox,omitempty"`   // address that is opened or looked up (html, nothing, too-large: X-AnchorMailbox); "": every one
	Operation string `json:"operation,omitempty"` // "FindItem"; "": every one
	Value     string `json:"value,omitempty"`     // what the switch's About says
	Times     int    `json:"times,omitempty"`     // goes off by itself after so many; 0: stays on
}

// A Switch is one fault that can be switched on.
type Switch struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

var switches = []Switch{
	{"busy-items", "ErrorServerBusy for every item, inside an answer with status 200"},
	{"budget", "ErrorServerBusy after value requests a minute to one mailbox"},
	{"fault", "value, a code, as a fault for the whole request; one that nobody knows is allowed"},
	{"fault-soap12", "likewise, as a SOAP 1.2 fault in an envelope without a header"},
	{"item-error", "value, a code, for every item"},
	{"slow", "value milliseconds (default 3000) pass before anything is done"},
	{"html", "a page of HTML with status 200 instead of an answer"},
	{"nothing", "status value (default 502) and an empty body"},
	{"half-answer", "the connection breaks in the middle of the answer"},
	{"too-large", "413 of the front end"},
	{"token-expired", "401: the token has expired"},
	{"affinity", "subscriptions are known only to requests that bring X-BackEndOverrideCookie back: another back end answers the others"},
	{"sid-allowed", "a SID may be used to impersonate: value is the address it stands for"},

	// Of these four, mailbox is the host that is asked.
	{"autodiscover-absent", "404 at every address of Autodiscover"},
	{"autodiscover-unauthorised", "401 there, whatever the password"},
	{"autodiscover-html", "a page of HTML there, as a firm's web site gives"},
	{"autodiscover-302", "302 to value, which may be an http address that no client should follow"},
	{"autodiscover-redirect-url", "the answer points to the address value"},
	{"autodiscover-redirect-address", "the answer names another mail address: value"},
	{"autodiscover-error", "POX error code value (500, 501, 600, 602, 603), or a SOAP ErrorCode (ServerBusy)"},
	{"autodiscover-setting-missing", "the setting value is not available (default ExternalEwsUrl)"},
}

// Switches lists the faults there are.
func Switches() []Switch { return slices.Clone(switches) }

const (
	maxPlanted = 100
	maxSlow    = 10 * 60 * 1000 // milliseconds
)

// early are the faults of the front end.
var early = []string{"html", "nothing", "too-large", "token-expired"}

type switchboard struct {
	mu sync.Mutex
	on []Fault
}

// Plant switches a fault on. One with the same name, app, mailbox and
// operation is replaced.
func (s *Server) Plant(f Fault) error {
	if !slices.ContainsFunc(switches, func(x Switch) bool { return x.Name == f.Name }) {
		return fmt.Errorf("there is no fault called %q", f.Name)
	}
	if f.Times < 0 {
		return fmt.Errorf("times is %d", f.Times)
	}
	if f.Operation != "" && slices.Contains(early, f.Name) {
		return fmt.Errorf("%s strikes before the operation is known", f.Name)
	}
	b := &s.switches
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on = slices.DeleteFunc(b.on, func(x Fault) bool {
		return x.Name == f.Name && x.App == f.App && x.Mailbox == f.Mailbox && x.Operation == f.Operation
	})
	if len(b.on) >= maxPlanted {
		return fmt.Errorf("%d faults are on: that is enough", maxPlanted)
	}
	b.on = append(b.on, f)
	return nil
}

// Clear switches off every fault of a name; "" is all.
func (s *Server) Clear(name string) {
	s.switches.mu.Lock()
	defer s.switches.mu.Unlock()
	s.switches.on = slices.DeleteFunc(s.switches.on, func(f Fault) bool { return name == "" || f.Name == name })
}

// Planted lists the faults that are on.
func (s *Server) Planted() []Fault {
	s.switches.mu.Lock()
	defer s.switches.mu.Unlock()
	return slices.Clone(s.switches.on)
}

// strike tells whether a fault strikes here, and counts it.
func (b *switchboard) strike(name string, who Caller, mailbox, operation string) (value string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, f := range b.on {
		if f.Name != name || f.App != "" && !strings.EqualFold(f.App, who.App) ||
			f.Mailbox != "" && !strings.EqualFold(f.Mailbox, mailbox) || f.Operation != "" && f.Operation != operation {
			continue
		}
		if f.Times == 1 {
			b.on = slices.Delete(b.on, i, i+1)
		} else if f.Times > 1 {
			b.on[i].Times--
		}
		return f.Value, true
	}
	return "", false
}

func (b *switchboard) struck(name string, c *call, operation string) (string, bool) {
	return b.strike(name, c.who, c.target(), operation)
}

// struck are the faults of a whole request.
func (s *Server) struck(c *call, operation string) *fault {
	x, account, app := s.Exchange, c.account(), c.who.App
	if f, on := x.Switched("throttled", account, app); on {
		return busy(1000 * number(f.Value, 5))
	}
	if x.Struck("access-denied", account, app) {
		return refuse("ErrorAccessDenied")
	}
	if x.Struck("mailbox-missing", account, app) {
		return refuse("ErrorNonExistentMailbox")
	}
	if v, on := s.switches.struck("budget", c, operation); on {
		if wait := s.limits.spend(c.target(), number(v, 30), s.Now()); wait > 0 {
			return busy(int(wait.Milliseconds()))
		}
	}
	if v, on := s.switches.struck("fault", c, operation); on {
		return coded(v)
	}
	return nil
}

// struckItem are the faults of one item of a request.
func (c *call) struckItem(operation string) *fault {
	if v, on := c.srv.switches.struck("busy-items", c, operation); on {
		return busy(number(v, 297749))
	}
	if v, on := c.srv.switches.struck("item-error", c, operation); on {
		return coded(v)
	}
	if slices.Contains(filling, operation) && c.srv.Exchange.Struck("quota-exceeded", c.account(), c.who.App) {
		return refuse("ErrorQuotaExceeded")
	}
	return nil
}

// filling are the operations that a full mailbox refuses.
var filling = []string{"CreateItem", "UpdateItem", "SendItem", "CopyItem", "CreateAttachment", "CreateFolder"}

// slow waits as long as the switch says, or until the client goes.
func (s *Server) slow(c *call, operation string) {
	v, on := s.switches.struck("slow", c, operation)
	if !on {
		return
	}
	t := time.NewTimer(time.Duration(min(number(v, 3000), maxSlow)) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.ctx.Done():
	case <-s.ending.Done():
	}
}

// bareFault is a fault as some layers in front of Exchange write it.
func bareFault(w http.ResponseWriter, f *fault) {
	const ns = "http://www.w3.org/2003/05/soap-envelope"
	var b bytes.Buffer
	el("s:Envelope", attr{"xmlns:s", ns}, el("s:Body", el("s:Fault",
		el("s:Code", el("s:Value", "s:Receiver"), el("s:Subcode", el("s:Value", attr{"xmlns:a", nsTypes}, "a:"+f.code))),
		el("s:Reason", el("s:Text", attr{"xml:lang", "en-US"}, f.message())),
		el("s:Detail", el("e:ResponseCode", attr{"xmlns:e", nsErrors}, f.code))))).write(&b)
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	w.WriteHeader(f.httpStatus())
	w.Write(b.Bytes())
}

func coded(code string) *fault {
	f := &fault{code: code}
	if texts[code] == "" {
		f.text = "Something went wrong that is called " + code + "."
	}
	return f
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// brokenFrontEnd are the faults in front of Exchange itself, before anybody is
// identified.
func (s *Server) brokenFrontEnd(w http.ResponseWriter, r *http.Request) bool {
	strike := func(name string) (string, bool) {
		return s.switches.strike(name, Caller{}, r.Header.Get("X-AnchorMailbox"), "")
	}
	if _, on := strike("html"); on {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to the network.</body></html>")
		return true
	}
	if v, on := strike("nothing"); on {
		w.WriteHeader(number(v, http.StatusBadGateway))
		return true
	}
	if _, on := strike("too-large"); on {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return true
	}
	return false
}
