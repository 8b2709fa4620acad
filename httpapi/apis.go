package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/store"
)

// The APIs of this server, as its settings, tokens and callers name them.
const (
	apiWorkflow = "workflow" // K2's shapes
	apiREST     = "rest"     // /api/v1
	apiOData    = "odata"    // what services offer
)

// apisName is the name of the setting.
const apisName = "apis"

// defaultApis is what is so until somebody changes it.
func defaultApis() api.SetApis {
	return api.SetApis{
		Workflow: api.APISettings{On: true, Kinds: []string{"basic", "bearer", "token"}, Origins: []string{}},
		REST:     api.APISettings{On: true, Kinds: []string{"basic", "bearer", "token", "session"}, Origins: []string{}},
		OData:    &api.APISettings{On: true, Kinds: []string{"basic", "bearer", "token"}, Origins: []string{}},
		Tokens:   api.TokenRules{DefaultDays: 90, MaxDays: 365},
	}
}

// LoadApis reads the setting and goes by it from now on. A server that was never
// told anything goes by the defaults.
func (s *Server) LoadApis(ctx context.Context) error {
	saved, err := s.Worklist.Store.Setting(ctx, apisName)
	if err != nil {
		return err
	}
	return s.takeApis(saved)
}

// takeApis goes by a setting, unless a later one is known already: two may be
// read at the same time.
func (s *Server) takeApis(saved store.Setting) error {
	set := defaultApis()
	if saved.Rev > 0 {
		set = api.SetApis{}
		if err := json.Unmarshal(saved.Body, &set); err != nil {
			return fmt.Errorf("setting %s, revision %d: %w", apisName, saved.Rev, err)
		}
		if set.OData == nil { // kept before there was one
			set.OData = defaultApis().OData
		}
	}
	next := compileApis(set, saved)
	for {
		is := s.offered.Load()
		if is != nil && is.saved.Rev > next.saved.Rev {
			return nil
		}
		if s.offered.CompareAndSwap(is, next) {
			return nil
		}
	}
}

// Heard takes in what another server says about settings.
func (s *Server) Heard(ctx context.Context, h store.Hint) {
	if h.Topic != store.TopicSettings || !h.Resync && h.Payload != apisName {
		return
	}
	if err := s.LoadApis(ctx); err != nil {
		s.Log.WarnContext(ctx, "setting not read", "err", err)
	}
}

func (s *Server) getApis(ctx context.Context, _ signoff.Caller, _ *nothing) (*settingOutput[api.Apis], error) {
	if err := s.LoadApis(ctx); err != nil {
		return nil, err
	}
	return s.apisAnswer(ctx)
}

func (s *Server) apisAnswer(ctx context.Context) (*settingOutput[api.Apis], error) {
	now := s.apisNow()
	saved, err := s.savedBy(ctx, now.saved)
	if err != nil {
		return nil, err
	}
	out := api.Apis{Saved: saved, Tokens: now.set.Tokens,
		Workflow: s.offeredAPI(ctx, apiWorkflow, now.set.Workflow),
		REST:     s.offeredAPI(ctx, apiREST, now.set.REST),
		OData:    s.offeredAPI(ctx, apiOData, *now.set.OData)}
	return settingAnswer(now.saved.Rev, out)
}

// offeredAPI is one API with what follows from its settings.
func (s *Server) offeredAPI(ctx context.Context, name string, set api.APISettings) api.OfferedAPI {
	root, path := s.root(requestOf(ctx).r, name), pathOf[name]
	out := api.OfferedAPI{APISettings: set, URL: root + path, Metadata: root + metadataPath + path}
	for _, d := range documentsOf[name] {
		out.Documents = append(out.Documents, api.APIDocument{Name: d.name, URL: root + path + d.path})
	}
	return out
}

// pathOf says where an API stands.
var pathOf = map[string]string{apiWorkflow: "/api/workflow/v1", apiREST: base, apiOData: odataBase}

// Where OData stands, and where clients of K2 look for it.
const (
	odataBase   = "/api/odata/v4"
	odataBaseK2 = "/api/odatav4/v4"
)

// documentsOf are the descriptions of each API.
var documentsOf = map[string][]struct{ name, path string }{
	apiWorkflow: {{"swagger", "/swagger/docs/v1"}, {"postman", "/postman.json"}, {"postman-client", "/postman.json?auth=client"},
		{"postman-token", "/postman.json?auth=token"}, {"postman-basic", "/postman.json?auth=basic"}},
	apiREST: {{"openapi", "/openapi.json"}, {"postman", "/postman.json"}, {"postman-client", "/postman.json?auth=client"},
		{"postman-token", "/postman.json?auth=token"}, {"postman-basic", "/postman.json?auth=basic"}},
	apiOData: {{"service", "/"}, {"metadata", "/$metadata"}, {"metadata-json", "/$metadata?$format=json"}},
}

// root is what clients of an API put before its path: what is set, else where
// people reach the server, else the address the request came to.
func (s *Server) root(r *http.Request, name string) string {
	if set := s.apisNow().of(name).baseURL; set != "" {
		return set
	}
	if s.Public != "" {
		return strings.TrimRight(s.Public, "/")
	}
	if r == nil {
		return ""
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// Root is root for the APIs that stand on this package.
func (s *Server) Root(r *http.Request) string { return s.root(r, apiOf(r)) }

type putApisInput struct {
	IfSaved
	Body api.SetApis
}

func (s *Server) putApis(ctx context.Context, by signoff.Caller, in *putApisInput) (*settingOutput[api.Apis], error) {
	set, err := checkApis(in.Body)
	if err != nil {
		return nil, err
	}
	is, err := s.Worklist.Store.Setting(ctx, apisName)
	if err != nil {
		return nil, err
	}
	if err := in.still(is); err != nil {
		return nil, err
	}
	if set.OData == nil { // from a client that does not know of it
		set.OData = s.apisNow().set.OData
	}
	text, err := json.Marshal(set)
	if err != nil {
		return nil, err
	}
	saved, err := s.Worklist.Store.SaveSetting(ctx, store.Setting{Name: apisName, Rev: is.Rev, By: by.Principal, Body: text},
		store.Change{By: by.Principal, How: by.Recognised(), What: "apis", Before: is.Body, After: text})
	if err != nil {
		return nil, err
	}
	if err := s.takeApis(saved); err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "apis changed", "user", by.Principal)
	return s.apisAnswer(ctx)
}
