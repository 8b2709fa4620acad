package ews

import (
	"net/http"
	glob "path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// Policy is what an organisation has set about EWS, as Get-OrganizationConfig
// and Get-CASMailbox show it. The zero value lets everybody in until EWS ends.
type Policy struct {
	OnPremises bool     `json:"onPremises,omitempty"` // Exchange Server: EWS does not end, passwords are taken, there are no app lists
	SchemesOff []string `json:"schemesOff,omitempty"` // of Bearer, NTLM and Basic

	Enabled     string   `json:"ewsEnabled,omitempty"`                 // "", "true" or "false"
	RolledOut   bool     `json:"rolledOut,omitempty"`                  // since October 2026: "" counts as false, lists decide
	AllowedApps []string `json:"ewsAllowedAppIDs,omitempty"`           // client ids, once rolled out
	Access      string   `json:"ewsApplicationAccessPolicy,omitempty"` // "", "EnforceAllowList" or "EnforceBlockList"
	AllowList   []string `json:"ewsAllowList,omitempty"`               // User-Agents, * stands for anything
	BlockList   []string `json:"ewsBlockList,omitempty"`

	Impersonators []string `json:"impersonators,omitempty"` // on premises: addresses of those who have ApplicationImpersonation

	Mailboxes map[string]bool `json:"mailboxes,omitempty"` // CAS mailbox flag by address; missing: not set

	Ends time.Time `json:"ends,omitzero"` // zero: 1 April 2027
}

// endOfEWS is when Exchange Online switches EWS off for good.
var endOfEWS = time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)

type policyBox struct {
	mu sync.Mutex
	p  Policy
}

// SetPolicy replaces the organisation's policy. It holds from the next request.
func (s *Server) SetPolicy(p Policy) {
	s.policy.mu.Lock()
	defer s.policy.mu.Unlock()
	s.policy.p = p
}

// Policy returns the policy in force.
func (s *Server) Policy() Policy {
	s.policy.mu.Lock()
	defer s.policy.mu.Unlock()
	return s.policy.p
}

// gate asks the organisation's switches. What Exchange puts into the body of
// its 403 is not documented; the client has the status and little more.
func (s *Server) gate(who Caller, agent string) *httpRefusal {
	p, x := s.Policy(), s.Exchange
	account, _ := resolveAddress(who.Address)
	if f, on := x.Switched("server-busy", account, who.App); on {
		return &httpRefusal{status: http.StatusServiceUnavailable, header: http.Header{"Retry-After": {strconv.Itoa(number(f.Value, 5))}}}
	}
	if x.Struck("ews-off", account, who.App) {
		return forbidden()
	}
	if _, on := x.SwitchedIf("ews-agent", account, who.App, func(f exchange.Fault) bool { return !strings.Contains(agent, f.Value) }); on {
		return forbidden()
	}
	if p.allows(who.App, agent, s.Now()) {
		return nil
	}
	return forbidden()
}

// mailboxGate asks the mailbox's own switch.
func (s *Server) mailboxGate(box *exchange.Mailbox) *httpRefusal {
	on, set := s.Policy().Mailboxes[strings.ToLower(box.Address().Address)]
	if !set || on {
		return nil
	}
	return forbidden()
}

func forbidden() *httpRefusal {
	return &httpRefusal{status: http.StatusForbidden, header: http.Header{}, body: "<html><head><title>403 - Forbidden: Access is denied.</title></head>" +
		"<body><h2>403 - Forbidden: Access is denied.</h2><h3>You do not have permission to view this directory or page using the credentials that you supplied.</h3></body></html>"}
}

func (p Policy) allows(app, agent string, now time.Time) bool {
	if p.Enabled == "false" || !p.agentAllowed(agent) {
		return false
	}
	if p.OnPremises {
		return true
	}
	ends := p.Ends
	if ends.IsZero() {
		ends = endOfEWS
	}
	switch {
	case !now.Before(ends):
		return false
	case !p.RolledOut:
		return true
	case p.Enabled == "":
		return false
	}
	return slices.ContainsFunc(p.AllowedApps, func(id string) bool { return strings.EqualFold(id, app) })
}

func (p Policy) agentAllowed(agent string) bool {
	listed := func(list []string) bool {
		return slices.ContainsFunc(list, func(pattern string) bool {
			ok, err := glob.Match(strings.ToLower(strings.ReplaceAll(pattern, "/", "|")), strings.ToLower(strings.ReplaceAll(agent, "/", "|")))
			return ok && err == nil
		})
	}
	switch p.Access {
	case "EnforceAllowList":
		return listed(p.AllowList)
	case "EnforceBlockList":
		return !listed(p.BlockList)
	}
	return true
}
