package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/rest"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/runner"
)

// Service steps call an HTTP service by its address, or a method of a service
// object by its name.

const (
	callPatience = 4 * time.Minute // for one handler: some calls look for minutes what became of a mail
	maxListed    = 1000            // rows of a list that a step is given; there may be more
)

// serviceObjects are what the catalogue of services offers to steps.
type serviceObjects interface {
	library.Objects
	MayUse(ctx context.Context, by signoff.Caller, service string) (bool, error)
	Call(ctx context.Context, by signoff.Caller, service string, c broker.Call) (broker.Result, error)
}

// useObjects lets steps call service objects.
func (s *server) useObjects(o serviceObjects) {
	s.objects = o
	s.library.Objects = o
}

// callService carries out a service step.
func (s *server) callService(c *rest.Client) runner.Handler {
	return func(ctx context.Context, job runner.Job) (runner.Result, error) {
		if job.Call.Service != "" {
			if err := s.vouched(ctx, job); err != nil {
				return runner.Result{}, err
			}
			return callObject(ctx, s.objects, job)
		}
		return callHTTP(ctx, c, job)
	}
}

// standing is somebody with the rights they hold now, for what happens in their
// name while they are not there.
func (s *server) standing(ctx context.Context, p signoff.Principal) (signoff.Caller, error) {
	return s.people.Standing(ctx, p, access.System.How)
}

// present is standing for those who may still sign in.
func (s *server) present(ctx context.Context, p signoff.Principal) (signoff.Caller, error) {
	return s.people.Caller(ctx, p, access.System.How)
}

// vouched refuses what whoever deployed the workflow may not have it do now: a
// file may be older than the service it calls, or than what became of a right.
func (s *server) vouched(ctx context.Context, job runner.Job) error {
	if job.Deployer == "" || s.objects == nil {
		return nil
	}
	by, err := s.people.Standing(ctx, job.Deployer, access.System.How)
	if signoff.KindOf(err) == signoff.NotFound {
		by, err = signoff.Caller{Person: signoff.Person{Principal: job.Deployer, Name: "an account that is no more"}}, nil
	}
	if err != nil {
		return err
	}
	def, err := s.library.Definition(ctx, job.Version)
	if err != nil {
		return err
	}
	may, err := s.objects.MayUse(ctx, by, job.Call.Service)
	if err != nil {
		return err
	}
	return refuseCall(def, job, by, may)
}

// Codes of calls that whoever deployed the workflow may not have made.
const (
	codeMayNotUse = "deployer-may-not-use"
	codeMayNotBe  = "deployer-may-not-act-as"
)

func refuseCall(def *process.Definition, job runner.Job, by signoff.Caller, mayUse bool) error {
	var as process.Account
	for i := range def.Nodes {
		if n := &def.Nodes[i]; n.ID == job.Node && n.Service != nil && n.Service.Object != nil {
			as = n.Service.Object.As
		}
	}
	who := cmp.Or(by.Name, by.Login, by.Email)
	switch {
	case !mayUse:
		return &signoff.Error{Kind: signoff.Forbidden, Code: codeMayNotUse,
			Detail: fmt.Sprintf("the workflow was deployed by %s, who may not use the service %s", who, job.Call.Service),
			Hint:   fmt.Sprintf("an administrator gives %s the right to use it, on the page of the service; then retry", who)}
	case !library.CalledBy(by, as, job.Call.As):
		return &signoff.Error{Kind: signoff.Forbidden, Code: codeMayNotBe,
			Detail: fmt.Sprintf("the workflow was deployed by %s, who may not have it act with the account of somebody else", who),
			Hint:   "an administrator deploys the workflow, and it is started again; or let the step act with as=\"starter\" or as=\"service\""}
	}
	return nil
}

func callHTTP(ctx context.Context, c *rest.Client, job runner.Job) (runner.Result, error) {
	call := job.Call
	res, err := c.Do(ctx, rest.Request{Method: call.Method, URL: call.URL, Header: call.Header, Body: call.Body, Key: job.Key})
	if err != nil {
		return runner.Result{}, err
	}
	return answered(map[string]any{"status": res.Status, "body": res.Body})
}

// callObject calls a method in the server's name, with the connection of whom
// the step names. An error that says a connection is missing parks the step.
func callObject(ctx context.Context, o serviceObjects, job runner.Job) (runner.Result, error) {
	call := job.Call
	if o == nil {
		return runner.Result{}, &signoff.Error{Kind: signoff.NotFound, Code: "service-not-found", Detail: "there is no service " + call.Service,
			Hint: "an administrator can make it under Services; then retry"}
	}
	c := broker.Call{By: call.As, Object: call.Object, Method: call.Method, Key: job.Key, Again: call.Again || job.Attempt > 1}
	read := json.NewDecoder(strings.NewReader(call.Inputs))
	read.UseNumber()
	if err := read.Decode(&c.Inputs); err != nil {
		return runner.Result{}, err // we wrote it ourselves
	}
	res, err := o.Call(ctx, access.System, call.Service, c)
	switch {
	case err != nil:
		return runner.Result{}, withFields(err)
	case res.Row != nil:
		return answered(map[string]any{"result": res.Row})
	case res.Rows == nil:
		return answered(map[string]any{"result": nil})
	}
	rows, err := allRows(ctx, o, call, c, res)
	if err != nil {
		return runner.Result{}, err
	}
	return answered(map[string]any{"result": rows})
}

// withFields puts what is wrong with each input into the cause, which is all that
// an incident shows.
func withFields(err error) error {
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	told := *e
	for _, f := range e.Fields[:min(len(e.Fields), 5)] {
		told.Detail += "; " + strings.TrimPrefix(f.Field, "inputs.") + ": " + f.Detail
	}
	if told.Hint == "" {
		told.Hint = "correct the variables that the inputs are made of and retry; if the step itself is wrong, correct the workflow"
	}
	return &told
}

// allRows reads a list to its end, or to maxListed.
func allRows(ctx context.Context, o serviceObjects, call *engine.Call, c broker.Call, res broker.Result) ([]any, error) {
	rows := []any{}
	for {
		for _, r := range res.Rows {
			if len(rows) == maxListed {
				return rows, nil
			}
			rows = append(rows, r)
		}
		if res.Next == "" || res.Next == c.After || len(rows) == maxListed {
			return rows, nil
		}
		c.After = res.Next
		var err error
		if res, err = o.Call(ctx, access.System, call.Service, c); err != nil {
			return nil, err
		}
	}
}

// answered makes a step's result of what a service answered.
func answered(answer map[string]any) (runner.Result, error) {
	values := map[string]expr.Value{}
	for name, v := range answer {
		var err error
		if values[name], err = expr.FromGo(v); err != nil {
			return runner.Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "service-answer-unusable",
				Detail: "the service's answer holds something that cannot be a variable", Err: err}
		}
	}
	return runner.Done(values), nil
}
