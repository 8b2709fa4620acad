package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/store"
)

// allKinds are the kinds of sign-in, in the order people see them.
var allKinds = []string{"basic", "bearer", "token", "session"}

// offer is what is offered of the APIs now: the setting, ready to be asked with
// every request. It is never changed, but replaced.
type offer struct {
	saved                 store.Setting
	set                   api.SetApis
	workflow, rest, odata rules
}

// rules are one API's.
type rules struct {
	on      bool
	baseURL string
	kinds   map[string]bool
	origins map[string]bool
}

func compileApis(set api.SetApis, saved store.Setting) *offer {
	return &offer{saved, set, rulesOf(set.Workflow), rulesOf(set.REST), rulesOf(*set.OData)}
}

func rulesOf(set api.APISettings) rules {
	r := rules{on: set.On, baseURL: set.BaseURL, kinds: map[string]bool{}, origins: map[string]bool{}}
	for _, k := range set.Kinds {
		r.kinds[k] = true
	}
	for _, o := range set.Origins {
		r.origins[o] = true
	}
	return r
}

var defaultOffer = compileApis(defaultApis(), store.Setting{})

func (s *Server) apisNow() *offer {
	if now := s.offered.Load(); now != nil {
		return now
	}
	return defaultOffer
}

// of returns the rules of an API; what is none of them is open as far as these go.
func (o *offer) of(name string) *rules {
	switch name {
	case apiWorkflow:
		return &o.workflow
	case apiREST:
		return &o.rest
	case apiOData:
		return &o.odata
	}
	return &rules{on: true, kinds: map[string]bool{"basic": true, "bearer": true, "token": true, "session": true}}
}

// apiOf names the API a request is for, "" for anything else below /api/.
func apiOf(r *http.Request) string {
	switch {
	case isK2(r):
		return apiWorkflow
	case isBelow(r.URL.Path, base+"/"):
		return apiREST
	case isOData(r):
		return apiOData
	}
	return ""
}

// kindOf names the kind of sign-in a request comes with, "" for none and for
// what is none of them.
func kindOf(r *http.Request) string {
	header := r.Header.Get("Authorization")
	if header == "" {
		return ""
	}
	if text, is := identity.BearerText(header); is {
		if identity.IsAccessToken(text) {
			return "token"
		}
		return "bearer"
	}
	if isBasic(r) {
		return "basic"
	}
	return ""
}

// gate refuses what an API does not take, before anybody's credentials are
// looked at. Our own API, switched off, still serves this server's own pages.
func (s *Server) gate(r *http.Request, name string) error {
	now, kind := s.apisNow().of(name), kindOf(r)
	if !now.on && (name != apiREST || kind != "") {
		return errOff[name]
	}
	if kind == "basic" && s.NoBasic {
		return errNoBasic
	}
	if kind != "" && !now.kinds[kind] {
		return &signoff.Error{Kind: signoff.Unauthenticated, Code: "kind-not-taken",
			Detail: "this API does not take " + kindWords[kind], Hint: "it takes " + s.kindsTaken(now)}
	}
	if !now.kinds["session"] && r.Header.Get("Cookie") != "" {
		r.Header.Del("Cookie") // as if the page had sent none
	}
	return nil
}

var errOff = map[string]error{
	apiOData: &signoff.Error{Kind: signoff.NotFound, Code: "api-off",
		Detail: "OData is switched off on this server", Hint: "an administrator can switch it on under Manage › Access › APIs"},
	apiWorkflow: &signoff.Error{Kind: signoff.NotFound, Code: "api-off",
		Detail: "the workflow API is switched off on this server", Hint: "an administrator can switch it on under Manage › Access › APIs"},
	apiREST: &signoff.Error{Kind: signoff.NotFound, Code: "api-off",
		Detail: "the API is switched off on this server for all but its own pages", Hint: "an administrator can switch it on under Manage › Access › APIs"},
}

var kindWords = map[string]string{"basic": "a name and password with each request", "bearer": "tokens of other issuers",
	"token": "personal access tokens", "session": "sessions of pages"}

// kindsTaken lists in words what an API takes.
func (s *Server) kindsTaken(now *rules) string {
	var words []string
	for _, k := range allKinds {
		if now.kinds[k] && !(k == "basic" && s.NoBasic) {
			words = append(words, kindWords[k])
		}
	}
	switch len(words) {
	case 0:
		return "no sign-in at the moment"
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// takes tells whether an API takes any of these kinds of sign-in.
func (s *Server) takes(now *rules, kinds ...string) bool {
	return slices.ContainsFunc(kinds, func(k string) bool { return now.kinds[k] && !(k == "basic" && s.NoBasic) })
}
