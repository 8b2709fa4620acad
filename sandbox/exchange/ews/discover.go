package ews

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// discovery is what one question to Autodiscover is answered with, in whatever
// form it was asked.
type discovery struct {
	address, name string
	unknown       bool   // nobody has that address
	redirectTo    string // an address or a URL
	redirectURL   bool
	failure       string // an error code
	missing       string // a setting that is not there
	ews           string
	version       string // of the server
	online        bool   // it is in the cloud
}

// discover looks an address up, and what is planted for it.
func (s *Server) discover(r *http.Request, address string) discovery {
	d := discovery{address: address, ews: s.base(r) + "/EWS/Exchange.asmx", version: "15.20.9000.001", online: true}
	if s.Policy().OnPremises {
		d.version, d.online = "15.02.2562.017", false
	}
	if v, on := s.switches.strike("autodiscover-redirect-address", Caller{}, address, ""); on {
		d.redirectTo = v
	}
	if v, on := s.switches.strike("autodiscover-redirect-url", Caller{}, address, ""); on {
		d.redirectTo, d.redirectURL = v, true
	}
	if v, on := s.switches.strike("autodiscover-error", Caller{}, address, ""); on {
		d.failure = v
	}
	if v, on := s.switches.strike("autodiscover-setting-missing", Caller{}, address, ""); on {
		if d.missing = v; v == "" {
			d.missing = "ExternalEwsUrl"
		}
	}
	box := s.lookup(address)
	if box == nil {
		d.unknown = true
		return d
	}
	d.name = box.Address().Name
	return d
}

// base is this server's address as clients see it.
func (s *Server) base(r *http.Request) string {
	if s.URL != "" {
		return strings.TrimSuffix(s.URL, "/")
	}
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

// discoverGate stands before all forms of Autodiscover. A GET without TLS is
// sent on to https, as the host autodiscover.DOMAIN does.
func (s *Server) discoverGate(w http.ResponseWriter, r *http.Request, secret bool) (Caller, bool) {
	host := r.Host
	w.Header().Set("X-SOAP-Enabled", "True")
	w.Header().Set("X-WSSecurity-Enabled", "False")
	w.Header().Set("X-OAuth-Enabled", "True")
	if _, on := s.switches.strike("autodiscover-absent", Caller{}, host, ""); on {
		http.NotFound(w, r)
		return Caller{}, false
	}
	if _, on := s.switches.strike("autodiscover-html", Caller{}, host, ""); on {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte("<!DOCTYPE html><html><body><h1>Contoso</h1><p>Welcome to our web site.</p></body></html>"))
		return Caller{}, false
	}
	if v, on := s.switches.strike("autodiscover-302", Caller{}, host, ""); on {
		w.Header().Set("Location", v)
		w.WriteHeader(http.StatusFound)
		return Caller{}, false
	}
	if r.TLS == nil && r.Method == http.MethodGet && strings.HasPrefix(s.URL, "https://") && secret {
		w.Header().Set("Location", s.base(r)+r.URL.Path)
		w.WriteHeader(http.StatusFound)
		return Caller{}, false
	}
	if !secret {
		return Caller{}, true
	}
	who, no := s.identify(r)
	if _, on := s.switches.strike("autodiscover-unauthorised", Caller{}, host, ""); on {
		no = s.challenge(nil)
	}
	if no != nil {
		no.write(w)
		return Caller{}, false
	}
	return who, true
}

// servePOX is the oldest form: plain XML.
func (s *Server) servePOX(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.discoverGate(w, r, true); !ok {
		return
	}
	if r.Method != http.MethodPost {
		s.writePOX(w, poxError("600", "Invalid Request", s.Now()))
		return
	}
	root, err := readXML(r.Body, maxAutodiscoverBody)
	address := ""
	if err == nil && root.name == "o:Autodiscover" {
		address = root.val("o:Request", "o:EMailAddress")
	}
	if address == "" {
		s.writePOX(w, poxError("600", "Invalid Request", s.Now()))
		return
	}
	if schema := root.val("o:Request", "o:AcceptableResponseSchema"); schema != nsOutlook {
		s.writePOX(w, poxError("601", "Provider is not available", s.Now()))
		return
	}
	s.writePOX(w, s.discover(r, address).pox(s.Now()))
}

func (s *Server) writePOX(w http.ResponseWriter, response *node) {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
	el("Autodiscover", attr{"xmlns", nsAutoError}, response).write(&b)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Write(b.Bytes())
}

func poxError(code, text string, now time.Time) *node {
	return el("Response", el("Error", attr{"Time", now.UTC().Format("15:04:05.0000000")}, attr{"Id", "2477272013"},
		el("ErrorCode", code), el("Message", text), el("DebugData")))
}

func (d discovery) pox(now time.Time) *node {
	ns := attr{"xmlns", nsOutlook}
	switch {
	case d.failure != "":
		return poxError(d.failure, "An error occurred.", now)
	case d.redirectURL:
		return el("Response", ns, el("Account", el("Action", "redirectUrl"), el("RedirectUrl", d.redirectTo)))
	case d.redirectTo != "":
		return el("Response", ns, el("Account", el("Action", "redirectAddr"), el("RedirectAddr", d.redirectTo)))
	case d.unknown:
		return poxError("500", "The email address can't be found.", now)
	}
	protocol := func(kind string) *node {
		p := el("Protocol", el("Type", kind), el("Server", "sandboxbe01.contoso.test"), el("ServerVersion", "73C1A328"))
		if d.missing == "" {
			p.kids = append(p.kids, el("ASUrl", d.ews), el("EwsUrl", d.ews))
		}
		return p
	}
	return el("Response", ns,
		el("User", el("DisplayName", d.name), el("AutoDiscoverSMTPAddress", d.address), el("DeploymentId", "5e8a7c3e-0000-4000-8000-000000000001")),
		el("Account", el("AccountType", "email"), el("Action", "settings"), el("MicrosoftOnline", title(strconv.FormatBool(d.online), "")),
			protocol("EXCH"), protocol("EXPR")))
}

// serveDiscoverSOAP is Autodiscover's SOAP form; GetUserSettings is all of it
// that clients for mail use.
func (s *Server) serveDiscoverSOAP(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.discoverGate(w, r, true); !ok {
		return
	}
	root, err := readXML(r.Body, maxAutodiscoverBody)
	if r.Method != http.MethodPost || err != nil {
		s.writeDiscover(w, http.StatusBadRequest, "Fault", discoverFault("The request is not valid."))
		return
	}
	req := root.kid("s:Body", "a:GetUserSettingsRequestMessage", "a:Request")
	if root.name != "s:Envelope" || req == nil {
		s.writeDiscover(w, http.StatusInternalServerError, "Fault", discoverFault("The action is not supported."))
		return
	}
	users := el("a:UserResponses")
	for _, u := range req.kid("a:Users").children() {
		if len(users.kids) < 100 {
			users.kids = append(users.kids, s.discover(r, u.val("a:Mailbox")).user(req.kid("a:RequestedSettings").children()))
		}
	}
	s.writeDiscover(w, http.StatusOK, "GetUserSettingsResponse", el("a:GetUserSettingsResponseMessage",
		el("a:Response", el("a:ErrorCode", "NoError"), el("a:ErrorMessage"), users)))
}

func discoverFault(text string) *node {
	return el("s:Fault", el("faultcode", "s:Client"), el("faultstring", attr{"xml:lang", "en-US"}, text))
}

func (s *Server) writeDiscover(w http.ResponseWriter, status int, action string, body *node) {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
	info := s.version()
	version := el("a:ServerVersionInfo", el("a:MajorVersion", info.attr("MajorVersion")), el("a:MinorVersion", info.attr("MinorVersion")),
		el("a:MajorBuildNumber", info.attr("MajorBuildNumber")), el("a:MinorBuildNumber", info.attr("MinorBuildNumber")), el("a:Version", "Exchange2016"))
	el("s:Envelope", attr{"xmlns:s", nsSOAP}, attr{"xmlns:wsa", nsAddress}, attr{"xmlns:a", nsDiscover}, attr{"xmlns:i", "http://www.w3.org/2001/XMLSchema-instance"},
		el("s:Header", el("wsa:Action", attr{"s:mustUnderstand", "1"}, nsDiscover+"/Autodiscover/"+action), version),
		el("s:Body", body)).write(&b)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

func (d discovery) user(settings []*node) *node {
	target, code, text := el("a:RedirectTarget", attr{"i:nil", "true"}), "NoError", "No error."
	switch {
	case d.failure != "":
		code, text = d.failure, "An error occurred."
	case d.redirectURL:
		code, text, target = "RedirectUrl", "Redirection URL.", el("a:RedirectTarget", d.redirectTo)
	case d.redirectTo != "":
		code, text, target = "RedirectAddress", "Redirection address.", el("a:RedirectTarget", d.redirectTo)
	case d.unknown:
		code, text = "InvalidUser", "Invalid user: '"+d.address+"'."
	}
	local, _, _ := strings.Cut(d.address, "@")
	dn := "/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=" + local
	known := map[string]string{
		"UserDN": dn, "MailboxDN": dn, "UserDisplayName": d.name, "AutoDiscoverSMTPAddress": d.address, "ExternalEwsUrl": d.ews, "InternalEwsUrl": d.ews,
		"ExternalEwsVersion": d.version, "EwsSupportedSchemas": strings.Join(versions[:slices.Index(versions, "Exchange2016")+1], ", "),
		"GroupingInformation": "sandbox-01", "UserDeploymentId": "5e8a7c3e-0000-4000-8000-000000000001",
		"CasVersion": d.version, "InternalMailboxServer": "sandboxbe01.contoso.test",
	}
	errs, found := el("a:UserSettingErrors"), el("a:UserSettings")
	for _, want := range settings[:min(len(settings), 100)] {
		name := strings.TrimSpace(want.text)
		switch value, ok := known[name]; {
		case code != "NoError":
		case ok && name != d.missing:
			found.kids = append(found.kids, el("a:UserSetting", attr{"i:type", "a:StringSetting"}, el("a:Name", name), el("a:Value", value)))
		default:
			errs.kids = append(errs.kids, el("a:UserSettingError", el("a:ErrorCode", "SettingIsNotAvailable"),
				el("a:ErrorMessage", "The requested setting, '"+name+"', isn't available."), el("a:SettingName", name)))
		}
	}
	return el("a:UserResponse", el("a:ErrorCode", code), el("a:ErrorMessage", text), target, errs, found)
}

// serveJSON is the newest form, which asks for no password.
func (s *Server) serveJSON(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.discoverGate(w, r, false); !ok {
		return
	}
	address, protocol := r.PathValue("address"), r.URL.Query().Get("Protocol")
	if address == "" {
		address = r.URL.Query().Get("Email")
	}
	if !strings.Contains(address, "@") {
		writeJSON(w, http.StatusBadRequest, jsonError{"MandatoryParameterMissing", "A valid smtp address must be provided"})
		return
	}
	d := s.discover(r, address)
	urls := map[string]string{"ews": d.ews, "autodiscoverv1": s.base(r) + "/autodiscover/autodiscover.xml"}
	url := urls[strings.ToLower(protocol)]
	switch {
	case protocol == "":
		writeJSON(w, http.StatusBadRequest, jsonError{"MandatoryParameterMissing", "A valid value must be provided for the query parameter 'Protocol'"})
	case url == "" || d.missing != "":
		writeJSON(w, http.StatusBadRequest, jsonError{"InvalidProtocol", "The given protocol value '" + short(protocol) + "' is invalid. Supported values are 'AutodiscoverV1,Ews'"})
	case d.failure != "":
		writeJSON(w, http.StatusServiceUnavailable, jsonError{d.failure, "An error occurred."})
	case d.redirectURL:
		w.Header().Set("Location", d.redirectTo)
		w.WriteHeader(http.StatusFound)
	case d.unknown:
		writeJSON(w, http.StatusNotFound, jsonError{"UserNotFound", "The given user is not found"})
	default:
		writeJSON(w, http.StatusOK, struct{ Protocol, Url string }{protocol, url})
	}
}

type jsonError struct{ ErrorCode, ErrorMessage string }

func writeJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings only
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(data)
}
