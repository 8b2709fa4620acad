package catalogue

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
)

// Limits of a call.
const (
	callWithin = 3 * time.Minute
	maxTop     = 1000
	maxPages   = 20   // asked of a provider that does not filter, in one call
	maxRows    = 5000 // looked at likewise
	eachAtOnce = 8    // calls of one person that are under way: the others' places are not theirs
)

// Call calls a method of a service for by, who needs the right to use it. What
// a person calls runs in their own name, whatever c.By says; the server itself
// says in whose. Inputs are refused as broker.Inputs does ("bad-inputs"), and
// what is not there with the nearest name. A list is filtered here when the
// provider answers without; it may be shorter than asked for and still go on at
// Next. An error that says a token is missing comes through unchanged.
func (s *Service) Call(ctx context.Context, by signoff.Caller, instance string, c broker.Call) (broker.Result, error) {
	if err := s.mayUse(ctx, by, instance); err != nil {
		return broker.Result{}, err
	}
	if by.Principal != "" {
		c.By = by.Principal
	}
	p, err := s.use(ctx, instance)
	if err != nil {
		return broker.Result{}, err
	}
	defer s.release(p)
	if err := p.ownConnection(by); err != nil {
		return broker.Result{}, err
	}
	o, m, err := p.find(c.Object, c.Method)
	if err != nil {
		return broker.Result{}, err
	}
	if c, err = fit(c, o, m); err != nil {
		return broker.Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	if err := s.begin(p, by.Principal); err != nil {
		return broker.Result{}, err
	}
	defer s.end(p, by.Principal)
	if err := p.enter(ctx); err != nil {
		return broker.Result{}, err
	}
	defer func() { <-p.slots }()
	var r broker.Result
	if m.Kind == broker.List {
		r, err = p.list(ctx, c, o)
	} else {
		r, err = p.provider.Call(ctx, c)
	}
	if err != nil {
		return broker.Result{}, p.secrets.err(err)
	}
	return p.secrets.result(r), nil
}

func (s *Service) mayUse(ctx context.Context, by signoff.Caller, name string) error {
	if access.MayService(by, access.Use, nil).OK {
		return nil
	}
	grants, err := s.o.Store.ServiceGrants(ctx, name)
	if err != nil {
		return err
	}
	if d := access.MayService(by, access.Use, grants); !d.OK {
		if !by.Deploy {
			return errNotThere
		}
		if _, there, err := s.o.Store.ServiceRevs(ctx, name); err != nil || !there {
			return errNotThere
		}
		return d.Err()
	}
	return nil
}

// ownConnection refuses whoever acts in a person's name what that person alone
// has agreed to: the use of the account they connected.
func (p *opened) ownConnection(by signoff.Caller) error {
	if by.Behind == "" || broker.Mode(p.v.Mode) != broker.AsCaller {
		return nil
	}
	return &signoff.Error{Kind: signoff.Forbidden, Code: "not-allowed",
		Detail: p.v.Name + " is called with the account of whoever calls, and nobody uses another's by acting in their name", Hint: "call it in your own name"}
}

// begin counts a call of a person, and refuses one too many. The server's own
// are bounded by how many steps it carries out.
func (s *Service) begin(p *opened, who signoff.Principal) error {
	if who == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.calls[who] >= eachAtOnce {
		return &signoff.Error{Kind: signoff.Unavailable, Code: "service-busy", Detail: fmt.Sprintf("you have %d calls of %s under way already", eachAtOnce, p.v.Name), Hint: "wait until one of them is over"}
	}
	p.calls[who]++
	return nil
}

func (s *Service) end(p *opened, who signoff.Principal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.calls[who]--; p.calls[who] <= 0 {
		delete(p.calls, who)
	}
}

// enter waits for one of the places for calls to this service.
func (p *opened) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &signoff.Error{Kind: signoff.Unavailable, Code: "service-busy",
			Detail: fmt.Sprintf("%s has %d calls under way already", p.v.Name, atOnce), Hint: "try again in a moment", Err: ctx.Err()}
	}
}

// find finds a method, and tells the nearest one when there is none.
func (p *opened) find(object, method string) (broker.Object, broker.Method, error) {
	if p.v.ObjectsAt.IsZero() {
		return broker.Object{}, broker.Method{}, &signoff.Error{Kind: signoff.Unavailable, Code: "service-not-generated",
			Detail: "nobody has had " + p.v.Name + " say what it offers yet", Hint: "open the service on the page of services and refresh it"}
	}
	o, ok := broker.Find(p.objects, object)
	if !ok {
		var names []string
		for _, o := range p.objects {
			names = append(names, o.Name)
		}
		return o, broker.Method{}, noSuch("object", p.v.Name, object, names)
	}
	m, ok := o.Method(method)
	if !ok {
		var names []string
		for _, m := range o.Methods {
			names = append(names, m.Name)
		}
		return o, m, noSuch("method", object+" of "+p.v.Name, method, names)
	}
	return o, m, nil
}

func noSuch(what, of, name string, names []string) error {
	e := &signoff.Error{Kind: signoff.NotFound, Code: "service-" + what + "-unknown", Detail: fmt.Sprintf("%s has no %s %q", of, what, short(name)),
		Hint: "look at what it offers, or refresh the service if the system has something new"}
	if near := signoff.Nearest(name, names); near != "" {
		e.Hint = "did you mean " + near + "?"
	}
	return e
}

// fit makes a call one the method takes.
func fit(c broker.Call, o broker.Object, m broker.Method) (_ broker.Call, err error) {
	if c.Inputs, err = broker.Inputs(o, m, c.Inputs); err != nil {
		return c, err
	}
	if m.Kind != broker.List {
		if c.Filter != nil || c.Top != 0 || c.After != "" || c.Order != nil || c.Count {
			return c, &signoff.Error{Kind: signoff.Invalid, Code: "bad-filter", Detail: m.Name + " of " + o.Name + " gives no list: there is nothing to filter and no next page"}
		}
		return c, nil
	}
	if c.Top < 0 || c.Top > maxTop {
		return c, &signoff.Error{Kind: signoff.Invalid, Code: "bad-filter", Detail: fmt.Sprintf("a page has 1 to %d rows", maxTop)}
	}
	if c.Filter, err = c.Filter.For(o, m); err != nil {
		return c, err
	}
	return c, broker.Orderable(o, m, c.Order)
}

// list asks for a page. What a provider does not filter is filtered here: page
// after page, until enough rows are found or enough were looked at. What it does
// not sort is sorted here.
func (p *opened) list(ctx context.Context, c broker.Call, o broker.Object) (broker.Result, error) {
	if isSorted(c.After) {
		return p.sorted(ctx, c, o)
	}
	skip, after, err := p.readCursor(c)
	if err != nil {
		return broker.Result{}, err
	}
	out := broker.Result{Rows: []map[string]any{}}
	seen := 0
	for range maxPages {
		c.After = after
		r, err := p.provider.Call(ctx, c)
		if err != nil {
			return broker.Result{}, err
		}
		if len(c.Order) > 0 && !r.Ordered {
			return p.sorted(ctx, c, o)
		}
		if c.Filter == nil || !r.Unfiltered {
			out.Total = r.Total
		}
		rows, from := r.Rows[min(skip, len(r.Rows)):], min(skip, len(r.Rows))
		for i, row := range rows {
			if !r.Unfiltered || c.Filter.Matches(row) {
				out.Rows = append(out.Rows, row)
			}
			if c.Top > 0 && len(out.Rows) == c.Top && i+1 < len(rows) { // the rest is the next page's
				out.Next = p.cursor(c, from+i+1, after)
				return out, nil
			}
		}
		seen += len(rows)
		skip, after = 0, r.Next
		out.Next = p.cursor(c, 0, after)
		if after == "" || !r.Unfiltered || c.Top > 0 && len(out.Rows) == c.Top || c.Top == 0 && len(out.Rows) > 0 || seen >= maxRows {
			break
		}
	}
	return out, nil
}

// A cursor says where a list goes on: behind so many rows of the provider's page.
// What the provider says of that may be an address or a query, which it follows
// with what the service signs in with: a mark shows that it is as it was given out.
func (p *opened) cursor(c broker.Call, skip int, after string) string {
	if skip == 0 && after == "" {
		return ""
	}
	return strconv.Itoa(skip) + "." + p.mark(c, skip, after) + "." + after
}

func (p *opened) mark(c broker.Call, skip int, after string) string {
	mac := hmac.New(sha256.New, p.marks)
	fmt.Fprintf(mac, "%q %q %q %d %q", p.v.Name, c.Object, c.Method, skip, after)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

func (p *opened) readCursor(c broker.Call) (skip int, after string, err error) {
	if c.After == "" {
		return 0, "", nil
	}
	n, rest, _ := strings.Cut(c.After, ".")
	mark, after, ok := strings.Cut(rest, ".")
	skip, bad := strconv.Atoi(n)
	if !ok || bad != nil || skip < 0 || !hmac.Equal([]byte(mark), []byte(p.mark(c, skip, after))) {
		return 0, "", &signoff.Error{Kind: signoff.Invalid, Code: "bad-cursor", Detail: "the list cannot go on from there"}
	}
	return skip, after, nil
}

// Objects returns what a service offers, to those who may know of it.
func (s *Service) Objects(ctx context.Context, by signoff.Caller, name string) ([]broker.Object, error) {
	if _, _, err := s.find(ctx, by, name); err != nil {
		return nil, err
	}
	p, err := s.use(ctx, name)
	if err != nil {
		return nil, err
	}
	defer s.release(p)
	return p.objects, nil
}

// Check tells what a call from a workflow would be refused for, whoever runs
// it, without calling: nil when there is the method and by may use the service.
func (s *Service) Check(ctx context.Context, by signoff.Caller, instance, object, method string) error {
	if err := s.mayUse(ctx, by, instance); err != nil {
		return s.withNearest(ctx, by, instance, err)
	}
	p, err := s.use(ctx, instance)
	if err != nil {
		return s.withNearest(ctx, by, instance, err)
	}
	defer s.release(p)
	_, _, err = p.find(object, method)
	return err
}

// withNearest adds to "no such service" which one may have been meant.
func (s *Service) withNearest(ctx context.Context, by signoff.Caller, name string, err error) error {
	if err != error(errNotThere) {
		return err
	}
	list, fault := s.Instances(ctx, by)
	if fault != nil {
		return fault
	}
	var names []string
	for _, in := range list {
		names = append(names, in.Name)
	}
	e := *errNotThere
	if e.Detail = fmt.Sprintf("there is no service %q", short(name)); signoff.Nearest(name, names) != "" {
		e.Hint = "did you mean " + signoff.Nearest(name, names) + "?"
	}
	return &e
}
