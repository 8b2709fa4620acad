package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/runner"
)

// switchboard answers calls as it is told, and keeps them.
type switchboard struct {
	calls []broker.Call
	by    []signoff.Caller
	does  func(broker.Call) (broker.Result, error)
}

func (d *switchboard) Check(context.Context, signoff.Caller, string, string, string) error {
	return nil
}

func (d *switchboard) MayUse(context.Context, signoff.Caller, string) (bool, error) { return true, nil }

func (d *switchboard) Call(_ context.Context, by signoff.Caller, service string, c broker.Call) (broker.Result, error) {
	if service != "office" {
		return broker.Result{}, fmt.Errorf("called %s", service)
	}
	d.calls, d.by = append(d.calls, c), append(d.by, by)
	return d.does(c)
}

func objectJob(attempt int, again bool) runner.Job {
	return runner.Job{Attempt: attempt, Instance: 7, Command: engine.Command{Key: "7_2/call", Kind: engine.DoCall,
		Call: &engine.Call{Service: "office", Object: "Email", Method: "send", As: "user:2", Inputs: `{"to":["eve"],"n":1.50}`, Again: again}}}
}

func resultOf(t *testing.T, res runner.Result) string {
	t.Helper()
	return string(expr.AppendPlainJSON(nil, res.Values["result"]))
}

func TestAStepCallsAServiceObjectInTheServersName(t *testing.T) {
	d := &switchboard{does: func(broker.Call) (broker.Result, error) {
		return broker.Result{Row: map[string]any{"id": "AAMk", "size": json.Number("12")}}, nil
	}}
	res, err := callObject(t.Context(), d, objectJob(1, false))
	if err != nil || resultOf(t, res) != `{"id":"AAMk","size":12}` {
		t.Fatalf("%v, %v", res, err)
	}
	want := broker.Call{By: "user:2", Object: "Email", Method: "send", Key: "7_2/call", Inputs: map[string]any{"to": []any{"eve"}, "n": json.Number("1.50")}}
	if !reflect.DeepEqual(d.calls[0], want) || !reflect.DeepEqual(d.by[0], access.System) {
		t.Errorf("called by %v: %+v", d.by[0], d.calls[0])
	}
	for name, job := range map[string]runner.Job{"a second attempt": objectJob(2, false), "asked for again": objectJob(1, true)} {
		if _, err := callObject(t.Context(), d, job); err != nil || !d.calls[len(d.calls)-1].Again {
			t.Errorf("%s is not said to be one: %v", name, err)
		}
	}
}

func TestAListIsReadToItsEndOrAThousandRows(t *testing.T) {
	for pages, want := range map[int]int{1: 300, 3: 900, 5: 1000} {
		d := &switchboard{}
		d.does = func(broker.Call) (broker.Result, error) {
			res := broker.Result{Rows: make([]map[string]any, 300)}
			for i := range res.Rows {
				res.Rows[i] = map[string]any{"n": i}
			}
			if len(d.calls) < pages {
				res.Next = fmt.Sprint("page", len(d.calls))
			}
			return res, nil
		}
		res, err := callObject(t.Context(), d, objectJob(1, false))
		list, ok := res.Values["result"].(expr.List)
		if err != nil || !ok || len(list) != want || d.calls[min(1, pages-1)].After != strings.Repeat("page1", min(1, pages-1)) {
			t.Errorf("%d pages: %d rows, %v", pages, len(list), err)
		}
	}
	for want, res := range map[string]broker.Result{"[]": {Rows: []map[string]any{}}, "null": {}} {
		d := &switchboard{does: func(broker.Call) (broker.Result, error) { return res, nil }}
		if got, err := callObject(t.Context(), d, objectJob(1, false)); err != nil || resultOf(t, got) != want {
			t.Errorf("got %s, %v, want %s", resultOf(t, got), err, want)
		}
	}
	d := &switchboard{does: func(c broker.Call) (broker.Result, error) { // a page that leads to itself
		return broker.Result{Rows: []map[string]any{{"n": 1}}, Next: "here"}, nil
	}}
	if _, err := callObject(t.Context(), d, objectJob(1, false)); err != nil || len(d.calls) != 2 {
		t.Errorf("%d calls, %v", len(d.calls), err)
	}
}

// parkingError is what a missing connection looks like.
type parkingError struct{}

func (parkingError) Error() string { return "not connected" }
func (parkingError) ParksFor() (string, signoff.Principal, string) {
	return "office|user:2|", "user:2", "Jane has to connect"
}

func TestWhatGoesWrongWithACallSaysSo(t *testing.T) {
	d := &switchboard{does: func(broker.Call) (broker.Result, error) { return broker.Result{}, parkingError{} }}
	if _, err := callObject(t.Context(), d, objectJob(1, false)); !errors.Is(err, parkingError{}) {
		t.Errorf("a missing connection came through as %v", err)
	}
	d.does = func(broker.Call) (broker.Result, error) {
		return broker.Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-inputs", Detail: "send of Email cannot be called like that",
			Fields: []signoff.FieldError{{Field: "inputs.to", Detail: "is missing"}, {Field: "inputs.n", Detail: "is not known"}}}
	}
	_, err := callObject(t.Context(), d, objectJob(1, false))
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || e.Code != "bad-inputs" || e.Detail != "send of Email cannot be called like that; to: is missing; n: is not known" || e.Hint == "" {
		t.Errorf("bad inputs: %+v", err)
	}
	if _, err := callObject(t.Context(), nil, objectJob(1, false)); signoff.CodeOf(err) != "service-not-found" || signoff.KindOf(err) != signoff.NotFound {
		t.Errorf("without services: %v", err)
	}
	d.does = func(broker.Call) (broker.Result, error) {
		return broker.Result{Row: map[string]any{"x": make(chan int)}}, nil
	}
	if _, err := callObject(t.Context(), d, objectJob(1, false)); signoff.CodeOf(err) != "service-answer-unusable" {
		t.Errorf("an answer that is no value: %v", err)
	}
}
