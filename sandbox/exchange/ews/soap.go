package ews

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

// versions are the values of RequestServerVersion, as the schema lists them.
// There is no Exchange2019.
var versions = []string{
	"Exchange2007", "Exchange2007_SP1", "Exchange2009", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2",
	"Exchange2012", "Exchange2013", "Exchange2013_SP1", "Exchange2015", "Exchange2016",
	"V2015_10_05", "V2016_01_06", "V2016_04_13", "V2016_07_13", "V2016_10_10", "V2017_01_07", "V2017_04_14", "V2017_07_11",
}

// envelope is a request that is well-formed and in its right shape.
type envelope struct {
	version string
	op      *node
	zone    string // id of the TimeZoneContext; "" is UTC

	impersonate     string // an address or principal name
	impersonateKind string // the element it came in: "PrimarySmtpAddress"…; "" nobody
}

// readEnvelope reads and validates a request. The refusal is what Exchange
// answers with.
func readEnvelope(r io.Reader) (envelope, *fault) {
	root, err := readXML(r, maxRequestBytes)
	if errors.Is(err, errLarge) {
		return envelope{}, &fault{code: "ErrorInvalidRequest", text: "The request is too large.", status: http.StatusRequestEntityTooLarge, client: true}
	}
	if err != nil {
		return envelope{}, &fault{code: "ErrorInvalidRequest", client: true, text: "The request failed schema validation: " + err.Error()}
	}
	if root.name != "s:Envelope" {
		return envelope{}, &fault{code: "ErrorInvalidRequest", client: true, text: "The message is no SOAP 1.1 envelope."}
	}
	var e envelope
	if f := e.readHeader(root.kid("s:Header")); f != nil {
		return envelope{}, f
	}
	body := root.kid("s:Body")
	if body == nil || len(body.kids) != 1 {
		return envelope{}, &fault{code: "ErrorInvalidRequest", client: true, text: "The SOAP body must contain exactly one request."}
	}
	e.op = body.kids[0]
	name, ours := strings.CutPrefix(e.op.name, "m:")
	if ours && slices.Contains(absent, name) {
		return envelope{}, &fault{code: "ErrorInvalidOperation", text: "The sandbox does not have the operation " + name + "."}
	}
	if _, known := operations[name]; !ours || !known {
		return envelope{}, violation(e.op, "Could not find schema information for the element '%s:%s'.", e.op.space(), e.op.local())
	}
	return e, schema.validate(e.op, name)
}

func (e *envelope) readHeader(h *node) *fault {
	if v, ok := h.kid("t:RequestServerVersion").lookAttr("Version"); ok {
		if !slices.Contains(versions, v) {
			return refuse("ErrorInvalidServerVersion")
		}
		e.version = v
	}
	if z := h.kid("t:TimeZoneContext", "t:TimeZoneDefinition"); z != nil {
		e.zone = z.attr("Id")
		if _, ok := zones[e.zone]; !ok {
			return refuse("ErrorTimeZone")
		}
	}
	imp := h.kid("t:ExchangeImpersonation")
	if imp == nil {
		return nil
	}
	sid := imp.kid("t:ConnectingSID")
	if sid == nil || len(sid.kids) != 1 {
		return refuse("ErrorInvalidExchangeImpersonationHeaderData")
	}
	e.impersonateKind, e.impersonate = sid.kids[0].local(), strings.TrimSpace(sid.kids[0].text)
	known := []string{"PrincipalName", "SID", "PrimarySmtpAddress", "SmtpAddress"}
	if e.impersonate == "" || !slices.Contains(known, e.impersonateKind) {
		return refuse("ErrorInvalidExchangeImpersonationHeaderData")
	}
	return nil
}

// The header that clients read in every answer: Exchange Online, or Exchange
// Server SE.
var (
	cloudVersion = versionInfo("20", "9000", "1", "V2018_01_08")
	ownVersion   = versionInfo("2", "2562", "17", "V2017_07_11")
)

func versionInfo(minor, major, build, schema string) *node {
	return el("h:ServerVersionInfo", attr{"xmlns:h", nsTypes}, attr{"MajorVersion", "15"}, attr{"MinorVersion", minor},
		attr{"MajorBuildNumber", major}, attr{"MinorBuildNumber", build}, attr{"Version", schema})
}

func (s *Server) version() *node {
	if s.Policy().OnPremises {
		return ownVersion
	}
	return cloudVersion
}

// wrap puts one element into an envelope as bytes.
func (s *Server) wrap(body *node) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
	if body.name != "s:Fault" {
		body.attrs = append(body.attrs, attr{"xmlns:m", nsMessages}, attr{"xmlns:t", nsTypes})
	}
	el("s:Envelope", attr{"xmlns:s", nsSOAP},
		el("s:Header", s.version()),
		el("s:Body", body)).write(&b)
	return b.Bytes()
}

// writeSOAP answers with one element.
func (s *Server) writeSOAP(w http.ResponseWriter, status int, body *node) {
	data := s.wrap(body)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	w.Write(data) // a client that has gone away is no concern of ours
}
