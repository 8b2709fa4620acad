package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/oauth"
)

// What services offer, and calling it.

func (s *Server) serviceObjects(ctx context.Context, by signoff.Caller, in *ByService) (*body[api.List[api.ServiceObject]], error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	objects, err := c.Objects(ctx, by, in.Name)
	return &body[api.List[api.ServiceObject]]{listOf(objects, serviceObjectOf)}, err
}

func serviceObjectOf(o broker.Object) api.ServiceObject {
	out := api.ServiceObject{Name: o.Name, Title: o.Title, Text: o.Text, Properties: []api.ServiceProperty{}, Methods: []api.ServiceMethod{}}
	for _, p := range o.Properties {
		out.Properties = append(out.Properties, api.ServiceProperty{Name: p.Name, Title: p.Title, Type: string(p.Type), List: p.List, Key: p.Key})
	}
	for _, m := range o.Methods {
		method := api.ServiceMethod{Name: m.Name, Title: m.Title, Text: m.Text, Kind: string(m.Kind), Inputs: []api.ServiceInput{}, Outputs: list(m.Outputs)}
		for _, in := range o.Takes(m) {
			method.Inputs = append(method.Inputs, api.ServiceInput{Name: in.Name, Title: in.Title, Type: string(in.Type), List: in.List, Required: in.Required, Text: in.Text})
		}
		out.Methods = append(out.Methods, method)
	}
	return out
}

type refreshServiceInput struct {
	ByService
	Body api.RefreshService
}

func (s *Server) refreshService(ctx context.Context, by signoff.Caller, in *refreshServiceInput) (*body[api.ServiceRefreshed], error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	d, err := c.Refresh(oauth.Quietly(ctx), by, in.Name, catalogue.Ask{Apply: in.Body.Apply, Anyway: in.Body.Anyway})
	if err != nil {
		return nil, err
	}
	if d.Applied {
		s.Log.InfoContext(ctx, "service refreshed", "user", by.Principal, "service", in.Name, "anyway", in.Body.Anyway)
	}
	out := api.ServiceRefreshed{First: d.First, Applied: d.Applied, Changes: []api.ServiceChange{}}
	for _, ch := range d.Changes {
		out.Changes = append(out.Changes, api.ServiceChange{What: ch.What, Object: ch.Object, Method: ch.Method, Words: list(ch.Words), Breaks: ch.Breaks, Uses: listOf(ch.Uses, serviceUseOf).Items})
	}
	return &body[api.ServiceRefreshed]{out}, nil
}

type callServiceInput struct {
	ByService
	Object string `path:"object" maxLength:"100"`
	Method string `path:"method" maxLength:"100"`
	Key    string `header:"Idempotency-Key" minLength:"1" maxLength:"200" pattern:"^[!-~]+$" doc:"the same on every retry, for methods that must not happen twice; whether it is obeyed is the system's"`
	Body   api.CallService
}

func (s *Server) callService(ctx context.Context, by signoff.Caller, in *callServiceInput) (*body[api.ServiceResult], error) {
	c, err := s.services()
	if err != nil {
		return nil, err
	}
	call := broker.Call{Object: in.Object, Method: in.Method, Inputs: in.Body.Inputs, Top: in.Body.Top, After: in.Body.After}
	if in.Key != "" { // somebody else's same key is another
		call.Key, call.Again = string(by.Principal)+"/"+in.Key, true
	}
	if in.Body.Filter != nil {
		f := filterIn(*in.Body.Filter)
		call.Filter = &f
	}
	r, err := c.Call(oauth.Quietly(ctx), by, in.Name, call)
	if err != nil {
		s.Log.InfoContext(ctx, "service call refused", "user", by.Principal, "service", in.Name, "object", in.Object, "method", in.Method, "code", signoff.CodeOf(err))
		return nil, err
	}
	s.Log.InfoContext(ctx, "service called", "user", by.Principal, "service", in.Name, "object", in.Object, "method", in.Method)
	return &body[api.ServiceResult]{resultOf(r)}, nil
}

func resultOf(r broker.Result) api.ServiceResult {
	return api.ServiceResult{Row: r.Row, Rows: r.Rows, Next: r.Next}
}

func filterIn(f api.ServiceFilter) broker.Filter {
	out := broker.Filter{Op: f.Op, Name: f.Name, To: f.To}
	for _, to := range f.In {
		out.Of = append(out.Of, broker.Filter{To: to})
	}
	for _, one := range f.Of {
		out.Of = append(out.Of, filterIn(one))
	}
	return out
}
